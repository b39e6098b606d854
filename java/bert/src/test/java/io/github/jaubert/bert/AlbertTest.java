package io.github.jaubert.bert;

import static io.github.jaubert.bert.Goldens.relativeL2;
import static io.github.jaubert.bert.MaskedLanguageModelTest.assertGradients;
import static io.github.jaubert.bert.MaskedLanguageModelTest.at;
import static io.github.jaubert.bert.MaskedLanguageModelTest.floats;
import static io.github.jaubert.bert.MaskedLanguageModelTest.labelled;
import static io.github.jaubert.bert.MaskedLanguageModelTest.labels;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.SafeTensors;
import io.github.jaubert.bert.checkpoint.TestFiles;
import io.github.jaubert.bert.checkpoint.TestFiles.Values;
import io.github.jaubert.bert.models.albert.Albert;
import io.github.jaubert.bert.models.albert.AlbertConfig;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Small ALBERTs against PyTorch's autograd in double precision. The figures are made by
 * src/test/python/golden_small_albert.py.
 */
class AlbertTest extends LoadFixture {
  private static final Path ENCODER = golden("encoder");

  @Override
  Path golden() {
    return ENCODER;
  }

  private static Path golden(String head) {
    return TestFiles.golden("small-albert").resolve(head);
  }

  private static JsonNode expected(String head) {
    return JsonFiles.readObject(golden(head).resolve("expected.json"));
  }

  private static EncoderModel<?> load(String head, Path folder) {
    return switch (head) {
      case "masked" -> MaskedLanguageModel.fromPretrained(folder);
      case "classifier" -> SequenceClassifier.fromPretrained(folder);
      default -> TokenClassifier.fromPretrained(folder);
    };
  }

  private static int[] ints(JsonNode array) {
    int[] values = new int[array.size()];
    Arrays.setAll(values, i -> array.get(i).asInt());
    return values;
  }

  // ---- figures ----

  @Test
  void hiddenStatesAndPooledOutput() {
    TokenBatch batch = Goldens.batch(expected("encoder"));
    assertEquals("", warnings(() -> Encoder.fromPretrained(ENCODER)));
    try (Encoder model = Encoder.fromPretrained(ENCODER);
        SafeTensors golden = SafeTensors.open(ENCODER.resolve("hidden.safetensors"));
        Scope scope = Scope.open()) {
      List<Tensor> states = model.hiddenStates(batch);
      assertEquals(1 + 5 * 2, states.size());
      assertTrue(relativeL2(golden.floats("first"), states.get(0).toFloats()) < 1e-6);
      assertTrue(relativeL2(golden.floats("last"), states.get(10).toFloats()) < 2e-6);
      assertTrue(relativeL2(golden.floats("pooled"), model.pooled(batch).toFloats()) < 2e-6);
    }
  }

  @Test
  void maskedTokensLossLogitsAndEveryGradient() {
    JsonNode expected = expected("masked");
    int[] labels = labels(expected);
    int[] rows = labelled(labels);
    try (MaskedLanguageModel model = MaskedLanguageModel.fromPretrained(golden("masked"));
        Scope scope = Scope.open()) {
      model.train();
      TokenInputs inputs = model.encoder().inputs(Goldens.batch(expected));
      Tensor loss = model.loss(inputs, Tensor.of(rows), at(rows, labels), 0);
      loss.backward();
      assertEquals(expected.get("loss").asDouble(), loss.item(), 1e-5);
      assertGradients(model, golden("masked"));
      float[] some = model.logits(inputs, Tensor.of(Arrays.copyOf(rows, 5))).toFloats();
      assertTrue(relativeL2(floats(expected.get("logits")), some) < 2e-6);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"classifier", "tokens"})
  void classifiersLossLogitsAndEveryGradient(String head) {
    JsonNode expected = expected(head);
    int[] labels = head.equals("tokens") ? labels(expected) : ints(expected.get("labels"));
    try (Classifier<?> model = (Classifier<?>) load(head, golden(head));
        Scope scope = Scope.open()) {
      Tensor logits = model.forward(Goldens.batch(expected)); // trained, its classifier drops
      Tensor loss = model.loss(logits, Tensor.of(labels));
      loss.backward();
      assertEquals(expected.get("loss").asDouble(), loss.item(), 1e-6);
      assertTrue(relativeL2(floats(expected.get("logits")), logits.toFloats()) < 1e-6);
      assertGradients(model, golden(head));
    }
  }

  // ---- folders ----

  @ParameterizedTest
  @ValueSource(strings = {"masked", "classifier", "tokens"})
  void savesWhatItLoaded(String head) {
    Path out = temporary.resolve("out");
    assertEquals("", warnings(() -> load(head, golden(head))));
    try (EncoderModel<?> model = load(head, golden(head))) {
      model.save(out);
    }
    assertSame(head, out);
    load(head, out).close();
  }

  @Test
  void theEncoderAloneHasItsPooler() {
    Path out = temporary.resolve("out");
    try (Encoder model = Albert.fromPretrained(ENCODER)) {
      model.save(out);
    }
    assertSame("encoder", out);
  }

  private static void assertSame(String head, Path out) {
    Map<String, Values> before = TestFiles.readWeights(golden(head).resolve("model.safetensors"));
    Map<String, Values> after = TestFiles.readWeights(out.resolve("model.safetensors"));
    assertEquals(before.keySet(), after.keySet());
    before.forEach((key, value) -> assertArrayEquals(value.values(), after.get(key).values(), key));
    ObjectNode config = JsonFiles.readObject(golden(head).resolve("config.json"));
    ObjectNode saved = JsonFiles.readObject(out.resolve("config.json"));
    assertEquals(config.get("architectures"), saved.get("architectures"));
    assertEquals(AlbertConfig.fromPretrained(golden(head)), AlbertConfig.fromPretrained(out));
    Set<String> missing = new HashSet<>();
    config.fieldNames().forEachRemaining(missing::add);
    saved.fieldNames().forEachRemaining(missing::remove);
    missing.removeAll(
        Set.of(
            "bos_token_id",
            "eos_token_id",
            "problem_type",
            "tie_word_embeddings",
            "transformers_version"));
    assertEquals(Set.of(), missing);
  }

  @Test
  void aNewHeadKeepsThePoolerOrLosesIt() {
    Labels labels = Labels.of("a", "b");
    String warning = warnings(() -> SequenceClassifier.fromPretrained(ENCODER, labels));
    assertTrue(warning.contains("before use: classifier.weight, classifier.bias"), warning);
    try (SequenceClassifier whole = SequenceClassifier.fromPretrained(ENCODER, labels);
        TokenClassifier tokens = TokenClassifier.fromPretrained(ENCODER, labels);
        Scope scope = Scope.open()) {
      TokenBatch batch = Goldens.batch(expected("encoder"));
      assertEquals(batch.count(), whole.forward(batch).size(0));
      assertEquals(batch.tokens(), tokens.forward(batch).size(0));
      assertTrue(whole.parameters().stream().anyMatch(p -> p.name().contains("pooler")));
      assertFalse(tokens.parameters().stream().anyMatch(p -> p.name().contains("pooler")));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "embedding_size | 12 | 'embeddings.word_embeddings.weight' is [67, 11], but config.json"
            + " says embedding_size 12",
        "embedding_size | 0 | embedding_size is 0; it must be at least 1",
        "hidden_size | 30 | attention.query.weight' is [15, 15], but config.json says hidden_size"
            + " 30",
        "intermediate_size | 24 | ffn.weight' is [23, 15], but config.json says intermediate_size"
            + " 24",
        "num_hidden_groups | 3 | holds 2 layers, but config.json says num_hidden_groups 3",
        "num_hidden_groups | 6 | num_hidden_groups is 6, more than num_hidden_layers 5",
        "inner_group_num | 0 | inner_group_num is 0; it must be at least 1",
        "hidden_act | swish | hidden_act 'swish' is not one of"
      })
  void whatDoesNotFitIsRefused(String line) {
    String[] parts = line.split(" \\| ");
    configure(parts[0], parts[1].matches("\\d+") ? (Object) Integer.valueOf(parts[1]) : parts[1]);
    String refusal =
        assertThrows(CheckpointException.class, () -> Encoder.fromPretrained(folder)).getMessage();
    assertTrue(refusal.contains(parts[2]), refusal);
  }

  // ---- sizes ----

  @Test
  void knowsItsSizeBeforeItIsMade() {
    AlbertConfig config = AlbertConfig.fromPretrained(ENCODER);
    try (Encoder model = Encoder.of(config)) {
      assertEquals(config.parameterCount(), model.parameterCount());
    }
    assertEquals(11_683_584, AlbertConfig.albertBase().parameterCount());
    ObjectNode empty = JsonFiles.object();
    AlbertConfig defaults = AlbertConfig.read(ConfigJson.of("test", empty));
    assertEquals(4096, defaults.hiddenSize());
    assertEquals(0.1, defaults.classifierDropoutProb());
  }
}
