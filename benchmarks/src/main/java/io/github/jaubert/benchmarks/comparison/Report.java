package io.github.jaubert.benchmarks.comparison;

import java.util.List;
import java.util.Map;

/**
 * All that a run has to tell.
 *
 * @param words what is the same in every report of its kind
 * @param commit of the sources
 * @param facts of the machine and the run, by name
 * @param rows the goals
 * @param results all figures
 * @param leftOut what was not measured and why
 * @param failures programs that failed
 */
record Report(
    Words words,
    Commit commit,
    Map<String, String> facts,
    List<Row> rows,
    Results results,
    List<String> leftOut,
    List<String> failures) {

  /**
   * What a kind of report says.
   *
   * @param title its heading
   * @param dtype of what was computed
   * @param method how it was measured
   */
  record Words(String title, String dtype, String method) {}

  /** The same with another list of what was left out. */
  Report withLeftOut(List<String> texts) {
    return new Report(words, commit, facts, rows, results, texts, failures);
  }
}
