package io.github.jaubert.benchmarks.comparison;

import java.util.List;

/**
 * How much a run measures.
 *
 * @param rounds how often each program runs
 * @param seconds how long works are repeated
 * @param trainRows sentences to train on
 * @param devRows sentences of the dev set
 * @param roofs which roofs, by name
 * @param shapes whose training steps are measured
 * @param texts which works on real text, by name
 * @param operations which operations, by name
 * @param small which operations on 8 x 8 tensors, by name
 * @param growth whether curves of growth are measured
 */
record Plan(
    int rounds,
    Seconds seconds,
    int trainRows,
    int devRows,
    String roofs,
    List<String> shapes,
    String texts,
    String operations,
    String small,
    boolean growth) {
  /**
   * How long a work is repeated in a round.
   *
   * @param roof of a matrix product or a copy
   * @param step of a whole training step
   * @param text of real text, one pass at least
   * @param operation of a single operation
   * @param growth of a step of a curve
   */
  record Seconds(double roof, double step, double text, double operation, double growth) {}

  /** Under two minutes. */
  static Plan quick() {
    return new Plan(
        1,
        new Seconds(0.4, 1, 0.5, 0.1, 1),
        3 * 32,
        4 * 32,
        "^(sgemm|copy).* \\d+ threads$",
        List.of("minilm"),
        "^(inference, |(training|losses), SST-2)",
        "d64 S128$|forward H384",
        "^add 8x8(: garbage)?$",
        false);
  }

  /** About twenty minutes with three rounds. */
  static Plan full(int rounds) {
    return new Plan(
        rounds,
        new Seconds(1, 8, 2, 0.25, 2),
        16 * 32,
        872,
        "",
        List.of("minilm", "bert-base"),
        "",
        "^(?!.*8x8)", // the small ones have a suite of their own
        "8x8",
        true);
  }
}
