package io.github.jaubert.optim;

import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.binding.Native;
import io.github.jaubert.internal.graph.Capture;
import io.github.jaubert.internal.tape.NativeTensor;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Weights averaged over the last steps, which often do better on new data than those of any one
 * step (Polyak and Juditsky 1992, "Acceleration of stochastic approximation by averaging"):
 *
 * <pre>average = decay · average + (1 − decay) · weight</pre>
 *
 * at each update; of the first 1 / (1 − decay) updates it is the plain mean, so that the weights
 * from before training do not linger.
 *
 * <pre>{@code
 * try (ExponentialMovingAverage average = ExponentialMovingAverage.of(parameters, 0.99f)) {
 *   for (int step = 0; step < steps; step++) {
 *     …
 *     optimizer.step();
 *     average.update();
 *   }
 *   average.swap();     // the model now has the averages
 * }
 * }</pre>
 *
 * <p>Mutable, for one thread. It owns the memory of the averages; closing it leaves the parameters
 * alone.
 */
public final class ExponentialMovingAverage implements AutoCloseable {
  private record Pair(NativeTensor weight, NativeTensor average) {}

  private final Map<String, Pair> pairs = new LinkedHashMap<>();
  private final float decay;
  private long updates;

  private ExponentialMovingAverage(List<Parameter> parameters, float decay) {
    this.decay = decay;
    for (Parameter parameter : parameters) {
      NativeTensor weight = NativeTensor.of(parameter.tensor());
      Tensor average = weight.allocateLike(weight.dtype(), weight.shape()).unscoped();
      average.copyFrom(weight);
      pairs.put(parameter.name(), new Pair(weight, NativeTensor.of(average)));
    }
  }

  /**
   * An average that begins with the weights as they are.
   *
   * @param decay from 0 (the last weights alone) to less than 1
   * @throws IllegalArgumentException if {@code decay} is out of this range, or a parameter is given
   *     twice
   */
  public static ExponentialMovingAverage of(List<Parameter> parameters, float decay) {
    if (!(decay >= 0 && decay < 1)) {
      throw new IllegalArgumentException(
          "ExponentialMovingAverage: decay " + decay + " is not from 0 to less than 1");
    }
    Set<String> names = new HashSet<>();
    for (Parameter parameter : parameters) {
      if (!names.add(parameter.name())) {
        throw new IllegalArgumentException(
            "ExponentialMovingAverage: parameter %s is given twice".formatted(parameter.name()));
      }
    }
    return new ExponentialMovingAverage(parameters, decay);
  }

  /**
   * Takes the weights as they are now into the averages. Nothing waits for the device.
   *
   * @throws IllegalStateException if the weights have moved to another device, or inside a step
   *     that is captured, whose replays would not count
   */
  public void update() {
    if (Capture.current() != null) {
      throw new IllegalStateException(
          "ExponentialMovingAverage: update() cannot be captured, as it counts; call it after the replay");
    }
    pairs.forEach(
        (name, pair) -> {
          if (pair.average().backend() != pair.weight().backend()) {
            throw new IllegalStateException(
                "ExponentialMovingAverage: parameter %s is on %s, its average on %s: make a new one after a move"
                    .formatted(name, pair.weight().device(), pair.average().device()));
          }
        });
    updates++;
    float share = Math.max(1 - decay, 1f / updates);
    for (Pair pair : pairs.values()) {
      add(pair.average(), pair.average(), -share);
      add(pair.average(), pair.weight(), share);
    }
  }

  /** {@code y += alpha * x}; y may be x. */
  private static void add(NativeTensor y, NativeTensor x, float alpha) {
    Native.check(
        Kernels.jb_accumulate(
            y.context(), Kernels.JB_F32, y.address(), x.address(), y.numel(), alpha));
  }

  /**
   * Exchanges the averages and the parameters' values: the model then computes with the averages. A
   * second call puts everything back.
   */
  public void swap() {
    for (Pair pair : pairs.values()) {
      try (Scope scope = Scope.open()) {
        Tensor held = pair.average().allocateLike(pair.average().dtype(), pair.average().shape());
        held.copyFrom(pair.average());
        pair.average().copyFrom(pair.weight());
        pair.weight().copyFrom(held);
      }
    }
  }

  /** How many updates there were. */
  public long updates() {
    return updates;
  }

  /**
   * The averages by the names of their parameters. The tensors belong to this object and change
   * with its next update.
   */
  public Map<String, Tensor> averages() {
    Map<String, Tensor> averages = new LinkedHashMap<>();
    pairs.forEach((name, pair) -> averages.put(name, pair.average()));
    return averages;
  }

  /**
   * Goes on from averages that {@link #averages} gave after so many updates; the values are copied.
   *
   * @throws IllegalArgumentException if a name or shape does not fit; nothing is changed then
   */
  public void restore(Map<String, Tensor> averages, long updates) {
    if (!averages.keySet().equals(pairs.keySet())) {
      throw new IllegalArgumentException(
          "ExponentialMovingAverage: averages of %s, expected %s"
              .formatted(averages.keySet(), pairs.keySet()));
    }
    pairs.forEach(
        (name, pair) -> {
          if (!averages.get(name).shape().equals(pair.average().shape())) {
            throw new IllegalArgumentException(
                "ExponentialMovingAverage: the average of %s has shape %s, expected %s"
                    .formatted(name, averages.get(name).shape(), pair.average().shape()));
          }
        });
    pairs.forEach((name, pair) -> pair.average().copyFrom(averages.get(name)));
    this.updates = updates;
  }

  /** Frees the averages. */
  @Override
  public void close() {
    pairs.values().forEach(pair -> pair.average().close());
  }

  /** As {@code ExponentialMovingAverage(103 parameters, decay 0.99, 12 updates)}. */
  @Override
  public String toString() {
    return "ExponentialMovingAverage(%d parameters, decay %s, %d updates)"
        .formatted(pairs.size(), decay, updates);
  }
}
