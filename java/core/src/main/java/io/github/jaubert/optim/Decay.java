package io.github.jaubert.optim;

import java.util.Objects;

/**
 * A learning rate that rises from 0 to a peak and then follows a curve to the end of the run. Step
 * for step the values are those of the schedules of the same names in Hugging Face Transformers, of
 * which the trapezoid is {@code warmup_stable_decay}.
 *
 * @param curve the way down
 * @param peak the largest rate, reached at step {@code warmupSteps}
 * @param total the number of steps of the run, the warmup's included
 * @param warmupSteps the steps of the rise
 */
public record Decay(Curve curve, float peak, long total, long warmupSteps) implements Schedule {

  /** How the rate goes on after the peak. */
  public enum Curve {
    /** In a straight line to 0. */
    LINEAR,
    /** Along half a cosine to 0. */
    COSINE,
    /** Not down at all. */
    CONSTANT,
    /**
     * Not down until the last fifth of the steps, and then in a straight line to 0: for training
     * from nothing, where the longer way at the peak pays (Hägele et al. 2024).
     */
    TRAPEZOID
  }

  /**
   * Checks that {@code peak} is finite and not negative and that {@code 0 <= warmupSteps <= total}.
   */
  public Decay {
    Objects.requireNonNull(curve, "curve");
    if (!(peak >= 0 && peak < Float.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("schedule: peak = " + peak + " is negative or not finite");
    }
    if (total < 0 || warmupSteps < 0 || warmupSteps > total) {
      throw new IllegalArgumentException(
          "schedule: %d steps with a warmup of %d; expected 0 <= warmup <= steps"
              .formatted(total, warmupSteps));
    }
  }

  /**
   * The same peak after a rise of {@code steps} steps; the way down is shorter by as many, and ends
   * where it did.
   */
  @Override
  public Decay warmup(long steps) {
    return new Decay(curve, peak, total, steps);
  }

  /**
   * The same with a share of all steps as warmup, rounded up.
   *
   * @param fraction from 0 to 1
   */
  public Decay warmup(float fraction) {
    if (!(fraction >= 0 && fraction <= 1)) {
      throw new IllegalArgumentException("warmup: fraction = " + fraction + " is not in [0, 1]");
    }
    // By way of its shortest decimal form: 0.1f is meant as 0.1, and 0.1 of 30 steps is 3 steps,
    // not 4.
    double asWritten = Double.parseDouble(Float.toString(fraction));
    return warmup((long) Math.ceil(asWritten * total));
  }

  @Override
  public float at(long step) {
    if (step < 0) {
      throw new IllegalArgumentException("schedule: step = " + step + " is negative");
    }
    if (step < warmupSteps) {
      return (float) ((double) peak * step / warmupSteps);
    }
    double left = Math.max(0, total - step) / (double) Math.max(1, total - warmupSteps);
    return switch (curve) {
      case LINEAR -> (float) (peak * left);
      case COSINE -> (float) (peak * 0.5 * (1 - Math.cos(Math.PI * left)));
      case CONSTANT -> peak;
      case TRAPEZOID -> (float) (peak * Math.min(1, Math.max(0, total - step) / (double) fall()));
    };
  }

  /** The steps of a trapezoid's way down: a fifth, less if the warmup leaves no more. */
  private long fall() {
    return Math.max(1, Math.min((total + 4) / 5, total - warmupSteps));
  }
}
