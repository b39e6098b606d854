package io.github.jaubert.bert.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * A table of keys and values in the <a
 * href="https://github.com/google/leveldb/blob/main/doc/table_format.md">format of LevelDB</a>, as
 * which TensorFlow writes the index of a checkpoint: blocks of entries, in which a key gives only
 * what differs from the one before; a block that says where they lie; a footer that says where that
 * one lies.
 */
final class SortedTable {
  private static final int FOOTER_BYTES = 48;
  private static final long MAGIC = 0xdb4775248b80fb57L;

  /** Behind each block: how it is compressed, and a checksum. */
  private static final int TRAILER_BYTES = 5;

  /** Far longer than the name of any variable. */
  private static final int LONGEST_KEY = 4096;

  private final String file;
  private final byte[] bytes;

  private SortedTable(String file, byte[] bytes) {
    this.file = file;
    this.bytes = bytes;
  }

  /**
   * Reads all entries, in order.
   *
   * @param file for messages
   * @throws CheckpointException if it is no such table, or damaged
   */
  static Map<String, ByteBuffer> read(String file, byte[] bytes) {
    return new SortedTable(file, bytes).read();
  }

  private Map<String, ByteBuffer> read() {
    int footer = bytes.length - FOOTER_BYTES;
    if (footer < 0
        || ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(bytes.length - 8)
            != MAGIC) {
      throw bad(
          Math.max(0, footer),
          "the footer of a table is not here: this is no index of a checkpoint, or truncated");
    }
    Cursor handles = new Cursor(footer, bytes.length - 8);
    block(handles.handle()); // which tells of filters: TensorFlow leaves it empty
    Map<String, ByteBuffer> entries = new LinkedHashMap<>();
    for (ByteBuffer value : block(handles.handle()).values()) {
      Handle handle = new Cursor(value.position(), value.limit()).handle();
      block(handle)
          .forEach(
              (key, entry) -> {
                if (entries.put(key, entry) != null) {
                  throw bad(entry.position(), "the key '" + key + "' is there twice");
                }
              });
    }
    return entries;
  }

  /** Where a block lies. */
  private record Handle(int offset, int size) {}

  /** The entries of a block; a value is the part of the file between position and limit. */
  private Map<String, ByteBuffer> block(Handle handle) {
    checkBlock(handle);
    ByteBuffer whole = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int end = handle.offset + handle.size;
    long restarts = handle.size < 4 ? -1 : Integer.toUnsignedLong(whole.getInt(end - 4));
    long entriesEnd = end - 4 - 4 * restarts;
    if (restarts < 0 || entriesEnd < handle.offset) {
      throw bad(end - 4, "a block of %d bytes with %d restarts".formatted(handle.size, restarts));
    }
    Map<String, ByteBuffer> entries = new LinkedHashMap<>();
    Cursor at = new Cursor(handle.offset, (int) entriesEnd);
    byte[] key = new byte[0];
    while (at.position < at.end) {
      int start = at.position;
      long shared = at.varint();
      long own = at.varint();
      long valueSize = at.varint();
      if (shared < 0 || shared > key.length || own < 0 || shared + own > LONGEST_KEY) {
        throw bad(
            start,
            "a key of %s bytes, %s of them from the %d before; %d are the most"
                .formatted(
                    Long.toUnsignedString(shared + own),
                    Long.toUnsignedString(shared),
                    key.length,
                    LONGEST_KEY));
      }
      int keyStart = at.take(own);
      key = Arrays.copyOf(key, (int) (shared + own));
      System.arraycopy(bytes, keyStart, key, (int) shared, (int) own);
      int valueStart = at.take(valueSize);
      String name = new String(key, StandardCharsets.UTF_8);
      ByteBuffer value = ByteBuffer.wrap(bytes, valueStart, (int) valueSize);
      if (entries.put(name, value) != null) {
        throw bad(start, "the key '" + name + "' is there twice");
      }
    }
    return entries;
  }

  private void checkBlock(Handle handle) {
    ByteBuffer whole = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int end = handle.offset + handle.size;
    int compression = bytes[end];
    if (compression != 0) {
      throw bad(end, "a block with the compression " + compression + "; only 0, none, is read");
    }
    CRC32C sum = new CRC32C();
    sum.update(bytes, handle.offset, handle.size + 1);
    if (masked(sum) != whole.getInt(end + 1)) {
      throw bad(
          handle.offset,
          "the checksum of the block of %d bytes is wrong: damaged".formatted(handle.size));
    }
  }

  /** A checksum as LevelDB and TensorFlow store it, so that one of stored ones is a good one. */
  static int masked(CRC32C sum) {
    return Integer.rotateRight((int) sum.getValue(), 15) + 0xa282ead8;
  }

  private CheckpointException bad(int offset, String reason) {
    return new CheckpointException(file, "byte " + offset + ": " + reason);
  }

  /** A place in the file, and where what is read there ends. */
  private final class Cursor {
    private int position;
    private final int end;

    Cursor(int position, int end) {
      this.position = position;
      this.end = end;
    }

    long varint() {
      long value = 0;
      for (int shift = 0; shift < 64; shift += 7) {
        byte next = bytes[take(1)];
        value |= (long) (next & 0x7F) << shift;
        if (next >= 0) {
          return value;
        }
      }
      throw bad(position, "a number has more than 10 bytes");
    }

    /** Goes on by some bytes and gives where they begin. */
    int take(long count) {
      if (count < 0 || count > end - position) {
        throw bad(
            position,
            "%s bytes are due, but %d are left: truncated?"
                .formatted(Long.toUnsignedString(count), end - position));
      }
      int start = position;
      position += (int) count;
      return start;
    }

    Handle handle() {
      int start = position;
      long offset = varint();
      long size = varint();
      long room = bytes.length - FOOTER_BYTES - TRAILER_BYTES;
      if (offset < 0 || size < 0 || offset > room || size > room - offset) {
        throw bad(
            start,
            "a block at byte %s of %s bytes does not fit in the file of %d: truncated?"
                .formatted(
                    Long.toUnsignedString(offset), Long.toUnsignedString(size), bytes.length));
      }
      return new Handle((int) offset, (int) size);
    }
  }
}
