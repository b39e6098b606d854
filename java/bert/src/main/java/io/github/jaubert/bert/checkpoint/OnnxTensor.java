package io.github.jaubert.bert.checkpoint;

import io.github.jaubert.tensor.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.stream.LongStream;

/**
 * A constant tensor of an ONNX file (message TensorProto).
 *
 * @param data little-endian elements of {@code type}, or of the wider type in which the format
 *     keeps them when they are not raw
 */
record OnnxTensor(String file, String name, Shape shape, SafeTensorsType type, ByteBuffer data) {
  /** Values of TensorProto.DataType. */
  private static final int FLOAT = 1;

  private static final int INT32 = 6;
  private static final int INT64 = 7;
  private static final int FLOAT16 = 10;
  private static final int DOUBLE = 11;
  private static final int BFLOAT16 = 16;

  private static final int EXTERNAL = 1;

  /**
   * Reads the message; returns a tensor without data, of type null, if its element type is of no
   * use here.
   */
  static OnnxTensor read(String file, ProtobufReader message) {
    LongStream.Builder dims = LongStream.builder();
    String name = "";
    int dataType = 0;
    ByteBuffer raw = null;
    ByteBuffer floats = null;
    LongStream.Builder integers = LongStream.builder();
    boolean external = false;
    while (message.next()) {
      switch (message.field()) {
        case 1 -> message.integers(dims);
        case 2 -> dataType = (int) message.integer();
        case 4 -> floats = message.bytes(); // packed, as every writer has done since proto3
        case 7 -> message.integers(integers);
        case 8 -> name = message.string();
        case 9 -> raw = message.bytes();
        case 14 -> external = message.integer() == EXTERNAL;
        default -> message.skip();
      }
    }
    if (external) {
      throw new CheckpointException(
          file,
          "tensor '" + name + "' is kept in another file (external data), which is not supported");
    }
    Shape shape;
    try {
      shape = Shape.of(dims.build().toArray());
    } catch (IllegalArgumentException e) {
      throw new CheckpointException(file, "tensor '" + name + "': " + e.getMessage(), e);
    }
    SafeTensorsType type = type(dataType);
    ByteBuffer data = raw;
    if (data == null && type == SafeTensorsType.F32) {
      data = floats;
    } else if (data == null && type == SafeTensorsType.I64) {
      long[] values = integers.build().toArray();
      data = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
      data.asLongBuffer().put(values);
    }
    if (type == null || data == null) {
      return new OnnxTensor(file, name, shape, null, null);
    }
    if (data.remaining() % type.bytes() != 0 || data.remaining() / type.bytes() != shape.numel()) {
      throw new CheckpointException(
          file,
          "tensor '"
              + name
              + "' "
              + type
              + " "
              + shape
              + " has "
              + data.remaining()
              + " bytes of data");
    }
    return new OnnxTensor(file, name, shape, type, data);
  }

  private static SafeTensorsType type(int dataType) {
    return switch (dataType) {
      case FLOAT -> SafeTensorsType.F32;
      case INT32 -> SafeTensorsType.I32;
      case INT64 -> SafeTensorsType.I64;
      case FLOAT16 -> SafeTensorsType.F16;
      case DOUBLE -> SafeTensorsType.F64;
      case BFLOAT16 -> SafeTensorsType.BF16;
      default -> null;
    };
  }

  boolean isFloatingPoint() {
    return type == SafeTensorsType.F32
        || type == SafeTensorsType.F16
        || type == SafeTensorsType.BF16
        || type == SafeTensorsType.F64;
  }

  /** The elements row by row. */
  float[] floats() {
    float[] values = new float[Math.toIntExact(shape.numel())];
    if (values.length > 0) {
      type.read(data.duplicate().order(ByteOrder.LITTLE_ENDIAN), values, 0, values.length);
    }
    return values;
  }
}
