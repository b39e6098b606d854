package io.github.jaubert.train;

/**
 * What a run does where nothing was said. MiniLM was tried on six sets of 200 to 8,000 examples
 * ({@code benchmarks/results/defaults.md}). The rates of larger encoders were not tried: they are
 * among those that BERT's authors recommend (Devlin et al. 2019, appendix A.3).
 */
final class TrainingDefaults {
  /** As Devlin et al. recommend where there are enough examples. */
  static final int EPOCHS = 3;

  /**
   * Fewer steps leave a new head where it began, and the run at the share of the commonest label:
   * three passes over 200 examples are 21 steps.
   */
  static final int STEPS = 200;

  /** Evaluations of a run, about, that reads few examples often. */
  private static final int EVALUATIONS = 10;

  private TrainingDefaults() {}

  /**
   * The largest learning rate: small encoders take larger ones, and so do adapters, of which one
   * matrix begins at zero. For those of MiniLM 2e-3 was better than 1e-3 (1,000 rows of SST-2 and
   * of TREC, three passes); for larger encoders, which were not tried, it is ten times that of the
   * whole, near the 4e-4 that Hu et al. 2021 have for RoBERTa base.
   */
  static float learningRate(int hidden, boolean adapted) {
    return !adapted ? learningRate(hidden) : hidden <= 384 ? 2e-3f : 10 * learningRate(hidden);
  }

  private static float learningRate(int hidden) {
    return hidden <= 384 ? 1e-4f : hidden < 768 ? 5e-5f : hidden < 1024 ? 3e-5f : 2e-5f;
  }

  /** As many passes as make enough steps. */
  static int epochs(int stepsAnEpoch) {
    return Math.max(EPOCHS, (STEPS + stepsAnEpoch - 1) / stepsAnEpoch);
  }

  /** The number of epochs from one evaluation to the next. */
  static int epochsAnEvaluation(int epochs) {
    return (epochs + EVALUATIONS - 1) / EVALUATIONS;
  }
}
