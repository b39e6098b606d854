package io.github.jaubert.bert.models.bert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.ConfigJson;
import io.github.jaubert.bert.EncoderOutput;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BertTest {
  /** A configuration of odd sizes. */
  private static BertConfig config(
      int hidden, int layers, int heads, int intermediate, String activation) {
    var json =
        BertConfig.bertBase()
            .withVocabSize(101)
            .withEncoder(hidden, layers, heads, intermediate)
            .toJson();
    json.put("hidden_act", activation);
    json.put("max_position_embeddings", 70);
    json.put("initializer_range", 0.2); // large enough that every part matters
    json.put("pad_token_id", 3);
    return BertConfig.read(ConfigJson.of("test", json));
  }

  private static TokenBatch batch(BertConfig config, int... lengths) {
    Random random = new Random(Arrays.hashCode(lengths));
    PackedSequences packed = PackedSequences.of(lengths);
    return new TokenBatch(
        random.ints(packed.tokens(), 0, config.vocabSize()).toArray(),
        random.ints(packed.tokens(), 0, config.typeVocabSize()).toArray(),
        packed);
  }

  private static float[] lastHidden(Bert model, TokenBatch batch) {
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      return model.forward(batch).lastHidden().toFloats();
    }
  }

  private static void randomiseVectors(Bert model) {
    try (Scope scope = Scope.open()) {
      for (Parameter parameter : model.parameters()) {
        if (parameter.tensor().rank() == 1) { // biases and LayerNorms, which start at 0 and 1
          float[] values =
              Tensor.randn(Rng.global(), parameter.shape().toArray()).mul(0.3f).toFloats();
          float[] before = parameter.tensor().toFloats();
          for (int i = 0; i < values.length; i++) {
            values[i] += before[i];
          }
          parameter.tensor().copyFrom(values);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"21, 2, 3, 31, gelu", "64, 1, 1, 7, relu", "40, 3, 5, 97, gelu_new"})
  void agreesWithAPaddedBatchInDoublePrecision(
      int hidden, int layers, int heads, int intermediate, String activation) {
    BertConfig config = config(hidden, layers, heads, intermediate, activation);
    Rng.seed(hidden);
    try (Bert model = Bert.of(config)) {
      randomiseVectors(model);
      model.eval();
      TokenBatch batch = batch(config, 1, 37, 5, 70, 2, 16);
      double[] expected = new PaddedReference(model, config).lastHidden(batch);
      float[] actual = lastHidden(model, batch);
      assertEquals(expected.length, actual.length);
      for (int i = 0; i < actual.length; i++) {
        assertEquals(expected[i], actual[i], 1e-5, "element " + i);
      }
    }
  }

  /** A classifier computes the last layer for the first tokens only; nothing else may change. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void firstTokensAloneGiveTheSamePoolingAndGradients(int layers) {
    BertConfig config = config(24, layers, 3, 50, "gelu");
    Rng.seed(layers);
    try (Bert model = Bert.of(config)) {
      randomiseVectors(model);
      model.eval();
      TokenBatch batch = batch(config, 1, 37, 5, 70, 2, 16);
      Tensor gradient = Tensor.randn(Rng.of(7), batch.count(), 24);
      float[] expected = pooledAndGradients(model, model.forward(batch).pooled(), gradient);
      float[] actual = pooledAndGradients(model, model.pooled(batch), gradient);
      assertArrayEquals(expected, actual, 2e-5f);
    }
  }

  /** The values, and then the gradient of each parameter, 0 where it has none. */
  private static float[] pooledAndGradients(Bert model, Tensor pooled, Tensor gradient) {
    pooled.backward(gradient);
    List<float[]> all = new ArrayList<>(List.of(pooled.toFloats()));
    for (Parameter parameter : model.parameters()) {
      Tensor grad = parameter.tensor().grad();
      all.add(grad == null ? new float[(int) parameter.tensor().numel()] : grad.toFloats());
      parameter.tensor().zeroGrad();
    }
    float[] values = new float[all.stream().mapToInt(part -> part.length).sum()];
    int at = 0;
    for (float[] part : all) {
      System.arraycopy(part, 0, values, at, part.length);
      at += part.length;
    }
    return values;
  }

  @Test
  void inputsOfAnotherBatchOrModelAreRefused() {
    BertConfig config = config(24, 1, 2, 32, "gelu");
    try (Bert model = Bert.of(config);
        Bert other = Bert.of(config);
        Scope scope = Scope.open()) {
      TokenInputs inputs = model.inputs(batch(config, 3, 5));
      assertThrows(IllegalArgumentException.class, () -> other.forward(inputs));
      assertThrows(IllegalArgumentException.class, () -> other.pooled(inputs));
      EncoderOutput output = model.forward(inputs);
      inputs.set(batch(config, 4, 4));
      assertThrows(IllegalStateException.class, output::pooled);
    }
  }

  @Test
  void aSequenceAloneAndInABatchAgree() {
    BertConfig config = BertConfig.bertBase().withVocabSize(101).withEncoder(48, 2, 4, 100);
    Rng.seed(4);
    try (Bert model = Bert.of(config)) {
      model.eval();
      TokenBatch batch = batch(config, 3, 70, 1, 29);
      float[] together = lastHidden(model, batch);
      int row = 0;
      for (int i = 0; i < batch.count(); i++) {
        float[] alone = lastHidden(model, batch.sequence(i));
        float[] part = Arrays.copyOfRange(together, row, row + alone.length);
        assertArrayEquals(alone, part, 1e-6f, "sequence " + i);
        row += alone.length;
      }
      assertEquals(together.length, row);
    }
  }

  @Test
  void parametersHaveHuggingFacesNames() {
    try (Bert model = Bert.of(config(24, 1, 2, 32, "gelu"))) {
      assertEquals(
          List.of(
              "embeddings.word_embeddings.weight [101, 24]",
              "embeddings.position_embeddings.weight [70, 24]",
              "embeddings.token_type_embeddings.weight [2, 24]",
              "embeddings.LayerNorm.weight [24]",
              "embeddings.LayerNorm.bias [24]",
              "encoder.layer.0.attention.self.query.weight [24, 24]",
              "encoder.layer.0.attention.self.query.bias [24]",
              "encoder.layer.0.attention.self.key.weight [24, 24]",
              "encoder.layer.0.attention.self.key.bias [24]",
              "encoder.layer.0.attention.self.value.weight [24, 24]",
              "encoder.layer.0.attention.self.value.bias [24]",
              "encoder.layer.0.attention.output.dense.weight [24, 24]",
              "encoder.layer.0.attention.output.dense.bias [24]",
              "encoder.layer.0.attention.output.LayerNorm.weight [24]",
              "encoder.layer.0.attention.output.LayerNorm.bias [24]",
              "encoder.layer.0.intermediate.dense.weight [32, 24]",
              "encoder.layer.0.intermediate.dense.bias [32]",
              "encoder.layer.0.output.dense.weight [24, 32]",
              "encoder.layer.0.output.dense.bias [24]",
              "encoder.layer.0.output.LayerNorm.weight [24]",
              "encoder.layer.0.output.LayerNorm.bias [24]",
              "pooler.dense.weight [24, 24]",
              "pooler.dense.bias [24]"),
          model.parameters().stream().map(Parameter::toString).toList());
    }
  }

  @Test
  void baseHasAsManyParametersAsPublished() {
    long layer = 4L * (768 * 768 + 768) + 2L * 768 * 3072 + 3072 + 768 + 4 * 768;
    long expected = (30522L + 512 + 2) * 768 + 2 * 768 + 12 * layer + 768 * 768 + 768;
    assertEquals(109_482_240, expected);
    try (Bert model = new Bert(BertConfig.bertBase())) {
      assertEquals(expected, model.parameterCount());
    }
  }

  @Test
  void startsFromANormalDistributionWithZerosForPadding() {
    BertConfig config = config(64, 1, 1, 64, "gelu");
    Rng.seed(9);
    try (Bert model = Bert.of(config)) {
      float[] words = model.parameter("embeddings.word_embeddings.weight").tensor().toFloats();
      assertArrayEquals(new float[64], Arrays.copyOfRange(words, 3 * 64, 4 * 64));
      double squares = 0;
      for (float value : words) {
        squares += value * value;
      }
      assertEquals(0.2, Math.sqrt(squares / (100 * 64)), 0.01);
      assertArrayEquals(new float[64], model.parameter("pooler.dense.bias").tensor().toFloats());
      assertEquals(64, model.parameter("embeddings.LayerNorm.weight").tensor().toFloats()[0] * 64);
    }
  }

  @Test
  void dropoutIsOnlyForTrainingAndRepeatable() {
    BertConfig config = config(32, 2, 2, 64, "gelu");
    TokenBatch batch = batch(config, 20, 7);
    Rng.seed(1);
    try (Bert model = Bert.of(config)) {
      assertTrue(model.training());
      Rng.seed(2);
      float[] first = lastHidden(model, batch);
      float[] second = lastHidden(model, batch);
      Rng.seed(2);
      assertArrayEquals(first, lastHidden(model, batch));
      assertFalse(Arrays.equals(first, second));
      model.eval();
      long before = Rng.global().offset();
      float[] evaluated = lastHidden(model, batch);
      assertArrayEquals(evaluated, lastHidden(model, batch));
      assertEquals(before, Rng.global().offset(), "evaluation draws no random numbers");
      assertFalse(Arrays.equals(first, evaluated));
    }
  }

  @Test
  void layersThatAreComputedTwiceGiveTheSameBitsInLessMemory() {
    BertConfig config = config(32, 8, 2, 128, "gelu").withDropout(0.1, 0.1);
    TokenBatch batch = batch(config, 60, 7, 53);
    Tensor gradient = Tensor.randn(Rng.of(7), batch.count(), 32);
    long[] peaks = new long[2];
    float[][] found = new float[2][];
    Rng.seed(1);
    try (Bert model = Bert.of(config)) {
      for (int twice = 0; twice < 2; twice++) {
        model.gradientCheckpointing(twice == 1);
        Rng.seed(2);
        long before = Memory.live();
        Memory.resetPeak();
        try (Scope scope = Scope.open()) {
          found[twice] = pooledAndGradients(model, model.pooled(batch), gradient);
        }
        peaks[twice] = Memory.peak() - before;
      }
    }
    assertArrayEquals(found[0], found[1], 0f);
    assertTrue(peaks[1] < 0.6 * peaks[0], peaks[1] + " bytes, " + peaks[0] + " before");
  }

  @Test
  void refusesIdsAndLengthsItDoesNotHave() {
    BertConfig config = config(24, 1, 2, 32, "gelu");
    try (Bert model = Bert.of(config);
        Scope scope = Scope.open()) {
      assertEquals(
          "a sequence of 71 tokens: the model has 70 positions",
          assertThrows(IllegalArgumentException.class, () -> model.forward(batch(config, 2, 71)))
              .getMessage());
      for (int bad : new int[] {-1, 101}) {
        TokenBatch ids = new TokenBatch(new int[] {1, bad}, new int[2], PackedSequences.of(2));
        assertEquals(
            "token id " + bad + " at row 1: the model has 0 to 100",
            assertThrows(IllegalArgumentException.class, () -> model.forward(ids)).getMessage());
      }
      TokenBatch types = new TokenBatch(new int[] {1, 2}, new int[] {0, 2}, PackedSequences.of(2));
      assertEquals(
          "token type id 2 at row 1: the model has 0 to 1",
          assertThrows(IllegalArgumentException.class, () -> model.hiddenStates(types))
              .getMessage());
      assertThrows(
          IllegalArgumentException.class, () -> model.forward(batch(config, 2, 0)).pooled());
      assertThrows(IllegalArgumentException.class, () -> model.pooled(batch(config, 2, 0)));
      assertThrows(
          IllegalArgumentException.class,
          () -> new TokenBatch(new int[3], new int[3], PackedSequences.of(2)));
    }
  }

  /** More rows of padding than there are positions, and gradients that they add nothing to. */
  @Test
  void paddingAddsNothingButRounding() {
    BertConfig config = config(24, 2, 3, 32, "gelu");
    float[][] pooled = new float[2][];
    float[][][] gradients = new float[2][][];
    try (Bert model = Bert.of(config)) {
      for (int i = 0; i < 2; i++) {
        TokenBatch batch = batch(config, 5, 1, 9);
        Rng.seed(4);
        try (Scope scope = Scope.open()) {
          Tensor output = model.forward(i == 0 ? batch : batch.padTo(100)).pooled();
          pooled[i] = output.toFloats();
          output.mul(Tensor.randn(Rng.of(6), 3, 24)).sum().backward();
        }
        gradients[i] =
            model.parameters().stream()
                .map(parameter -> parameter.tensor().grad().toFloats())
                .toArray(float[][]::new);
        model.parameters().forEach(parameter -> parameter.tensor().zeroGrad());
      }
    }
    assertArrayEquals(pooled[0], pooled[1], 1e-5f);
    for (int i = 0; i < gradients[0].length; i++) {
      assertArrayEquals(gradients[0][i], gradients[1][i], 1e-4f, "parameter " + i);
    }
  }

  @Test
  void inputsTakeTheValuesOfAnotherBatch() {
    BertConfig config = config(24, 1, 2, 32, "gelu");
    try (Bert model = Bert.of(config);
        Scope scope = Scope.open()) {
      model.eval();
      TokenBatch first = batch(config, 5, 1, 9).padTo(20);
      TokenBatch second = batch(config, 2, 11, 4).padTo(20);
      TokenInputs inputs = model.inputs(first);
      assertArrayEquals(
          model.forward(first).pooled().toFloats(), model.forward(inputs).pooled().toFloats());
      assertArrayEquals(
          model.forward(second).pooled().toFloats(),
          model.forward(inputs.set(second)).pooled().toFloats());
      assertEquals(
          "the inputs were made for 3 sequences, 20 tokens with padding, longest 11;"
              + " 2 sequences, 20 tokens with padding, longest 9 do not fit",
          assertThrows(
                  IllegalArgumentException.class, () -> inputs.set(batch(config, 9, 3).padTo(20)))
              .getMessage());
      assertThrows(
          IllegalArgumentException.class, () -> inputs.set(batch(config, 9, 3, 8))); // not padded
      assertThrows(
          IllegalArgumentException.class,
          () ->
              inputs.set(
                  new TokenBatch(new int[] {101, 1, 2}, new int[3], PackedSequences.of(1, 1, 1))
                      .padTo(20)));
    }
  }

  @Test
  void withoutThePoolerAllElseIsAsItWas() {
    BertConfig config = config(24, 2, 3, 50, "gelu");
    TokenBatch batch = batch(config, 7, 3);
    long empty = Memory.live();
    try (Bert whole = Bert.of(config)) {
      whole.eval();
      float[] expected = lastHidden(whole, batch);
      long before = Memory.live();
      try (Bert rest = whole.withoutPooler()) {
        assertTrue(Memory.live() <= before - 4 * (24 * 24 + 24));
        assertSame(rest, rest.withoutPooler());
        assertFalse(rest.training());
        assertArrayEquals(expected, lastHidden(rest, batch));
        assertTrue(rest.parameters().stream().noneMatch(p -> p.name().startsWith("pooler")));
        try (Scope scope = Scope.open()) {
          assertThrows(IllegalStateException.class, () -> rest.pooled(batch));
        }
      }
    }
    assertEquals(empty, Memory.live());
  }

  @Test
  void theErrorFunctionOfTheReferenceIsRight() {
    assertEquals(0.8427007929497149, PaddedReference.erf(1), 1e-15);
    assertEquals(-0.9953222650189527, PaddedReference.erf(-2), 1e-13);
  }

  @Test
  void computesIn16BitsIfAsked() {
    BertConfig config = config(12, 2, 3, 20, "gelu");
    try (Bert model = Bert.of(config)) {
      assertEquals(
          "computeType: F16 is neither F32 nor BF16",
          assertThrows(IllegalArgumentException.class, () -> model.computeType(DType.F16))
              .getMessage());
      assertEquals(DType.F32, model.computeType());
      model.eval();
      try (Scope scope = Scope.open()) {
        float[] expected = model.forward(batch(config, 3, 1)).lastHidden().toFloats();
        Tensor found = model.computeType(DType.BF16).forward(batch(config, 3, 1)).lastHidden();
        assertEquals(DType.BF16, found.dtype());
        assertArrayEquals(expected, found.toFloats(), 0.1f);
      }
    }
  }
}
