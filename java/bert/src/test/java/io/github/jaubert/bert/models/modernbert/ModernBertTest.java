package io.github.jaubert.bert.models.modernbert;

import static io.github.jaubert.bert.Goldens.relativeL2;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.Encoder;
import io.github.jaubert.bert.EncoderModel;
import io.github.jaubert.bert.Goldens;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.MaskedLanguageModel;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.TokenClassifier;
import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.SafeTensors;
import io.github.jaubert.bert.checkpoint.TestFiles;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Small ModernBERTs against PyTorch's autograd in double precision. The figures are made by
 * src/test/python/golden_small_modernbert.py.
 */
class ModernBertTest {
  private static final Path MASKED = golden("masked-language");
  private static final Map<String, Function<Path, EncoderModel<?>>> HEADS =
      Map.of(
          "masked-language", MaskedLanguageModel::fromPretrained,
          "sequence", SequenceClassifier::fromPretrained,
          "token", TokenClassifier::fromPretrained);

  private static Path golden(String name) {
    return TestFiles.golden("small-modernbert").resolve(name);
  }

  private static JsonNode expected(Path folder) {
    return JsonFiles.readObject(folder.resolve("expected.json"));
  }

  /** The labels of all sequences, or of all their tokens. */
  private static int[] labels(JsonNode expected) {
    List<Integer> all = new ArrayList<>();
    for (JsonNode own : expected.get("labels")) {
      if (own.isArray()) {
        own.forEach(label -> all.add(label.asInt()));
      } else {
        all.add(own.asInt());
      }
    }
    return all.stream().mapToInt(Integer::intValue).toArray();
  }

  private static ModernBertConfig small() {
    return ModernBertConfig.modernBertBase()
        .withVocabulary(37, 5, null, null)
        .withEncoder(28, 5, 2, 33)
        .withMaxPositions(40);
  }

  private static TokenBatch random(int vocabulary, int... lengths) {
    PackedSequences packed = PackedSequences.of(lengths);
    int[] ids = new Random(Seeds.SEED).ints(packed.tokens(), 0, vocabulary).toArray();
    return new TokenBatch(ids, new int[ids.length], packed);
  }

  // ---- figures ----

  @Test
  void hiddenStates() {
    TokenBatch batch = Goldens.batch(expected(MASKED));
    try (Encoder model = Encoder.fromPretrained(MASKED);
        SafeTensors expected = SafeTensors.open(MASKED.resolve("hidden.safetensors"));
        Scope scope = Scope.open()) {
      List<Tensor> states = model.hiddenStates(batch);
      assertEquals(5, states.size());
      for (int i = 0; i < 5; i++) {
        double error = relativeL2(expected.floats("h" + i), states.get(i).toFloats());
        assertTrue(error < 2e-6, "h" + i + ": " + error);
      }
      float[] last = model.forward(batch).lastHidden().toFloats();
      assertArrayEquals(states.get(4).toFloats(), last);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"masked-language", "sequence", "token"})
  void lossLogitsAndEveryGradient(String name) {
    Path folder = golden(name);
    JsonNode expected = expected(folder);
    int[] labels = labels(expected);
    int[] rows = IntStream.range(0, labels.length).filter(i -> labels[i] != -100).toArray();
    try (EncoderModel<?> model = HEADS.get(name).apply(folder);
        Scope scope = Scope.open()) {
      assertFalse(model.training());
      model.train();
      TokenInputs inputs = model.encoder().inputs(Goldens.batch(expected));
      Tensor logits = model.forward(inputs);
      Tensor loss = loss(model, inputs, logits, labels, rows);
      loss.backward();
      assertEquals(expected.get("loss").asDouble(), loss.item(), 1e-5);
      float[] all = logits.toFloats();
      int width = (int) logits.size(1);
      JsonNode golden = expected.get("logits");
      float[] wanted = new float[golden.size() * width];
      float[] actual = new float[wanted.length];
      for (int i = 0; i < wanted.length; i++) {
        wanted[i] = (float) golden.get(i / width).get(i % width).asDouble();
        actual[i] = all[rows[i / width] * width + i % width];
      }
      assertTrue(relativeL2(wanted, actual) < 2e-5, () -> "" + relativeL2(wanted, actual));
      assertGradients(model, folder);
    }
  }

  private static Tensor loss(
      EncoderModel<?> model, TokenInputs inputs, Tensor logits, int[] labels, int[] rows) {
    if (model instanceof MaskedLanguageModel masked) {
      int[] some = Arrays.stream(rows).map(row -> labels[row]).toArray();
      return masked.loss(inputs, Tensor.of(rows), Tensor.of(some), 0);
    }
    return model instanceof TokenClassifier tokens
        ? tokens.loss(logits, Tensor.of(labels))
        : ((SequenceClassifier) model).loss(logits, Tensor.of(labels));
  }

  private static void assertGradients(EncoderModel<?> model, Path folder) {
    try (SafeTensors gradients = SafeTensors.open(folder.resolve("gradients.safetensors"))) {
      assertEquals(
          new HashSet<>(gradients.names()),
          new HashSet<>(model.parameters().stream().map(Parameter::name).toList()));
      for (Parameter parameter : model.parameters()) {
        double error = relativeL2(gradients.floats(parameter.name()), parameter.grad().toFloats());
        assertTrue(error <= 1e-4, parameter.name() + ": relative error " + error);
      }
    }
  }

  // ---- folders ----

  @ParameterizedTest
  @ValueSource(strings = {"masked-language", "sequence", "token"})
  void writesTheBytesThatHuggingFaceWrites(String name, @TempDir Path out) throws Exception {
    try (EncoderModel<?> model = HEADS.get(name).apply(golden(name))) {
      model.save(out);
    }
    assertArrayEquals(
        Files.readAllBytes(golden(name).resolve("model.safetensors")),
        Files.readAllBytes(out.resolve("model.safetensors")));
    ObjectNode wanted = JsonFiles.readObject(golden(name).resolve("config.json"));
    ObjectNode written = JsonFiles.readObject(out.resolve("config.json"));
    // For transformers before version 5, which has one theta and one period for all.
    written.remove(
        List.of(
            "torch_dtype",
            "global_rope_theta",
            "local_rope_theta",
            "global_attn_every_n_layers",
            "problem_type"));
    for (Map.Entry<String, JsonNode> field : written.properties()) {
      assertEquals(wanted.get(field.getKey()), field.getValue(), field.getKey());
    }
    assertEquals(
        ModernBertConfig.fromPretrained(golden(name)), ModernBertConfig.fromPretrained(out));
  }

  /** As transformers has it: all heads begin alike, so what one has learnt serves another. */
  @Test
  void aClassifierTakesOverTheHeadForMaskedTokens() {
    try (SequenceClassifier model =
            SequenceClassifier.fromPretrained(MASKED, Labels.of("a", "b", "c"));
        SafeTensors stored = SafeTensors.open(MASKED.resolve("model.safetensors"))) {
      for (String name : List.of("head.dense.weight", "head.norm.weight")) {
        assertArrayEquals(stored.floats(name), model.parameter(name).tensor().toFloats());
      }
    }
  }

  // ---- new models ----

  @Test
  void startsAsHuggingFacesDoes() {
    ModernBertConfig config = small();
    try (SequenceClassifier model = SequenceClassifier.of(config, Labels.of("a", "b"))) {
      for (Parameter parameter : model.parameters()) {
        float[] values = parameter.tensor().toFloats();
        if (parameter.tensor().rank() == 1) {
          float[] all = new float[values.length];
          Arrays.fill(all, parameter.name().endsWith("weight") ? 1 : 0);
          assertArrayEquals(all, values, parameter.name());
          continue;
        }
        double deviation =
            parameter.name().matches(".*Wo\\.weight|head\\.dense\\.weight")
                ? 0.02 / Math.sqrt(10)
                : parameter.name().equals("classifier.weight") ? 1 / Math.sqrt(28) : 0.02;
        double squares = 0;
        for (float value : values) {
          assertTrue(Math.abs(value) <= 2.0001 * deviation, parameter.name() + " " + value);
          squares += value * value;
        }
        // Cut at two deviations a normal distribution has 0.88 of its own.
        double measured = Math.sqrt(squares / values.length);
        double slack = values.length < 100 ? 0.4 : 0.15;
        assertEquals(0.88, measured / deviation, slack, parameter.name());
      }
      float[] words = model.parameter("model.embeddings.tok_embeddings.weight").tensor().toFloats();
      assertArrayEquals(new float[28], Arrays.copyOfRange(words, 5 * 28, 6 * 28));
    }
  }

  @Test
  void knowsItsSizeBeforeItIsMade() {
    ObjectNode json = small().toJson();
    json.put("norm_bias", true).put("attention_bias", true).put("mlp_bias", true);
    for (ModernBertConfig config : List.of(small(), ModernBertConfigTest.read(json))) {
      try (ModernBert model = ModernBert.of(config)) {
        assertEquals(config.parameterCount(), model.parameterCount());
      }
    }
    assertEquals(149_014_272, ModernBertConfig.modernBertBase().parameterCount());
  }

  @Test
  void dropsInTrainingOnly() {
    TokenBatch batch = random(37, 9, 1, 17);
    Rng.seed(3);
    try (ModernBert model = ModernBert.of(small().withDropout(0.3));
        Scope scope = Scope.open()) {
      Rng.seed(4);
      float[] first = model.pooled(batch).toFloats();
      assertFalse(Arrays.equals(first, model.pooled(batch).toFloats()));
      Rng.seed(4);
      assertArrayEquals(first, model.pooled(batch).toFloats());
      model.eval();
      float[] evaluated = model.pooled(batch).toFloats();
      assertArrayEquals(evaluated, model.pooled(batch).toFloats());
    }
  }

  /** What a layer with a window computes does not depend on tokens that no path leads from. */
  @Test
  void aWindowEndsWhereItShould() {
    ObjectNode json = small().withEncoder(28, 1, 2, 33).toJson();
    json.putArray("layer_types").add("sliding_attention");
    json.put("local_attention", 7); // three to either side
    int[] ids = random(37, 23).inputIds();
    int[] others = ids.clone();
    others[11] = (ids[11] + 1) % 37;
    try (ModernBert model = ModernBert.of(ModernBertConfigTest.read(json));
        Scope scope = Scope.open()) {
      model.eval();
      PackedSequences length = PackedSequences.of(23);
      float[] a = model.forward(new TokenBatch(ids, new int[23], length)).lastHidden().toFloats();
      float[] b =
          model.forward(new TokenBatch(others, new int[23], length)).lastHidden().toFloats();
      for (int i = 0; i < 23; i++) {
        boolean same =
            Arrays.equals(
                Arrays.copyOfRange(a, i * 28, i * 28 + 28),
                Arrays.copyOfRange(b, i * 28, i * 28 + 28));
        assertEquals(Math.abs(i - 11) > 3, same, "token " + i);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cls", "mean"})
  void pooledIsTheFirstTokenOrTheMean(String pooling) {
    ObjectNode json = small().toJson().put("classifier_pooling", pooling);
    TokenBatch batch = random(37, 5, 1, 13);
    try (ModernBert model = ModernBert.of(ModernBertConfigTest.read(json));
        Scope scope = Scope.open()) {
      float[] hidden = model.forward(batch).lastHidden().toFloats();
      float[] expected = new float[3 * 28];
      for (int i = 0; i < 3; i++) {
        int start = batch.lengths().cuSeqlens()[i];
        int count = pooling.equals("cls") ? 1 : batch.lengths().length(i);
        for (int j = 0; j < count * 28; j++) {
          expected[i * 28 + j % 28] += hidden[start * 28 + j] / count;
        }
      }
      assertTrue(relativeL2(expected, model.pooled(batch).toFloats()) < 1e-6);
      assertTrue(relativeL2(expected, model.forward(batch).pooled().toFloats()) < 1e-6);
    }
  }
}
