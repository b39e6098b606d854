package io.github.jaubert.bert.checkpoint;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Replaces a file in one step: the new content goes to a temporary file beside it, is forced to the
 * disk, and takes the name only then. Whenever the program or the machine stops, the name stands
 * for the old content or the new, never for a part. An interrupt of the thread does not stop it.
 */
public final class AtomicFile {
  private AtomicFile() {}

  /** Writes the content. */
  @FunctionalInterface
  public interface Content {
    /** Writes everything to {@code out}, in large pieces: it is not buffered. */
    void writeTo(OutputStream out) throws IOException;
  }

  /**
   * Replaces or creates {@code target}; missing folders above it are made.
   *
   * @throws CheckpointException if it cannot be written, for example because the disk is full; an
   *     earlier file is then untouched
   */
  public static void write(Path target, Content content) {
    Path absolute = target.toAbsolutePath();
    Path temporary = part(absolute);
    try {
      Files.createDirectories(absolute.getParent());
      // What a killed program left is deleted rather than opened, so that a link planted there is
      // not followed.
      Files.deleteIfExists(temporary);
      try {
        writeAndForce(temporary, content);
        Files.move(
            temporary,
            absolute,
            StandardCopyOption.ATOMIC_MOVE,
            StandardCopyOption.REPLACE_EXISTING);
      } catch (IOException | RuntimeException | Error e) {
        deleteQuietly(temporary, e);
        throw e;
      }
      forceFolder(absolute.getParent());
    } catch (IOException e) {
      throw unwritable(target, e);
    }
  }

  /** The same for content that is in memory. */
  public static void write(Path target, byte[] bytes) {
    write(target, content(bytes));
  }

  /**
   * Deletes the part of {@code target} that a program was writing when it was killed, if there is
   * one.
   *
   * @throws CheckpointException if it cannot be deleted
   */
  public static void deletePart(Path target) {
    delete(part(target.toAbsolutePath()));
  }

  /**
   * Deletes a file, if there is one.
   *
   * @throws CheckpointException if it cannot be deleted
   */
  public static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new CheckpointException(
          file.toString(), "cannot be deleted: " + CheckpointException.describe(e), e);
    }
  }

  private static Path part(Path absolute) {
    return absolute.resolveSibling("." + absolute.getFileName() + ".tmp");
  }

  /** Content that is in memory. */
  public static Content content(byte[] bytes) {
    return out -> out.write(bytes);
  }

  static CheckpointException unwritable(Path target, IOException cause) {
    return new CheckpointException(
        target.toString(),
        "cannot be written: "
            + CheckpointException.describe(cause)
            + (Files.exists(target, LinkOption.NOFOLLOW_LINKS)
                ? "; what was there before is untouched"
                : ""),
        cause);
  }

  static void writeAndForce(Path file, Content content) throws IOException {
    try (OutputStream out =
        Files.newOutputStream(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
      content.writeTo(out);
      force(file, StandardOpenOption.WRITE);
    }
  }

  /** Makes renames in a folder durable, where the system lets a folder be opened. */
  static void forceFolder(Path folder) {
    try {
      force(folder, StandardOpenOption.READ);
    } catch (IOException e) {
      // Windows does not open folders; the rename is then as durable as that system makes it.
    }
  }

  /** What was written to it by whichever way is on the disk afterwards. */
  private static void force(Path path, StandardOpenOption mode) throws IOException {
    try (FileChannel channel = FileChannel.open(path, mode)) {
      Uninterrupted.call(
          () -> {
            channel.force(true);
            return null;
          });
    }
  }

  private static void deleteQuietly(Path file, Throwable primary) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      primary.addSuppressed(e);
    }
  }
}
