package io.github.jaubert.bert.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The ONNX file was made by PyTorch's exporter from the weights of the safetensors file beside it.
 */
class OnnxWeightsTest {
  private static final Path FILE = TestFiles.golden().resolve("model.onnx");

  @TempDir Path folder;

  private static OnnxWeights read(byte[] bytes) {
    return OnnxWeights.read("model.onnx", new ByteArrayInputStream(bytes));
  }

  private static String refusal(byte[] bytes) {
    return assertThrows(CheckpointException.class, () -> read(bytes)).getMessage();
  }

  @Test
  void findsEveryWeightUnderItsName() throws IOException {
    try (SafeTensors expected =
            SafeTensors.open(TestFiles.golden().resolve("single-label/model.safetensors"));
        OnnxWeights mapped = OnnxWeights.open(FILE);
        OnnxWeights streamed = read(Files.readAllBytes(FILE))) {
      int compared = 0;
      for (String name : expected.names()) {
        if (name.startsWith("bert.")) {
          String plain = name.substring("bert.".length());
          assertEquals(expected.shape(name), mapped.shape(plain), plain);
          assertArrayEquals(expected.floats(name), mapped.floats(plain), plain);
          assertArrayEquals(expected.floats(name), streamed.floats(plain), plain);
          compared++;
        }
      }
      assertEquals(compared, mapped.names().size());
      assertEquals(39, compared);
    }
  }

  @Test
  void deducesTheConfig() {
    ObjectNode expected =
        JsonFiles.readObject(TestFiles.golden().resolve("single-label/config.json"));
    try (OnnxWeights weights = OnnxWeights.open(FILE)) {
      ObjectNode config = weights.config();
      assertEquals(10, config.size());
      config
          .properties()
          .forEach(
              field ->
                  assertEquals(
                      expected.get(field.getKey()).asText(),
                      field.getValue().asText(),
                      field.getKey()));
    }
  }

  @Test
  void refusesAFileTruncatedAnywhere() throws IOException {
    byte[] whole = Files.readAllBytes(FILE);
    Random random = new Random(3);
    // The output declarations and the opset behind the tensors do not matter to the weights: cut
    // before them.
    int needed = new String(whole, StandardCharsets.ISO_8859_1).lastIndexOf("onnx::MatMul_392");
    for (int i = 0; i < 300; i++) {
      byte[] cut = Arrays.copyOf(whole, random.nextInt(needed));
      assertThrows(CheckpointException.class, () -> read(cut), "cut to " + cut.length);
    }
    assertTrue(refusal(Arrays.copyOf(whole, 5000)).contains("truncated"));
  }

  @Test
  void changedBytesAreReadOrRefusedButNothingElse() throws IOException {
    byte[] whole = Files.readAllBytes(FILE);
    Random random = new Random(4);
    int refused = 0;
    for (int i = 0; i < 1000; i++) {
      byte[] changed = whole.clone();
      for (int k = 0; k < 20; k++) {
        changed[random.nextInt(whole.length)] = (byte) random.nextInt(256);
      }
      try (OnnxWeights weights = read(changed)) {
        weights.names().forEach(weights::floats);
      } catch (CheckpointException e) {
        refused++;
      }
    }
    assertTrue(refused > 100, refused + " of 1000 refused");
  }

  @Test
  void refusesWhatIsNoModel() {
    assertEquals("model.onnx: holds no graph: this is no ONNX model", refusal(new byte[0]));
    assertTrue(
        refusal("<html>no model</html>".getBytes(StandardCharsets.UTF_8))
            .startsWith("model.onnx: byte "));
    assertTrue(refusal(new byte[] {7 << 3 | 2, 0}).contains("no tensor is named"));
    Path none = folder.resolve("none.onnx");
    assertEquals(
        none + ": cannot be read: no such file",
        assertThrows(CheckpointException.class, () -> OnnxWeights.open(none)).getMessage());
  }

  @Test
  void namesTheWeightsThatTheGraphDoesNotShow() throws IOException {
    // Without its name, the bias of a layer no longer tells whose weight it meets.
    byte[] bytes = Files.readAllBytes(FILE);
    byte[] name = "bert.encoder.layer.1.output.dense.bias".getBytes(StandardCharsets.US_ASCII);
    for (int i = 0; i + name.length <= bytes.length; i++) {
      if (Arrays.equals(bytes, i, i + name.length, name, 0, name.length)) {
        bytes[i] = 'x';
      }
    }
    String message = refusal(bytes);
    assertTrue(
        message.contains(
            "[encoder.layer.1.output.dense.weight, encoder.layer.1.output.dense.bias]"),
        message);
  }
}
