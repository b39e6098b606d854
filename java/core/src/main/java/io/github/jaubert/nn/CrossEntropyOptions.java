package io.github.jaubert.nn;

import io.github.jaubert.tensor.Tensor;

/**
 * How {@link F#crossEntropy} counts.
 *
 * @param ignoreIndex the label of rows that count nothing
 * @param labelSmoothing the share of the target spread over all classes (Szegedy et al. 2016), of
 *     which each class's part counts with the class's own weight
 * @param classWeights [classes], or null for 1 each
 * @param normalizer what the sum of the rows' losses is divided by; 0: the sum of the weights of
 *     the rows that count. With gradient accumulation it is that sum over all micro-batches, so
 *     that k of them equal one large batch
 */
public record CrossEntropyOptions(
    int ignoreIndex, float labelSmoothing, Tensor classWeights, float normalizer) {
  /** Checks the values. */
  public CrossEntropyOptions {
    if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
      throw new IllegalArgumentException(
          "the label smoothing is " + labelSmoothing + ", expected 0 to 1");
    }
    if (!(normalizer >= 0) || Float.isInfinite(normalizer)) {
      throw new IllegalArgumentException(
          "the normalizer is " + normalizer + ", expected a finite number >= 0");
    }
  }

  /** Label -100 ignored, the mean of the others. */
  public static CrossEntropyOptions defaults() {
    return new CrossEntropyOptions(-100, 0, null, 0);
  }

  /** The same with another label to ignore. */
  public CrossEntropyOptions withIgnoreIndex(int label) {
    return new CrossEntropyOptions(label, labelSmoothing, classWeights, normalizer);
  }

  /** The same with label smoothing. */
  public CrossEntropyOptions withLabelSmoothing(float share) {
    return new CrossEntropyOptions(ignoreIndex, share, classWeights, normalizer);
  }

  /** The same with weights of the classes. */
  public CrossEntropyOptions withClassWeights(Tensor weights) {
    return new CrossEntropyOptions(ignoreIndex, labelSmoothing, weights, normalizer);
  }

  /** The same divided by a number of the caller's. */
  public CrossEntropyOptions withNormalizer(float divisor) {
    return new CrossEntropyOptions(ignoreIndex, labelSmoothing, classWeights, divisor);
  }
}
