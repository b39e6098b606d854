package io.github.jaubert.bert.checkpoint;

import io.github.jaubert.bert.checkpoint.TestFiles.Values;
import io.github.jaubert.tensor.Shape;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/** Writes checkpoints as TensorFlow does, without the code under test. */
public final class TensorFlowFiles {
  private TensorFlowFiles() {}

  // ---- the parameters of a model as variables ----

  /** The variables of Google's BERT for PyTorch's parameters. */
  public static Map<String, Values> variables(Map<String, Values> parameters, String before) {
    Map<String, Values> variables = new TreeMap<>();
    parameters.forEach(
        (name, values) -> {
          boolean relation = name.startsWith("cls.seq_relationship");
          boolean norm = name.contains("LayerNorm");
          boolean kernel = name.endsWith("dense.weight") || name.matches(".*self\\.\\w+\\.weight");
          String variable = name.replaceAll("layer\\.(\\d)", "layer_$1").replace('.', '/');
          variable = variable.replaceFirst("_embeddings/weight$", "_embeddings");
          variable =
              variable
                  .replaceFirst(
                      "/weight$", relation ? "/output_weights" : norm ? "/gamma" : "/kernel")
                  .replaceFirst("LayerNorm/bias$", "LayerNorm/beta")
                  .replaceFirst("(seq_relationship|predictions)/bias$", "$1/output_bias");
          variables.put(before + variable, kernel ? transposed(values) : values);
        });
    return variables;
  }

  private static Values transposed(Values values) {
    int rows = (int) values.shape().size(0);
    int columns = (int) values.shape().size(1);
    float[] turned = new float[rows * columns];
    for (int i = 0; i < turned.length; i++) {
      turned[i] = values.values()[i % rows * columns + i / rows];
    }
    return new Values(Shape.of(columns, rows), turned);
  }

  // ---- files ----

  /** Writes {@code NAME.index} and the files of values, over which the variables go in turn. */
  public static void write(Path name, Map<String, Values> variables, int shards) {
    List<ByteArrayOutputStream> data = new ArrayList<>();
    for (int i = 0; i < shards; i++) {
      data.add(new ByteArrayOutputStream());
    }
    TreeMap<String, byte[]> entries = new TreeMap<>();
    entries.put("", message().integer(1, shards).bytes());
    int next = 0;
    for (Map.Entry<String, Values> variable : variables.entrySet()) {
      int shard = next++ % shards;
      byte[] bytes = bytes(variable.getValue().values());
      Message entry = message().integer(1, 1).part(2, shape(variable.getValue()));
      entry.integer(3, shard).integer(4, data.get(shard).size()).integer(5, bytes.length);
      entries.put(variable.getKey(), entry.fixed(6, masked(bytes, bytes.length)).bytes());
      data.get(shard).writeBytes(bytes);
    }
    // A counter, as a training run leaves it: DT_INT64.
    entries.put("global_step", message().integer(1, 9).integer(5, 8).fixed(6, 1).bytes());
    TestFiles.write(Path.of(name + ".index"), table(entries, 5));
    for (int i = 0; i < shards; i++) {
      TestFiles.write(
          Path.of(name + ".data-%05d-of-%05d".formatted(i, shards)), data.get(i).toByteArray());
    }
  }

  private static byte[] bytes(float[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes.array();
  }

  private static byte[] shape(Values values) {
    Message shape = message();
    for (long size : values.shape().toArray()) {
      shape.part(2, message().integer(1, (int) size).bytes());
    }
    return shape.bytes();
  }

  /** The masked CRC-32C of the first bytes. */
  static int masked(byte[] bytes, int count) {
    CRC32C sum = new CRC32C();
    sum.update(bytes, 0, count);
    long crc = sum.getValue();
    return (int) (((crc >>> 15) | (crc << 17 & 0xFFFFFFFFL)) + 0xa282ead8L);
  }

  /** A table of blocks with so many entries each. */
  static byte[] table(TreeMap<String, byte[]> entries, int inBlock) {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    TreeMap<String, byte[]> index = new TreeMap<>();
    TreeMap<String, byte[]> block = new TreeMap<>();
    for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
      block.put(entry.getKey(), entry.getValue());
      if (block.size() == inBlock || entry.getKey().equals(entries.lastKey())) {
        index.put(entry.getKey(), append(file, block(block)));
        block.clear();
      }
    }
    byte[] filters = append(file, block(new TreeMap<>()));
    byte[] handles = append(file, block(index));
    ByteBuffer footer = ByteBuffer.allocate(48).order(ByteOrder.LITTLE_ENDIAN);
    footer.put(filters).put(handles);
    file.writeBytes(footer.putLong(40, 0xdb4775248b80fb57L).array());
    return file.toByteArray();
  }

  /** Appends a block with its checksum; gives its handle. */
  static byte[] append(ByteArrayOutputStream file, byte[] block) {
    int offset = file.size();
    byte[] typed = Arrays.copyOf(block, block.length + 1);
    file.writeBytes(typed);
    int sum = masked(typed, typed.length);
    file.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(sum).array());
    return message().number(offset).number(block.length).bytes();
  }

  /** Keys that share what they can with the one before, from a restart at every fourth on. */
  static byte[] block(TreeMap<String, byte[]> entries) {
    Message out = message();
    List<Integer> restarts = new ArrayList<>();
    byte[] before = {};
    int count = 0;
    for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
      byte[] key = entry.getKey().getBytes(StandardCharsets.UTF_8);
      boolean restart = count++ % 4 == 0;
      if (restart) {
        restarts.add(out.bytes().length);
      }
      int shared = Arrays.mismatch(before, key);
      shared = restart ? 0 : shared < 0 ? key.length : shared;
      out.number(shared).number(key.length - shared).number(entry.getValue().length);
      out.out.write(key, shared, key.length - shared);
      out.out.writeBytes(entry.getValue());
      before = key;
    }
    if (restarts.isEmpty()) {
      restarts.add(0);
    }
    ByteBuffer tail = ByteBuffer.allocate(4 * restarts.size() + 4).order(ByteOrder.LITTLE_ENDIAN);
    restarts.forEach(tail::putInt);
    out.out.writeBytes(tail.putInt(restarts.size()).array());
    return out.bytes();
  }

  private static Message message() {
    return new Message();
  }

  /** A protobuf message. */
  private static final class Message {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Message number(long value) {
      long rest = value;
      while (rest >>> 7 != 0) {
        out.write((int) (rest & 0x7F | 0x80));
        rest >>>= 7;
      }
      out.write((int) rest);
      return this;
    }

    Message integer(int field, long value) {
      return number(field << 3).number(value);
    }

    Message part(int field, byte[] bytes) {
      number(field << 3 | 2).number(bytes.length);
      out.writeBytes(bytes);
      return this;
    }

    Message fixed(int field, int value) {
      number(field << 3 | 5);
      out.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
      return this;
    }

    byte[] bytes() {
      return out.toByteArray();
    }
  }
}
