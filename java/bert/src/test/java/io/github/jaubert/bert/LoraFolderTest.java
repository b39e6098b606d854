package io.github.jaubert.bert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.SafeTensors;
import io.github.jaubert.bert.checkpoint.TestFiles;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Folders of adapters that PEFT wrote, and ours. The figures are made by
 * src/test/python/golden_lora.py.
 */
class LoraFolderTest {
  private static final Path GOLDEN = TestFiles.golden("lora");
  private static final String BEGIN = "base_model.model.";

  @TempDir Path temporary;

  private static Path base(String name) {
    return name.equals("bert")
        ? TestFiles.golden().resolve("single-label")
        : TestFiles.golden("question-answering").resolve(name);
  }

  private static EncoderModel<?> load(String name, Path folder) {
    return name.equals("bert")
        ? SequenceClassifier.fromPretrained(folder)
        : QuestionAnswerer.fromPretrained(folder);
  }

  private static JsonNode expected(String name) {
    return JsonFiles.readObject(GOLDEN.resolve(name).resolve("expected.json"));
  }

  private static float[] logits(EncoderModel<?> model, JsonNode expected) {
    try (Scope scope = Scope.open()) {
      return model.forward(Goldens.batch(expected)).toFloats();
    }
  }

  private static void assertLogits(JsonNode expected, float[] actual) {
    int width = expected.get("logits").get(0).size();
    assertEquals(expected.get("logits").size() * width, actual.length);
    for (int i = 0; i < actual.length; i++) {
      assertEquals(
          expected.get("logits").get(i / width).get(i % width).asDouble(), actual[i], 1e-5);
    }
  }

  private static double norm(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += (double) value * value;
    }
    return Math.sqrt(sum);
  }

  private static Tensor loss(EncoderModel<?> model, Tensor logits, JsonNode expected) {
    if (model instanceof SequenceClassifier classifier) {
      int[] labels = new int[expected.get("sequences").size()];
      for (int i = 0; i < labels.length; i++) {
        labels[i] = i % 3;
      }
      return classifier.loss(logits, Tensor.of(labels));
    }
    int[] starts = {6, 0, 9, 99, 0, 8};
    int[] ends = {7, 0, 99, 99, 0, 8};
    return ((QuestionAnswerer) model).loss(logits, Goldens.batch(expected).lengths(), starts, ends);
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert", "distilbert", "electra", "modernbert"})
  void lossLogitsAndGradientsAreThoseOfPeft(String name) {
    JsonNode expected = expected(name);
    try (EncoderModel<?> model = load(name, base(name));
        SafeTensors gradients =
            SafeTensors.open(GOLDEN.resolve(name).resolve("gradients.safetensors"));
        Scope scope = Scope.open()) {
      LoraModel.forTraining(model, GOLDEN.resolve(name));
      model.train();
      Tensor logits = model.forward(Goldens.batch(expected));
      Tensor loss = loss(model, logits, expected);
      loss.backward();
      assertEquals(expected.get("loss").asDouble(), loss.item(), 1e-5);
      assertLogits(expected, logits.toFloats());
      Set<String> seen = new HashSet<>();
      for (Parameter parameter : model.parameters()) {
        if (parameter.frozen()) {
          continue;
        }
        String there = BEGIN + parameter.name().replace(".default.", ".");
        assertTrue(seen.add(there));
        assertNotNull(parameter.grad(), there);
        float[] golden = gradients.floats(there);
        float[] actual = parameter.grad().toFloats();
        if (norm(golden) < 1e-6) {
          for (float value : actual) { // 0 but for rounding
            assertEquals(0, value, 3e-6, there);
          }
        } else {
          double error = Goldens.relativeL2(golden, actual);
          assertTrue(error <= 1e-4, there + ": relative error " + error);
        }
      }
      assertEquals(gradients.names(), seen);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert", "distilbert", "electra", "modernbert"})
  void anAdaptersFolderIsAModel(String name) {
    JsonNode expected = expected(name);
    Path folder = GOLDEN.resolve(name);
    float[] whole;
    try (EncoderModel<?> model = load(name, folder)) {
      assertFalse(LoraModel.isAdapted(model));
      whole = logits(model, expected);
      assertLogits(expected, whole);
    }
    assertEquals(!name.equals("bert"), QuestionAnswerer.isIn(folder));
    try (EncoderModel<?> model = load(name, base(name))) {
      LoraModel lora = LoraModel.fromPretrained(model, folder);
      assertTrue(model.parameters().stream().allMatch(Parameter::frozen));
      lora.merge();
      assertArrayEquals(whole, logits(model, expected));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert", "distilbert", "electra", "modernbert"})
  void writesWhatPeftWrote(String name) {
    Path folder = GOLDEN.resolve(name);
    Path out = temporary.resolve(name);
    try (EncoderModel<?> model = load(name, base(name))) {
      LoraModel lora = LoraModel.fromPretrained(model, folder);
      assertThrows(IllegalStateException.class, () -> model.save(out));
      assertThrows(IllegalStateException.class, () -> model.encoder().save(out));
      lora.save(out);
      try (LoraModel.Disabled off = lora.disableAdapter()) {
        assertThrows(IllegalStateException.class, () -> lora.save(out));
      }
    }
    try (SafeTensors theirs = SafeTensors.open(folder.resolve("adapter_model.safetensors"));
        SafeTensors ours = SafeTensors.open(out.resolve("adapter_model.safetensors"))) {
      assertEquals(new HashSet<>(theirs.names()), new HashSet<>(ours.names()));
      for (String tensor : theirs.names()) {
        assertEquals(theirs.shape(tensor), ours.shape(tensor));
        assertArrayEquals(theirs.floats(tensor), ours.floats(tensor), tensor);
      }
    }
    ObjectNode theirs = JsonFiles.readObject(folder.resolve("adapter_config.json"));
    ObjectNode ours = JsonFiles.readObject(out.resolve("adapter_config.json"));
    for (String field : List.of("r", "lora_alpha", "use_rslora", "task_type", "peft_type")) {
      assertEquals(theirs.get(field), ours.get(field), field);
    }
    assertTrue(Path.of(ours.get("base_model_name_or_path").asText()).isAbsolute());
    try (EncoderModel<?> model = load(name, out)) {
      assertLogits(expected(name), logits(model, expected(name)));
    }
  }

  @Test
  void aSavedModelReplacesAnAdapterAndTheOtherWayRound() {
    Path out = temporary.resolve("out");
    try (SequenceClassifier model = SequenceClassifier.fromPretrained(base("bert"))) {
      LoraModel lora = LoraModel.of(model, LoraConfig.of(2));
      lora.save(out);
      assertTrue(Files.exists(out.resolve("jaubert_config.json")));
      assertFalse(Files.exists(out.resolve("config.json")));
      lora.merge();
      model.save(out);
      assertFalse(Files.exists(out.resolve("adapter_config.json")));
      assertFalse(Files.exists(out.resolve("jaubert_config.json")));
      lora.save(out);
      assertFalse(Files.exists(out.resolve("model.safetensors")));
    }
    try (SequenceClassifier model = SequenceClassifier.fromPretrained(out)) {
      assertEquals(3, model.labels().size());
    }
  }

  @Test
  void anEncoderOfSentencesIsSavedWithoutThePrefix() {
    Path out = temporary.resolve("sentences");
    TokenBatch batch = Goldens.batch(expected("bert"));
    float[] expected;
    try (SentenceEncoder model =
            SentenceEncoder.of(Encoder.fromPretrained(base("bert")), Pooling.MEAN);
        Scope scope = Scope.open()) {
      LoraModel lora = LoraModel.of(model, LoraConfig.of(2).withTargetModules("key"));
      assertEquals(List.of(), lora.config("default").modulesToSave());
      model
          .parameter("bert.encoder.layer.1.attention.self.key.lora_B.default.weight")
          .tensor()
          .fill(0.3f);
      lora.save(out);
      expected = model.forward(batch).toFloats();
    }
    try (SafeTensors ours = SafeTensors.open(out.resolve("adapter_model.safetensors"))) {
      assertTrue(ours.names().contains(BEGIN + "encoder.layer.1.attention.self.key.lora_A.weight"));
    }
    assertTrue(SentenceEncoder.isIn(out));
    try (SentenceEncoder model = SentenceEncoder.fromPretrained(out);
        Scope scope = Scope.open()) {
      float[] actual = model.forward(batch).toFloats();
      assertTrue(Goldens.relativeL2(expected, actual) < 1e-5);
    }
  }

  // ---- what is refused ----

  private Path changed(Consumer<ObjectNode> change) {
    try {
      Path folder = Files.createTempDirectory(temporary, "adapter");
      Files.copy(
          GOLDEN.resolve("bert").resolve("adapter_model.safetensors"),
          folder.resolve("adapter_model.safetensors"));
      ObjectNode json = JsonFiles.readObject(GOLDEN.resolve("bert").resolve("adapter_config.json"));
      json.put("base_model_name_or_path", base("bert").toString());
      change.accept(json);
      Files.write(folder.resolve("adapter_config.json"), JsonFiles.format(json));
      return folder;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void refused(String part, Path folder) {
    String message =
        assertThrows(
                CheckpointException.class, () -> SequenceClassifier.fromPretrained(folder).close())
            .getMessage();
    assertTrue(message.contains(part), message);
  }

  @Test
  void whatIsNotSupportedOrDoesNotFitIsRefused() throws IOException {
    SequenceClassifier.fromPretrained(changed(json -> {})).close();
    refused("peft_type is 'IA3'", changed(json -> json.put("peft_type", "IA3")));
    refused("use_dora is true", changed(json -> json.put("use_dora", true)));
    refused("bias is 'all'", changed(json -> json.put("bias", "all")));
    refused("rank_pattern", changed(json -> json.putObject("rank_pattern").put("query", 4)));
    refused("'pissa'", changed(json -> json.put("init_lora_weights", "pissa")));
    refused("says r 4", changed(json -> json.put("r", 4)));
    refused("r is 0", changed(json -> json.put("r", 0)));
    refused("r is \"8\"", changed(json -> json.put("r", "8")));
    refused(
        "base model '/no/such/bert' is no folder",
        changed(json -> json.put("base_model_name_or_path", "/no/such/bert")));
    refused("does not say the base", changed(json -> json.putNull("base_model_name_or_path")));
    refused(
        "changes 'bert.encoder.layer.0.attention.self.query'",
        changed(json -> json.put("base_model_name_or_path", base("electra").toString())));
    Path empty = changed(json -> {});
    Files.delete(empty.resolve("adapter_model.safetensors"));
    refused("has no adapter_model.safetensors", empty);
    Path cut = changed(json -> {});
    byte[] bytes = Files.readAllBytes(cut.resolve("adapter_model.safetensors"));
    Files.write(cut.resolve("adapter_model.safetensors"), Arrays.copyOf(bytes, bytes.length / 2));
    refused("adapter_model.safetensors", cut);
  }

  @Test
  void whatDoesNotFitAModelLeavesItAlone() {
    try (QuestionAnswerer model =
        QuestionAnswerer.fromPretrained(TestFiles.golden("question-answering").resolve("bert"))) {
      Set<String> names =
          model.parameters().stream().map(Parameter::name).collect(Collectors.toSet());
      String message =
          assertThrows(
                  CheckpointException.class,
                  () -> LoraModel.fromPretrained(model, GOLDEN.resolve("bert")))
              .getMessage();
      assertTrue(
          message.contains("pooler.dense.bias', which the model has no parameter for"), message);
      assertTrue(model.parameters().stream().noneMatch(Parameter::frozen));
      assertEquals(
          names, model.parameters().stream().map(Parameter::name).collect(Collectors.toSet()));
    }
  }
}
