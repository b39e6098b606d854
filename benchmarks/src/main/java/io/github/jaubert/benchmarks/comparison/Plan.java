package io.github.jaubert.benchmarks.comparison;

import java.util.List;

/**
 * How much a run measures.
 *
 * @param rounds how often each program runs
 * @param stepSeconds how long a whole step is repeated in a round
 * @param textSeconds the same of inference and training on real text, one pass at least
 * @param operationSeconds the same of a single operation
 * @param trainRows sentences to train on
 * @param devRows sentences of the dev set
 * @param textWorks which works on real text, by name
 * @param operations which operations, by name
 * @param roofs which roofs, by name
 * @param growth whether curves of growth are measured
 * @param shapes the shapes whose steps are measured
 */
record Plan(
    int rounds,
    double stepSeconds,
    double textSeconds,
    double operationSeconds,
    int trainRows,
    int devRows,
    String textWorks,
    String operations,
    String roofs,
    boolean growth,
    List<String> shapes) {

  /** Under two minutes. */
  static Plan quick() {
    return new Plan(
        1, 1, 0.5, 0.1, 4 * 32, 4 * 32, "d64 S128$|forward H384", false, List.of("minilm"));
  }

  /** About twenty minutes. */
  static Plan full(int rounds) {
    return new Plan(
        rounds, 8, 2, 0.25, 16 * 32, 872, "^(?!.*8x8)", true, List.of("minilm", "bert-base"));
  }
}
