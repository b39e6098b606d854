package io.github.jaubert.train;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.ProblemType;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.function.ToDoubleBiFunction;

/**
 * A linear classifier of vectors, trained to convergence: the sum of the cross-entropies times C,
 * plus half the sum of the squared weights (biases go free), as scikit-learn's {@code
 * LogisticRegression} has it. Two classes have one vector of weights, as there; any number of
 * labels have one each by itself. Solved by L-BFGS (Liu and Nocedal 1989) in double precision, from
 * zero, so that nothing is random.
 *
 * @param weight {@code [labels × dimensions]}
 * @param bias {@code [labels]}
 */
record LogisticRegression(float[] weight, float[] bias) {
  private static final int MEMORY = 10;
  private static final int MOST_STEPS = 2000;
  private static final double TOLERANCE = 1e-7;

  /** The largest share of the expected decrease that a step may miss. */
  private static final double ARMIJO = 1e-4;

  /**
   * Fits one.
   *
   * @param x vectors of the same length
   * @param truth for each vector which labels it has; one, if one of several holds
   * @param c how much the examples count beside the weights; 1 is scikit-learn's
   */
  static LogisticRegression fit(Labels labels, float[][] x, boolean[][] truth, double c) {
    int width = x[0].length;
    int count = labels.size();
    float[] weight = new float[count * width];
    float[] bias = new float[count];
    if (labels.problemType() == ProblemType.SINGLE_LABEL && count > 2) {
      double[] found = minimise(new Softmax(x, truth, c), count * (width + 1));
      for (int i = 0; i < count; i++) {
        put(found, i, width, 1, weight, bias, i);
      }
    } else if (labels.problemType() == ProblemType.SINGLE_LABEL) {
      // The logit of the second class less that of the first.
      double[] found = minimise(new Sigmoid(x, truth, 1, c), width + 1);
      put(found, 0, width, -0.5, weight, bias, 0);
      put(found, 0, width, 0.5, weight, bias, 1);
    } else {
      for (int i = 0; i < count; i++) {
        put(minimise(new Sigmoid(x, truth, i, c), width + 1), 0, width, 1, weight, bias, i);
      }
    }
    return new LogisticRegression(weight, bias);
  }

  private static void put(
      double[] from, int row, int width, double scale, float[] weight, float[] bias, int label) {
    for (int k = 0; k < width; k++) {
      weight[label * width + k] = (float) (scale * from[row * (width + 1) + k]);
    }
    bias[label] = (float) (scale * from[row * (width + 1) + width]);
  }

  // ---- the losses: parameters are for each row its weights and its bias ----

  /** One decision, yes or no. */
  private record Sigmoid(float[][] x, boolean[][] truth, int label, double c)
      implements ToDoubleBiFunction<double[], double[]> {
    @Override
    public double applyAsDouble(double[] at, double[] gradient) {
      double loss = penalty(at, gradient, x[0].length);
      for (int i = 0; i < x.length; i++) {
        double z = logit(at, 0, x[i]);
        double y = truth[i][label] ? 1 : 0;
        loss += c * (Math.max(z, 0) - y * z + Math.log1p(Math.exp(-Math.abs(z))));
        add(gradient, 0, x[i], c * (1 / (1 + Math.exp(-z)) - y));
      }
      return loss;
    }
  }

  /** One of several classes. */
  private record Softmax(float[][] x, boolean[][] truth, double c)
      implements ToDoubleBiFunction<double[], double[]> {
    @Override
    public double applyAsDouble(double[] at, double[] gradient) {
      double loss = penalty(at, gradient, x[0].length);
      double[] z = new double[truth[0].length];
      for (int i = 0; i < x.length; i++) {
        double largest = Double.NEGATIVE_INFINITY;
        for (int k = 0; k < z.length; k++) {
          z[k] = logit(at, k, x[i]);
          largest = Math.max(largest, z[k]);
        }
        double sum = 0;
        for (double logit : z) {
          sum += Math.exp(logit - largest);
        }
        for (int k = 0; k < z.length; k++) {
          double y = truth[i][k] ? 1 : 0;
          loss += c * y * (largest + Math.log(sum) - z[k]);
          add(gradient, k, x[i], c * (Math.exp(z[k] - largest) / sum - y));
        }
      }
      return loss;
    }
  }

  private static double penalty(double[] at, double[] gradient, int width) {
    double sum = 0;
    for (int i = 0; i < at.length; i++) {
      boolean bias = i % (width + 1) == width;
      gradient[i] = bias ? 0 : at[i];
      sum += bias ? 0 : at[i] * at[i] / 2;
    }
    return sum;
  }

  private static double logit(double[] at, int row, float[] x) {
    int from = row * (x.length + 1);
    double sum = at[from + x.length];
    for (int k = 0; k < x.length; k++) {
      sum += at[from + k] * x[k];
    }
    return sum;
  }

  private static void add(double[] gradient, int row, float[] x, double by) {
    int from = row * (x.length + 1);
    for (int k = 0; k < x.length; k++) {
      gradient[from + k] += by * x[k];
    }
    gradient[from + x.length] += by;
  }

  // ---- L-BFGS ----

  /** How parameters and gradient changed in a step. */
  private record Change(double[] step, double[] gradient, double product) {}

  /**
   * Minimises a smooth convex function from 0.
   *
   * @param function gives its value at a place, and fills its gradient there
   */
  private static double[] minimise(ToDoubleBiFunction<double[], double[]> function, int size) {
    double[] at = new double[size];
    double[] gradient = new double[size];
    double value = function.applyAsDouble(at, gradient);
    Deque<Change> changes = new ArrayDeque<>();
    for (int step = 0; step < MOST_STEPS && largest(gradient) > TOLERANCE; step++) {
      double[] direction = direction(gradient, changes);
      double slope = dot(direction, gradient);
      double length = changes.isEmpty() ? Math.min(1, 1 / Math.sqrt(-slope)) : 1;
      double[] next;
      double[] there = new double[size];
      double lower;
      do {
        next = plus(at, direction, length);
        lower = function.applyAsDouble(next, there);
        length /= 2;
      } while (lower > value + ARMIJO * 2 * length * slope && length > 1e-12);
      if (lower >= value) {
        break; // as low as these numbers can tell
      }
      double[] moved = plus(next, at, -1);
      double[] turned = plus(there, gradient, -1);
      double product = dot(moved, turned);
      if (product > 1e-12 * dot(turned, turned)) {
        changes.addFirst(new Change(moved, turned, product));
        if (changes.size() > MEMORY) {
          changes.removeLast();
        }
      }
      at = next;
      gradient = there;
      value = lower;
    }
    return at;
  }

  /** The negative gradient times an estimate of the inverse second derivative. */
  private static double[] direction(double[] gradient, Deque<Change> changes) {
    double[] q = plus(new double[gradient.length], gradient, -1);
    double[] shares = new double[changes.size()];
    int i = 0;
    for (Change change : changes) {
      shares[i] = dot(change.step, q) / change.product;
      q = plus(q, change.gradient, -shares[i++]);
    }
    if (!changes.isEmpty()) {
      Change last = changes.getFirst();
      double scale = last.product / dot(last.gradient, last.gradient);
      q = plus(new double[q.length], q, scale);
    }
    for (Iterator<Change> oldest = changes.descendingIterator(); oldest.hasNext(); ) {
      Change change = oldest.next();
      q = plus(q, change.step, shares[--i] - dot(change.gradient, q) / change.product);
    }
    return q;
  }

  private static double[] plus(double[] a, double[] b, double scale) {
    double[] sum = new double[a.length];
    for (int i = 0; i < sum.length; i++) {
      sum[i] = a[i] + scale * b[i];
    }
    return sum;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static double largest(double[] values) {
    double largest = 0;
    for (double value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }
}
