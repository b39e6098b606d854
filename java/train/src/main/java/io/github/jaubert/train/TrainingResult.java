package io.github.jaubert.train;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What came of a run.
 *
 * @param metrics the last evaluation of the model as it was left, by name; empty if nothing was
 *     evaluated
 * @param history what was logged, in order, including the parts before the run was resumed
 * @param steps the number of optimizer steps of the whole run
 * @param seconds the time of the training steps, without tokenising, evaluation and checkpoints; of
 *     this run alone if it was resumed
 * @param tokensPerSecond the tokens read by training steps, by this time
 * @param settings every setting of the run by name, those that were not chosen included
 */
public record TrainingResult(
    Map<String, Double> metrics,
    List<LogEntry> history,
    long steps,
    double seconds,
    double tokensPerSecond,
    Map<String, Object> settings) {
  /** Copies. */
  public TrainingResult {
    history = List.copyOf(history);
    settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
  }

  /** The same with other figures of the model. */
  public TrainingResult withMetrics(Map<String, Double> measured) {
    return new TrainingResult(measured, history, steps, seconds, tokensPerSecond, settings);
  }
}
