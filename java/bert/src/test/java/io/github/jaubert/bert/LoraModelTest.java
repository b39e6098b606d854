package io.github.jaubert.bert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.nn.Activation;
import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What adapters do to a model: what is trained, which of them computes, merging. */
class LoraModelTest {
  private static final BertConfig CONFIG =
      BertConfig.bertBase().withVocabSize(50).withEncoder(24, 2, 3, 40).withDropout(0, 0);
  private static final Labels LABELS = Labels.of("a", "b", "c");

  private final long seed = Seeds.SEED;
  private final Random random = new Random(seed);

  @BeforeEach
  void tellSeed() {
    System.out.println("seed " + seed);
  }

  private TokenBatch batch(int... lengths) {
    PackedSequences packed = PackedSequences.of(lengths);
    int[] ids = random.ints(packed.tokens(), 0, 50).toArray();
    return new TokenBatch(ids, new int[ids.length], packed);
  }

  private static float[] logits(EncoderModel<?> model, TokenBatch batch) {
    try (Scope scope = Scope.open()) {
      return model.forward(batch).toFloats();
    }
  }

  /** Values that no mistake can hide behind, for all that is trained. */
  private void randomise(Block model) {
    randomise(model, 0.5);
  }

  private void randomise(Block model, double deviation) {
    for (Parameter parameter : model.parameters()) {
      if (!parameter.frozen()) {
        float[] values = parameter.tensor().toFloats();
        for (int i = 0; i < values.length; i++) {
          values[i] += (float) (deviation * random.nextGaussian());
        }
        parameter.tensor().copyFrom(values);
      }
    }
  }

  private static Map<String, float[]> values(Block model) {
    Map<String, float[]> values = new HashMap<>();
    model.parameters().forEach(p -> values.put(p.name(), p.tensor().toFloats()));
    return values;
  }

  private static void assertClose(float[] expected, float[] actual, double tolerance) {
    assertEquals(expected.length, actual.length);
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], actual[i], tolerance);
    }
  }

  private static double distance(float[] a, float[] b) {
    return Goldens.relativeL2(a, b);
  }

  @Test
  void aNewAdapterChangesNothingAndLearnsAloneWithTheHead() {
    TokenBatch batch = batch(5, 1, 9);
    try (SequenceClassifier model = SequenceClassifier.of(CONFIG, LABELS)) {
      float[] before = logits(model, batch);
      long all = model.parameterCount();
      LoraModel lora = LoraModel.of(model, LoraConfig.of(3));
      assertArrayEquals(before, logits(model, batch));
      assertEquals(4, lora.targets().size());
      assertEquals(List.of("query", "value"), lora.config("default").targetModules());
      assertEquals(List.of("classifier", "pooler"), lora.config("default").modulesToSave());
      assertEquals(4 * 2 * 3 * 24 + 24 * 24 + 24 + 3 * 24 + 3, lora.trainableParameters());
      assertEquals(all + 4 * 2 * 3 * 24, model.parameterCount());
      Parameter a =
          model.parameter("bert.encoder.layer.1.attention.self.value.lora_A.default.weight");
      float largest = 0;
      for (float value : a.tensor().toFloats()) {
        largest = Math.max(largest, Math.abs(value));
      }
      assertTrue(largest <= 1 / Math.sqrt(24) && largest > 0.5 / Math.sqrt(24), "" + largest);
      randomise(model);
      try (Scope scope = Scope.open()) {
        model.loss(model.forward(batch), Tensor.of(new int[] {0, 2, 1})).backward();
        for (Parameter parameter : model.parameters()) {
          boolean trained =
              parameter.name().contains(".lora_")
                  || parameter.name().matches(".*(pooler|^class).*");
          assertEquals(trained, !parameter.frozen(), parameter.name());
          assertEquals(trained, parameter.grad() != null, parameter.name());
        }
      }
    }
  }

  @Test
  void mergingComputesTheSameAndUnmergingGivesTheBitsBack() {
    TokenBatch batch = batch(7, 3);
    try (SequenceClassifier model = SequenceClassifier.of(CONFIG, LABELS)) {
      model.eval();
      LoraModel lora =
          LoraModel.of(model, LoraConfig.of(4).withTargetPattern(LoraConfig.ALL_LINEAR));
      assertEquals(12, lora.targets().size());
      // Larger ones make scores of attention so large that roundings show in the logits.
      randomise(model, 0.1);
      Map<String, float[]> weights = values(model);
      float[] expected = logits(model, batch);
      lora.merge();
      assertClose(expected, logits(model, batch), 1e-5);
      assertThrows(IllegalStateException.class, lora::merge);
      assertThrows(IllegalStateException.class, lora::disableAdapter);
      assertThrows(IllegalStateException.class, () -> lora.setAdapter("default"));
      lora.unmerge();
      values(model).forEach((name, now) -> assertArrayEquals(weights.get(name), now, name));
      assertArrayEquals(expected, logits(model, batch));
      assertThrows(IllegalStateException.class, () -> LoraModel.of(model, LoraConfig.of(2)));
      lora.mergeAndUnload();
      assertClose(expected, logits(model, batch), 1e-5);
      assertTrue(model.parameters().stream().noneMatch(p -> p.name().contains("lora")));
      assertFalse(LoraModel.isAdapted(model));
      LoraModel.of(model, LoraConfig.of(2));
    }
  }

  @Test
  void severalAdaptersShareOneModel() {
    TokenBatch batch = batch(4, 8);
    try (SequenceClassifier model = SequenceClassifier.of(CONFIG, LABELS)) {
      float[] plain = logits(model, batch);
      LoraModel lora = LoraModel.of(model, LoraConfig.of(2));
      randomise(model);
      float[] first = logits(model, batch);
      lora.addAdapter("other", LoraConfig.of(5).withTargetModules("key", "dense"));
      assertArrayEquals(plain, logits(model, batch)); // its head begins with that of the model
      randomise(model);
      float[] second = logits(model, batch);
      assertTrue(distance(first, second) > 0.1);
      lora.setAdapter("default");
      assertArrayEquals(first, logits(model, batch));
      assertTrue(
          model.parameter("bert.encoder.layer.0.attention.self.key.lora_A.other.weight").frozen());
      try (LoraModel.Disabled off = lora.disableAdapter()) {
        assertNull(lora.activeAdapter());
        assertArrayEquals(plain, logits(model, batch));
      }
      assertArrayEquals(first, logits(model, batch));
      lora.setAdapter("other");
      assertArrayEquals(second, logits(model, batch));
      lora.deleteAdapter("default");
      assertEquals(List.of("other"), lora.adapters());
      assertArrayEquals(second, logits(model, batch));
      assertThrows(IllegalArgumentException.class, () -> lora.setAdapter("default"));
      lora.deleteAdapter("other");
      assertArrayEquals(plain, logits(model, batch));
      assertThrows(IllegalStateException.class, lora::merge);
    }
  }

  @Test
  void modelsOfOnesOwnTakeAdaptersToo() {
    Rng.seed(random.nextLong());
    class Two extends Block {
      final Linear inner = add("inner", Linear.of(7, 11));
      final Linear outer = add("outer", Linear.of(11, 3, false));

      Tensor forward(Tensor x) {
        return outer.forward(inner.forward(x, Activation.GELU_TANH));
      }
    }
    try (Two model = new Two();
        Scope scope = Scope.open()) {
      Tensor x = Tensor.randn(Rng.global(), 5, 7);
      LoraConfig config =
          LoraConfig.of(2)
              .withTargetModules("inner", "outer")
              .withRslora(true)
              .withLoraDropout(0.4);
      assertThrows(IllegalArgumentException.class, () -> LoraModel.of(model, LoraConfig.of(2)));
      LoraModel lora = LoraModel.of(model, config);
      assertEquals(2 * (7 + 11) + 2 * (11 + 3), lora.trainableParameters());
      randomise(model);
      Map<String, Tensor> of = new HashMap<>();
      model.parameters().forEach(p -> of.put(p.name(), p.tensor()));
      float scaling = (float) (4 / Math.sqrt(2));
      Rng.global().restore(3, 0);
      Tensor actual = model.forward(x); // in training mode, with dropout
      Rng.global().restore(3, 0);
      Tensor wide = x.matmul(of.get("inner.weight").t()).add(of.get("inner.bias"));
      wide = F.geluTanh(wide.add(low(F.dropout(x, 0.4f), of, "inner", scaling)));
      Tensor expected =
          wide.matmul(of.get("outer.weight").t())
              .add(low(F.dropout(wide, 0.4f), of, "outer", scaling));
      assertClose(expected.toFloats(), actual.toFloats(), 1e-4);
      model.eval();
      float[] without = model.forward(x).toFloats();
      assertTrue(distance(without, actual.toFloats()) > 1e-3);
      lora.merge();
      assertClose(without, model.forward(x).toFloats(), 1e-4);
    }
  }

  private static Tensor low(Tensor x, Map<String, Tensor> of, String layer, float scaling) {
    return x.matmul(of.get(layer + ".lora_A.default.weight").t())
        .matmul(of.get(layer + ".lora_B.default.weight").t())
        .mul(scaling);
  }

  @Test
  void computesInBfloat16AsInSinglePrecision() {
    TokenBatch batch = batch(12, 20);
    try (SequenceClassifier model = SequenceClassifier.of(CONFIG, LABELS)) {
      LoraModel.of(model, LoraConfig.of(4).withTargetPattern(LoraConfig.ALL_LINEAR));
      randomise(model, 0.1);
      float[] expected = logits(model, batch);
      model.computeType(DType.BF16);
      assertTrue(distance(expected, logits(model, batch)) < 0.05);
      try (Scope scope = Scope.open()) {
        model.loss(model.forward(batch), Tensor.of(new int[] {0, 2})).backward();
        Parameter b =
            model.parameter("bert.encoder.layer.0.intermediate.dense.lora_B.default.weight");
        assertNotNull(b.grad());
        assertEquals(DType.F32, b.grad().dtype());
      }
    }
  }

  @Test
  void allMemoryComesBack() {
    long before = Memory.live();
    try (SequenceClassifier model = SequenceClassifier.of(CONFIG, LABELS)) {
      LoraModel lora = LoraModel.of(model, LoraConfig.of(2));
      lora.addAdapter("b", LoraConfig.of(3));
      lora.deleteAdapter("default");
      lora.merge();
      lora.mergeAndUnload();
      LoraModel.of(model, LoraConfig.of(2));
    }
    assertEquals(before, Memory.live());
  }

  private static void refused(String part, Runnable code) {
    String message = assertThrows(IllegalArgumentException.class, code::run).getMessage();
    assertTrue(message.contains(part), message);
  }

  @Test
  void whatCannotBeIsRefused() {
    refused("r is 0", () -> LoraConfig.of(0));
    refused("lora_alpha is 0.0", () -> LoraConfig.of(2).withLoraAlpha(0));
    refused("lora_alpha is NaN", () -> LoraConfig.of(2).withLoraAlpha(Double.NaN));
    refused("lora_dropout is 1.0", () -> LoraConfig.of(2).withLoraDropout(1));
    refused("regular expression", () -> LoraConfig.of(2).withTargetPattern("("));
    refused("target_modules is empty", () -> LoraConfig.of(2).withTargetModules());
    try (SequenceClassifier model = SequenceClassifier.of(CONFIG, LABELS)) {
      LoraConfig some = LoraConfig.of(2);
      refused(
          "no linear layer is called 'vlaue'; there are attention.self.query",
          () -> LoraModel.of(model, some.withTargetModules("query", "vlaue")));
      refused("match no linear layer", () -> LoraModel.of(model, some.withTargetPattern("query")));
      refused("called 'clasifier'", () -> LoraModel.of(model, some.withModulesToSave("clasifier")));
      assertTrue(model.parameters().stream().noneMatch(Parameter::frozen));
      LoraModel lora = LoraModel.of(model, some);
      refused("adapter 'a.b'", () -> lora.addAdapter("a.b", some));
      refused("already", () -> lora.addAdapter("default", some));
    }
  }
}
