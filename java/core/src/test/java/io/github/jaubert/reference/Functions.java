package io.github.jaubert.reference;

import java.util.Arrays;

/** Functions of the field in double precision, by their definitions. */
public final class Functions {
  private Functions() {}

  /**
   * The error function, by its series with positive terms, 2/sqrt(pi) e^(-x²) sum 2^n x^(2n+1) / (1
   * 3 5 ... (2n+1)).
   */
  public static double erf(double x) {
    if (Math.abs(x) > 6) {
      return Math.signum(x); // 1 - erf(6) is 2e-17
    }
    double term = x;
    double sum = x;
    for (int n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
      term *= 2 * x * x / (2 * n + 1);
      sum += term;
    }
    return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
  }

  public static double gelu(double x) {
    return 0.5 * x * (1 + erf(x / Math.sqrt(2)));
  }

  public static double geluTanh(double x) {
    return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
  }

  public static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  public static double silu(double x) {
    return x * sigmoid(x);
  }

  public static double softplus(double x) {
    return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  }

  public static double relu(double x) {
    return Math.max(x, 0);
  }

  /** Softmax of one row; of a row of -inf, or an empty one, zeros. */
  public static double[] softmax(double[] row) {
    double max = Arrays.stream(row).max().orElse(Double.NEGATIVE_INFINITY);
    if (max == Double.NEGATIVE_INFINITY) {
      return new double[row.length];
    }
    double sum = Arrays.stream(row).map(v -> Math.exp(v - max)).sum();
    return Arrays.stream(row).map(v -> Math.exp(v - max) / sum).toArray();
  }

  public static double logSumExp(double[] row) {
    double max = Arrays.stream(row).max().orElse(Double.NEGATIVE_INFINITY);
    return max + Math.log(Arrays.stream(row).map(v -> Math.exp(v - max)).sum());
  }

  /** {@code [..., k]} times the transpose of {@code [n, k]}, plus a bias {@code [n]} or null. */
  public static NdArray linear(NdArray x, NdArray weight, NdArray bias) {
    int in = weight.size(1);
    int out = weight.size(0);
    int rows = x.data().length / in;
    double[] y = new double[rows * out];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < out; column++) {
        double sum = bias == null ? 0 : bias.data()[column];
        for (int k = 0; k < in; k++) {
          sum += x.data()[row * in + k] * weight.data()[column * in + k];
        }
        y[row * out + column] = sum;
      }
    }
    return NdArray.of(y, NdArray.with(x.shape(), x.rank() - 1, out));
  }

  /** Normalises the last axis; gamma and beta are {@code [width]}. */
  public static NdArray layerNorm(NdArray x, NdArray gamma, NdArray beta, double eps) {
    return layerNorm(x, gamma, beta, eps, RoundingErrors.NONE);
  }

  /**
   * The same with errors in the operand, the mean, the deviations from it, the variance and the
   * result. Those of the operand stand for the error of the mean in backward, which no error in
   * forward has: there it is in the deviations alone.
   */
  public static NdArray layerNorm(
      NdArray x, NdArray gamma, NdArray beta, double eps, RoundingErrors errors) {
    int width = x.size(-1);
    double[] y = new double[x.data().length];
    for (int start = 0; start < y.length; start += width) {
      double[] row = Arrays.copyOfRange(x.data(), start, start + width);
      double mean = errors.of(Arrays.stream(row).sum() / width);
      double[] centred = Arrays.stream(row).map(v -> errors.of(errors.of(v) - mean)).toArray();
      double squares = Arrays.stream(centred).map(v -> errors.of(v * v)).sum();
      double deviation = errors.of(Math.sqrt(errors.of(squares / width + eps)));
      for (int i = 0; i < width; i++) {
        y[start + i] = errors.of(errors.of(centred[i] / deviation) * gamma.at(i)) + beta.at(i);
      }
    }
    return errors.of(NdArray.of(y, x.shape()));
  }

  /** Divides the last axis by its root mean square; gamma is {@code [width]}. */
  public static NdArray rmsNorm(NdArray x, NdArray gamma, double eps) {
    int width = x.size(-1);
    double[] y = new double[x.data().length];
    for (int start = 0; start < y.length; start += width) {
      double[] row = Arrays.copyOfRange(x.data(), start, start + width);
      double squares = Arrays.stream(row).map(v -> v * v).sum();
      double root = Math.sqrt(squares / width + eps);
      for (int i = 0; i < width; i++) {
        y[start + i] = row[i] / root * gamma.at(i);
      }
    }
    return NdArray.of(y, x.shape());
  }

  /** Vectors of length 1 along the last axis. */
  public static NdArray normalize(NdArray x) {
    int width = x.size(-1);
    double[] y = new double[x.data().length];
    for (int start = 0; start < y.length; start += width) {
      double[] row = Arrays.copyOfRange(x.data(), start, start + width);
      double length = Math.sqrt(Arrays.stream(row).map(v -> v * v).sum());
      for (int i = 0; i < width; i++) {
        y[start + i] = row[i] / length;
      }
    }
    return NdArray.of(y, x.shape());
  }

  /** The cosine of the angle between vectors along the last axis. */
  public static NdArray cosineSimilarity(NdArray a, NdArray b) {
    int width = a.size(-1);
    double[] x = normalize(a).data();
    double[] y = normalize(b).data();
    double[] cosines = new double[x.length / width];
    for (int i = 0; i < x.length; i++) {
      cosines[i / width] += x[i] * y[i];
    }
    return NdArray.of(cosines, Arrays.copyOf(a.shape(), a.shape().length - 1));
  }

  public static NdArray dropout(NdArray x, float p, long seed, long offset) {
    double[] y = new double[x.data().length];
    Arrays.setAll(y, i -> p == 0 ? x.data()[i] : x.data()[i] * Philox.dropout(p, seed, offset, i));
    return NdArray.of(y, x.shape());
  }

  /** The rows of a table {@code [rows, width]} that ids of any shape name. */
  public static NdArray embedding(NdArray table, NdArray ids) {
    int[] shape = Arrays.copyOf(ids.shape(), ids.rank() + 1);
    shape[ids.rank()] = table.size(1);
    return NdArray.generate(
        shape,
        index -> table.at((int) ids.at(Arrays.copyOf(index, ids.rank())), index[ids.rank()]));
  }

  /** Attention within each sequence; q, k, v are {@code [tokens, heads, width]}. */
  public static NdArray attention(
      NdArray q,
      NdArray k,
      NdArray v,
      int[] lengths,
      double scale,
      int window,
      float p,
      long seed,
      long offset) {
    int heads = q.size(1);
    int width = q.size(2);
    double[] out = new double[q.data().length];
    int start = 0;
    for (int length : lengths) {
      for (int i = 0; i < length; i++) {
        for (int head = 0; head < heads; head++) {
          int query = ((start + i) * heads + head) * width;
          double[] scores = new double[length];
          for (int j = 0; j < length; j++) {
            int key = ((start + j) * heads + head) * width;
            double dot = 0;
            for (int d = 0; d < width; d++) {
              dot += q.data()[query + d] * k.data()[key + d];
            }
            boolean seen = window < 0 || Math.abs(i - j) <= window;
            scores[j] = seen ? dot * scale : Double.NEGATIVE_INFINITY;
          }
          double[] weights = softmax(scores);
          for (int j = 0; j < length; j++) {
            int value = ((start + j) * heads + head) * width;
            long element = ((((long) start + i) * heads + head) << 18) + j;
            double weight = weights[j] * (p == 0 ? 1 : Philox.dropout(p, seed, offset, element));
            for (int d = 0; d < width; d++) {
              out[query + d] += weight * v.data()[value + d];
            }
          }
        }
      }
      start += length;
    }
    return NdArray.of(out, q.shape());
  }

  /**
   * Rotary position embedding of {@code [tokens, heads, width]}: the pair (i, i + width/2) turns.
   */
  public static NdArray rotary(NdArray x, NdArray positions, double base) {
    int half = x.size(2) / 2;
    return NdArray.generate(
        x.shape(),
        index -> {
          int pair = index[2] % half;
          double angle = positions.at(index[0]) * Math.pow(base, -2.0 * pair / x.size(2));
          double first = x.at(index[0], index[1], pair);
          double second = x.at(index[0], index[1], pair + half);
          return index[2] < half
              ? first * Math.cos(angle) - second * Math.sin(angle)
              : second * Math.cos(angle) + first * Math.sin(angle);
        });
  }

  /** The mean over the rows of each sequence; 0 for one without rows. */
  public static NdArray segmentMean(NdArray x, int[] lengths) {
    double[] y = new double[lengths.length * x.size(1)];
    int start = 0;
    for (int s = 0; s < lengths.length; s++) {
      for (int row = start; row < start + lengths[s]; row++) {
        for (int c = 0; c < x.size(1); c++) {
          y[s * x.size(1) + c] += x.at(row, c) / lengths[s];
        }
      }
      start += lengths[s];
    }
    return NdArray.of(y, lengths.length, x.size(1));
  }

  /** Softmax cross-entropy as native/include/jaubert/loss.h defines it. */
  public static NdArray crossEntropy(
      NdArray logits,
      NdArray labels,
      int ignored,
      double smoothing,
      double[] classWeights,
      double normalizer) {
    int classes = logits.size(1);
    double loss = 0;
    double total = 0;
    for (int row = 0; row < logits.size(0); row++) {
      int label = (int) labels.at(row);
      if (label == ignored) {
        continue;
      }
      double[] line = Arrays.copyOfRange(logits.data(), row * classes, (row + 1) * classes);
      double lse = logSumExp(line);
      double sum = 0;
      for (int c = 0; c < classes; c++) {
        double target = (c == label ? 1 - smoothing : 0) + smoothing / classes;
        sum += target * (classWeights == null ? 1 : classWeights[c]) * (lse - line[c]);
      }
      loss += sum;
      total += classWeights == null ? 1 : classWeights[label];
    }
    double divisor = normalizer > 0 ? normalizer : total == 0 ? 1 : total;
    return NdArray.scalar(loss / divisor);
  }
}
