package io.github.jaubert.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.autograd.CapturedStep;
import io.github.jaubert.autograd.Checkpoint;
import io.github.jaubert.nn.F;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What cannot be captured or replayed, and is refused in words. */
class CapturedStepRefusalTest extends CapturedStepFixture {
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
          "F32 [] has no values to be read while a step is captured on "
              + gpu
              + ", as nothing runs there yet",
          () ->
              CapturedStep.of(
                  gpu,
                  () -> {
                    x.sum().item();
                    return x;
                  }));
      assertRefused(
          "F32 [2] cannot be moved while a step is captured on "
              + gpu
              + ", as nothing runs there yet",
          () -> CapturedStep.of(gpu, () -> Tensor.ones(2).to(gpu)));
      assertRefused(
          "copyFrom: an array cannot be copied while a step is captured on "
              + gpu
              + ", as nothing runs there yet",
          () -> CapturedStep.of(gpu, () -> training.targets.copyFrom(labels(0))));
      assertRefused(
          "there is nothing to wait for while a step is captured on "
              + gpu
              + ", as nothing runs there yet",
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
          "the captured step is one of " + gpu + ", but its result F32 [2] is on cpu",
          () -> CapturedStep.of(gpu, () -> Tensor.ones(2)));
      List<float[]> state = training.state();
      training.eager(1);
      Tensor weight = training.model.parameters().get(0).tensor();
      try (CapturedStep captured = training.capture()) {
        assertRefused(
            "a captured step cannot be closed while a step is captured on "
                + gpu
                + ", as nothing runs there yet",
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

  /** Whether the state that is set goes on with the step, too, no one can see. */
  @Test
  void aStepThatSetsASourceOfRandomNumbersIsRefused() {
    Rng own = Rng.of(6);
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.ones(2, 3).to(gpu);
      Rng.seed(6);
      assertRefused(
          "the captured step sets a source of random numbers to seed 6, offset 0; for the same numbers at every replay make a source in it, as Rng.of(6)",
          () ->
              CapturedStep.of(
                  gpu,
                  () -> {
                    Rng.seed(6); // where it is already, this time
                    return F.dropout(x, 0.5f);
                  }));
      assertRefused(
          "the captured step sets a source of random numbers to seed 6, offset 3; for the same numbers at every replay make a source in it, as Rng.of(6)",
          () ->
              CapturedStep.of(
                  gpu,
                  () -> {
                    Tensor y = F.dropout(x, 0.5f, own);
                    own.restore(6, own.offset() + 2);
                    return y;
                  }));
      assertEquals(0, own.offset());
      x.requiresGrad(true);
      Tensor y = Checkpoint.run(v -> F.dropout(v, 0.5f), x);
      Rng.global().next();
      assertRefused(
          "the captured step goes back to random numbers from before it: a forward pass has to be captured with its backward",
          () ->
              CapturedStep.of(
                  gpu,
                  () -> {
                    y.sum().backward();
                    return y;
                  }));
    }
  }

  @Test
  void gradientsHaveToBeThereAsTheyWere() {
    try (Training training = new Training()) {
      training.eager(0);
      String first = training.adam + ": parameter " + training.model.parameters().get(0).name();
      try (CapturedStep begins = training.capture(training.batch)) {
        training.eager(training.batch, 1);
        try (CapturedStep adds = training.capture(training.batch);
            CapturedStep update = training.captureUpdate()) {
          List<float[]> state = training.state();
          assertRefused(
              "F32 [3] has a gradient, which a replay would not see: take a step with it, or clear it",
              begins::replay);
          training.adam.zeroGrad();
          assertRefused(
              "F32 [3] has no gradient, but the captured step began with one: compute it first",
              adds::replay);
          assertRefused(
              first + " has no gradient, but the captured step began with one: compute it first",
              update::replay);
          assertSame(state, training.state());
        }
      }
    }
  }
}
