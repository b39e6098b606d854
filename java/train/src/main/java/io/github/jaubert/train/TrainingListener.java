package io.github.jaubert.train;

import java.util.Map;

/**
 * Is told what a trainer does, in its thread unless said otherwise, in between steps. What it
 * throws ends the run.
 */
public interface TrainingListener {
  /**
   * Tokenising goes on. Called from any thread, by one at a time.
   *
   * @param done how many texts of {@code all} are done
   */
  default void tokenized(String source, int done, int all) {}

  /**
   * Tokenising of a corpus goes on. Called from any thread, by one at a time.
   *
   * @param read how many bytes of {@code all} are done
   */
  default void tokenizedBytes(String source, long read, long all) {}

  /**
   * What is learnt from was read and tokenised.
   *
   * @param lengths the tokens of each example, after cutting
   */
  default void prepared(int[] lengths) {}

  /**
   * The run is about to begin, or to go on, with these settings.
   *
   * @param settings by name, those that were not chosen included
   */
  default void configured(Map<String, Object> settings) {}

  /**
   * The first step is about to be taken.
   *
   * @param step the number of steps that an earlier run had taken, 0 unless it was resumed
   * @param steps the number of steps of the whole run
   * @param tokens the number of tokens that these earlier steps read
   * @param allTokens the number of tokens of the whole run
   */
  default void started(long step, long steps, long tokens, long allTokens) {}

  /**
   * A step was taken. The device may still be at work on it.
   *
   * @param step the number of steps taken so far
   * @param tokens the number of tokens it read
   */
  default void stepped(long step, long tokens) {}

  /** The loss was read, or the model evaluated. */
  default void logged(LogEntry entry) {}

  /** All steps were taken. */
  default void finished(TrainingResult result) {}

  /** The run has ended, in whatever way; nothing comes after this. */
  default void ended() {}
}
