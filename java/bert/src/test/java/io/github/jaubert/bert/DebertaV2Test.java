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
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.SafeTensors;
import io.github.jaubert.bert.checkpoint.TestFiles;
import io.github.jaubert.bert.checkpoint.TestFiles.Values;
import io.github.jaubert.bert.models.deberta.DebertaV2;
import io.github.jaubert.bert.models.deberta.DebertaV2Config;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.PackedSequences;
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
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Small DeBERTas against PyTorch's autograd in double precision. The figures are made by
 * src/test/python/golden_small_deberta.py; those of questions and choices are tested where others
 * are.
 */
class DebertaV2Test extends LoadFixture {
  private static final Path ENCODER = golden("encoder");
  private static final long SEED = Seeds.SEED ^ 0xDEBE27A;

  @Override
  Path golden() {
    return ENCODER;
  }

  private static Path golden(String head) {
    return TestFiles.golden("small-deberta").resolve(head);
  }

  private static JsonNode expected(String head) {
    return JsonFiles.readObject(golden(head).resolve("expected.json"));
  }

  private static EncoderModel<?> load(String head, Path folder) {
    return switch (head) {
      case "masked", "legacy" -> MaskedLanguageModel.fromPretrained(folder);
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
  void hiddenStates() {
    TokenBatch batch = Goldens.batch(expected("encoder"));
    assertEquals("", warnings(() -> Encoder.fromPretrained(ENCODER)));
    try (Encoder model = Encoder.fromPretrained(ENCODER);
        SafeTensors golden = SafeTensors.open(ENCODER.resolve("hidden.safetensors"));
        Scope scope = Scope.open()) {
      assertInstanceOf(DebertaV2.class, model);
      List<Tensor> states = model.hiddenStates(batch);
      assertEquals(3, states.size());
      for (int i = 0; i < 3; i++) {
        assertTrue(relativeL2(golden.floats("h" + i), states.get(i).toFloats()) < 1e-6, "h" + i);
      }
    }
  }

  @Test
  void distancesHaveTheRowsOfTransformers() {
    for (JsonNode table : expected("encoder").get("tables")) {
      ObjectNode json = JsonFiles.readObject(ENCODER.resolve("config.json"));
      json.put("position_buckets", table.get("buckets").asInt());
      json.put("max_relative_positions", table.get("distances").asInt());
      int[] due = ints(table.get("rows"));
      try (Encoder model = DebertaV2Config.read(ConfigJson.of("test", json)).newEncoder()) {
        IntUnaryOperator rows = model.relativeBuckets();
        for (int i = 0; i < due.length; i++) {
          assertEquals(
              due[i], rows.applyAsInt(i - due.length / 2), table.get("buckets") + ": " + i);
        }
        int last = 2 * table.get("buckets").asInt() - 1;
        assertTrue(rows.applyAsInt(Integer.MAX_VALUE) >= 0);
        assertTrue(rows.applyAsInt(Integer.MIN_VALUE) <= last);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"masked", "legacy"})
  void maskedTokensLossLogitsAndEveryGradient(String head) {
    JsonNode expected = expected(head);
    int[] labels = labels(expected);
    int[] rows = labelled(labels);
    try (MaskedLanguageModel model = MaskedLanguageModel.fromPretrained(golden(head));
        Scope scope = Scope.open()) {
      model.train();
      TokenInputs inputs = model.encoder().inputs(Goldens.batch(expected));
      Tensor loss = model.loss(inputs, Tensor.of(rows), at(rows, labels), 0);
      loss.backward();
      assertEquals(expected.get("loss").asDouble(), loss.item(), 1e-5);
      assertGradients(model, golden(head));
      float[] some = model.logits(inputs, Tensor.of(Arrays.copyOf(rows, 5))).toFloats();
      assertTrue(relativeL2(floats(expected.get("logits")), some) < 2e-6);
    }
  }

  /** Also with each layer computed twice. */
  @ParameterizedTest
  @ValueSource(strings = {"classifier", "tokens", "plain", "classifier twice"})
  void classifiersLossLogitsAndEveryGradient(String name) {
    String head = name.replace(" twice", "");
    JsonNode expected = expected(head);
    int[] labels = head.equals("classifier") ? ints(expected.get("labels")) : labels(expected);
    try (Classifier<?> model = (Classifier<?>) load(head, golden(head));
        Scope scope = Scope.open()) {
      model.train();
      model.encoder().gradientCheckpointing(!name.equals(head));
      Tensor logits = model.forward(Goldens.batch(expected));
      Tensor loss = model.loss(logits, Tensor.of(labels));
      loss.backward();
      assertEquals(expected.get("loss").asDouble(), loss.item(), 1e-5);
      assertTrue(relativeL2(floats(expected.get("logits")), logits.toFloats()) < 2e-6);
      assertGradients(model, golden(head));
    }
  }

  /** Padding and the order of sequences change nothing: values and gradients are those alone. */
  @ParameterizedTest
  @ValueSource(strings = {"1", "7 7 7", "16 17", "140 1", "3 0 5", "20 3 90 21 4"})
  void aBatchIsItsSequences(String shape) {
    Rng.seed(SEED);
    int[] lengths = Arrays.stream(shape.split(" ")).mapToInt(Integer::parseInt).toArray();
    PackedSequences packed = PackedSequences.of(lengths);
    int[] ids = new Random(SEED).ints(packed.tokens(), 5, 67).toArray();
    TokenBatch batch = new TokenBatch(ids, new int[ids.length], packed);
    try (Encoder together = Encoder.fromPretrained(ENCODER);
        Encoder alone = Encoder.fromPretrained(ENCODER);
        Scope scope = Scope.open()) {
      Tensor weights = Tensor.randn(Rng.global(), ids.length, 15);
      Tensor all = together.forward(batch).lastHidden();
      all.mul(weights).sum().backward();
      for (int i = 0, row = 0; i < lengths.length; row += lengths[i++]) {
        if (lengths[i] > 0) {
          Tensor one = alone.forward(batch.sequence(i)).lastHidden();
          one.mul(weights.narrow(0, row, lengths[i])).sum().backward();
          float[] same = all.narrow(0, row, lengths[i]).toFloats();
          double error = relativeL2(one.toFloats(), same);
          assertTrue(error < 1e-4, "sequence %d: %g, seed %d".formatted(i, error, SEED));
        }
      }
      // Where there is next to no gradient, as for scores of sequences of one token: rounding.
      double rounding = 1e-5 * norm(alone.parameters());
      for (Parameter parameter : together.parameters()) {
        float[] due = alone.parameter(parameter.name()).grad().toFloats();
        double error = relativeL2(due, parameter.grad().toFloats()) * norm(due);
        assertTrue(
            error <= 1e-3 * norm(due) + rounding,
            () -> "%s: %g, seed %d".formatted(parameter.name(), error, SEED));
      }
    }
  }

  private static double norm(float[] values) {
    double sum = 1e-60;
    for (float value : values) {
      sum += (double) value * value;
    }
    return Math.sqrt(sum);
  }

  private static double norm(List<Parameter> parameters) {
    return Math.sqrt(
        parameters.stream().mapToDouble(one -> Math.pow(norm(one.grad().toFloats()), 2)).sum());
  }

  @Test
  void rowsOfPaddingBehindABatchAreInert() {
    TokenBatch batch = Goldens.batch(expected("encoder"));
    int tokens = batch.tokens();
    try (Encoder model = Encoder.fromPretrained(ENCODER);
        Scope scope = Scope.open()) {
      float[] plain = model.forward(batch).lastHidden().toFloats();
      Tensor hidden = model.forward(batch.padTo(tokens + 31)).lastHidden();
      assertEquals(tokens + 31, hidden.size(0));
      assertArrayEquals(plain, hidden.narrow(0, 0, tokens).toFloats(), 1e-5f);
    }
  }

  /** Half the bits: linear layers compute in bfloat16, attention in F32. */
  @Test
  void bfloat16IsNear() {
    TokenBatch batch = Goldens.batch(expected("encoder"));
    try (Encoder model = Encoder.fromPretrained(ENCODER);
        SafeTensors golden = SafeTensors.open(ENCODER.resolve("hidden.safetensors"));
        Scope scope = Scope.open()) {
      model.computeType(DType.BF16);
      Tensor hidden = model.forward(batch).lastHidden();
      assertEquals(DType.BF16, hidden.dtype());
      double error = relativeL2(golden.floats("h2"), hidden.to(DType.F32).toFloats());
      assertTrue(error > 1e-5 && error < 0.1, "" + error);
      hidden.to(DType.F32).square().sum().backward();
      assertEquals(DType.F32, model.parameter("encoder.rel_embeddings.weight").grad().dtype());
    }
  }

  @Test
  void stepsCannotBeCaptured() {
    try (Encoder model = Encoder.fromPretrained(ENCODER)) {
      String message =
          assertThrows(UnsupportedOperationException.class, model::requireCapture).getMessage();
      assertTrue(message.startsWith("DeBERTa-v2: its steps cannot be recorded"), message);
    }
  }

  /** Attention weights, and hidden states with the vectors of distances. */
  @Test
  void dropsInTrainingOnly() {
    TokenBatch batch = Goldens.batch(expected("encoder"));
    for (double[] dropout : new double[][] {{0.5, 0}, {0, 0.5}}) {
      Rng.seed(3);
      DebertaV2Config config =
          DebertaV2Config.fromPretrained(ENCODER).with(b -> b.withDropout(dropout[0], dropout[1]));
      try (Encoder golden = Encoder.fromPretrained(ENCODER);
          Encoder model = DebertaV2.of(config);
          Scope scope = Scope.open()) {
        for (Parameter parameter : model.parameters()) {
          parameter.tensor().copyFrom(golden.parameter(parameter.name()).tensor());
        }
        float[] first = model.forward(batch).lastHidden().toFloats();
        assertFalse(Arrays.equals(first, model.forward(batch).lastHidden().toFloats()));
        model.eval();
        assertArrayEquals(
            golden.forward(batch).lastHidden().toFloats(),
            model.forward(batch).lastHidden().toFloats());
      }
    }
  }

  // ---- folders ----

  @ParameterizedTest
  @ValueSource(strings = {"masked", "legacy", "classifier", "tokens", "plain"})
  void savesWhatItLoaded(String head) {
    Path out = temporary.resolve("out");
    assertEquals("", warnings(() -> load(head, golden(head))));
    try (EncoderModel<?> model = load(head, golden(head))) {
      model.save(out);
    }
    Map<String, Values> before = TestFiles.readWeights(golden(head).resolve("model.safetensors"));
    Map<String, Values> after = TestFiles.readWeights(out.resolve("model.safetensors"));
    assertEquals(before.keySet(), after.keySet());
    before.forEach((key, value) -> assertArrayEquals(value.values(), after.get(key).values(), key));
    ObjectNode config = JsonFiles.readObject(golden(head).resolve("config.json"));
    ObjectNode saved = JsonFiles.readObject(out.resolve("config.json"));
    assertEquals(config.get("architectures"), saved.get("architectures"));
    assertEquals(DebertaV2Config.fromPretrained(golden(head)), DebertaV2Config.fromPretrained(out));
    Set<String> missing = new HashSet<>();
    config.fieldNames().forEachRemaining(missing::add);
    saved.fieldNames().forEachRemaining(missing::remove);
    // Of the problem, which a classifier of tokens does not have, or transformers' own.
    missing.removeAll(
        Set.of(
            "bos_token_id",
            "eos_token_id",
            "problem_type",
            "tie_word_embeddings",
            "transformers_version"));
    assertEquals(Set.of(), missing);
  }

  /** A folder of an encoder alone, as Microsoft's are for a classifier. */
  @Test
  void aHeadForWholeTextsBringsItsPooler() {
    Labels labels = Labels.of("a", "b");
    String warning = warnings(() -> SequenceClassifier.fromPretrained(ENCODER, labels));
    assertTrue(
        warning.contains(
            "train before use: pooler.dense.weight, pooler.dense.bias, classifier.weight,"
                + " classifier.bias"),
        warning);
    warning = warnings(() -> Encoder.fromPretrained(golden("classifier")));
    assertTrue(warning.contains("not used: classifier.bias"), warning);
  }

  /**
   * Of Microsoft's files, which do not say whether their head is BERT's, transformers thinks so.
   */
  @Test
  void theHeadOfMaskedTokensIsWhatConfigJsonSays() {
    folder = TestFiles.copy(golden("masked"), temporary.resolve("masked"));
    configure("legacy", null);
    String warning = warnings(() -> MaskedLanguageModel.forTraining(folder));
    assertTrue(warning.contains("train before use: cls.predictions.bias"), warning);
    assertTrue(warning.contains("not used: lm_predictions.lm_head.LayerNorm.bias"), warning);
    configure("legacy", false);
    assertEquals("", warnings(() -> MaskedLanguageModel.forTraining(folder)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "position_buckets | 9 | 'encoder.rel_embeddings.weight' is [16, 15], but config.json says"
            + " twice as many as position_buckets 18",
        "position_buckets | 0 | 'encoder.rel_embeddings.weight' is [16, 15], but config.json says"
            + " twice as many as max_position_embeddings 280",
        "position_buckets | 1 | position_buckets is 1 for 140 distances",
        "position_buckets | 300 | position_buckets is 300 for 140 distances",
        "vocab_size | 68 | 'embeddings.word_embeddings.weight' is [67, 15], but config.json says"
            + " vocab_size 68",
        "embedding_size | 16 | 'embeddings.word_embeddings.weight' is [67, 15], but config.json"
            + " says embedding_size 16",
        "num_attention_heads | 4 | hidden_size 15 is not a multiple of num_attention_heads 4",
        "type_vocab_size | -1 | type_vocab_size is -1; it must be at least 0",
        "pos_att_type | p2p | pos_att_type is [p2p]; only c2p and p2c are supported, each once",
        "pos_att_type | c2p|c2p | pos_att_type is [c2p, c2p]; only c2p and p2c are",
        "pos_att_type | 3 | pos_att_type is 3; a list of texts is needed",
        "pos_att_type |  | relative_attention is true, but pos_att_type names neither",
        "conv_kernel_size | 3 | conv_kernel_size is 3: the convolution beside the first layer",
        "pooler_hidden_size | 30 | pooler_hidden_size is 30; only 15, as the other sizes have it",
        "attention_head_size | 64 | attention_head_size is 64; only 5, as the other sizes have it",
        "pooler_hidden_act | swish | pooler_hidden_act 'swish' is not one of gelu",
        "model_type | deberta | model_type is 'deberta': only albert, bert"
      })
  void whatDoesNotFitIsRefused(String line) {
    String[] parts = line.split(" \\| ", 3);
    boolean number = parts[1].matches("-?\\d+");
    configure(parts[0], number ? (Object) Integer.valueOf(parts[1]) : parts[1]);
    String refusal =
        assertThrows(CheckpointException.class, () -> Encoder.fromPretrained(folder)).getMessage();
    assertTrue(refusal.contains(parts[2]), refusal);
  }

  @Test
  void microsoftsHeadNeedsEmbeddingsAsWideAsHiddenStates() {
    folder = TestFiles.copy(golden("legacy"), temporary.resolve("legacy"));
    configure("legacy", false);
    String refusal =
        assertThrows(CheckpointException.class, () -> Encoder.fromPretrained(folder)).getMessage();
    assertTrue(
        refusal.contains("legacy is false, but embedding_size is 9 and hidden_size 15"), refusal);
  }

  @Test
  void anotherModelTypeIsRefused() {
    String refusal =
        assertThrows(CheckpointException.class, () -> DebertaV2.fromPretrained(GOLDEN))
            .getMessage();
    assertTrue(refusal.contains("model_type is 'bert': only DeBERTa-v2 and v3 are"), refusal);
  }

  // ---- sizes ----

  @ParameterizedTest
  @ValueSource(strings = {"encoder", "legacy", "classifier", "tokens", "plain"})
  void knowsItsSizeBeforeItIsMade(String head) {
    DebertaV2Config config = DebertaV2Config.fromPretrained(golden(head));
    try (Encoder model = DebertaV2.of(config)) {
      assertEquals(config.parameterCount(), model.parameterCount());
    }
  }

  @Test
  void usualSizes() {
    assertEquals(183_831_552, DebertaV2Config.debertaV3Base().parameterCount());
    assertEquals(141_304_320, DebertaV2Config.debertaV3Small().parameterCount());
    assertEquals(70_682_112, DebertaV2Config.debertaV3Xsmall().parameterCount());
    DebertaV2Config defaults = DebertaV2Config.read(ConfigJson.of("test", JsonFiles.object()));
    assertEquals(128_100, defaults.vocabSize());
    assertEquals(1536, defaults.hiddenSize());
    assertEquals(0, defaults.typeVocabSize());
    assertFalse(defaults.relativeAttention());
    assertTrue(defaults.positionBiasedInput());
  }
}
