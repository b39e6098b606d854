package io.github.jaubert.nn;

import io.github.jaubert.internal.ops.RandomOps;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;

/**
 * First values of parameters. The results belong to no scope: whoever asks for one closes it, or
 * hands it to a {@link Block}. Random values come from {@link Rng#global()}, so {@code Rng.seed}
 * makes a model repeatable.
 */
public final class Init {
  private Init() {}

  /** Normal with mean 0 and the given deviation. */
  public static Tensor normal(float deviation, long... shape) {
    return RandomOps.normal(Rng.global(), 0, deviation, Shape.of(shape)).unscoped();
  }

  /** Uniform between {@code -bound} and {@code bound}. */
  public static Tensor uniform(float bound, long... shape) {
    return RandomOps.uniform(Rng.global(), -bound, bound, Shape.of(shape)).unscoped();
  }

  /** Zeros. */
  public static Tensor zeros(long... shape) {
    return Tensor.zeros(shape).unscoped();
  }

  /** Ones. */
  public static Tensor ones(long... shape) {
    return Tensor.ones(shape).unscoped();
  }
}
