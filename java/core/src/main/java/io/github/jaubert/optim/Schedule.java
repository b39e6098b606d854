package io.github.jaubert.optim;

/**
 * The learning rate of each step of a training run, counted from 0. Any lambda is one; the usual
 * curves are made here.
 *
 * <pre>{@code
 * Schedule lr = Schedule.linear(2e-5f, totalSteps).warmup(0.1f);
 * optimizer.step(lr.at(step));
 * }</pre>
 */
@FunctionalInterface
public interface Schedule {
  /** The learning rate of step {@code step}. */
  float at(long step);

  /** From {@code peak} in a straight line to 0 at step {@code total}, and 0 from there on. */
  static Decay linear(float peak, long total) {
    return new Decay(Decay.Curve.LINEAR, peak, total, 0);
  }

  /**
   * From {@code peak} along half a cosine to 0 at step {@code total}, and 0 from there on
   * (Loshchilov and Hutter 2017).
   */
  static Decay cosine(float peak, long total) {
    return new Decay(Decay.Curve.COSINE, peak, total, 0);
  }

  /** {@code peak} at every step of a run of {@code total} steps, and after it. */
  static Decay constant(float peak, long total) {
    return new Decay(Decay.Curve.CONSTANT, peak, total, 0);
  }

  /**
   * {@code peak} until the last fifth of {@code total} steps, and then in a straight line to 0 at
   * step {@code total}.
   */
  static Decay trapezoid(float peak, long total) {
    return new Decay(Decay.Curve.TRAPEZOID, peak, total, 0);
  }

  /** {@code rate} at every step. */
  static Schedule constant(float rate) {
    return step -> rate;
  }

  /**
   * This schedule with a start from 0: up to step {@code steps} the rate rises in a straight line
   * to the value that this schedule has there.
   *
   * @throws IllegalArgumentException if {@code steps} is negative
   */
  default Schedule warmup(long steps) {
    if (steps < 0) {
      throw new IllegalArgumentException("warmup: steps = " + steps + " is negative");
    }
    return step -> step < steps ? at(steps) * step / steps : at(step);
  }

  /**
   * This schedule before step {@code start}, and from there on {@code next}, which counts its own
   * steps from 0.
   */
  default Schedule then(long start, Schedule next) {
    return step -> step < start ? at(step) : next.at(step - start);
  }
}
