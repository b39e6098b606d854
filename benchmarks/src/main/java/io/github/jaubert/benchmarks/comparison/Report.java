package io.github.jaubert.benchmarks.comparison;

import java.util.List;
import java.util.Map;

/**
 * All that a run has to tell.
 *
 * @param commit of the sources
 * @param facts of the machine and the run, by name
 * @param rows the goals
 * @param results all figures
 * @param leftOut what was not measured and why
 * @param failures programs that failed
 */
record Report(
    Commit commit,
    Map<String, String> facts,
    List<Row> rows,
    Results results,
    List<String> leftOut,
    List<String> failures) {}
