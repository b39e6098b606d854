package io.github.jaubert.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.jaubert.autograd.CapturedStep;
import io.github.jaubert.bert.BertConfig;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.nn.AttentionOptions;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.optim.AdamW;
import io.github.jaubert.optim.Optimizer;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Steps of training that a GPU, or its emulator, records and runs again. */
class CapturedStepTest {
  private static final BertConfig CONFIG =
      BertConfig.bertBase().withEncoder(16, 1, 2, 24).withVocabSize(40);
  private static final int TOKENS = 24;

  private static Device gpu;

  @BeforeAll
  static void findTheGpu() {
    assumeTrue(
        Requirements.obstacles(Findings.ofThisMachine()).findAny().isEmpty(), "there is no GPU");
    gpu = Device.cuda(0);
  }

  /** Three sequences of other lengths at every step, padded to the same number of tokens. */
  private static TokenBatch batch(int step) {
    PackedSequences lengths = PackedSequences.of(1 + step, 9 - step, 4 + 2 * (step % 4));
    Rng rng = Rng.of(100 + step);
    int[] ids = new int[lengths.tokens()];
    int[] types = new int[lengths.tokens()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = rng.nextInt(CONFIG.vocabSize());
      types[i] = rng.nextInt(CONFIG.typeVocabSize());
    }
    return new TokenBatch(ids, types, lengths).padTo(TOKENS);
  }

  private static int[] labels(int step) {
    return new int[] {step % 3, (step + 1) % 3, step % 2};
  }

  private static float rate(int step) {
    return 1e-3f * step; // 0 at first, as a warmup is
  }

  /** A small BERT in training, with dropout, whose inputs are always in the same tensors. */
  private static final class Training implements AutoCloseable {
    final SequenceClassifier model;
    final Optimizer adam;
    final TokenInputs inputs;
    final Tensor targets;
    final PackedSequences lengths = batch(0).lengths();
    final Rng noise = Rng.of(77);
    final Supplier<Tensor> step;
    float rate;

    Training() {
      Rng.seed(11);
      model = SequenceClassifier.of(CONFIG, Labels.of("a", "b", "c")).to(gpu);
      adam = AdamW.of(model.parameters(), 2e-3f);
      try (Scope scope = Scope.open()) {
        inputs = model.bert().inputs(batch(0)).unscoped();
        targets = Tensor.of(labels(0)).to(gpu).unscoped();
      }
      step =
          () -> {
            Tensor logits = F.dropout(model.forward(inputs), 0.2f, noise);
            Tensor loss = model.loss(logits, targets, 3);
            loss.backward();
            adam.step(rate);
            return loss;
          };
    }

    void set(int number) {
      inputs.set(batch(number));
      targets.copyFrom(labels(number));
      rate = rate(number);
    }

    /** The step itself. */
    float eager(int number) {
      set(number);
      try (Scope scope = Scope.open()) {
        return step.get().item();
      }
    }

    CapturedStep capture() {
      inputs.set(batch(0));
      return CapturedStep.of(gpu, step);
    }

    float replay(CapturedStep captured, int number) {
      set(number);
      captured.sequences(lengths, inputs.lengths()).replay(rate(number));
      return captured.result().item();
    }

    /** Everything that a step changes. */
    List<float[]> state() {
      List<float[]> state = new ArrayList<>();
      for (Parameter parameter : model.parameters()) {
        state.add(parameter.tensor().toFloats());
      }
      adam.state()
          .forEach(
              (name, tensor) ->
                  state.add(
                      name.endsWith("step") || name.equals("steps")
                          ? new float[] {tensor.toLongs()[0]}
                          : tensor.toFloats()));
      state.add(adam.gradNorm().toFloats());
      state.add(new float[] {Rng.global().offset(), noise.offset(), adam.steps()});
      return state;
    }

    @Override
    public void close() {
      model.close();
      adam.close();
      inputs.close();
      targets.close();
    }
  }

  private static Tensor copy(Tensor tensor) {
    return Tensor.zeros(tensor.dtype(), tensor.shape()).to(tensor.device()).copyFrom(tensor);
  }

  private static void assertSame(List<float[]> expected, List<float[]> found) {
    assertEquals(expected.size(), found.size());
    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(expected.get(i), found.get(i), "tensor " + i);
    }
  }

  @Test
  void replaysAreTheStepsThemselves() {
    List<Float> expectedLosses = new ArrayList<>();
    List<float[]> expected;
    try (Training training = new Training()) {
      for (int step = 0; step < 8; step++) {
        expectedLosses.add(training.eager(step));
      }
      expected = training.state();
    }
    List<Float> losses = new ArrayList<>();
    try (Training training = new Training()) {
      losses.add(training.eager(0));
      List<float[]> before = training.state();
      try (CapturedStep captured = training.capture()) {
        assertSame(before, training.state()); // nothing has run
        for (int step = 1; step < 8; step++) {
          // One step in between goes without the graph.
          losses.add(step == 4 ? training.eager(step) : training.replay(captured, step));
        }
      }
      assertSame(expected, training.state());
    }
    assertEquals(expectedLosses, losses);
  }

  /** Activations of 16 bits, with the kernels for matrix units and copies of the weights. */
  @Test
  void bfloat16IsReplayedToo() {
    PackedSequences first = PackedSequences.of(20, 0, 5).padTo(TOKENS + 8);
    PackedSequences[] others = {
      PackedSequences.of(1, 1, 30).padTo(TOKENS + 8), PackedSequences.of(9, 9, 9).padTo(TOKENS + 8)
    };
    List<List<float[]>> runs = new ArrayList<>();
    for (boolean replays : new boolean[] {false, true}) {
      Rng.seed(21);
      try (Scope scope = Scope.open();
          Linear in = Linear.of(16, 32);
          Linear out = Linear.of(32, 3)) {
        List<Parameter> parameters = new ArrayList<>();
        in.to(gpu)
            .parameters()
            .forEach(p -> parameters.add(new Parameter("in." + p.name(), p.tensor())));
        out.to(gpu)
            .parameters()
            .forEach(p -> parameters.add(new Parameter("out." + p.name(), p.tensor())));
        try (Optimizer adam = AdamW.of(parameters, 1e-2f)) {
          Tensor x = Tensor.randn(Rng.of(1), TOKENS + 8, 16).to(gpu);
          Tensor labels = Tensor.of(new int[] {2, 0, 1}).to(gpu);
          Function<PackedSequences, Tensor> step =
              lengths -> {
                Tensor h = in.forward(x.to(DType.BF16)).reshape(TOKENS + 8, 2, 16);
                Tensor y = F.attention(h, h, h, lengths, AttentionOptions.dropout(0.2f));
                Tensor means = F.segmentMean(y.reshape(TOKENS + 8, 32).to(DType.F32), lengths);
                Tensor loss = F.crossEntropy(out.forward(means), labels);
                loss.backward();
                adam.step();
                return loss;
              };
          step.apply(first);
          List<float[]> values = new ArrayList<>();
          if (replays) {
            try (CapturedStep captured = CapturedStep.of(gpu, () -> step.apply(first))) {
              for (PackedSequences lengths : others) {
                captured.sequences(first, lengths).replay();
                values.add(captured.result().toFloats());
              }
            }
          } else {
            for (PackedSequences lengths : others) {
              values.add(step.apply(lengths).toFloats());
            }
          }
          parameters.forEach(parameter -> values.add(parameter.tensor().toFloats()));
          runs.add(values);
        }
      }
    }
    assertSame(runs.get(0), runs.get(1));
  }

  @Test
  void severalCapturedStepsShareMemoryAndCheckpointsRestoreThem() {
    try (Training training = new Training()) {
      training.eager(0);
      try (CapturedStep one = training.capture();
          CapturedStep other = training.capture()) {
        training.replay(one, 1);
        Map<String, Tensor> weights = new LinkedHashMap<>();
        try (Scope scope = Scope.open()) {
          for (Parameter parameter : training.model.parameters()) {
            weights.put(parameter.name(), copy(parameter.tensor()));
          }
          Map<String, Tensor> adam = new LinkedHashMap<>();
          training.adam.state().forEach((name, tensor) -> adam.put(name, copy(tensor)));
          long offset = Rng.global().offset();
          long noise = training.noise.offset();
          float second = training.replay(other, 2);
          float third = training.replay(one, 3);
          assertEquals(second, other.result().item()); // is not overwritten by the other step
          List<float[]> expected = training.state();
          // Back to the checkpoint, and on by other graphs.
          training
              .model
              .parameters()
              .forEach(parameter -> parameter.tensor().copyFrom(weights.get(parameter.name())));
          training.adam.restore(adam);
          Rng.global().restore(11, offset);
          training.noise.restore(77, noise);
          assertEquals(second, training.replay(one, 2));
          assertEquals(third, training.replay(other, 3));
          assertSame(expected, training.state());
        }
      }
    }
  }

  @Test
  void paddingChangesNoLossButByRounding() {
    float[] padded = new float[4];
    try (Training training = new Training()) {
      for (int step = 0; step < padded.length; step++) {
        padded[step] = training.eager(step);
      }
    }
    try (Training training = new Training()) {
      for (int step = 0; step < padded.length; step++) {
        try (Scope scope = Scope.open()) {
          TokenBatch batch = batch(step);
          int real = batch.lengths().cuSeqlens()[3];
          TokenBatch unpadded =
              new TokenBatch(
                  Arrays.copyOf(batch.inputIds(), real),
                  Arrays.copyOf(batch.tokenTypeIds(), real),
                  PackedSequences.of(
                      batch.lengths().length(0),
                      batch.lengths().length(1),
                      batch.lengths().length(2)));
          Tensor logits = F.dropout(training.model.forward(unpadded), 0.2f, training.noise);
          Tensor loss = training.model.loss(logits, Tensor.of(labels(step)), 3);
          loss.backward();
          training.adam.step(rate(step));
          assertEquals(loss.item(), padded[step], 1e-5 * Math.abs(loss.item()), "step " + step);
        }
      }
    }
  }

  /** What the program allocates meanwhile must not lie where replays write, nor the other way. */
  @Test
  void aGraphKeepsItsMemoryAndGivesItBack() {
    try (Training training = new Training()) {
      training.eager(0);
      training.eager(1);
      long live = Memory.live(gpu);
      CapturedStep captured = training.capture();
      assertTrue(Memory.live(gpu) > live, "what the step computes on the way is in use");
      float[] losses = new float[4];
      List<Tensor> others = new ArrayList<>();
      for (int step = 0; step < losses.length; step++) {
        for (int size : new int[] {3, 16, 24, 24 * 16, 24 * 24, 16 * 24, 40 * 16, 2000}) {
          try (Scope scope = Scope.open()) {
            others.add(Tensor.full(size, size).to(gpu).unscoped());
          }
        }
        losses[step] = training.replay(captured, step);
      }
      for (Tensor other : others) {
        float[] filled = new float[(int) other.numel()];
        Arrays.fill(filled, other.numel());
        assertArrayEquals(filled, other.toFloats());
        other.close();
      }
      captured.close();
      captured.close();
      assertEquals(live, Memory.live(gpu));
      assertTrue(
          assertThrows(IllegalStateException.class, captured::replay)
              .getMessage()
              .startsWith("the step captured at "));
      try (Training again = new Training()) {
        again.eager(0);
        again.eager(1);
        for (int step = 0; step < losses.length; step++) {
          assertEquals(again.eager(step), losses[step], "step " + step);
        }
      }
    }
  }

  /** Tensors that the program closes are there until the graph is. */
  @Test
  void aGraphHoldsTheTensorsOfTheProgram() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.of(new float[] {1, 2, 3}).to(gpu);
      long live = Memory.live(gpu);
      try (CapturedStep captured = CapturedStep.of(gpu, () -> x.mul(2))) {
        x.close();
        Tensor poison = Tensor.of(new float[] {7, 7, 7}).to(gpu);
        captured.replay();
        assertArrayEquals(new float[] {2, 4, 6}, captured.result().toFloats());
        assertArrayEquals(new float[] {7, 7, 7}, poison.toFloats());
      }
      assertEquals(live, Memory.live(gpu)); // x is gone, poison is there
    }
  }

  @Test
  void randomNumbersAreThoseOfTheNextSteps() {
    Rng own = Rng.of(5);
    Device before = Device.defaultDevice();
    gpu.makeDefault();
    try (Scope scope = Scope.open()) {
      Rng.seed(3);
      Supplier<Tensor> step =
          () ->
              Tensor.rand(own, 6)
                  .add(Tensor.randn(Rng.global(), 6))
                  .add(Tensor.rand(Rng.of(9), 6)) // the same at every step
                  .add(F.dropout(Tensor.ones(6), 0.5f, own));
      float[][] expected = new float[4][];
      for (int i = 0; i < 4; i++) {
        expected[i] = step.get().toFloats();
      }
      long offset = Rng.global().offset();
      own.restore(5, 0);
      Rng.seed(3);
      try (CapturedStep captured = CapturedStep.of(gpu, step)) {
        assertEquals(0, own.offset());
        for (int i = 0; i < 4; i++) {
          captured.replay();
          assertArrayEquals(expected[i], captured.result().toFloats(), "replay " + i);
        }
        assertEquals(offset, Rng.global().offset());
        assertEquals(8, own.offset());
        Rng.seed(4);
        assertRefused(
            "the step was captured with random numbers of seed 3; the source has seed 4 now: capture it again",
            captured::replay);
      }
      assertRefused(
          "the captured step draws from two sources with seed 5, which its replays could not tell apart; give them different seeds",
          () -> CapturedStep.of(gpu, () -> Tensor.rand(own, 2).add(Tensor.rand(Rng.of(5), 2))));
    } finally {
      before.makeDefault();
    }
  }

  private static void assertRefused(String message, Runnable action) {
    assertEquals(
        message, assertThrows(IllegalStateException.class, action::run, message).getMessage());
  }

  @Test
  void whatCannotBeCapturedIsRefused() {
    assertFalse(CapturedStep.isSupportedBy(Device.cpu()));
    assertEquals(
        "cpu: there are no graphs; a step can be captured on a GPU",
        assertThrows(
                UnsupportedOperationException.class,
                () -> CapturedStep.of(Device.cpu(), () -> Tensor.ones(1)))
            .getMessage());
    long live = Memory.live(gpu);
    try (Scope scope = Scope.open();
        Training training = new Training()) {
      Tensor x = Tensor.ones(2, 3).to(gpu);
      List<Tensor> escaped = new ArrayList<>();
      assertRefused(
          "F32 [] has no values to be read while a step is captured on cuda:0, as nothing runs there yet",
          () ->
              CapturedStep.of(
                  gpu,
                  () -> {
                    x.sum().item();
                    return x;
                  }));
      assertRefused(
          "F32 [2] cannot be moved while a step is captured on cuda:0, as nothing runs there yet",
          () -> CapturedStep.of(gpu, () -> Tensor.ones(2).to(gpu)));
      assertRefused(
          "copyFrom: an array cannot be copied while a step is captured on cuda:0, as nothing runs there yet",
          () -> CapturedStep.of(gpu, () -> training.targets.copyFrom(labels(0))));
      assertRefused(
          "there is nothing to wait for while a step is captured on cuda:0, as nothing runs there yet",
          () ->
              CapturedStep.of(
                  gpu,
                  () -> {
                    gpu.synchronize();
                    return x;
                  }));
      assertRefused(
          "a step is being captured already",
          () -> CapturedStep.of(gpu, () -> CapturedStep.of(gpu, () -> x).result()));
      assertRefused(
          "the captured step leaves tensors of 64 bytes that replays would overwrite: what is to be"
              + " seen of it has to be its result, or copied with copyFrom into a tensor made before",
          () ->
              CapturedStep.of(
                  gpu,
                  () -> {
                    escaped.add(x.mul(3).unscoped());
                    return x;
                  }));
      escaped.forEach(Tensor::close);
      assertTrue(
          assertThrows(IllegalStateException.class, training::capture)
              .getMessage()
              .endsWith("has no state yet: take one step as usual before a step is captured"));
      assertRefused(
          "the captured step is one of cuda:0, but its result F32 [2] is on cpu",
          () -> CapturedStep.of(gpu, () -> Tensor.ones(2)));
      List<float[]> state = training.state();
      training.eager(1);
      Tensor weight = training.model.parameters().get(0).tensor();
      assertTrue(
          assertThrows(
                  IllegalStateException.class,
                  () ->
                      CapturedStep.of(
                          gpu,
                          () -> {
                            Tensor loss = weight.sum();
                            loss.backward();
                            return loss;
                          }))
              .getMessage()
              .startsWith("the captured step leaves 1 gradients, the first of them F32 [40, 16]"));
      weight.sum().backward();
      assertRefused(
          "the captured step meets a gradient of F32 [40, 16] that was there before; clear it first with zeroGrad()",
          training::capture);
      weight.zeroGrad();
      try (CapturedStep captured = training.capture()) {
        assertRefused(
            "a captured step cannot be closed while a step is captured on cuda:0, as nothing runs there yet",
            () ->
                CapturedStep.of(
                    gpu,
                    () -> {
                      captured.close();
                      return x;
                    }));
        assertRefused(
            "replay: a step is being captured",
            () ->
                CapturedStep.of(
                    gpu,
                    () -> {
                      captured.replay();
                      return x;
                    }));
        assertRefused(
            "the captured step was not replayed yet, so it has no result", captured::result);
        assertEquals(
            "the step was captured with 3 sequences, 24 tokens with padding, longest 9; 2 sequences, 24 tokens with padding, longest 5 do not fit",
            assertThrows(
                    IllegalArgumentException.class,
                    () ->
                        captured.sequences(
                            training.lengths, PackedSequences.of(5, 2).padTo(TOKENS)))
                .getMessage());
        assertThrows(
            IllegalArgumentException.class, // as many, but without padding
            () -> captured.sequences(training.lengths, PackedSequences.of(5, 2, 17)));
        assertEquals(
            "graph: nothing in it was captured with these 4 sequences of 24 tokens",
            assertThrows(
                    IllegalArgumentException.class,
                    () ->
                        captured.sequences(
                            PackedSequences.of(5, 2, 3).padTo(TOKENS), training.lengths))
                .getMessage());
        weight.sum().backward();
        assertTrue(
            assertThrows(IllegalStateException.class, captured::replay)
                .getMessage()
                .endsWith(
                    "has a gradient, which a replay would not see: take a step with it, or clear it"));
        training.adam.step(0); // this parameter alone
        assertTrue(
            assertThrows(IllegalStateException.class, captured::replay)
                .getMessage()
                .endsWith("have not moved at the same steps: capture it again"));
        assertThrows(IllegalArgumentException.class, () -> captured.replay(Float.NaN));
      }
      assertEquals(state.size() + 3L * training.model.parameters().size(), training.state().size());
    }
    assertEquals(live, Memory.live(gpu));
  }
}
