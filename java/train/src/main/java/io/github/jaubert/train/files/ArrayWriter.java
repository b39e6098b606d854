package io.github.jaubert.train.files;

import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/** Writes an array element by element to {@link ArrayFiles}. */
public final class ArrayWriter implements AutoCloseable {
  private static final int BUFFER = 1 << 16;

  /** Makes a file. It is not a channel, which an interrupt of the thread would close. */
  @FunctionalInterface
  public interface Opener {
    FileOutputStream open(Path file) throws IOException;
  }

  private final Path folder;
  private final ArrayFiles files;
  private final Opener opener;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER).order(ByteOrder.LITTLE_ENDIAN);
  private FileOutputStream out; // null: the next element begins a file
  private long size;

  /**
   * An array without elements yet.
   *
   * @param folder that is there
   * @param opener makes the files
   */
  public ArrayWriter(Path folder, ArrayFiles files, Opener opener) {
    this.folder = folder;
    this.files = files;
    this.opener = opener;
  }

  /** The same on the disk. */
  public ArrayWriter(Path folder, ArrayFiles files) {
    this(folder, files, file -> new FileOutputStream(file.toFile()));
  }

  /** Adds an element. */
  public void add(long value) throws IOException {
    if (size % files.shard() == 0) {
      finishFile();
      out = opener.open(files.file(folder, size));
    }
    if (buffer.remaining() < files.width()) {
      flush();
    }
    switch (files.width()) {
      case 1 -> buffer.put((byte) value);
      case 2 -> buffer.putShort((short) value);
      case 4 -> buffer.putInt((int) value);
      default -> buffer.putLong(value);
    }
    size++;
  }

  /** Adds bytes, to an array of elements of 1 byte. */
  public void addBytes(byte[] bytes) throws IOException {
    for (byte one : bytes) {
      add(one);
    }
  }

  /** The number of elements so far. */
  public long size() {
    return size;
  }

  private void flush() throws IOException {
    out.write(buffer.array(), 0, buffer.position());
    buffer.clear();
  }

  /** Writes what is left, and waits until all is on the disk. */
  public void finish() throws IOException {
    finishFile();
  }

  private void finishFile() throws IOException {
    if (out != null) {
      flush();
      out.getFD().sync();
      out.close();
      out = null;
    }
  }

  /** Closes the file, in whatever state it is. */
  @Override
  public void close() throws IOException {
    if (out != null) {
      out.close();
    }
  }
}
