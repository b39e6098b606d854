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
import io.github.jaubert.bert.models.electra.Electra;
import io.github.jaubert.bert.models.electra.ElectraConfig;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Small ELECTRAs against PyTorch's autograd in double precision. The figures are made by
 * src/test/python/golden_small_electra.py.
 */
class ElectraTest extends LoadFixture {
  private static final Path DETECTOR = golden("detector");

  @Override
  Path golden() {
    return DETECTOR;
  }

  private static Path golden(String head) {
    return TestFiles.golden("small-electra").resolve(head);
  }

  private static JsonNode expected(String head) {
    return JsonFiles.readObject(golden(head).resolve("expected.json"));
  }

  private static EncoderModel<?> load(String head) {
    return switch (head) {
      case "detector" -> ReplacedTokenDetector.fromPretrained(golden(head));
      case "generator" -> MaskedLanguageModel.fromPretrained(golden(head));
      case "classifier" -> SequenceClassifier.fromPretrained(golden(head));
      default -> TokenClassifier.fromPretrained(golden(head));
    };
  }

  private static int[] ints(JsonNode array) {
    int[] values = new int[array.size()];
    Arrays.setAll(values, i -> array.get(i).asInt());
    return values;
  }

  private static float[] line(JsonNode array) {
    float[] values = new float[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) array.get(i).asDouble();
    }
    return values;
  }

  // ---- figures ----

  @Test
  void hiddenStates() {
    TokenBatch batch = Goldens.batch(expected("detector"));
    try (Encoder model = Encoder.fromPretrained(DETECTOR);
        SafeTensors golden = SafeTensors.open(DETECTOR.resolve("hidden.safetensors"));
        Scope scope = Scope.open()) {
      List<Tensor> states = model.hiddenStates(batch);
      assertEquals(3, states.size());
      for (int i = 0; i < 3; i++) {
        assertTrue(relativeL2(golden.floats("h" + i), states.get(i).toFloats()) < 1e-6, "h" + i);
      }
      float[] last = model.forward(batch).lastHidden().toFloats();
      assertTrue(relativeL2(golden.floats("h2"), last) < 1e-6);
    }
  }

  @Test
  void detectorsLossLogitsAndEveryGradient() {
    JsonNode expected = expected("detector");
    try (ReplacedTokenDetector model = ReplacedTokenDetector.fromPretrained(DETECTOR);
        Scope scope = Scope.open()) {
      model.train();
      Tensor logits = model.forward(Goldens.batch(expected));
      Tensor loss = model.loss(logits, Tensor.of(labels(expected)), 0);
      loss.backward();
      assertEquals(expected.get("loss").asDouble(), loss.item(), 1e-6);
      assertTrue(relativeL2(line(expected.get("logits")), logits.toFloats()) < 1e-6);
      assertGradients(model, DETECTOR);
    }
  }

  @Test
  void generatorsLossLogitsAndEveryGradient() {
    JsonNode expected = expected("generator");
    int[] labels = labels(expected);
    int[] rows = labelled(labels);
    try (MaskedLanguageModel model = MaskedLanguageModel.fromPretrained(golden("generator"));
        Scope scope = Scope.open()) {
      model.train();
      TokenInputs inputs = model.encoder().inputs(Goldens.batch(expected));
      Tensor loss = model.loss(inputs, Tensor.of(rows), at(rows, labels), 0);
      loss.backward();
      assertEquals(expected.get("loss").asDouble(), loss.item(), 1e-5);
      assertGradients(model, golden("generator"));
      float[] some = model.logits(inputs, Tensor.of(Arrays.copyOf(rows, 5))).toFloats();
      assertTrue(relativeL2(floats(expected.get("logits")), some) < 2e-6);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"classifier", "tokens"})
  void classifiersLossLogitsAndEveryGradient(String head) {
    JsonNode expected = expected(head);
    int[] labels = head.equals("tokens") ? labels(expected) : ints(expected.get("labels"));
    try (Classifier<?> model = (Classifier<?>) load(head);
        Scope scope = Scope.open()) {
      model.train();
      Tensor logits = model.forward(Goldens.batch(expected));
      Tensor loss = model.loss(logits, Tensor.of(labels));
      loss.backward();
      assertEquals(expected.get("loss").asDouble(), loss.item(), 1e-6);
      assertTrue(relativeL2(floats(expected.get("logits")), logits.toFloats()) < 1e-6);
      assertGradients(model, golden(head));
    }
  }

  /** Of any batch cut in two, in double precision by the definition. */
  @Test
  void tokensWithoutALabelDoNotCountInTheLoss() {
    long seed = Seeds.SEED;
    Random random = new Random(seed);
    int tokens = 1 + random.nextInt(40);
    float[] logits = new float[tokens];
    int[] labels = new int[tokens];
    double sum = 0;
    int count = 0;
    for (int i = 0; i < tokens; i++) {
      logits[i] = (float) random.nextGaussian() * 8;
      labels[i] = i == 0 ? 1 : new int[] {0, 1, -100}[random.nextInt(3)];
      if (labels[i] >= 0) {
        double x = labels[i] == 1 ? -logits[i] : logits[i];
        sum += Math.log1p(Math.exp(x));
        count++;
      }
    }
    try (ReplacedTokenDetector model = ReplacedTokenDetector.fromPretrained(DETECTOR);
        Scope scope = Scope.open()) {
      Tensor x = Tensor.of(logits).requiresGrad(true);
      Tensor mean = model.loss(x, Tensor.of(labels), 0);
      assertEquals(sum / count, mean.item(), 1e-5 * (1 + sum / count), "seed " + seed);
      mean.backward();
      float[] gradient = x.grad().toFloats();
      for (int i = 0; i < tokens; i++) {
        double expected = labels[i] < 0 ? 0 : (1 / (1 + Math.exp(-logits[i])) - labels[i]) / count;
        assertEquals(expected, gradient[i], 1e-6, "seed " + seed + ", token " + i);
      }
      float whole = model.loss(Tensor.of(logits), Tensor.of(labels), 7).item();
      assertEquals(sum / 7, whole, 1e-5 * (1 + sum), "seed " + seed);
    }
  }

  // ---- folders ----

  @ParameterizedTest
  @ValueSource(strings = {"detector", "generator", "classifier", "tokens"})
  void savesWhatItLoaded(String head) {
    Path out = temporary.resolve("out");
    assertEquals("", warnings(() -> load(head)));
    try (EncoderModel<?> model = load(head)) {
      model.save(out);
    }
    Map<String, Values> before = TestFiles.readWeights(golden(head).resolve("model.safetensors"));
    Map<String, Values> after = TestFiles.readWeights(out.resolve("model.safetensors"));
    assertEquals(before.keySet(), after.keySet());
    before.forEach((key, value) -> assertArrayEquals(value.values(), after.get(key).values(), key));
    ObjectNode config = JsonFiles.readObject(golden(head).resolve("config.json"));
    ObjectNode saved = JsonFiles.readObject(out.resolve("config.json"));
    assertEquals(config.get("architectures"), saved.get("architectures"));
    assertEquals(ElectraConfig.fromPretrained(golden(head)), ElectraConfig.fromPretrained(out));
    // What the file of transformers has besides is of decoders, of heads that are not here, or its
    // own.
    Set<String> missing = new HashSet<>();
    config.fieldNames().forEachRemaining(missing::add);
    saved.fieldNames().forEachRemaining(missing::remove);
    Set<String> foreign =
        Set.of(
            "add_cross_attention",
            "bos_token_id",
            "eos_token_id",
            "is_decoder",
            "problem_type",
            "summary_activation",
            "summary_last_dropout",
            "summary_type",
            "summary_use_proj",
            "tie_word_embeddings",
            "transformers_version",
            "use_cache");
    missing.removeAll(foreign);
    assertEquals(Set.of(), missing);
  }

  @Test
  void aHeadForWholeTextsIsAddedToADetector() {
    Labels labels = Labels.of("a", "b");
    String warning = warnings(() -> SequenceClassifier.fromPretrained(DETECTOR, labels));
    assertTrue(
        warning.contains("initialised, train before use: classifier.dense.weight,"), warning);
    try (SequenceClassifier model = SequenceClassifier.fromPretrained(DETECTOR, labels)) {
      Path out = temporary.resolve("out");
      model.save(out);
      assertEquals(2, SequenceClassifier.headOutputs(out));
      try (SequenceClassifier again = SequenceClassifier.fromPretrained(out, Labels.of("b", "a"));
          Scope scope = Scope.open()) {
        TokenBatch batch = Goldens.batch(expected("detector"));
        float[] before = model.forward(batch).toFloats();
        float[] after = again.forward(batch).toFloats();
        for (int i = 0; i < before.length; i++) {
          assertEquals(before[i], after[i ^ 1]);
        }
      }
    }
    assertTrue(
        assertThrows(CheckpointException.class, () -> SequenceClassifier.fromPretrained(DETECTOR))
            .getMessage()
            .contains("holds an encoder without 'classifier.out_proj.weight'"));
    assertTrue(
        assertThrows(
                CheckpointException.class,
                () -> ReplacedTokenDetector.fromPretrained(golden("generator")))
            .getMessage()
            .contains("holds an encoder without 'discriminator_predictions.dense.weight'"));
    assertTrue(
        warnings(() -> ReplacedTokenDetector.forTraining(golden("generator")))
            .contains("discriminator_predictions.dense.weight"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "embedding_size | 12 | 'electra.embeddings.word_embeddings.weight' is [67, 11], but"
            + " config.json says embedding_size 12",
        "embedding_size | 0 | embedding_size is 0; it must be at least 1",
        "embedding_size | x | embedding_size is \"x\"; an integer is needed",
        "hidden_size | 30 | 'electra.encoder.layer.0.attention.self.query.weight' is [15, 15], but"
            + " config.json says hidden_size 30",
        "vocab_size | 68 | 'electra.embeddings.word_embeddings.weight' is [67, 11], but config.json"
            + " says vocab_size 68",
        "is_decoder | true | is_decoder is 'true': only encoders are supported",
        "position_embedding_type | relative_key | only absolute positions are supported"
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
    for (String head : List.of("detector", "classifier")) {
      ElectraConfig config = ElectraConfig.fromPretrained(golden(head));
      try (Encoder model = Encoder.of(config)) {
        assertEquals(config.parameterCount(), model.parameterCount());
      }
    }
    assertEquals(13_483_008, ElectraConfig.electraSmall().parameterCount());
    assertEquals(108_891_648, ElectraConfig.electraBase().parameterCount());
    assertEquals(
        ElectraConfig.electraSmall(),
        ElectraConfig.read(ConfigJson.of("test", JsonFiles.object())));
  }

  @Test
  void generatorsOfThePaper() {
    ElectraConfig small = ElectraConfig.electraSmall().generator(0.25);
    assertEquals(ElectraConfig.electraSmall().with(b -> b.withEncoder(64, 12, 1, 256)), small);
    ElectraConfig base = ElectraConfig.electraBase().generator(1 / 3.0);
    assertEquals(ElectraConfig.electraBase().with(b -> b.withEncoder(256, 12, 4, 1024)), base);
    assertEquals(
        "generator: a share of 0.0; above 0, at most 1",
        assertThrows(IllegalArgumentException.class, () -> small.generator(0)).getMessage());
  }

  // ---- shared embeddings ----

  @Test
  void sharedEmbeddingsLearnFromBoth() {
    ElectraConfig config =
        ElectraConfig.fromPretrained(DETECTOR).with(b -> b.withEncoder(8, 1, 2, 12));
    TokenBatch batch = Goldens.batch(expected("detector"));
    String words = "electra.embeddings.word_embeddings.weight";
    Rng.seed(Seeds.SEED);
    try (ReplacedTokenDetector detector = ReplacedTokenDetector.fromPretrained(DETECTOR);
        MaskedLanguageModel generator =
            MaskedLanguageModel.of(((Electra) detector.encoder()).withSharedEmbeddings(config));
        Scope scope = Scope.open()) {
      assertSameAsGolden(detector, "", 0); // making the generator changed nothing in it
      Set<Tensor> tensors =
          detector.parameters().stream().map(Parameter::tensor).collect(Collectors.toSet());
      assertEquals(
          Set.of("word_embeddings", "position_embeddings", "token_type_embeddings", "LayerNorm"),
          generator.parameters().stream()
              .filter(p -> tensors.contains(p.tensor()))
              .map(p -> p.name().split("\\.")[2])
              .collect(Collectors.toSet()));
      Tensor table = generator.parameter(words).tensor();
      TokenInputs inputs = generator.encoder().inputs(batch);
      Tensor rows = Tensor.of(new int[] {2, 5});
      generator.loss(inputs, rows, Tensor.of(new int[] {7, 9}), 0).backward();
      float[] first = table.grad().toFloats().clone();
      detector.loss(detector.forward(batch), Tensor.of(new int[batch.tokens()]), 0).backward();
      assertFalse(Arrays.equals(first, table.grad().toFloats()));
      Path out = temporary.resolve("generator");
      generator.save(out);
      try (MaskedLanguageModel alone = MaskedLanguageModel.fromPretrained(out)) {
        generator.eval();
        assertArrayEquals(generator.forward(batch).toFloats(), alone.forward(batch).toFloats());
      }
      assertEquals(
          "embeddings of vocab_size 67 cannot be those of a model of vocab_size 66",
          assertThrows(
                  IllegalArgumentException.class,
                  () ->
                      ((Electra) detector.encoder())
                          .withSharedEmbeddings(config.with(b -> b.withVocabSize(66))))
              .getMessage());
    }
  }

  /** As the classifier of transformers: before its first layer and behind it. */
  @Test
  void aClassifierDropsInTrainingOnly() {
    ElectraConfig config =
        ElectraConfig.fromPretrained(golden("classifier")).with(b -> b.withDropout(0.5, 0));
    TokenBatch batch = Goldens.batch(expected("classifier"));
    Rng.seed(3);
    try (SequenceClassifier model = SequenceClassifier.of(config, Labels.of("a", "b"));
        Scope scope = Scope.open()) {
      assertTrue(
          model
              .parameter("classifier.dense.weight")
              .shape()
              .equals(
                  model.parameter("electra.encoder.layer.0.attention.self.query.weight").shape()));
      float[] first = model.forward(batch).toFloats();
      assertFalse(Arrays.equals(first, model.forward(batch).toFloats()));
      model.eval();
      float[] evaluated = model.forward(batch).toFloats();
      assertArrayEquals(evaluated, model.forward(batch).toFloats());
    }
  }
}
