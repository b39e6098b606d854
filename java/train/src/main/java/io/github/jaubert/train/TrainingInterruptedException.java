package io.github.jaubert.train;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A run stopped before its end because its thread was interrupted, for example by {@link
 * java.util.concurrent.Future#cancel}: while texts were tokenised, between two steps, or in an
 * evaluation, which whoever goes on begins anew. The message says after which step, where the
 * checkpoint lies and how to go on. The interrupt flag of the thread is still set, so that whoever
 * called sees it too.
 */
public final class TrainingInterruptedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final long step;
  private final transient Path checkpoint; // may be null

  private TrainingInterruptedException(
      String message, long step, Path checkpoint, CheckpointException cause) {
    super("training was interrupted " + message, cause);
    this.step = step;
    this.checkpoint = checkpoint;
  }

  static TrainingInterruptedException beforeFirstStep() {
    return new TrainingInterruptedException(
        "before its first step; nothing has changed, and the same run starts as this one did",
        0,
        null,
        null);
  }

  static TrainingInterruptedException kept(long step, long steps, Path checkpoint) {
    return new TrainingInterruptedException(
        after(step, steps)
            + "; "
            + checkpoint
            + " holds all of it, and the same run goes on from there",
        step,
        checkpoint,
        null);
  }

  static TrainingInterruptedException withoutFolder(long step, long steps) {
    return new TrainingInterruptedException(
        after(step, steps)
            + "; the model has the weights of that step, but without a run folder, which checkpoints(…) names, nothing is kept to go on from",
        step,
        null,
        null);
  }

  static TrainingInterruptedException notKept(long step, long steps, CheckpointException cause) {
    return new TrainingInterruptedException(
        after(step, steps) + ", and what came of it is not kept: " + cause.getMessage(),
        step,
        null,
        cause);
  }

  private static String after(long step, long steps) {
    return "after step %d of %d".formatted(step, steps);
  }

  /** The number of steps taken, those before the run was resumed included. */
  public long step() {
    return step;
  }

  /**
   * The checkpoint that the same run goes on from; empty if there was no run folder, no step was
   * taken, or it could not be written, which is then the cause.
   */
  public Optional<Path> checkpoint() {
    return Optional.ofNullable(checkpoint);
  }
}
