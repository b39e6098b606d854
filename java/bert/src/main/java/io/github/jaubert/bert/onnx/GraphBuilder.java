package io.github.jaubert.bert.onnx;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * An ONNX graph in the making: nodes, the constants that they read, inputs and outputs; in the end
 * a file. Numbers of fields are those of onnx.proto. Constants are read and written one by one, so
 * that the weights are never in memory twice.
 */
final class GraphBuilder {
  static final int FLOAT = 1;
  static final int INT64 = 7;

  private static final int IR_VERSION = 8;
  private static final int OPSET = 17; // the first with LayerNormalization

  /** What a protobuf message, and so a file of one part, may hold. */
  private static final long MOST_BYTES = Integer.MAX_VALUE;

  private record Constant(byte[] header, long bytes, Supplier<float[]> values) {}

  private final ProtobufWriter nodes = new ProtobufWriter();
  private final List<Constant> constants = new ArrayList<>();
  private final Map<String, Integer> names = new HashMap<>();
  private final Map<List<Long>, String> integers = new HashMap<>();

  // ---- what is computed ----

  /** Adds an operation and gives the name of its result. */
  String add(String operation, String... inputs) {
    return add(operation, List.of(), inputs);
  }

  /** The same with attributes, see {@link #attribute}. */
  String add(String operation, List<ProtobufWriter> attributes, String... inputs) {
    String output = operation + "_" + names.merge(operation, 1, Integer::sum);
    return named(output, operation, attributes, inputs);
  }

  /** The same of an operation with several results. */
  List<String> addSeveral(
      String operation, int count, List<ProtobufWriter> attributes, String... inputs) {
    String name = operation + "_" + names.merge(operation, 1, Integer::sum);
    List<String> outputs = IntStream.range(0, count).mapToObj(i -> name + "_" + i).toList();
    named(outputs, operation, attributes, inputs);
    return outputs;
  }

  private String named(
      String output, String operation, List<ProtobufWriter> attributes, String... inputs) {
    named(List.of(output), operation, attributes, inputs);
    return output;
  }

  private void named(
      List<String> outputs, String operation, List<ProtobufWriter> attributes, String... inputs) {
    ProtobufWriter node = new ProtobufWriter();
    for (String input : inputs) {
      node.string(1, input);
    }
    outputs.forEach(output -> node.string(2, output));
    node.string(3, outputs.get(0)).string(4, operation);
    attributes.forEach(attribute -> node.message(5, attribute));
    nodes.message(1, node);
  }

  static ProtobufWriter attribute(String name, long value) {
    return new ProtobufWriter().string(1, name).integer(3, value).integer(20, 2);
  }

  static ProtobufWriter attribute(String name, float value) {
    return new ProtobufWriter().string(1, name).single(2, value).integer(20, 1);
  }

  static ProtobufWriter attribute(String name, long... values) {
    ProtobufWriter attribute = new ProtobufWriter().string(1, name);
    for (long value : values) {
      attribute.integer(8, value);
    }
    return attribute.integer(20, 7);
  }

  // ---- what is constant ----

  /**
   * A tensor of floats.
   *
   * @param values gives them when the file is written
   */
  String constant(String name, long[] shape, Supplier<float[]> values) {
    long count = 1;
    for (long size : shape) {
      count *= size;
    }
    constants.add(new Constant(tensor(name, FLOAT, shape).bytes(), 4 * count, values));
    return name;
  }

  /** One float. */
  String number(float value) {
    String name = "number_" + names.merge("number", 1, Integer::sum);
    return constant(name, new long[0], () -> new float[] {value});
  }

  /** A list of integers, such as axes. */
  String integers(Long... values) {
    return integers.computeIfAbsent(
        List.of(values), list -> integer(new long[] {list.size()}, list));
  }

  /** One integer. */
  String integer(long value) {
    return integer(new long[0], List.of(value));
  }

  private String integer(long[] shape, List<Long> values) {
    String name = "integers_" + names.merge("integers", 1, Integer::sum);
    ByteBuffer bytes = ByteBuffer.allocate(8 * values.size()).order(ByteOrder.LITTLE_ENDIAN);
    values.forEach(bytes::putLong);
    nodes.message(5, tensor(name, INT64, shape).bytes(9, bytes.array()));
    return name;
  }

  private static ProtobufWriter tensor(String name, int type, long[] shape) {
    ProtobufWriter tensor = new ProtobufWriter();
    for (long size : shape) {
      tensor.integer(1, size);
    }
    return tensor.integer(2, type).string(8, name);
  }

  // ---- what goes in and out ----

  /**
   * An input.
   *
   * @param dimensions numbers, or names of what may differ
   */
  String input(String name, int type, Object... dimensions) {
    nodes.message(11, value(name, type, dimensions));
    return name;
  }

  /** Makes a result an output of the graph under this name. */
  void output(String name, String result, Object... dimensions) {
    named(name, "Identity", List.of(), result);
    nodes.message(12, value(name, FLOAT, dimensions));
  }

  private static ProtobufWriter value(String name, int type, Object... dimensions) {
    ProtobufWriter shape = new ProtobufWriter();
    for (Object dimension : dimensions) {
      ProtobufWriter one = new ProtobufWriter();
      shape.message(
          1,
          dimension instanceof Integer size
              ? one.integer(1, size)
              : one.string(2, dimension.toString()));
    }
    ProtobufWriter tensor = new ProtobufWriter().integer(1, type).message(2, shape);
    return new ProtobufWriter().string(1, name).message(2, new ProtobufWriter().message(1, tensor));
  }

  // ---- the file ----

  private static byte[] begin(Constant constant) {
    byte[] raw = new ProtobufWriter().beginBytes(9, constant.bytes).bytes();
    long length = constant.header.length + raw.length + constant.bytes;
    ByteBuffer all = ByteBuffer.allocate(64 + constant.header.length);
    all.put(new ProtobufWriter().beginBytes(5, length).bytes());
    all.put(constant.header).put(raw);
    byte[] bytes = new byte[all.position()];
    all.flip().get(bytes);
    return bytes;
  }

  /** How many bytes the graph has. */
  private long length() {
    long length = nodes.bytes().length;
    for (Constant constant : constants) {
      length += begin(constant).length + constant.bytes;
    }
    return length;
  }

  /**
   * Refuses what is too large for one file.
   *
   * @throws IllegalArgumentException if the file would have 2 GiB
   */
  void requireOneFile() {
    long length = length();
    if (length > MOST_BYTES - 1024) {
      throw new IllegalArgumentException(
          "the model has %d bytes; an ONNX file without others beside it holds less than 2 GiB"
              .formatted(length));
    }
  }

  /** Writes the file. */
  void writeTo(OutputStream out, String producer) throws IOException {
    ProtobufWriter model =
        new ProtobufWriter()
            .integer(1, IR_VERSION)
            .string(2, producer)
            .message(8, new ProtobufWriter().string(1, "").integer(2, OPSET));
    out.write(model.bytes());
    ProtobufWriter name = new ProtobufWriter().string(2, producer);
    out.write(new ProtobufWriter().beginBytes(7, length() + name.bytes().length).bytes());
    out.write(name.bytes());
    out.write(nodes.bytes());
    for (Constant constant : constants) {
      float[] values = constant.values.get();
      if (4L * values.length != constant.bytes) {
        throw new IllegalStateException(
            "%d values for %d bytes".formatted(values.length, constant.bytes));
      }
      out.write(begin(constant));
      write(out, values);
    }
  }

  private static void write(OutputStream out, float[] values) throws IOException {
    ByteBuffer part = ByteBuffer.allocate(1 << 18).order(ByteOrder.LITTLE_ENDIAN);
    for (int from = 0; from < values.length; ) {
      int count = Math.min(values.length - from, part.capacity() / 4);
      part.asFloatBuffer().put(values, from, count);
      out.write(part.array(), 0, 4 * count);
      from += count;
    }
  }
}
