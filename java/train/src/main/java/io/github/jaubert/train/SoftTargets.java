package io.github.jaubert.train;

import io.github.jaubert.bert.ProblemType;
import io.github.jaubert.tensor.Tensor;

/** How far a student's answers are from its teacher's (Hinton et al. 2015). */
final class SoftTargets {
  private SoftTargets() {}

  /**
   * For each row the divergence of Kullback and Leibler of the student's distribution from the
   * teacher's, both at a temperature: over the classes, or the mean over labels of which any number
   * may hold. Of scores it is the squared difference, whatever the temperature.
   *
   * @param student logits, F32 {@code [rows, labels]}
   * @param teacher the same, from which no gradient flows
   * @return F32 {@code [rows]}
   */
  static Tensor divergence(ProblemType type, Tensor student, Tensor teacher, float temperature) {
    Tensor s = student.div(temperature);
    Tensor t = teacher.div(temperature);
    return switch (type) {
      case SINGLE_LABEL -> {
        Tensor log = t.logSoftmax(-1);
        yield log.exp().mul(log.sub(s.logSoftmax(-1))).sum(-1);
      }
      // softplus(x) - p x is the cross-entropy of a logit x with the probability p.
      case MULTI_LABEL -> {
        Tensor p = t.sigmoid();
        yield s.softplus().sub(p.mul(s)).sub(t.softplus().sub(p.mul(t))).mean(-1);
      }
      case REGRESSION -> student.sub(teacher).square().sum(-1);
    };
  }

  /** The square of the temperature, by which gradients shrink; 1 for scores, which have none. */
  static float scale(ProblemType type, float temperature) {
    return type == ProblemType.REGRESSION ? 1 : temperature * temperature;
  }
}
