package io.github.jaubert.benchmarks.operations;

import io.github.jaubert.autograd.Function1;
import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.benchmarks.measure.Timing;
import io.github.jaubert.benchmarks.measure.Work;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.Arrays;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * One operation on several sets of inputs, which take turns: with sets that together are several
 * times as large as the last-level cache, every call reads from memory, as it does in a training
 * step. The results of a turn live until all sets had theirs, so they are written to memory too.
 */
final class Operation implements AutoCloseable {
  /** Four times a last-level cache of 32 MiB. */
  private static final double COLD_BYTES = 128 << 20;

  /** What is timed. */
  enum Pass {
    /** Forward without a record for gradients. */
    INFERENCE,
    /** Forward that keeps what backward needs. */
    TRAINING,
    BACKWARD
  }

  private final Scope memory = Scope.open();
  private final BiFunction<Tensor[], Tensor[], Tensor> forward;
  private final Tensor[][] inputs;
  private final Tensor[] parameters;
  private final Tensor[] results;
  private final Tensor gradient; // of the result; null if the result is a single number
  private final Tensor leaf; // stands for all that comes before the inputs
  private final Tensor leafGradient;
  private Scope turn;
  private int next;

  /**
   * Makes the inputs.
   *
   * @param bytes of one set: there are as many as together are too large for any cache; 0 for one
   *     set, which stays there where it fits
   * @param inputs makes one set, as an earlier layer would: their gradients are computed and go
   *     nowhere
   * @param parameters makes what all sets share: their gradients are kept, as a layer's are
   * @param forward the result from one set of inputs and the parameters
   */
  Operation(
      double bytes,
      long seed,
      Function<Rng, Tensor[]> inputs,
      Function<Rng, Tensor[]> parameters,
      BiFunction<Tensor[], Tensor[], Tensor> forward) {
    int sets = bytes > 0 ? (int) Math.ceil(COLD_BYTES / bytes) : 1;
    Rng rng = Rng.of(seed);
    this.forward = forward;
    this.inputs = new Tensor[sets][];
    this.results = new Tensor[sets];
    for (int i = 0; i < sets; i++) {
      this.inputs[i] = inputs.apply(rng);
    }
    this.parameters = parameters.apply(rng);
    for (Tensor parameter : this.parameters) {
      parameter.requiresGrad(true);
    }
    leaf = Tensor.zeros(1).requiresGrad(true);
    leafGradient = Tensor.zeros(1);
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      Tensor result = forward.apply(this.inputs[0], this.parameters);
      gradient =
          result.rank() == 0
              ? null
              : scope.keep(randn(rng, result.dtype(), result.shape().toArray()));
    }
  }

  /** A tensor of a type, of normal numbers that are rounded to it. */
  static Tensor randn(Rng rng, DType dtype, long... shape) {
    Tensor x = Tensor.randn(rng, shape);
    if (dtype == DType.F32) {
      return x;
    }
    try (x) {
      return x.to(dtype);
    }
  }

  /** The time of a pass; a forward pass before a backward one is not timed. */
  static Work work(Pass pass, String name, double flops, double bytes, Supplier<Operation> open) {
    Work.Sampler sampler =
        seconds -> {
          try (Operation operation = open.get()) {
            return operation.times(pass, seconds);
          }
        };
    return Work.timed(name, flops, bytes, sampler);
  }

  private double[] times(Pass pass, double seconds) {
    ToDoubleFunction<Runnable> clock = Device.defaultDevice()::seconds;
    if (pass == Pass.BACKWARD) {
      return Timing.rounds(this::recordAll, inputs.length, this::backward, seconds, clock);
    }
    Runnable call = pass == Pass.INFERENCE ? this::infer : this::record;
    for (int i = 0; i < inputs.length; i++) {
      call.run(); // every set's memory has been written once
    }
    return Timing.repeat(call, seconds, clock);
  }

  /** Computes the next set without a record for gradients. */
  void infer() {
    takeTurn();
    try (NoGrad off = NoGrad.open()) {
      forward.apply(inputs[next], parameters);
    }
  }

  /** Computes the next set and keeps what backward needs. */
  void record() {
    takeTurn();
    results[next] = recorded(next);
  }

  /** Computes the next set, and its gradients. */
  void recordAndBackward() {
    record();
    backward(next);
  }

  /** Computes all sets and keeps what backward needs, for {@link #backward} of each. */
  void recordAll() {
    closeTurn();
    turn = Scope.open();
    for (int i = 0; i < inputs.length; i++) {
      results[i] = recorded(i);
    }
    next = inputs.length - 1;
  }

  /** The backward pass of one set, once after each {@link #recordAll}. */
  void backward(int set) {
    Arrays.stream(parameters).forEach(Tensor::zeroGrad);
    if (gradient == null) {
      results[set].backward();
    } else {
      results[set].backward(gradient);
    }
  }

  private Tensor recorded(int set) {
    Tensor[] computed = new Tensor[inputs[set].length];
    for (int i = 0; i < computed.length; i++) {
      Tensor values = inputs[set][i];
      computed[i] = Function1.of(x -> values, (x, dy) -> leafGradient).apply(leaf);
    }
    return forward.apply(computed, parameters);
  }

  private void takeTurn() {
    next = (next + 1) % inputs.length;
    if (next == 0) {
      closeTurn();
    }
    if (turn == null) {
      turn = Scope.open();
    }
  }

  private void closeTurn() {
    if (turn != null) {
      turn.close();
      turn = null;
    }
  }

  @Override
  public void close() {
    closeTurn();
    memory.close();
  }
}
