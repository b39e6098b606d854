package io.github.jaubert.train.files;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.train.data.DataException;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;

/** Names of what is kept in files, by the SHA-256 of all that it depends on. */
public final class Hashes {
  private static final int DIGITS = 32;
  private static final int CHUNK = 1 << 20;

  private final MessageDigest sha256 = sha256();

  /** Of nothing yet. */
  public Hashes() {}

  /** A SHA-256 of nothing yet. */
  public static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  /** Adds a text. */
  public Hashes add(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    sha256.update(bytes);
    return addLength(bytes.length);
  }

  /** Adds numbers. */
  public Hashes add(int[] numbers) {
    ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES * numbers.length);
    bytes.asIntBuffer().put(numbers);
    sha256.update(bytes);
    return addLength(numbers.length);
  }

  /** Adds all that tells a tokenizer apart, but for the length that it cuts to. */
  public Hashes add(Tokenizer tokenizer) {
    update(sha256, tokenizer);
    return this;
  }

  /** Feeds all that tells a tokenizer apart, but for the length that it cuts to, to a digest. */
  public static void update(MessageDigest sha256, Tokenizer tokenizer) {
    new TreeMap<>(tokenizer.files().files())
        .forEach(
            (name, bytes) -> {
              String head = " " + name + " " + bytes.length + "\n";
              sha256.update(head.getBytes(StandardCharsets.UTF_8));
              sha256.update(bytes);
            });
  }

  /**
   * Adds the bytes of a file, which is read, or those of all files in a folder, and their names.
   *
   * @throws DataException if it cannot be
   */
  public Hashes addFile(Path file) {
    if (Files.isDirectory(file)) {
      List<Path> files = FolderFiles.of(file);
      files.forEach(one -> add(file.relativize(one).toString()).addFile(one));
      return addLength(files.size());
    }
    byte[] chunk = new byte[CHUNK];
    long length = 0;
    try (InputStream in = new FileInputStream(file.toFile())) {
      for (int count = in.read(chunk); count > 0; count = in.read(chunk)) {
        sha256.update(chunk, 0, count);
        length += count;
      }
    } catch (IOException e) {
      throw new DataException(
          file.toString(), "cannot be read: " + CheckpointException.describe(e), e);
    }
    return addLength(length);
  }

  /** Tells "ab" and "c" from "a" and "bc". */
  private Hashes addLength(long length) {
    sha256.update(ByteBuffer.allocate(Long.BYTES).putLong(0, length));
    return this;
  }

  /** All digits. This, or {@link #name}, is the last call. */
  public String hex() {
    return HexFormat.of().formatHex(sha256.digest());
  }

  /** The name of a folder, shorter. */
  public String name() {
    return hex().substring(0, DIGITS);
  }
}
