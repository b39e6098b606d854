package io.github.jaubert.autograd;

import io.github.jaubert.internal.graph.Capture;
import io.github.jaubert.internal.tape.Gradients;
import io.github.jaubert.internal.tape.NativeTensor;
import io.github.jaubert.internal.tape.Tape;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.List;

/**
 * Activation checkpointing (Chen et al. 2016): memory for time. A segment of a model keeps only its
 * inputs and its value; what its operations need for backward is computed again when backward gets
 * there. Values and gradients have the same bits as without, dropout included.
 *
 * <pre>{@code
 * for (Layer layer : layers) {
 *   x = Checkpoint.run(layer::forward, x);
 * }
 * }</pre>
 *
 * <p>The segment must compute the same thing both times: it may draw from {@link Rng#global()},
 * whose state is put back for the second time, but not from anything else that changes.
 */
public final class Checkpoint {
  private static final String NAME = "a checkpointed segment";

  private Checkpoint() {}

  /** The value of a segment with one input. */
  public static Tensor run(Function1 segment, Tensor x) {
    return run(inputs -> segment.apply(inputs.get(0)), List.of(x));
  }

  /** The value of a segment with two inputs. */
  public static Tensor run(Function2 segment, Tensor a, Tensor b) {
    return run(inputs -> segment.apply(inputs.get(0), inputs.get(1)), List.of(a, b));
  }

  /** The value of a segment with any number of inputs. */
  public static Tensor run(FunctionN segment, List<Tensor> inputs) {
    if (NoGrad.active()) {
      return segment.apply(inputs);
    }
    Rng rng = Rng.global();
    long seed = rng.seed();
    long offset = rng.offset();
    NativeTensor[] operands = inputs.stream().map(NativeTensor::of).toArray(NativeTensor[]::new);

    // Recorded, on a tape that is thrown away: the segment's own parameters decide, too, whether
    // there is a gradient.
    boolean[] differentiable = new boolean[1];
    NativeTensor value =
        Tape.apart(
            () -> {
              try (Scope intermediates = Scope.open()) {
                Tensor result = segment.apply(inputs);
                differentiable[0] = result.requiresGrad();
                return NativeTensor.of(intermediates.keep(result.detach()));
              }
            });
    if (differentiable[0]) {
      Tape.recordAlways(
          NAME,
          value,
          operands,
          operands,
          (dy, saved, gradients) -> {
            long seedNow = rng.seed();
            long offsetNow = rng.offset();
            Capture.rewinding(() -> rng.restore(seed, offset));
            try {
              backward(segment, dy, saved, gradients);
            } finally {
              Capture.rewinding(() -> rng.restore(seedNow, offsetNow));
            }
          });
    }
    return value;
  }

  private static void backward(
      FunctionN segment, NativeTensor dy, NativeTensor[] saved, Gradients gradients) {
    Tensor[] leaves = new Tensor[saved.length];
    for (int i = 0; i < saved.length; i++) {
      leaves[i] = saved[i].detach().requiresGrad(gradients.needs(i));
    }
    Tape.apart(
        () -> {
          segment.apply(List.of(leaves)).backward(dy);
          return null;
        });
    for (int i = 0; i < saved.length; i++) {
      if (leaves[i].grad() != null) {
        gradients.add(i, NativeTensor.of(leaves[i].grad()));
      }
    }
  }
}
