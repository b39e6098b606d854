package io.github.jaubert.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.nn.Activation;
import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.Embedding;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.LayerNorm;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.optim.AdamW;
import io.github.jaubert.optim.Optimizer;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What a GPU, or its emulator, computes, against what the CPU computes. */
class OnDeviceTest {
  private static final int STEPS = 4;
  private static final BertConfig CONFIG =
      BertConfig.bertBase().withEncoder(32, 2, 2, 48).withVocabSize(60);

  private static Device gpu;

  @BeforeAll
  static void findTheGpu() {
    gpu = TestGpu.orSkip();
  }

  private static TokenBatch batch(int step) {
    PackedSequences lengths = PackedSequences.of(5, 1, 9 + step, 3);
    Rng rng = Rng.of(100 + step);
    int[] ids = new int[lengths.tokens()];
    int[] types = new int[lengths.tokens()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = rng.nextInt(CONFIG.vocabSize());
      types[i] = rng.nextInt(CONFIG.typeVocabSize());
    }
    return new TokenBatch(ids, types, lengths);
  }

  /** The losses and norms of some steps with dropout, and the logits afterwards. */
  private static float[] train(Device device) {
    float[] values = new float[2 * STEPS + 4 * 3];
    Rng.seed(11);
    try (SequenceClassifier model =
            SequenceClassifier.of(CONFIG, Labels.of("a", "b", "c")).to(device);
        Optimizer adam = AdamW.of(model.parameters(), 2e-3f)) {
      for (int step = 0; step < STEPS; step++) {
        try (Scope scope = Scope.open()) {
          Tensor logits = model.forward(batch(step));
          Tensor loss = model.loss(logits, Tensor.of(new int[] {0, 1, 2, 1}));
          loss.backward();
          adam.step();
          assertSame(device, loss.device());
          values[2 * step] = loss.item();
          values[2 * step + 1] = adam.gradNorm().item();
        }
      }
      model.eval();
      try (Scope scope = Scope.open()) {
        float[] logits = model.forward(batch(0)).toFloats();
        System.arraycopy(logits, 0, values, 2 * STEPS, logits.length);
      }
    }
    return values;
  }

  /** The same of a model of all fused operations but attention: means of words, two layers. */
  private static float[] trainBagOfWords(Device device) {
    float[] values = new float[2 * STEPS];
    Rng.seed(12);
    try (BagOfWords model = new BagOfWords();
        Optimizer adam = AdamW.of(model.to(device).parameters(), 2e-3f)) {
      for (int step = 0; step < STEPS; step++) {
        try (Scope scope = Scope.open()) {
          Tensor loss =
              F.crossEntropy(
                  model.forward(batch(step)), Tensor.of(new int[] {0, 1, 2, 1}).to(device));
          loss.backward();
          adam.step();
          assertSame(device, loss.device());
          values[2 * step] = loss.item();
          values[2 * step + 1] = adam.gradNorm().item();
        }
      }
    }
    return values;
  }

  private static final class BagOfWords extends Block {
    private static final int WIDTH = 33;
    private final Embedding words = add("words", Embedding.of(CONFIG.vocabSize(), WIDTH));
    private final Embedding positions = add("positions", Embedding.of(40, WIDTH));
    private final LayerNorm first = add("first", LayerNorm.of(WIDTH, 1e-12f));
    private final Linear up = add("up", Linear.of(WIDTH, 65));
    private final Linear down = add("down", Linear.of(65, WIDTH));
    private final LayerNorm second = add("second", LayerNorm.of(WIDTH, 1e-12f));
    private final Linear head = add("head", Linear.of(WIDTH, 3));

    Tensor forward(TokenBatch batch) {
      Device device = words.weight().device();
      Tensor x =
          F.embeddingLayerNorm(
              Tensor.of(batch.inputIds()).to(device),
              batch.lengths().positionIds().to(device),
              null,
              words.weight(),
              positions.weight(),
              null,
              first.weight(),
              first.bias(),
              0.1f,
              1e-12f);
      Tensor z = F.feedForward(x, up.weight(), up.bias(), Activation.GELU, down.weight());
      Tensor y =
          F.addDropoutLayerNorm(z, x, down.bias(), second.weight(), second.bias(), 0.1f, 1e-12f);
      return head.forward(F.segmentMean(y, batch.lengths()));
    }
  }

  @Test
  void aBagOfWordsLearnsAsOnTheCpu() {
    float[] expected = trainBagOfWords(Device.cpu());
    float[] found = trainBagOfWords(gpu);
    for (int i = 0; i < expected.length; i++) {
      double relative = i % 2 == 0 ? 1e-5 : 1e-4;
      assertEquals(expected[i], found[i], relative * Math.abs(expected[i]), "value " + i);
    }
    assertArrayEquals(found, trainBagOfWords(gpu));
  }

  @Test
  void aBertLearnsAsOnTheCpu() {
    float[] expected = train(Device.cpu());
    float[] found = train(gpu);
    for (int i = 0; i < expected.length; i++) {
      // Logits pass through 0; they are compared by the size that they have.
      double size = i < 2 * STEPS ? Math.abs(expected[i]) : Math.max(0.1, Math.abs(expected[i]));
      double allowed = (i % 2 == 0 && i < 2 * STEPS ? 1e-5 : 1e-4) * size;
      assertEquals(expected[i], found[i], allowed, "value " + i);
    }
    assertEquals(1, Math.signum(expected[0] - expected[2 * STEPS - 2]), "the loss went down");
  }

  @Test
  void twoRunsGiveTheSameBits() {
    assertArrayEquals(train(gpu), train(gpu));
  }

  @Test
  void memoryIsGivenBack() {
    trainBagOfWords(gpu);
    long live = Memory.live(gpu);
    trainBagOfWords(gpu);
    assertEquals(live, Memory.live(gpu));
    Memory.releaseCached(gpu);
    assertEquals(0, Memory.cached(gpu));
  }

  @Test
  void dropoutHasTheMaskOfTheCpu() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.ones(3, 37);
      assertArrayEquals(
          F.dropout(x, 0.4f, Rng.of(9)).toFloats(),
          F.dropout(x.to(gpu), 0.4f, Rng.of(9)).toFloats());
    }
  }

  @Test
  void aLabelOutsideIsNamedWhenTheDeviceIsWaitedFor() {
    String words =
        "cross_entropy: label 3 of row 1 is neither in [0, 3) nor the ignored -100"
            + " (found by the GPU in a call before this one)";
    try (Scope scope = Scope.open()) {
      Tensor labels = Tensor.of(new int[] {0, 3}, 2).to(gpu);
      Tensor loss = F.crossEntropy(Tensor.ones(2, 3).to(gpu), labels);
      assertEquals(
          words, assertThrows(IllegalArgumentException.class, loss::toFloats).getMessage());
      assertEquals(Float.NaN, loss.toFloats()[0]); // said once
      F.crossEntropy(Tensor.ones(2, 3).to(gpu), labels);
      assertEquals(
          words, assertThrows(IllegalArgumentException.class, gpu::synchronize).getMessage());
    }
  }

  @Test
  void tensorsOfTwoDevicesAreRefused() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.ones(2, 3);
      assertEquals(
          "add: operand F32 [2, 3] is on cpu and operand F32 [2, 3] is on "
              + gpu
              + ";"
              + " move one with to(Device)",
          assertThrows(IllegalArgumentException.class, () -> x.add(x.to(gpu))).getMessage());
    }
  }

  /** Two GPUs of one kind, as those of the emulator, compute the same; each has its own memory. */
  @Test
  void aSecondGpuIsOneOfItsOwn() {
    assumeTrue(Findings.ofThisMachine().gpus().size() > 1, "there is one GPU");
    Device other = Device.cuda(gpu.name().equals("cuda:0") ? 1 : 0);
    long live = Memory.live(gpu);
    long liveThere = Memory.live(other);
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.randn(Rng.of(3), 1200, 1000); // of more than one part of a copy
      Tensor here = x.to(gpu);
      Tensor there = here.to(other);
      assertSame(other, there.device());
      assertArrayEquals(x.toFloats(), there.toFloats());
      assertTrue(Memory.live(other) > liveThere);
      assertEquals(
          "add: operand F32 [1200, 1000] is on %s and operand F32 [1200, 1000] is on %s; move one with to(Device)"
              .formatted(gpu, other),
          assertThrows(IllegalArgumentException.class, () -> here.add(there)).getMessage());
      assertEquals(x.sum().item(), there.to(gpu).add(here).sum().item() / 2, 0.1);
    }
    assertEquals(live, Memory.live(gpu));
    assertEquals(liveThere, Memory.live(other));
    if (Findings.ofThisMachine().emulated()) {
      assertArrayEquals(train(gpu), train(other));
    }
  }
}
