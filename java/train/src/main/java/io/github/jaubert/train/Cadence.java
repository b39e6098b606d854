package io.github.jaubert.train;

import java.time.Duration;

/**
 * When a checkpoint is due, besides the one at the end of a run.
 *
 * @param steps from one to the next, 0 if time decides
 * @param time from one to the next, unless steps decide
 */
record Cadence(int steps, Duration time) {
  /** A process that is killed loses a minute; a little less here, for the step it was in. */
  static final Cadence USUAL = every(Duration.ofSeconds(55));

  /** The part of its time that a run may spend on writing them: a large model's take seconds. */
  private static final int SHARE = 20;

  static Cadence every(int steps) {
    return new Cadence(steps, Duration.ZERO);
  }

  static Cadence every(Duration time) {
    return new Cadence(0, time);
  }

  /**
   * Whether one is to be written now.
   *
   * @param step steps taken
   * @param since nanoseconds since the last was written, or since the run began
   * @param cost nanoseconds that the last took, 0 if there was none
   */
  boolean isDue(int step, long since, long cost) {
    return steps > 0
        ? step % steps == 0
        : since >= SHARE * cost && Duration.ofNanos(since).compareTo(time) >= 0;
  }
}
