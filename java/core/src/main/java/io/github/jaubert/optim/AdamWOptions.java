package io.github.jaubert.optim;

/**
 * The settings of {@link AdamW} and {@link Lamb}.
 *
 * @param beta1 the decay of the mean of the gradients
 * @param beta2 the decay of the mean of their squares
 * @param eps added to the root of that mean
 * @param weightDecay for the weights that {@link ParameterGroup#byDecay} selects
 * @param maxNorm the global norm that gradients are scaled down to if they exceed it; 0 for no
 *     clipping
 * @param biasCorrection whether the two means are corrected for their start at 0; BERT's own
 *     training did not
 */
public record AdamWOptions(
    float beta1, float beta2, float eps, float weightDecay, float maxNorm, boolean biasCorrection) {

  /** Betas 0.9 and 0.999, eps 1e-8, weight decay 0.01, maximal norm 1, bias correction on. */
  public static AdamWOptions defaults() {
    return new AdamWOptions(0.9f, 0.999f, 1e-8f, 0.01f, 1, true);
  }

  /** Checks every number. */
  public AdamWOptions {
    check(beta1 >= 0 && beta1 < 1, "beta1", beta1, "in [0, 1)");
    check(beta2 >= 0 && beta2 < 1, "beta2", beta2, "in [0, 1)");
    check(eps >= 0 && eps < Float.POSITIVE_INFINITY, "eps", eps, "finite and not negative");
    check(
        weightDecay >= 0 && weightDecay < Float.POSITIVE_INFINITY,
        "weightDecay",
        weightDecay,
        "finite and not negative");
    check(
        maxNorm >= 0 && maxNorm < Float.POSITIVE_INFINITY,
        "maxNorm",
        maxNorm,
        "finite and not negative");
  }

  private static void check(boolean holds, String name, float value, String expected) {
    if (!holds) {
      throw new IllegalArgumentException(
          "optimizer: " + name + " = " + value + "; expected " + expected);
    }
  }

  /** These options with other betas. */
  public AdamWOptions withBetas(float beta1, float beta2) {
    return new AdamWOptions(beta1, beta2, eps, weightDecay, maxNorm, biasCorrection);
  }

  /** These options with another eps. */
  public AdamWOptions withEps(float eps) {
    return new AdamWOptions(beta1, beta2, eps, weightDecay, maxNorm, biasCorrection);
  }

  /** These options with another weight decay. */
  public AdamWOptions withWeightDecay(float weightDecay) {
    return new AdamWOptions(beta1, beta2, eps, weightDecay, maxNorm, biasCorrection);
  }

  /** These options with another maximal norm; 0 for no clipping. */
  public AdamWOptions withMaxNorm(float maxNorm) {
    return new AdamWOptions(beta1, beta2, eps, weightDecay, maxNorm, biasCorrection);
  }

  /** These options with or without bias correction. */
  public AdamWOptions withBiasCorrection(boolean biasCorrection) {
    return new AdamWOptions(beta1, beta2, eps, weightDecay, maxNorm, biasCorrection);
  }
}
