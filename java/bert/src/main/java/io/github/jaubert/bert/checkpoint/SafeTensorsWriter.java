package io.github.jaubert.bert.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * Writes safetensors files. The same tensors give the same bytes: they are laid out, as by the
 * reference implementation, with the wider types first and by name within a type, and the header is
 * padded with spaces to a multiple of 8.
 */
public final class SafeTensorsWriter {
  /** What PyTorch's loaders look for. */
  public static final Map<String, String> PYTORCH = Map.of("format", "pt");

  private static final JsonFactory JSON = new JsonFactory();
  private static final int CHUNK_BYTES = 1 << 16;

  private SafeTensorsWriter() {}

  /**
   * Writes a file in one step, see {@link AtomicFile}.
   *
   * @param tensors by name, of type F32, I32, I64 or BOOL
   * @param metadata strings for {@code __metadata__}, written in order of their keys
   * @throws CheckpointException if it cannot be written; an earlier file is then untouched
   */
  public static void write(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) {
    AtomicFile.write(file, content(tensors, metadata));
  }

  /** What {@link #write} writes, for {@link ModelFolder}. */
  public static AtomicFile.Content content(
      Map<String, Tensor> tensors, Map<String, String> metadata) {
    List<Map.Entry<String, Tensor>> sorted = new ArrayList<>(tensors.entrySet());
    sorted.sort(
        Comparator.comparing(
                (Map.Entry<String, Tensor> e) -> SafeTensorsType.of(e.getValue().dtype()))
            .thenComparing(Map.Entry::getKey));
    byte[] header = header(sorted, metadata);
    return out -> {
      out.write(littleEndian(Long.BYTES).putLong(header.length).array());
      out.write(header);
      ByteBuffer buffer = littleEndian(CHUNK_BYTES);
      for (Map.Entry<String, Tensor> entry : sorted) {
        writeValues(out, buffer, entry.getValue());
      }
    };
  }

  private static ByteBuffer littleEndian(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static byte[] header(
      List<Map.Entry<String, Tensor>> sorted, Map<String, String> metadata) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      if (!metadata.isEmpty()) {
        json.writeObjectFieldStart("__metadata__");
        for (String key : metadata.keySet().stream().sorted().toList()) {
          json.writeStringField(key, metadata.get(key));
        }
        json.writeEndObject();
      }
      long offset = 0;
      for (Map.Entry<String, Tensor> entry : sorted) {
        Tensor tensor = entry.getValue();
        json.writeObjectFieldStart(entry.getKey());
        json.writeStringField("dtype", SafeTensorsType.of(tensor.dtype()).name());
        json.writeFieldName("shape");
        long[] sizes = tensor.shape().toArray();
        json.writeArray(sizes, 0, sizes.length);
        json.writeFieldName("data_offsets");
        long end = offset + tensor.numel() * tensor.dtype().bytes();
        json.writeArray(new long[] {offset, end}, 0, 2);
        json.writeEndObject();
        offset = end;
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new IllegalStateException(e); // memory does not fail to be written
    }
    while (bytes.size() % 8 != 0) {
      bytes.write(' ');
    }
    return bytes.toByteArray();
  }

  private static void writeValues(OutputStream out, ByteBuffer buffer, Tensor tensor)
      throws IOException {
    DType dtype = tensor.dtype();
    int perChunk = CHUNK_BYTES / dtype.bytes();
    switch (dtype) {
      case F32 -> {
        float[] values = tensor.toFloats();
        for (int i = 0; i < values.length; i += perChunk) {
          int count = Math.min(perChunk, values.length - i);
          buffer.asFloatBuffer().put(values, i, count);
          out.write(buffer.array(), 0, 4 * count);
        }
      }
      case I32 -> {
        int[] values = tensor.toInts();
        for (int i = 0; i < values.length; i += perChunk) {
          int count = Math.min(perChunk, values.length - i);
          buffer.asIntBuffer().put(values, i, count);
          out.write(buffer.array(), 0, 4 * count);
        }
      }
      case I64 -> {
        long[] values = tensor.toLongs();
        for (int i = 0; i < values.length; i += perChunk) {
          int count = Math.min(perChunk, values.length - i);
          buffer.asLongBuffer().put(values, i, count);
          out.write(buffer.array(), 0, 8 * count);
        }
      }
      case BOOL -> {
        boolean[] values = tensor.toBooleans();
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
          bytes[i] = (byte) (values[i] ? 1 : 0);
        }
        out.write(bytes);
      }
      default ->
          throw new IllegalArgumentException(
              "a tensor of type " + dtype + " cannot be written to a safetensors file");
    }
  }
}
