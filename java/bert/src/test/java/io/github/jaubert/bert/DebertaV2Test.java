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
import io.github.jaubert.bert.models.deberta.DebertaV2;
import io.github.jaubert.bert.models.deberta.DebertaV2Config;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Small DeBERTas against PyTorch's autograd in double precision. The figures are made by
 * src/test/python/golden_small_deberta.py; those of questions and choices are tested where others
 * are.
 */
class DebertaV2Test extends EncoderGoldens {
  private static final long SEED = Seeds.SEED ^ 0xDEBE27A;

  @Override
  String name() {
    return "deberta";
  }

  @Override
  List<String> heads() {
    return List.of("masked", "legacy", "classifier", "tokens", "plain");
  }

  @Override
  double lossError() {
    return 1e-5;
  }

  // ---- figures ----

  @Test
  void distancesHaveTheRowsOfTransformers() {
    for (JsonNode table : expected("encoder").get("tables")) {
      ObjectNode json = JsonFiles.readObject(golden().resolve("config.json"));
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

  /** Padding and the order of sequences change nothing: values and gradients are those alone. */
  @ParameterizedTest
  @ValueSource(strings = {"1", "7 7 7", "16 17", "140 1", "3 0 5", "20 3 90 21 4"})
  void aBatchIsItsSequences(String shape) {
    Rng.seed(SEED);
    int[] lengths = Arrays.stream(shape.split(" ")).mapToInt(Integer::parseInt).toArray();
    PackedSequences packed = PackedSequences.of(lengths);
    int[] ids = new Random(SEED).ints(packed.tokens(), 5, 67).toArray();
    TokenBatch batch = new TokenBatch(ids, new int[ids.length], packed);
    try (Encoder together = Encoder.fromPretrained(golden());
        Encoder alone = Encoder.fromPretrained(golden());
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
    try (Encoder model = Encoder.fromPretrained(golden());
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
    try (Encoder model = Encoder.fromPretrained(golden());
        SafeTensors golden = SafeTensors.open(golden().resolve("hidden.safetensors"));
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
    try (Encoder model = Encoder.fromPretrained(golden())) {
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
          DebertaV2Config.fromPretrained(golden()).with(b -> b.withDropout(dropout[0], dropout[1]));
      try (Encoder golden = Encoder.fromPretrained(golden());
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

  /** A folder of an encoder alone, as Microsoft's are for a classifier. */
  @Test
  void aHeadForWholeTextsBringsItsPooler() {
    Labels labels = Labels.of("a", "b");
    String warning = warnings(() -> SequenceClassifier.fromPretrained(golden(), labels));
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
    assertRefused(line);
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
