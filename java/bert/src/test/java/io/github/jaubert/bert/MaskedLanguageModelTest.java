package io.github.jaubert.bert;

import static io.github.jaubert.bert.Goldens.relativeL2;
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
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.optim.AdamW;
import io.github.jaubert.optim.Optimizer;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Small models for masked tokens against PyTorch's autograd in double precision. The figures are
 * made by src/test/python/golden_masked_language.py.
 */
class MaskedLanguageModelTest extends LoadFixture {
  private static final Path GOLDEN = TestFiles.golden("masked-language").resolve("fill-mask");
  private static final String DENSE = "cls.predictions.transform.dense.";

  @Override
  Path golden() {
    return GOLDEN;
  }

  private static Path golden(String name) {
    return GOLDEN.resolveSibling(name);
  }

  private static JsonNode expected(String name) {
    return JsonFiles.readObject(golden(name).resolve("expected.json"));
  }

  /** The labels of all tokens, -100 where there is none. */
  static int[] labels(JsonNode expected) {
    List<Integer> all = new ArrayList<>();
    expected.get("labels").forEach(own -> own.forEach(label -> all.add(label.asInt())));
    return all.stream().mapToInt(Integer::intValue).toArray();
  }

  /** The rows of tokens that have a label. */
  static int[] labelled(int[] labels) {
    return IntStream.range(0, labels.length).filter(i -> labels[i] != -100).toArray();
  }

  static Tensor at(int[] rows, int[] values) {
    return Tensor.of(Arrays.stream(rows).map(row -> values[row]).toArray());
  }

  static float[] floats(JsonNode rows) {
    List<Float> values = new ArrayList<>();
    rows.forEach(row -> row.forEach(value -> values.add((float) value.asDouble())));
    float[] floats = new float[values.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = values.get(i);
    }
    return floats;
  }

  /** Compares the gradient of every parameter, of which biases of keys are 0 but for rounding. */
  static void assertGradients(EncoderModel<?> model, Path folder) {
    try (SafeTensors gradients = SafeTensors.open(folder.resolve("gradients.safetensors"))) {
      assertEquals(
          new HashSet<>(gradients.names()),
          new HashSet<>(model.parameters().stream().map(Parameter::name).toList()));
      for (Parameter parameter : model.parameters()) {
        float[] actual = parameter.grad().toFloats();
        float[] golden = gradients.floats(parameter.name());
        float[] zeros = new float[actual.length];
        if (norm(golden) < 1e-9) { // such as of biases of keys: rounding of doubles
          assertArrayEquals(zeros, actual, 1e-5f, parameter.name());
        } else {
          double error = relativeL2(golden, actual);
          assertTrue(error <= 1e-4, parameter.name() + ": relative error " + error);
        }
      }
    }
  }

  private static double norm(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += (double) value * value;
    }
    return Math.sqrt(sum);
  }

  // ---- figures ----

  @ParameterizedTest
  @ValueSource(strings = {"fill-mask", "distilbert"})
  void lossLogitsAndEveryGradient(String name) {
    JsonNode expected = expected(name);
    int[] labels = labels(expected);
    int[] rows = labelled(labels);
    try (MaskedLanguageModel model = MaskedLanguageModel.fromPretrained(golden(name));
        Scope scope = Scope.open()) {
      assertFalse(model.training());
      model.train();
      TokenInputs inputs = model.encoder().inputs(Goldens.batch(expected));
      Tensor loss = model.loss(inputs, Tensor.of(rows), at(rows, labels), 0);
      loss.backward();
      assertEquals(expected.get("loss").asDouble(), loss.item(), 1e-5);
      assertGradients(model, golden(name));
      float[] golden = floats(expected.get("logits"));
      float[] some = model.logits(inputs, Tensor.of(Arrays.copyOf(rows, 5))).toFloats();
      assertTrue(relativeL2(golden, some) < 2e-6, () -> "" + relativeL2(golden, some));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"fill-mask", "distilbert"})
  void someRowsAreThoseOfAll(String name) {
    TokenBatch batch = Goldens.batch(expected(name));
    long seed = Seeds.SEED;
    int[] rows = new Random(seed).ints(9, 0, batch.tokens()).toArray(); // one may be there twice
    try (MaskedLanguageModel model = MaskedLanguageModel.fromPretrained(golden(name));
        Scope scope = Scope.open()) {
      TokenInputs inputs = model.encoder().inputs(batch);
      int width = model.config().vocabSize();
      float[] all = model.forward(batch).toFloats();
      assertEquals(batch.tokens() * width, all.length);
      float[] some = model.logits(inputs, Tensor.of(rows)).toFloats();
      for (int i = 0; i < some.length; i++) {
        assertEquals(all[rows[i / width] * width + i % width], some[i], 2e-5f, "seed " + seed);
      }
      assertEquals(Shape.of(0, width), model.logits(inputs, Tensor.of(new int[0])).shape());
    }
  }

  @Test
  void rowsWithoutALabelDoNotCountAndTwoBatchesWithTheTotalAsDivisorAreOne() {
    JsonNode expected = expected("fill-mask");
    TokenBatch all = Goldens.batch(expected);
    int[] labels = labels(expected);
    int[] every = IntStream.range(0, labels.length).toArray();
    long counted = Arrays.stream(labels).filter(label -> label >= 0).count();
    try (MaskedLanguageModel model = MaskedLanguageModel.fromPretrained(GOLDEN);
        Scope scope = Scope.open()) {
      TokenInputs inputs = model.encoder().inputs(all);
      double loss = expected.get("loss").asDouble();
      float whole = model.loss(inputs, Tensor.of(every), Tensor.of(labels), 0).item();
      assertEquals(loss, whole, 1e-5);
      float sum = 0;
      for (int i = 0; i < all.count(); i++) {
        int start = all.lengths().cuSeqlens()[i];
        int[] own = Arrays.copyOfRange(labels, start, start + all.lengths().length(i));
        int[] rows = labelled(own); // none, of one of the sequences
        TokenInputs part = model.encoder().inputs(all.sequence(i));
        sum += model.loss(part, Tensor.of(rows), at(rows, own), counted).item();
      }
      assertEquals(loss, sum, 1e-5);
      assertThrows(
          IllegalArgumentException.class,
          () -> model.loss(inputs, Tensor.of(new int[] {1, 2}), Tensor.of(new int[] {3}), 0));
    }
  }

  // ---- folders ----

  @ParameterizedTest
  @ValueSource(strings = {"fill-mask", "distilbert"})
  void savesWhatItLoaded(String name) {
    Path out = temporary.resolve("out");
    assertEquals("", warnings(() -> MaskedLanguageModel.fromPretrained(golden(name))));
    try (MaskedLanguageModel model = MaskedLanguageModel.fromPretrained(golden(name))) {
      model.save(out);
    }
    Map<String, Values> before = TestFiles.readWeights(golden(name).resolve("model.safetensors"));
    Map<String, Values> after = TestFiles.readWeights(out.resolve("model.safetensors"));
    assertEquals(before.keySet(), after.keySet());
    before.forEach((key, value) -> assertArrayEquals(value.values(), after.get(key).values(), key));
    assertEquals(
        JsonFiles.readObject(golden(name).resolve("config.json")).get("architectures"),
        JsonFiles.readObject(out.resolve("config.json")).get("architectures"));
    assertTrue(MaskedLanguageModel.isIn(out));
  }

  @Test
  void copiesOfTiedWeightsMayBeThere() {
    Values words = weights.get("bert.embeddings.word_embeddings.weight");
    weights.put("cls.predictions.decoder.weight", words);
    weights.put("cls.predictions.decoder.bias", weights.get("cls.predictions.bias"));
    rewrite(weights);
    assertEquals("", warnings(() -> MaskedLanguageModel.fromPretrained(folder)));
    weights.remove("cls.predictions.bias"); // its copy stands in
    rewrite(weights);
    assertEquals("", warnings(() -> MaskedLanguageModel.fromPretrained(folder)));
    try (MaskedLanguageModel model = MaskedLanguageModel.fromPretrained(folder)) {
      assertArrayEquals(
          weights.get("cls.predictions.decoder.bias").values(),
          model.parameter("cls.predictions.bias").tensor().toFloats());
    }
    float[] others = words.values().clone();
    others[77] += 1;
    weights.put("cls.predictions.decoder.weight", new Values(words.shape(), others));
    rewrite(weights);
    assertEquals(
        folder.resolve("model.safetensors")
            + ": 'cls.predictions.decoder.weight' differs from"
            + " 'bert.embeddings.word_embeddings.weight', to which the head ties it",
        refusal(folder));
  }

  @Test
  void copiesOfDistilBertsMayBeThere() {
    folder = TestFiles.copy(golden("distilbert"), temporary.resolve("distilbert"));
    weights = TestFiles.readWeights(folder.resolve("model.safetensors"));
    weights.put(
        "vocab_projector.weight", weights.get("distilbert.embeddings.word_embeddings.weight"));
    rewrite(weights);
    assertEquals("", warnings(() -> MaskedLanguageModel.fromPretrained(folder)));
    weights.put("vocab_projector.weight", weights.get("vocab_transform.weight"));
    rewrite(weights);
    assertTrue(refusal(folder).contains("'vocab_projector.weight' differs"), refusal(folder));
  }

  @Test
  void oldNamesOfNormsAreKnown() {
    rewrite(
        TestFiles.rename(
            weights,
            name ->
                name.replace("LayerNorm.weight", "LayerNorm.gamma")
                    .replace("LayerNorm.bias", "LayerNorm.beta")));
    assertEquals("", warnings(() -> MaskedLanguageModel.fromPretrained(folder)));
    try (MaskedLanguageModel model = MaskedLanguageModel.fromPretrained(folder)) {
      assertSameAsGolden(model, "", 0);
    }
  }

  @Test
  void aHeadThatIsMissingIsRefusedButForTraining() {
    long before = Memory.live();
    weights.remove("cls.predictions.bias");
    rewrite(weights);
    assertTrue(refusal(folder).contains("lacks cls.predictions.bias"), refusal(folder));
    String warning = warnings(() -> MaskedLanguageModel.forTraining(folder));
    assertTrue(warning.contains("were initialised, train before use: cls.predictions.bias"));
    assertEquals(1, warning.lines().count(), warning);
    weights.keySet().removeIf(name -> name.startsWith("cls."));
    rewrite(weights);
    assertEquals(
        folder
            + ": holds an encoder without '"
            + DENSE
            + "weight'; fine-tune it first: MaskedLanguageModel.of(Encoder.fromPretrained(folder))"
            + " gives it a new head",
        refusal(folder));
    warning = warnings(() -> MaskedLanguageModel.forTraining(folder));
    assertTrue(warning.contains(DENSE + "weight"), warning);
    assertEquals(1, warning.lines().count(), warning);
    try (MaskedLanguageModel model = MaskedLanguageModel.forTraining(folder)) {
      assertEquals(0, model.parameter("cls.predictions.bias").tensor().toFloats()[3]);
      assertTrue(model.parameter(DENSE + "weight").tensor().toFloats()[3] != 0);
      assertEquals(
          1, model.parameter("cls.predictions.transform.LayerNorm.weight").tensor().toFloats()[3]);
    }
    assertEquals(before, Memory.live());
  }

  @Test
  void theHeadOfAClassifierIsNone() {
    Path texts = TestFiles.golden().resolve("single-label");
    assertTrue(
        refusal(texts)
            .contains("is a BertForSequenceClassification, whose head is none for masked"),
        refusal(texts));
    String warning = warnings(() -> MaskedLanguageModel.forTraining(texts));
    assertTrue(warning.contains("not used: classifier.bias, classifier.weight"), warning);
    assertFalse(MaskedLanguageModel.isIn(texts));
  }

  private static String refusal(Path folder) {
    return assertThrows(CheckpointException.class, () -> MaskedLanguageModel.fromPretrained(folder))
        .getMessage();
  }

  // ---- a new one ----

  @Test
  void aNewModelLearnsToTellATokenFromItsNeighbour() {
    long before = Memory.live();
    Rng.seed(4);
    BertConfig config =
        BertConfig.bertBase().withVocabSize(71).withEncoder(24, 1, 3, 40).withDropout(0, 0);
    Random random = new Random(5);
    try (MaskedLanguageModel model = MaskedLanguageModel.of(config);
        Optimizer adam = AdamW.of(model.parameters(), 5e-3f)) {
      assertTrue(model.training());
      assertTrue(model.parameters().stream().noneMatch(p -> p.name().contains("pooler")));
      float first = 0;
      float last = 0;
      for (int step = 0; step < 120; step++) {
        int[] ids = new int[64]; // pairs of equal tokens, the second of each masked
        int[] rows = new int[32];
        int[] labels = new int[32];
        for (int i = 0; i < 32; i++) {
          labels[i] = 5 + random.nextInt(8);
          ids[2 * i] = labels[i];
          ids[2 * i + 1] = 4;
          rows[i] = 2 * i + 1;
        }
        int[] pairs = new int[32];
        Arrays.fill(pairs, 2);
        TokenBatch batch = new TokenBatch(ids, new int[64], PackedSequences.of(pairs));
        try (Scope scope = Scope.open()) {
          Tensor loss =
              model.loss(
                  model.encoder().inputs(batch), Tensor.of(rows), Tensor.of(labels), rows.length);
          loss.backward();
          adam.step();
          last = loss.item();
          first = step == 0 ? last : first;
        }
      }
      assertEquals(Math.log(71), first, 0.2);
      assertTrue(last < 0.3, "loss " + last);
    }
    assertEquals(before, Memory.live());
  }

  @Test
  void theSettingsSayActivationAndEpsilon() {
    ObjectNode json = JsonFiles.readObject(GOLDEN.resolve("config.json"));
    json.put("hidden_act", "relu").put("layer_norm_eps", 0.25);
    TestFiles.write(folder.resolve("config.json"), JsonFiles.format(json));
    TokenBatch batch = Goldens.batch(expected("fill-mask"));
    try (MaskedLanguageModel model = MaskedLanguageModel.fromPretrained(folder);
        Scope scope = Scope.open()) {
      int hidden = model.config().hiddenSize();
      float[] x = Arrays.copyOf(model.encoder().forward(batch).lastHidden().toFloats(), hidden);
      double[] y = new double[hidden];
      double mean = 0;
      for (int i = 0; i < hidden; i++) {
        y[i] = weights.get(DENSE + "bias").values()[i];
        for (int k = 0; k < hidden; k++) {
          y[i] += (double) x[k] * weights.get(DENSE + "weight").values()[i * hidden + k];
        }
        y[i] = Math.max(0, y[i]);
        mean += y[i] / hidden;
      }
      double variance = 0;
      for (double value : y) {
        variance += Math.pow(value - mean, 2) / hidden;
      }
      String norm = "cls.predictions.transform.LayerNorm.";
      for (int i = 0; i < hidden; i++) {
        y[i] =
            (y[i] - mean) / Math.sqrt(variance + 0.25) * weights.get(norm + "weight").values()[i]
                + weights.get(norm + "bias").values()[i];
      }
      float[] words = weights.get("bert.embeddings.word_embeddings.weight").values();
      float[] logits = model.forward(batch).toFloats();
      for (int token = 0; token < model.config().vocabSize(); token++) {
        double logit = weights.get("cls.predictions.bias").values()[token];
        for (int i = 0; i < hidden; i++) {
          logit += y[i] * words[token * hidden + i];
        }
        assertEquals(logit, logits[token], 2e-5, "token " + token);
      }
    }
  }
}
