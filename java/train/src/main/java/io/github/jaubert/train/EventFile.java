package io.github.jaubert.train;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Writes a file of TensorBoard's events: a TFRecord file of {@code tensorflow.Event} messages, of
 * which a scalar needs six fields of protocol buffers. The libraries for it are TensorFlow itself,
 * some hundred megabytes, and messages generated in 2019. A record is
 *
 * <pre>
 * uint64 length, uint32 masked CRC-32C of the length, bytes, uint32 masked CRC-32C of the bytes
 * </pre>
 *
 * <p>in little-endian order (tensorflow/core/lib/io/record_writer.h, core/util/event.proto). Every
 * record is appended whole, so that TensorBoard may read along.
 */
final class EventFile {
  private static final int VARINT = 0; // wire types
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  private static final int MASK = 0xa282ead8;
  private static final int SESSION_STARTS = 1;

  private final Path file;

  /** A new file of this name; one that is there is replaced. */
  EventFile(Path file) throws IOException {
    this.file = file;
    Files.write(file, new byte[0]);
    append(event(0).string(3, "brain.Event:2"));
  }

  /** From here on steps count that an earlier file has, too: its figures are to be forgotten. */
  void restart(long step) throws IOException {
    append(event(step).message(7, new Message().number(1, SESSION_STARTS)));
  }

  /** Appends figures of a step. */
  void add(long step, Map<String, Double> values) throws IOException {
    Message summary = new Message();
    values.forEach(
        (tag, value) ->
            summary.message(1, new Message().string(1, tag).real(2, value.floatValue())));
    append(event(step).message(5, summary));
  }

  private static Message event(long step) {
    return new Message().real(1, System.currentTimeMillis() / 1e3).number(2, step);
  }

  private void append(Message message) throws IOException {
    byte[] data = message.bytes();
    ByteBuffer length = little(Long.BYTES).putLong(0, data.length);
    ByteBuffer record = little(Long.BYTES + Integer.BYTES + data.length + Integer.BYTES);
    record.put(length.array()).putInt(maskedCrc(length.array()));
    record.put(data).putInt(maskedCrc(data));
    Files.write(file, record.array(), StandardOpenOption.APPEND);
  }

  private static ByteBuffer little(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** A checksum of data that hold checksums would be weak, so it is rotated and offset. */
  private static int maskedCrc(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return Integer.rotateRight((int) crc.getValue(), 15) + MASK;
  }

  /** The fields of a protocol buffer. */
  private static final class Message {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Message number(int field, long value) {
      key(field, VARINT);
      varint(value);
      return this;
    }

    Message real(int field, double value) {
      key(field, FIXED64);
      out.writeBytes(little(Double.BYTES).putDouble(0, value).array());
      return this;
    }

    Message real(int field, float value) {
      key(field, FIXED32);
      out.writeBytes(little(Float.BYTES).putFloat(0, value).array());
      return this;
    }

    Message string(int field, String value) {
      return bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    Message message(int field, Message value) {
      return bytes(field, value.bytes());
    }

    private Message bytes(int field, byte[] value) {
      key(field, BYTES);
      varint(value.length);
      out.writeBytes(value);
      return this;
    }

    private void key(int field, int wireType) {
      varint(field << 3 | wireType);
    }

    /** Seven bits a byte, the lowest first. */
    private void varint(long value) {
      for (; (value & ~0x7fL) != 0; value >>>= 7) {
        out.write((int) (value & 0x7f | 0x80));
      }
      out.write((int) value);
    }

    byte[] bytes() {
      return out.toByteArray();
    }
  }
}
