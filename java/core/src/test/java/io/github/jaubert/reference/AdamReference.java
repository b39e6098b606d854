package io.github.jaubert.reference;

import java.util.List;

/**
 * AdamW and LAMB over several tensors in double precision, from the papers. Values change in place.
 */
public final class AdamReference {
  private final boolean lamb;
  private final double beta1;
  private final double beta2;
  private final double eps;
  private final double maxNorm;
  private final boolean biasCorrection;
  private final double[][] means;
  private final double[][] squares;
  private final int[] steps;

  public AdamReference(
      boolean lamb,
      double beta1,
      double beta2,
      double eps,
      double maxNorm,
      boolean biasCorrection,
      List<double[]> parameters) {
    this.lamb = lamb;
    this.beta1 = beta1;
    this.beta2 = beta2;
    this.eps = eps;
    this.maxNorm = maxNorm;
    this.biasCorrection = biasCorrection;
    means = parameters.stream().map(p -> new double[p.length]).toArray(double[][]::new);
    squares = parameters.stream().map(p -> new double[p.length]).toArray(double[][]::new);
    steps = new int[parameters.size()];
  }

  public static double norm(List<double[]> gradients) {
    double sum = 0;
    for (double[] gradient : gradients) {
      if (gradient != null) {
        for (double g : gradient) {
          sum += g * g;
        }
      }
    }
    return Math.sqrt(sum);
  }

  /** One step; parameters without a gradient (null) are passed over. */
  public void step(
      List<double[]> parameters,
      List<double[]> gradients,
      double[] learningRates,
      double[] decays) {
    double scale = maxNorm > 0 ? Math.min(1, maxNorm / (norm(gradients) + 1e-6)) : 1;
    for (int t = 0; t < parameters.size(); t++) {
      if (gradients.get(t) != null) {
        update(t, parameters.get(t), gradients.get(t), scale, learningRates[t], decays[t]);
      }
    }
  }

  private void update(
      int t, double[] w, double[] gradient, double scale, double rate, double decay) {
    steps[t]++;
    double correction1 = biasCorrection ? 1 - Math.pow(beta1, steps[t]) : 1;
    double correction2 = biasCorrection ? 1 - Math.pow(beta2, steps[t]) : 1;
    double[] update = new double[w.length];
    double weightSquares = 0;
    double updateSquares = 0;
    for (int i = 0; i < w.length; i++) {
      double g = gradient[i] * scale;
      means[t][i] = beta1 * means[t][i] + (1 - beta1) * g;
      squares[t][i] = beta2 * squares[t][i] + (1 - beta2) * g * g;
      double denominator = Math.sqrt(squares[t][i] / correction2) + eps;
      update[i] = means[t][i] / correction1 / denominator + decay * w[i];
      weightSquares += w[i] * w[i];
      updateSquares += update[i] * update[i];
    }
    boolean scaled = lamb && decay != 0 && weightSquares > 0 && updateSquares > 0;
    double trust = scaled ? Math.sqrt(weightSquares / updateSquares) : 1;
    for (int i = 0; i < w.length; i++) {
      w[i] -= rate * trust * update[i];
    }
  }
}
