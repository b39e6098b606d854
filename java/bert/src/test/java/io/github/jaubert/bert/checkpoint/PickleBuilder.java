package io.github.jaubert.bert.checkpoint;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Writes pickles instruction by instruction, and puts them into archives as torch.save does. */
final class PickleBuilder {
  private final ByteArrayOutputStream code = new ByteArrayOutputStream();

  /** Bytes as they are. */
  PickleBuilder raw(int... bytes) {
    for (int value : bytes) {
      code.write(value);
    }
    return this;
  }

  /** Instructions that are letters. */
  PickleBuilder op(String letters) {
    code.writeBytes(letters.getBytes(StandardCharsets.US_ASCII));
    return this;
  }

  PickleBuilder text(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    op("X").code.writeBytes(four(utf8.length));
    code.writeBytes(utf8);
    return this;
  }

  PickleBuilder integer(int value) {
    op("J").code.writeBytes(four(value));
    return this;
  }

  PickleBuilder integer(long value) {
    raw(0x8A, 8)
        .code
        .writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
    return this;
  }

  PickleBuilder global(String module, String name) {
    return op("c" + module + "\n" + name + "\n");
  }

  /** A tuple of numbers. */
  PickleBuilder tuple(long... values) {
    op("(");
    for (long value : values) {
      integer(value);
    }
    return op("t");
  }

  /** A storage of floats with the key 0. */
  PickleBuilder storage(long elements) {
    op("(").text("storage").global("torch", "FloatStorage").text("0").text("cpu");
    return integer(elements).op("tQ");
  }

  /** A tensor of a storage of floats with the key 0. */
  PickleBuilder tensor(long elements, long offset, long[] shape, long[] strides) {
    global("torch._utils", "_rebuild_tensor_v2").op("(").storage(elements);
    integer(offset).tuple(shape).tuple(strides).raw(0x89).global("collections", "OrderedDict");
    return op(")RtR");
  }

  byte[] bytes() {
    return code.toByteArray();
  }

  private static byte[] four(int value) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
  }

  /** The archive of a pickle and a storage. */
  static void write(Path file, byte[] pickle, byte[] storage) {
    zip(file, false, Map.of("model/data.pkl", pickle, "model/data/0", storage));
  }

  /** An archive of records. */
  static void zip(Path file, boolean compressed, Map<String, byte[]> records) {
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      for (Map.Entry<String, byte[]> record : records.entrySet()) {
        ZipEntry entry = new ZipEntry(record.getKey());
        if (!compressed) {
          CRC32 sum = new CRC32();
          sum.update(record.getValue());
          entry.setMethod(ZipEntry.STORED);
          entry.setSize(record.getValue().length);
          entry.setCrc(sum.getValue());
        }
        zip.putNextEntry(entry);
        zip.write(record.getValue());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
