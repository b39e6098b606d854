package io.github.jaubert.bert.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.function.LongConsumer;

/**
 * Reads one protobuf message field by field: {@link #next} goes to a field, one of the other
 * methods takes or skips its value. Nothing is copied: a nested message or byte string is a slice
 * of the same memory, which may be a mapped file.
 */
final class ProtobufReader {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int LENGTH_DELIMITED = 2;
  private static final int FIXED32 = 5;

  private final String file;
  private final ByteBuffer buffer;

  /** Where this message begins in the file, for error messages. */
  private final long origin;

  private int field;
  private int wireType;

  ProtobufReader(String file, ByteBuffer message) {
    this(file, message, 0);
  }

  /**
   * Reads a message that is a part of the file.
   *
   * @param origin where it begins there
   */
  ProtobufReader(String file, ByteBuffer message, long origin) {
    this.file = file;
    this.buffer = message.slice().order(ByteOrder.LITTLE_ENDIAN);
    this.origin = origin;
  }

  /** Goes to the next field; false at the end of the message. */
  boolean next() {
    if (!buffer.hasRemaining()) {
      return false;
    }
    long tag = readVarint();
    field = (int) (tag >>> 3);
    wireType = (int) (tag & 7);
    if (field == 0 || tag >>> 32 != 0) {
      throw bad("the field number " + (tag >>> 3) + " is not possible");
    }
    return true;
  }

  /** The number of the field. */
  int field() {
    return field;
  }

  /** The value of an integer field. */
  long integer() {
    require(VARINT, "an integer");
    return readVarint();
  }

  /** The value of a fixed32 field. */
  int fixed32() {
    require(FIXED32, "a fixed32");
    requireBytes(4);
    return buffer.getInt();
  }

  /** The value of a float field. */
  float single() {
    require(FIXED32, "a float");
    requireBytes(4);
    return buffer.getFloat();
  }

  /** The value of a string field. */
  String string() {
    ByteBuffer bytes = bytes();
    return StandardCharsets.UTF_8.decode(bytes).toString();
  }

  /** The value of a bytes field, little-endian. */
  ByteBuffer bytes() {
    require(LENGTH_DELIMITED, "bytes");
    long length = readVarint();
    requireBytes(length);
    ByteBuffer slice = buffer.slice(buffer.position(), (int) length).order(ByteOrder.LITTLE_ENDIAN);
    buffer.position(buffer.position() + (int) length);
    return slice;
  }

  /** A reader of the message in a field. */
  ProtobufReader message() {
    ByteBuffer slice = bytes();
    return new ProtobufReader(file, slice, origin + buffer.position() - slice.remaining());
  }

  /** Hands over the values of a repeated integer field, packed or not. */
  void integers(LongConsumer values) {
    if (wireType == VARINT) {
      values.accept(readVarint());
      return;
    }
    ProtobufReader packed = message();
    while (packed.buffer.hasRemaining()) {
      values.accept(packed.readVarint());
    }
  }

  /** Passes over the value of the field. */
  void skip() {
    switch (wireType) {
      case VARINT -> readVarint();
      case FIXED64 -> skipBytes(8);
      case LENGTH_DELIMITED -> skipBytes(readVarint());
      case FIXED32 -> skipBytes(4);
      default -> throw bad("field " + field + " has the unknown wire type " + wireType);
    }
  }

  private long readVarint() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      requireBytes(1);
      byte next = buffer.get();
      value |= (long) (next & 0x7F) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw bad("an integer has more than 10 bytes");
  }

  private void require(int wanted, String what) {
    if (wireType != wanted) {
      throw bad(
          "field " + field + " has the wire type " + wireType + " where " + what + " is needed");
    }
  }

  private void requireBytes(long count) {
    if (count < 0 || count > buffer.remaining()) {
      throw bad(
          "field "
              + field
              + " needs "
              + Long.toUnsignedString(count)
              + " bytes, but "
              + buffer.remaining()
              + " are left: truncated?");
    }
  }

  private void skipBytes(long count) {
    requireBytes(count);
    buffer.position(buffer.position() + (int) count);
  }

  private CheckpointException bad(String reason) {
    return new CheckpointException(file, "byte " + (origin + buffer.position()) + ": " + reason);
  }
}
