package io.github.jaubert.bert.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.TestFiles.Values;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.tensor.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A small BERT as a checkpoint of TensorFlow. That of Google is read by BertBaseTest. */
class TensorFlowWeightsTest {
  private static final Map<String, Values> PARAMETERS =
      TestFiles.readWeights(
          TestFiles.golden("masked-language").resolve("pre-training/model.safetensors"));

  @TempDir Path folder;
  private Path name;
  private Path index;
  private Path data;

  @BeforeEach
  void write() {
    name = folder.resolve("bert_model.ckpt");
    index = Path.of(name + ".index");
    data = Path.of(name + ".data-00000-of-00001");
    TensorFlowFiles.write(name, TensorFlowFiles.variables(PARAMETERS, ""), 1);
  }

  private static void assertWeights(TensorFlowWeights weights) {
    assertEquals(PARAMETERS.keySet(), weights.names());
    PARAMETERS.forEach(
        (key, values) -> {
          assertEquals(values.shape(), weights.shape(key), key);
          assertArrayEquals(values.values(), weights.floats(key), key);
        });
  }

  private static String refusal(Path path) {
    return assertThrows(CheckpointException.class, () -> readAll(path)).getMessage();
  }

  private static void readAll(Path path) {
    try (TensorFlowWeights weights = TensorFlowWeights.open(path)) {
      weights.names().forEach(weights::floats);
    }
  }

  // ---- what is read ----

  @ParameterizedTest
  @CsvSource({"'', 1", "module/, 1", "'', 3"})
  void findsEveryWeightUnderItsName(String before, int shards) {
    Path other = folder.resolve("other/variables/variables");
    Map<String, Values> variables = TensorFlowFiles.variables(PARAMETERS, before);
    Values some = new Values(Shape.of(2), new float[] {1, 2});
    variables.put(before + "bert/pooler/dense/bias/adam_m", some); // an optimizer's
    variables.put("loss/output_weights", some);
    TensorFlowFiles.write(other, variables, shards);
    try (TensorFlowWeights weights = TensorFlowWeights.open(folder.resolve("other"))) {
      assertWeights(weights);
    }
  }

  @Test
  void isFoundByFolderNameOrIndex() {
    for (Path path : new Path[] {folder, name, index}) {
      try (TensorFlowWeights weights = TensorFlowWeights.open(path)) {
        assertWeights(weights);
        assertEquals(index.toString(), weights.source());
      }
    }
  }

  @Test
  void deducesTheConfigOrReadsIt() {
    ObjectNode expected =
        JsonFiles.readObject(
            TestFiles.golden("masked-language").resolve("pre-training/config.json"));
    try (TensorFlowWeights weights = TensorFlowWeights.open(folder)) {
      ObjectNode config = weights.config();
      assertEquals(1, config.remove("num_attention_heads").asInt()); // 64 / 64
      assertEquals(7, config.size());
      config
          .properties()
          .forEach(
              field ->
                  assertEquals(
                      expected.get(field.getKey()).asInt(),
                      field.getValue().asInt(),
                      field.getKey()));
      TestFiles.write(
          folder.resolve("bert_config.json"), "{\"num_attention_heads\": 4, \"vocab_size\": 1001}");
      assertEquals(4, weights.config().get("num_attention_heads").asInt());
      assertEquals("bert", weights.config().get("model_type").asText());
    }
  }

  // ---- what is refused ----

  @Test
  void filesTruncatedAnywhereAreRefused() throws IOException {
    Random random = new Random(3);
    for (Path file : new Path[] {index, data}) {
      byte[] whole = Files.readAllBytes(file);
      for (int i = 0; i < 50; i++) {
        int length = random.nextInt(whole.length);
        Files.write(file, Arrays.copyOf(whole, length));
        String message = refusal(name);
        assertTrue(message.startsWith(file + ": byte "), "cut to " + length + ": " + message);
      }
      Files.write(file, whole);
    }
    readAll(name);
  }

  @Test
  void changedBytesAreRefused() throws IOException {
    long seed = Seeds.SEED;
    Random random = new Random(seed);
    byte[] whole = Files.readAllBytes(index);
    int end = whole.length - 48; // behind it lies the footer, of which some bytes do not matter
    for (int i = 0; i < 300; i++) {
      byte[] changed = whole.clone();
      changed[random.nextInt(end)] ^= (byte) (1 + random.nextInt(255));
      Files.write(index, changed);
      String message =
          assertThrows(CheckpointException.class, () -> readAll(name), "seed " + seed).getMessage();
      assertTrue(message.startsWith(index + ": byte "), message);
    }
    Files.write(index, whole);
    byte[] values = Files.readAllBytes(data);
    for (int i = 0; i < 20; i++) {
      byte[] changed = values.clone();
      changed[random.nextInt(values.length)] ^= (byte) (1 + random.nextInt(255));
      Files.write(data, changed);
      assertTrue(
          refusal(name).matches(".*-of-00001: byte \\d+: the checksum of variable '.*damaged"),
          "seed " + seed);
    }
  }

  /** With good checksums all that is behind them has to hold. */
  @Test
  void entriesOfAnyBytesAreReadOrRefusedButNothingElse() throws IOException {
    long seed = Seeds.SEED;
    Random random = new Random(seed);
    Map<String, ByteBuffer> read = SortedTable.read("index", Files.readAllBytes(index));
    int refused = 0;
    for (int i = 0; i < 200; i++) {
      TreeMap<String, byte[]> entries = new TreeMap<>();
      read.forEach(
          (key, value) -> {
            byte[] bytes = new byte[value.remaining()];
            value.duplicate().get(bytes);
            entries.put(key, bytes);
          });
      String[] keys = entries.keySet().toArray(String[]::new);
      for (int k = 0; k < 3; k++) {
        byte[] bytes = entries.get(keys[k == 0 ? 0 : random.nextInt(keys.length)]);
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      Files.write(index, TensorFlowFiles.table(entries, 7));
      try (TensorFlowWeights weights = TensorFlowWeights.open(name)) {
        weights.names().forEach(weights::floats);
        weights.config();
      } catch (CheckpointException e) {
        refused++;
      } catch (RuntimeException | Error e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
    assertTrue(refused > 40, refused + " of 200 refused");
  }

  @Test
  void blocksOfAnyBytesAreReadOrRefusedButNothingElse() {
    long seed = Seeds.SEED;
    Random random = new Random(seed);
    TreeMap<String, byte[]> entries = new TreeMap<>();
    for (int i = 0; i < 9; i++) {
      entries.put("variable" + i * i, new byte[i]);
    }
    byte[] table = TensorFlowFiles.table(entries, 9);
    assertEquals(entries.keySet(), SortedTable.read("table", table).keySet());
    int size = TensorFlowFiles.block(entries).length;
    int refused = 0;
    for (int i = 0; i < 2000; i++) {
      byte[] changed = table.clone();
      changed[random.nextInt(size)] = (byte) random.nextInt(256);
      ByteBuffer.wrap(changed)
          .order(ByteOrder.LITTLE_ENDIAN)
          .putInt(size + 1, TensorFlowFiles.masked(changed, size + 1));
      try {
        SortedTable.read("table", changed);
      } catch (CheckpointException e) {
        refused++;
      } catch (RuntimeException | Error e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
    assertTrue(refused > 400, refused + " of 2000 refused");
  }

  @Test
  void whatIsMissingIsNamed() throws IOException {
    Path none = folder.resolve("none.ckpt");
    assertEquals(none + ": cannot be read: no such file", refusal(none));
    Path empty = Files.createDirectories(folder.resolve("empty"));
    assertTrue(refusal(empty).startsWith(empty + ": holds no checkpoint of TensorFlow"));
    Files.delete(data);
    assertEquals(data + ": cannot be read: no such file", refusal(name));
    Files.copy(index, folder.resolve("second.index"));
    assertTrue(
        refusal(folder)
            .endsWith(
                "'bert_model.ckpt.index' and 'second.index' among them; name one"
                    + " of the files"));
    Files.writeString(index, "<html>no index at all, but a page that says so</html>");
    assertTrue(refusal(name).contains("this is no index of a checkpoint"), refusal(name));
    Files.write(index, new byte[5_000_000]);
    assertTrue(refusal(name).endsWith("has 5000000 bytes; an index has at most 4000000"));
  }

  @Test
  void anotherModelIsNamed() {
    Values some = new Values(Shape.of(2), new float[] {1, 2});
    TensorFlowFiles.write(name, Map.of("resnet/conv1/kernel", some), 1);
    try (TensorFlowWeights weights = TensorFlowWeights.open(name)) {
      assertEquals(
          index
              + ": has no matrix 'bert/embeddings/word_embeddings': this is no BERT; its first"
              + " variable is 'resnet/conv1/kernel'",
          assertThrows(CheckpointException.class, weights::config).getMessage());
    }
  }
}
