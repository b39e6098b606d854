package io.github.jaubert.bert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.TestFiles;
import io.github.jaubert.bert.checkpoint.TestFiles.Values;
import io.github.jaubert.bert.models.bert.Bert;
import io.github.jaubert.tensor.Shape;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Checkpoints as they are found: other names, other types, parts missing, parts too many, parts
 * wrong.
 */
class BertLoadTest extends LoadFixture {
  // ---- tolerated ----

  @Test
  void loadsWhatItNeedsWithoutAWarning() {
    assertEquals("", warnings(() -> SequenceClassifier.fromPretrained(folder)));
    try (SequenceClassifier model = SequenceClassifier.fromPretrained(folder)) {
      assertSameAsGolden(model, "", 0);
      assertFalse(model.training());
      assertEquals(Labels.of("LABEL_0", "LABEL_1", "LABEL_2"), model.labels());
    }
  }

  @Test
  void toleratesOldLayerNormNamesAndPositionIds() {
    Map<String, Values> old =
        TestFiles.rename(
            weights,
            name ->
                name.replace("LayerNorm.weight", "LayerNorm.gamma")
                    .replace("LayerNorm.bias", "LayerNorm.beta"));
    old.put("bert.embeddings.position_ids", new Values(Shape.of(1, 24), new float[24]));
    rewrite(old);
    assertEquals("", warnings(() -> SequenceClassifier.fromPretrained(folder)));
    try (SequenceClassifier model = SequenceClassifier.fromPretrained(folder)) {
      assertSameAsGolden(model, "", 0);
    }
  }

  @Test
  void toleratesAMissingPrefix() {
    rewrite(TestFiles.rename(weights, name -> name.replaceFirst("^bert\\.", "")));
    try (SequenceClassifier model = SequenceClassifier.fromPretrained(folder);
        Bert bare = Bert.fromPretrained(folder)) {
      assertSameAsGolden(model, "", 0);
      assertSameAsGolden(bare, "bert.", 0);
    }
  }

  @ParameterizedTest
  @CsvSource({"F32, 0", "F64, 0", "F16, 0.001", "BF16, 0.008"})
  void readsEveryFloatingPointType(String dtype, double tolerance) {
    TestFiles.writeWeights(folder.resolve("model.safetensors"), weights, dtype);
    try (SequenceClassifier model = SequenceClassifier.fromPretrained(folder)) {
      assertSameAsGolden(model, "", tolerance);
    }
  }

  @Test
  void readsShards() {
    Map<String, Values> first = new LinkedHashMap<>();
    Map<String, Values> second = new LinkedHashMap<>();
    ObjectNode index = JsonFiles.object();
    weights.forEach(
        (name, values) -> {
          boolean early = name.contains("embeddings") || name.contains("layer.0");
          (early ? first : second).put(name, values);
          index
              .withObject("/weight_map")
              .put(
                  name,
                  early ? "model-00001-of-00002.safetensors" : "model-00002-of-00002.safetensors");
        });
    TestFiles.writeWeights(folder.resolve("model-00001-of-00002.safetensors"), first, "F32");
    TestFiles.writeWeights(folder.resolve("model-00002-of-00002.safetensors"), second, "F32");
    TestFiles.write(folder.resolve("model.safetensors.index.json"), JsonFiles.format(index));
    assertTrue(folder.resolve("model.safetensors").toFile().delete());
    try (SequenceClassifier model = SequenceClassifier.fromPretrained(folder)) {
      assertSameAsGolden(model, "", 0);
    }
  }

  @Test
  void oneWarningListsWhatIsMissingAndWhatIsTooMuch() {
    weights.keySet().removeIf(name -> name.startsWith("classifier.") || name.contains("pooler"));
    weights.put("cls.predictions.bias", new Values(Shape.of(37), new float[37]));
    rewrite(weights);
    Labels labels = Labels.of("no", "yes");
    String log = warnings(() -> SequenceClassifier.fromPretrained(folder, labels));
    assertEquals(1, log.lines().count(), log);
    assertTrue(
        log.contains(
            "these parameters are not in the file and were initialised, train before use: "
                + "bert.pooler.dense.weight, bert.pooler.dense.bias, classifier.weight, classifier.bias; "
                + "these tensors of the file were not used: cls.predictions.bias"),
        log);
    try (SequenceClassifier model = SequenceClassifier.fromPretrained(folder, labels)) {
      float[] head = model.parameter("classifier.weight").tensor().toFloats();
      double squares = 0;
      for (float value : head) {
        squares += value * value;
      }
      assertEquals(0.02, Math.sqrt(squares / head.length), 0.01);
      assertArrayEquals(new float[2], model.parameter("classifier.bias").tensor().toFloats());
    }
  }

  @Test
  void anEncoderAloneLeavesTheHeadUnused() {
    String log = warnings(() -> Bert.fromPretrained(folder));
    assertEquals(1, log.lines().count(), log);
    assertTrue(log.contains("not used: classifier.bias, classifier.weight"), log);
  }

  @ParameterizedTest
  @ValueSource(strings = {"module.", "model.", "_orig_mod.", "module.model."})
  void whatWrappedTheModelIsNoPartOfItsNames(String prefix) {
    rewrite(TestFiles.rename(weights, name -> prefix + name));
    assertEquals("", warnings(() -> SequenceClassifier.fromPretrained(folder)));
    try (SequenceClassifier model = SequenceClassifier.fromPretrained(folder)) {
      assertSameAsGolden(model, "", 0);
    }
    assertEquals(3, SequenceClassifier.headOutputs(folder));
  }

  @Test
  void takesTheFirstLayersIfConfigSaysSo() {
    configure("num_hidden_layers", 1);
    String log = warnings(() -> SequenceClassifier.fromPretrained(folder));
    assertTrue(log.contains("not used: bert.encoder.layer.1."), log);
    try (SequenceClassifier model = SequenceClassifier.fromPretrained(folder)) {
      assertSameAsGolden(model, "", 0);
    }
  }

  @Test
  void namesAGitLfsPointer() {
    TestFiles.write(
        folder.resolve("model.safetensors"),
        "version https://git-lfs.github.com/spec/v1\noid sha256:ab12\nsize 90904920\n");
    assertTrue(refusal().contains("model.safetensors: is a Git LFS pointer"), refusal());
  }

  @Test
  void loadsOnnx() throws IOException {
    Path file = TestFiles.golden().resolve("model.onnx");
    try (Bert mapped = Bert.fromOnnx(file);
        Bert streamed =
            Bert.fromOnnx("model.onnx", new ByteArrayInputStream(Files.readAllBytes(file)))) {
      assertSameAsGolden(mapped, "bert.", 0);
      assertSameAsGolden(streamed, "bert.", 0);
      assertEquals(3, mapped.config().numAttentionHeads());
    }
    assertEquals("", warnings(() -> Bert.fromOnnx(file)));
  }

  // ---- refused ----

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "vocab_size | 38 | 'bert.embeddings.word_embeddings.weight' is [37, 21], but config.json says vocab_size 38",
        "hidden_size | 42 | 'bert.embeddings.word_embeddings.weight' is [37, 21], but config.json says hidden_size 42",
        "max_position_embeddings | 512 | 'bert.embeddings.position_embeddings.weight' is [24, 21], but config.json says max_position_embeddings 512",
        "type_vocab_size | 1 | 'bert.embeddings.token_type_embeddings.weight' is [2, 21], but config.json says type_vocab_size 1",
        "intermediate_size | 84 | 'bert.encoder.layer.0.intermediate.dense.weight' is [31, 21], but config.json says intermediate_size 84",
        "num_hidden_layers | 12 | holds 2 layers, but config.json says num_hidden_layers 12"
      })
  void refusesAConfigThatDoesNotFitTheWeights(String field, int value, String message) {
    configure(field, value);
    assertEquals(folder.resolve("model.safetensors") + ": " + message, refusal());
  }

  @ParameterizedTest
  @CsvSource({
    "intermediate_size, bert.encoder.layer.0.intermediate.dense.weight",
    "max_position_embeddings, bert.embeddings.position_embeddings.weight",
    "type_vocab_size, bert.embeddings.token_type_embeddings.weight"
  })
  void allocatesNothingForASizeThatTheFileDoesNotShow(String field, String tensor) {
    weights.remove(tensor);
    rewrite(weights);
    configure(field, Integer.MAX_VALUE);
    assertTrue(refusal().contains(" numbers, but the model of config.json has "), refusal());
  }

  @Test
  void aHeadWithoutNumbersHasNoLabels() {
    weights.put("classifier.weight", new Values(Shape.of(Integer.MAX_VALUE, 0), new float[0]));
    rewrite(weights);
    assertTrue(refusal().contains("is [2147483647, 0], no matrix with numbers"), refusal());
  }

  @Test
  void aMessageQuotesLittleOfALongValue() {
    configure("vocab_size", "x".repeat(100_000));
    assertTrue(refusal().length() < 2000, refusal());
    assertTrue(refusal().endsWith("an integer is needed"), refusal());
  }

  @Test
  void refusesAWrongShapeNamingKeyShapesAndFile() {
    weights.put("bert.encoder.layer.1.output.dense.bias", new Values(Shape.of(22), new float[22]));
    rewrite(weights);
    assertEquals(
        folder.resolve("model.safetensors")
            + ": 'bert.encoder.layer.1.output.dense.bias' is [22], but the model's is [21]",
        refusal());
  }

  @Test
  void refusesTheWeightsOfSomethingElse() {
    rewrite(TestFiles.rename(weights, name -> name.replace("word_embeddings", "words")));
    assertTrue(
        refusal().contains("these are not the weights of a BERT; its first tensor is 'bert."),
        refusal());
  }

  @Test
  void namesAPrefixThatItDoesNotKnow() {
    rewrite(TestFiles.rename(weights, name -> "net.roberta." + name));
    String expected =
        "these are not the weights of a BERT, or their names have a prefix, 'net.roberta.', that is to be taken off";
    assertTrue(refusal().endsWith(expected), refusal());
  }

  @Test
  void ofAKeyThatIsThereTwiceTheLastCountsAsInPython() throws IOException {
    Path config = folder.resolve("config.json");
    TestFiles.write(
        config, Files.readString(config).replaceFirst("\\{", "{\"num_hidden_layers\": 99, "));
    assertEquals(2, ConfigJson.of(folder).integer("num_hidden_layers", 0));
  }

  @Test
  void refusesTwoTensorsForOneParameter() {
    weights.put("embeddings.LayerNorm.gamma", weights.get("bert.embeddings.LayerNorm.weight"));
    rewrite(weights);
    assertTrue(
        refusal().contains("are the parameter 'bert.embeddings.LayerNorm.weight'"), refusal());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 7, 8, 2000, 20_000, 38_155})
  void refusesTruncatedWeights(int size) throws IOException {
    Path file = folder.resolve("model.safetensors");
    byte[] whole = Files.readAllBytes(file);
    assertEquals(38_156, whole.length);
    Files.write(file, java.util.Arrays.copyOf(whole, size));
    assertTrue(refusal().startsWith(file + ": "), refusal());
  }

  @Test
  void saysWhatIsMissing() throws IOException {
    Files.delete(folder.resolve("model.safetensors"));
    assertEquals(
        folder
            + ": holds neither model.safetensors nor pytorch_model.bin, whole or in shards with an"
            + " index",
        refusal());
    Files.delete(folder.resolve("config.json"));
    assertEquals(folder + ": has no config.json", refusal());
    Path none = folder.resolve("none");
    assertEquals(
        none + ": no such folder",
        assertThrows(CheckpointException.class, () -> Bert.fromPretrained(none)).getMessage());
    assertEquals(List.of(), List.of(folder.toFile().list()));
  }
}
