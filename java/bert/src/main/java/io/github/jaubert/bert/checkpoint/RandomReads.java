package io.github.jaubert.bert.checkpoint;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.AccessMode;
import java.nio.file.Path;

/**
 * A file that is read at any place. An interrupt does not close it, as it would a {@link
 * java.nio.channels.FileChannel} (see {@link Uninterrupted}), and what reads it by pieces is
 * several times as fast as a memory map, which costs a page fault every few pages. Thread-safe.
 */
final class RandomReads implements Closeable {
  private final RandomAccessFile file;

  private RandomReads(RandomAccessFile file) {
    this.file = file;
  }

  /**
   * Opens a file.
   *
   * @throws IOException if it cannot be read, of a type that tells why, or is not of the default
   *     file system
   */
  static RandomReads open(Path path) throws IOException {
    path.getFileSystem().provider().checkAccess(path, AccessMode.READ);
    try {
      return new RandomReads(new RandomAccessFile(path.toFile(), "r"));
    } catch (UnsupportedOperationException e) {
      throw new IOException("it lies inside an archive or the like; copy it to a folder", e);
    }
  }

  /** Its bytes. */
  long size() throws IOException {
    return file.length();
  }

  /**
   * Reads {@code count} bytes from {@code position} on into the beginning of {@code bytes}.
   *
   * @throws EOFException if the file ends before
   */
  synchronized void read(long position, byte[] bytes, int count) throws IOException {
    file.seek(position);
    file.readFully(bytes, 0, count);
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
