package io.github.jaubert.train;

import io.github.jaubert.tensor.Tensor;

/**
 * The loss of Lin et al. 2017, "Focal Loss for Dense Object Detection": {@code -w (1 - p)^gamma
 * log(p)} of the probability p of what is true, so that what is told well already counts little.
 * With a gamma of 0 it is the cross-entropy.
 *
 * <p>Computed of the logit z of p, of which {@code log(p) = -softplus(-z)} and {@code log(1 - p) =
 * -softplus(z)}: nothing is lost where p is nearly 0 or 1.
 */
final class FocalLoss {
  /** So far below all others that its exponential is 0. */
  private static final float NONE = -1e9f;

  private FocalLoss() {}

  /**
   * Of one label of several.
   *
   * @param logits F32 {@code [rows, labels]}
   * @param truth 1 for the label that holds, else 0: F32 {@code [rows, labels]}
   * @param weights how much each row counts, F32 {@code [rows]}
   * @param count what the sum is divided by
   */
  static Tensor ofClasses(Tensor logits, Tensor truth, Tensor weights, float gamma, float count) {
    Tensor others = logits.add(truth.mul(NONE));
    // An element less its logarithm of the softmax is log(sum(exp)) of all; here the mean of
    // equals.
    Tensor rest = truth.neg().add(1);
    Tensor sum = others.sub(others.logSoftmax(-1)).mul(rest).sum(-1);
    Tensor ofOthers = sum.div(logits.size(1) - 1);
    return of(logits.mul(truth).sum(-1).sub(ofOthers), weights, gamma, count);
  }

  /**
   * Of any number of labels, the mean over them.
   *
   * @param truth F32 {@code [rows, labels]}, 1 or 0
   * @param weights how much each decision counts, F32 {@code [rows, labels]}
   */
  static Tensor ofSeveral(Tensor logits, Tensor truth, Tensor weights, float gamma, float count) {
    return of(logits.mul(truth.mul(2).sub(1)), weights, gamma, count * logits.size(1));
  }

  private static Tensor of(Tensor z, Tensor weights, float gamma, float count) {
    Tensor loss = z.neg().softplus().mul(weights);
    Tensor focused = gamma == 0 ? loss : loss.mul(z.softplus().mul(-gamma).exp());
    return focused.sum().mul(1 / count);
  }
}
