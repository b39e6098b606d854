package io.github.jaubert.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.jaubert.autograd.CapturedStep;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.nn.AttentionOptions;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.optim.AdamW;
import io.github.jaubert.optim.Optimizer;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Replays are the step that was captured, called at that moment. */
class CapturedStepReplayTest extends CapturedStepFixture {
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
}
