package io.github.jaubert.bert.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.tensor.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Makes the files that the tests load, without the code under test. */
public final class TestFiles {
  private TestFiles() {}

  /** The golden files of the small BERT. */
  public static Path golden() {
    return golden("small-bert");
  }

  /** The golden files of a small model. */
  public static Path golden(String name) {
    try {
      return Path.of(TestFiles.class.getResource("/golden/" + name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A safetensors file of a header and data. */
  public static byte[] safeTensors(String header, byte[] data) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + json.length + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .put(data)
        .array();
  }

  /** A tensor for {@link #writeWeights}. */
  public record Values(Shape shape, float[] values) {}

  /** All tensors of a file. */
  public static Map<String, Values> readWeights(Path file) {
    Map<String, Values> all = new LinkedHashMap<>();
    try (SafeTensors weights = SafeTensors.open(file)) {
      for (String name : weights.names()) {
        all.put(name, new Values(weights.shape(name), weights.floats(name)));
      }
    }
    return all;
  }

  /** The same tensors under other names. */
  public static Map<String, Values> rename(
      Map<String, Values> tensors, UnaryOperator<String> name) {
    Map<String, Values> renamed = new LinkedHashMap<>();
    tensors.forEach((key, value) -> renamed.put(name.apply(key), value));
    return renamed;
  }

  /** Writes tensors as F32, F16 (truncated), BF16 (truncated) or F64. */
  public static void writeWeights(Path file, Map<String, Values> tensors, String dtype) {
    int bytes = dtype.equals("F64") ? 8 : dtype.equals("F32") ? 4 : 2;
    ObjectNode header = JsonFiles.object();
    int size = tensors.values().stream().mapToInt(t -> t.values().length * bytes).sum();
    ByteBuffer data = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    tensors.forEach(
        (name, tensor) -> {
          ObjectNode entry = header.putObject(name);
          entry.put("dtype", dtype);
          for (long axis : tensor.shape().toArray()) {
            entry.withArray("shape").add(axis);
          }
          entry.withArray("data_offsets").add(data.position());
          for (float value : tensor.values()) {
            switch (dtype) {
              case "F64" -> data.putDouble(value);
              case "F32" -> data.putFloat(value);
              case "F16" -> data.putShort(half(value));
              case "BF16" -> data.putShort((short) (Float.floatToIntBits(value) >>> 16));
              default -> throw new IllegalArgumentException(dtype);
            }
          }
          entry.withArray("data_offsets").add(data.position());
        });
    write(file, safeTensors(header.toString(), data.array()));
  }

  /** A normal single cut to half precision; what is too small becomes 0. */
  static short half(float value) {
    int bits = Float.floatToIntBits(value);
    int exponent = (bits >>> 23 & 0xFF) - 112;
    int sign = bits >>> 16 & 0x8000;
    return (short) (exponent < 1 ? sign : sign | exponent << 10 | bits >>> 13 & 0x3FF);
  }

  /** Writes a file and the folders above it. */
  public static void write(Path file, byte[] bytes) {
    try {
      Files.createDirectories(file.getParent());
      Files.write(file, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes a text file. */
  public static void write(Path file, String text) {
    write(file, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Copies the config and the weights of a model folder. */
  public static Path copy(Path from, Path to) {
    try {
      Files.createDirectories(to);
      for (String name : new String[] {"config.json", "model.safetensors"}) {
        Files.write(to.resolve(name), Files.readAllBytes(from.resolve(name)));
      }
      return to;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
