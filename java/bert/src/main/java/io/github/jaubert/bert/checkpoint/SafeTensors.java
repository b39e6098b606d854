package io.github.jaubert.bert.checkpoint;

import io.github.jaubert.tensor.Shape;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/**
 * A safetensors file: opening checks the whole header, and a tensor's values are read when they are
 * asked for. Thread-safe until it is closed. An interrupt of the thread does not disturb it.
 */
public final class SafeTensors implements StateDict {
  /** Read at a time: small enough for the caches. Divisible by every element size. */
  private static final int CHUNK_BYTES = 1 << 17;

  private final String file;
  private final RandomReads reads;
  private final SafeTensorsHeader header;

  private SafeTensors(String file, RandomReads reads, SafeTensorsHeader header) {
    this.file = file;
    this.reads = reads;
    this.header = header;
  }

  /**
   * Opens one file.
   *
   * @throws CheckpointException if it cannot be read, is truncated, or its header is wrong in any
   *     way
   */
  public static SafeTensors open(Path path) {
    String file = path.toString();
    RandomReads reads;
    try {
      if (Files.isDirectory(path)) {
        throw new CheckpointException(file, "is a folder; a safetensors file is needed");
      }
      reads = RandomReads.open(path);
    } catch (IOException e) {
      throw CheckpointException.unreadable(file, e);
    }
    try {
      return new SafeTensors(file, reads, readHeader(file, reads));
    } catch (IOException e) {
      closeQuietly(reads);
      throw CheckpointException.unreadable(file, e);
    } catch (RuntimeException | Error e) {
      closeQuietly(reads);
      throw e;
    }
  }

  private static SafeTensorsHeader readHeader(String file, RandomReads reads) throws IOException {
    long size = reads.size();
    if (size < SafeTensorsHeader.LENGTH_BYTES) {
      throw new CheckpointException(
          file,
          "has "
              + size
              + " bytes; the length of the header alone needs "
              + SafeTensorsHeader.LENGTH_BYTES);
    }
    long length = readFully(file, reads, 0, SafeTensorsHeader.LENGTH_BYTES).getLong();
    if (length < 2 || length > SafeTensorsHeader.MAX_BYTES) {
      LfsPointer.refuse(file, readFully(file, reads, 0, (int) Math.min(size, 64)).array());
      String text = text(readFully(file, reads, 0, (int) Math.min(size, 40)).array());
      if (text != null) {
        throw new CheckpointException(
            file,
            "is a text, '%s …', perhaps what a server said in place of the file; download it again"
                .formatted(text));
      }
      throw new CheckpointException(
          file,
          "byte 0: a header of "
              + Long.toUnsignedString(length)
              + " bytes; 2 to "
              + SafeTensorsHeader.MAX_BYTES
              + " are possible. This is no safetensors file");
    }
    if (length > size - SafeTensorsHeader.LENGTH_BYTES) {
      throw new CheckpointException(
          file,
          "byte 0: a header of "
              + length
              + " bytes does not fit in the file of "
              + size
              + ": truncated?");
    }
    byte[] json = readFully(file, reads, SafeTensorsHeader.LENGTH_BYTES, (int) length).array();
    return SafeTensorsHeader.parse(file, json, size);
  }

  /** Printable ASCII in one line; null if there is anything else. */
  private static String text(byte[] bytes) {
    for (byte b : bytes) {
      if (b < ' ' && b != '\n' && b != '\r' && b != '\t') {
        return null;
      }
    }
    return new String(bytes, StandardCharsets.US_ASCII).replaceAll("\\s+", " ").strip();
  }

  private static ByteBuffer readFully(String file, RandomReads reads, long position, int count)
      throws IOException {
    byte[] bytes = new byte[count];
    try {
      reads.read(position, bytes, count);
    } catch (EOFException e) {
      throw new CheckpointException(
          file, "ends before byte " + (position + count) + ", in its header", e);
    }
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static void closeQuietly(RandomReads reads) {
    try {
      reads.close();
    } catch (IOException e) {
      // It was only read: what matters is the exception that is on its way.
    }
  }

  @Override
  public Set<String> names() {
    return header.tensors().keySet();
  }

  @Override
  public Shape shape(String name) {
    return entry(name).shape();
  }

  /** The type of a tensor's elements as the format names it, such as {@code BF16}. */
  public String type(String name) {
    return entry(name).type().name();
  }

  /** What the file says under {@code __metadata__}. */
  public Map<String, String> metadata() {
    return header.metadata();
  }

  @Override
  public float[] floats(String name) {
    SafeTensorsHeader.Entry entry = entry(name);
    SafeTensorsType type = entry.type();
    if (!type.isReadable()) {
      throw new CheckpointException(
          file, "tensor '" + name + "' has the dtype " + type + ", which is not supported");
    }
    long count = entry.shape().numel();
    if (count > Integer.MAX_VALUE - 8) {
      throw new CheckpointException(
          file, "tensor '" + name + "' " + entry.shape() + " has more than 2^31 elements");
    }
    float[] values = new float[(int) count];
    byte[] bytes = new byte[(int) Math.min(count * type.bytes(), CHUNK_BYTES)];
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int done = 0;
    try {
      while (done < values.length) {
        int now = Math.min(values.length - done, CHUNK_BYTES / type.bytes());
        long position = header.dataStart() + entry.begin() + (long) done * type.bytes();
        reads.read(position, bytes, now * type.bytes());
        type.read(buffer.clear(), values, done, now);
        done += now;
      }
    } catch (EOFException e) {
      throw new CheckpointException(
          file, "ends in tensor '" + name + "': it was cut after it was opened", e);
    } catch (IOException e) {
      throw CheckpointException.unreadable(file, e);
    }
    return values;
  }

  private SafeTensorsHeader.Entry entry(String name) {
    SafeTensorsHeader.Entry entry = header.tensors().get(name);
    if (entry == null) {
      throw new IllegalArgumentException(file + " has no tensor '" + name + "'");
    }
    return entry;
  }

  @Override
  public String source() {
    return file;
  }

  @Override
  public void close() {
    closeQuietly(reads);
  }
}
