package io.github.jaubert.bert;

import static io.github.jaubert.bert.Goldens.relativeL2;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.SafeTensors;
import io.github.jaubert.bert.checkpoint.TestFiles;
import io.github.jaubert.bert.checkpoint.TestFiles.Values;
import io.github.jaubert.bert.models.mpnet.MpNet;
import io.github.jaubert.bert.models.mpnet.MpNetConfig;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Small MPNets against PyTorch's autograd in double precision. The figures are made by
 * src/test/python/golden_small_mpnet.py; those of questions and choices are tested where others
 * are.
 */
class MpNetTest extends EncoderGoldens {
  private static final String BIAS = "encoder.relative_attention_bias.weight";

  @Override
  String name() {
    return "mpnet";
  }

  @Override
  double lossError() {
    return 1e-5;
  }

  // ---- figures ----

  @Test
  void bucketsAreThoseOfTransformers() {
    int[] due = ints(expected("encoder").get("buckets"));
    try (Encoder model = Encoder.fromPretrained(golden())) {
      for (int i = 0; i < due.length; i++) {
        int offset = i - due.length / 2;
        assertEquals(due[i], model.relativeBuckets().applyAsInt(offset), "offset " + offset);
      }
      assertEquals(15, model.relativeBuckets().applyAsInt(Integer.MIN_VALUE));
      assertEquals(31, model.relativeBuckets().applyAsInt(Integer.MAX_VALUE));
    }
  }

  /** Padding and the order of sequences change nothing: values and gradients are those alone. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "1",
        "1 1 1",
        "7",
        "7 7 7",
        "16 17",
        "140 1",
        "3 0 5",
        "40 33 64",
        "15 32 17",
        "20 3 90 21 4"
      })
  void aBatchIsItsSequences(String shape) {
    long seed = Seeds.SEED;
    Rng.seed(seed);
    int[] lengths = Arrays.stream(shape.split(" ")).mapToInt(Integer::parseInt).toArray();
    PackedSequences packed = PackedSequences.of(lengths);
    int[] ids = new Random(seed).ints(packed.tokens(), 5, 67).toArray();
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
          assertTrue(
              relativeL2(one.toFloats(), same) < 1e-5, "sequence %d, seed %d".formatted(i, seed));
        }
      }
      // Of scores there may be next to no gradient, as in sequences of one token: rounding.
      double rounding = 1e-6 * norm(alone.parameters());
      for (Parameter parameter : together.parameters()) {
        if (!parameter.name().startsWith("pooler")) {
          float[] due = alone.parameter(parameter.name()).grad().toFloats();
          float[] grad = parameter.grad().toFloats();
          double error = relativeL2(due, grad) * norm(due);
          assertTrue(
              error <= 1e-4 * norm(due) + rounding,
              () -> "%s: %g, seed %d".formatted(parameter.name(), error, seed));
        }
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
        parameters.stream()
            .filter(parameter -> parameter.grad() != null)
            .mapToDouble(parameter -> Math.pow(norm(parameter.grad().toFloats()), 2))
            .sum());
  }

  @Test
  void rowsOfPaddingBehindABatchAreInert() {
    TokenBatch batch = Goldens.batch(expected("encoder"));
    int tokens = batch.tokens();
    try (Encoder model = Encoder.fromPretrained(golden());
        Scope scope = Scope.open()) {
      float[] plain = model.forward(batch).lastHidden().toFloats();
      for (int more : new int[] {0, 1, 31}) {
        Tensor hidden = model.forward(batch.padTo(tokens + more)).lastHidden();
        assertEquals(tokens + more, hidden.size(0));
        hidden.narrow(0, 0, tokens).sum().backward();
        assertArrayEquals(plain, hidden.narrow(0, 0, tokens).toFloats(), 1e-6f);
      }
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
      assertTrue(error > 1e-5 && error < 0.05, "" + error);
      hidden.to(DType.F32).square().sum().backward();
      assertEquals(DType.F32, model.parameter(BIAS).grad().dtype());
    }
  }

  // ---- steps ----

  @Test
  void stepsCannotBeCaptured() {
    TokenBatch batch = Goldens.batch(expected("encoder"));
    try (Encoder model = Encoder.fromPretrained(golden());
        Scope scope = Scope.open()) {
      assertFalse(model.canBeCaptured());
      TokenInputs inputs = model.inputs(batch);
      String message =
          assertThrows(UnsupportedOperationException.class, () -> inputs.set(batch)).getMessage();
      assertTrue(message.startsWith("MPNet: its steps cannot be recorded as graphs"), message);
    }
    try (Encoder bert = Encoder.fromPretrained(GOLDEN)) {
      assertTrue(bert.canBeCaptured());
    }
  }

  @Test
  void inputsAreFreedByTheirOwner() {
    TokenBatch batch = Goldens.batch(expected("encoder"));
    try (Encoder model = Encoder.fromPretrained(golden())) {
      long before = Memory.live();
      TokenInputs inputs;
      try (Scope scope = Scope.open()) {
        inputs = model.inputs(batch).unscoped();
      }
      try (Scope scope = Scope.open()) {
        assertEquals(batch.tokens(), model.forward(inputs).lastHidden().size(0));
      }
      inputs.close();
      assertEquals(before, Memory.live());
    }
  }

  /** Attention weights, hidden states and what the classifier reads. */
  @Test
  void dropsInTrainingOnly() {
    TokenBatch batch = Goldens.batch(expected("classifier"));
    for (double[] dropout : new double[][] {{0.5, 0}, {0, 0.5}}) {
      MpNetConfig config =
          MpNetConfig.fromPretrained(golden("classifier"))
              .with(b -> b.withDropout(dropout[0], dropout[1]));
      Rng.seed(3);
      try (SequenceClassifier model = SequenceClassifier.of(config, Labels.of("a", "b"));
          Scope scope = Scope.open()) {
        model.parameter("mpnet." + BIAS).tensor().fill(0.5f);
        for (Parameter parameter : model.parameters()) {
          if (parameter.name().matches(".*(attn\\.[vo]|dense|out_proj)\\.weight")) {
            try (Tensor wide = parameter.tensor().detach().mul(20)) {
              parameter.tensor().copyFrom(wide);
            }
          }
        }
        float[] first = model.forward(batch).toFloats();
        assertFalse(Arrays.equals(first, model.forward(batch).toFloats()));
        model.eval();
        assertArrayEquals(model.forward(batch).toFloats(), model.forward(batch).toFloats());
      }
    }
  }

  // ---- folders ----

  /** The encoder of sentence-transformers becomes a classifier, and back. */
  @Test
  void aHeadForWholeTextsTakesThePlaceOfThePooler() {
    Labels labels = Labels.of("a", "b");
    String warning = warnings(() -> SequenceClassifier.fromPretrained(golden(), labels));
    assertTrue(
        warning.contains(
            "train before use: classifier.dense.weight, classifier.dense.bias,"
                + " classifier.out_proj.weight, classifier.out_proj.bias"),
        warning);
    assertFalse(warning.contains("pooler"), warning);
    warning = warnings(() -> Encoder.fromPretrained(golden("classifier")));
    assertTrue(warning.contains("has no pooler"), warning);
  }

  /** What pre-training saved goes on with another head, and a new head begins with it. */
  @Test
  void theHeadOfMaskedTokensIsFound() {
    String warning = warnings(() -> MaskedLanguageModel.forTraining(golden()));
    assertTrue(
        warning.contains(
            "train before use: lm_head.bias, lm_head.dense.weight, lm_head.dense.bias,"
                + " lm_head.layer_norm.weight, lm_head.layer_norm.bias"),
        warning);
    Path older = TestFiles.copy(golden("masked"), temporary.resolve("masked"));
    Map<String, Values> all =
        new HashMap<>(TestFiles.readWeights(older.resolve("model.safetensors")));
    all.put("lm_head.decoder.weight", all.get("mpnet.embeddings.word_embeddings.weight"));
    all.put("lm_head.decoder.bias", all.get("lm_head.bias"));
    TestFiles.writeWeights(older.resolve("model.safetensors"), all, "F32");
    assertEquals("", warnings(() -> MaskedLanguageModel.fromPretrained(older)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "max_position_embeddings | 512 | 'embeddings.position_embeddings.weight' is [142, 15], but"
            + " config.json says max_position_embeddings 512",
        "max_position_embeddings | 2 | max_position_embeddings is 2, but the first position is 2",
        "vocab_size | 68 | 'embeddings.word_embeddings.weight' is [67, 15], but config.json says"
            + " vocab_size 68",
        "num_attention_heads | 5 | 'encoder.relative_attention_bias.weight' is [32, 3], but"
            + " config.json says num_attention_heads 5",
        "relative_attention_num_buckets | 64 | 'encoder.relative_attention_bias.weight' is [32, 3],"
            + " but config.json says relative_attention_num_buckets 64",
        "relative_attention_num_buckets | 16 | relative_attention_num_buckets is 16, but distances"
            + " fall into 32 buckets",
        "pad_token_id | 67 | pad_token_id 67 is not among the 67 tokens",
        "hidden_act | tanh | hidden_act 'tanh' is not one of gelu",
        "is_decoder | true | is_decoder is 'true': only encoders are supported"
      })
  void whatDoesNotFitIsRefused(String line) {
    assertRefused(line);
  }

  @Test
  void aSequenceIsAsLongAsThereArePositionsBehindPadding() {
    try (Encoder model = Encoder.fromPretrained(golden());
        Scope scope = Scope.open()) {
      TokenBatch tooLong = new TokenBatch(new int[141], new int[141], PackedSequences.of(141));
      assertEquals(
          "a sequence of 141 tokens: the model has 140 positions",
          assertThrows(IllegalArgumentException.class, () -> model.forward(tooLong)).getMessage());
      TokenBatch none = new TokenBatch(new int[0], new int[0], PackedSequences.of(0, 0));
      assertEquals(0, model.forward(none).lastHidden().size(0));
    }
  }

  @Test
  void tokensThatNoneAttendsToAreRefused() {
    try (Encoder model = Encoder.fromPretrained(golden());
        Scope scope = Scope.open()) {
      TokenInputs inputs =
          model.inputs(new TokenBatch(new int[3], new int[3], PackedSequences.of(3)));
      String refusal =
          assertThrows(IllegalArgumentException.class, () -> inputs.hiding(0)).getMessage();
      assertTrue(refusal.startsWith("MPNet: its attention hides no tokens"), refusal);
    }
  }

  @Test
  void anotherModelTypeIsRefused() {
    String refusal =
        assertThrows(CheckpointException.class, () -> MpNet.fromPretrained(GOLDEN)).getMessage();
    assertTrue(refusal.contains("model_type is 'bert': only MPNet is read here"), refusal);
  }

  // ---- sizes ----

  @Test
  void knowsItsSizeBeforeItIsMade() {
    MpNetConfig config = MpNetConfig.fromPretrained(golden());
    Rng.seed(5);
    try (Encoder model = Encoder.of(config)) {
      assertEquals(config.parameterCount(), model.parameterCount());
    }
    assertEquals(109_486_464, MpNetConfig.mpnetBase().parameterCount());
    MpNetConfig defaults = MpNetConfig.read(ConfigJson.of("test", JsonFiles.object()));
    assertEquals(30_527, defaults.vocabSize());
    assertEquals(510, defaults.maxPositionEmbeddings());
    assertEquals(0, defaults.typeVocabSize());
    assertEquals(32, defaults.relativeAttentionNumBuckets());
  }
}
