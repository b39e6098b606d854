package io.github.jaubert.measure.similar;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * Texts that were read, so that two of them can be compared later. The first 64 MB stay in memory;
 * of more all but the last 64 MB lie in a temporary file that nobody else sees. Eight bytes a text
 * stay in memory in any case. Not for several threads.
 */
final class TextStore implements AutoCloseable {
  private static final int IN_MEMORY = 1 << 26;

  /** Most texts and their head are read from the file in one go. */
  private static final int AT_ONCE = 1 << 10;

  private final int inMemory;
  private FileChannel file; // null until it is needed
  private long[] starts = new long[1024];
  private int size;
  private ByteBuffer pending = ByteBuffer.allocate(1 << 16);
  private long written;

  TextStore() {
    this(IN_MEMORY);
  }

  /**
   * @param inMemory bytes that may stay in memory
   */
  TextStore(int inMemory) {
    this.inMemory = inMemory;
  }

  /** Adds one; they are numbered from 0. */
  void add(String shown, String normal) {
    byte[] first = shown.getBytes(StandardCharsets.UTF_8);
    byte[] second = normal.getBytes(StandardCharsets.UTF_8);
    makeRoom(8 + first.length + second.length);
    if (size == starts.length) {
      starts = Arrays.copyOf(starts, 2 * size);
    }
    starts[size++] = written + pending.position();
    pending.putInt(first.length).putInt(second.length).put(first).put(second);
  }

  private void makeRoom(int length) {
    if (length <= pending.remaining()) {
      return;
    }
    if (pending.position() + length > inMemory) {
      spill();
    }
    if (length > pending.remaining()) {
      int needed = pending.position() + length;
      ByteBuffer larger =
          ByteBuffer.allocate(Math.max(needed, (int) Math.min(inMemory, 2L * pending.capacity())));
      pending = larger.put(pending.flip());
    }
  }

  private void spill() {
    pending.flip();
    try {
      if (file == null) {
        Path path = Files.createTempFile("jaubert-measure", ".tmp");
        file =
            FileChannel.open(
                path,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                StandardOpenOption.DELETE_ON_CLOSE);
      }
      while (pending.hasRemaining()) {
        written += file.write(pending, written);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("a temporary file cannot be written: " + e.getMessage(), e);
    }
    pending.clear();
  }

  /** What is shown of a text. */
  String shown(int number) {
    return text(number, true);
  }

  /** Its normal form. */
  String normal(int number) {
    return text(number, false);
  }

  private String text(int number, boolean shown) {
    ByteBuffer bytes = read(starts[number], AT_ONCE);
    int first = bytes.getInt();
    int second = bytes.getInt();
    int length = 8 + first + second;
    if (length > bytes.limit()) {
      bytes = read(starts[number], length);
    }
    int offset = bytes.arrayOffset() + 8 + (shown ? 0 : first);
    return new String(bytes.array(), offset, shown ? first : second, StandardCharsets.UTF_8);
  }

  /** The bytes from a place on, at most so many as there are. */
  private ByteBuffer read(long at, int length) {
    if (at >= written) {
      int from = (int) (at - written);
      return pending.duplicate().clear().slice(from, Math.min(length, pending.position() - from));
    }
    ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(length, written - at));
    try {
      while (bytes.hasRemaining()) {
        if (file.read(bytes, at + bytes.position()) < 0) {
          throw new IOException("a temporary file was cut short");
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.flip();
  }

  @Override
  public void close() {
    try {
      if (file != null) {
        file.close();
      }
    } catch (IOException e) {
      // Nobody reads it again.
    }
  }
}
