package io.github.jaubert.bert.models.bert;

import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.Parameter;
import java.util.HashMap;
import java.util.Map;

/**
 * A BERT as the textbook has it: one padded batch [batch, longest, hidden], scores of padding
 * masked, every sum in double precision. Shares no code with the model it is compared with.
 */
final class PaddedReference {
  private final Map<String, float[]> weights = new HashMap<>();
  private final BertConfig config;
  private final int hidden;

  PaddedReference(Block model, BertConfig config) {
    for (Parameter parameter : model.parameters()) {
      weights.put(parameter.name(), parameter.tensor().toFloats());
    }
    this.config = config;
    this.hidden = config.hiddenSize();
  }

  /** The hidden states after the last layer of the rows that are not padding, packed. */
  double[] lastHidden(TokenBatch batch) {
    int longest = batch.lengths().maxLength();
    double[] packed = new double[batch.tokens() * hidden];
    int[] starts = batch.lengths().cuSeqlens();
    for (int b = 0; b < batch.count(); b++) {
      int length = batch.lengths().length(b);
      double[][] x = new double[longest][];
      for (int s = 0; s < longest; s++) {
        boolean padding = s >= length;
        x[s] =
            embed(
                padding ? config.padTokenId() : batch.inputIds()[starts[b] + s],
                s,
                padding ? 0 : batch.tokenTypeIds()[starts[b] + s]);
      }
      for (int layer = 0; layer < config.numHiddenLayers(); layer++) {
        x = layer("encoder.layer." + layer + ".", x, length);
      }
      for (int s = 0; s < length; s++) {
        System.arraycopy(x[s], 0, packed, (starts[b] + s) * hidden, hidden);
      }
    }
    return packed;
  }

  private double[] embed(int token, int position, int type) {
    double[] sum = new double[hidden];
    for (int i = 0; i < hidden; i++) {
      sum[i] =
          (double) weights.get("embeddings.word_embeddings.weight")[token * hidden + i]
              + weights.get("embeddings.position_embeddings.weight")[position * hidden + i]
              + weights.get("embeddings.token_type_embeddings.weight")[type * hidden + i];
    }
    return norm("embeddings.LayerNorm", sum);
  }

  private double[][] layer(String name, double[][] x, int length) {
    int rows = x.length;
    double[][] q = linear(name + "attention.self.query", x);
    double[][] k = linear(name + "attention.self.key", x);
    double[][] v = linear(name + "attention.self.value", x);
    double[][] attended = new double[rows][hidden];
    int size = config.headSize();
    for (int head = 0; head < config.numAttentionHeads(); head++) {
      for (int i = 0; i < rows; i++) {
        double[] scores = new double[rows];
        for (int j = 0; j < rows; j++) {
          for (int d = head * size; d < (head + 1) * size; d++) {
            scores[j] += q[i][d] * k[j][d];
          }
          scores[j] = scores[j] / Math.sqrt(size) + (j < length ? 0 : -Float.MAX_VALUE);
        }
        double largest = Double.NEGATIVE_INFINITY;
        for (double score : scores) {
          largest = Math.max(largest, score);
        }
        double sum = 0;
        for (int j = 0; j < rows; j++) {
          scores[j] = Math.exp(scores[j] - largest);
          sum += scores[j];
        }
        for (int j = 0; j < rows; j++) {
          for (int d = head * size; d < (head + 1) * size; d++) {
            attended[i][d] += scores[j] / sum * v[j][d];
          }
        }
      }
    }
    double[][] middle = addNorm(name + "attention.output", attended, x);
    double[][] inner = linear(name + "intermediate.dense", middle);
    for (double[] row : inner) {
      for (int i = 0; i < row.length; i++) {
        row[i] = activate(row[i]);
      }
    }
    return addNorm(name + "output", inner, middle);
  }

  private double activate(double x) {
    return switch (config.hiddenAct()) {
      case "gelu" -> x * 0.5 * (1 + erf(x / Math.sqrt(2)));
      case "gelu_new" ->
          0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
      default -> Math.max(x, 0);
    };
  }

  /** The Maclaurin series, which has all digits for the small arguments of an untrained model. */
  static double erf(double x) {
    double term = x;
    double sum = x;
    for (int n = 1; n < 200; n++) {
      term *= -x * x / n;
      sum += term / (2 * n + 1);
    }
    return 2 / Math.sqrt(Math.PI) * sum;
  }

  private double[][] addNorm(String name, double[][] x, double[][] residual) {
    double[][] dense = linear(name + ".dense", x);
    for (int s = 0; s < x.length; s++) {
      for (int i = 0; i < hidden; i++) {
        dense[s][i] += residual[s][i];
      }
      dense[s] = norm(name + ".LayerNorm", dense[s]);
    }
    return dense;
  }

  private double[][] linear(String name, double[][] x) {
    float[] weight = weights.get(name + ".weight");
    float[] bias = weights.get(name + ".bias");
    int in = x[0].length;
    double[][] y = new double[x.length][bias.length];
    for (int s = 0; s < x.length; s++) {
      for (int o = 0; o < bias.length; o++) {
        y[s][o] = bias[o];
        for (int i = 0; i < in; i++) {
          y[s][o] += weight[o * in + i] * x[s][i];
        }
      }
    }
    return y;
  }

  private double[] norm(String name, double[] x) {
    double mean = 0;
    for (double value : x) {
      mean += value / x.length;
    }
    double variance = 0;
    for (double value : x) {
      variance += (value - mean) * (value - mean) / x.length;
    }
    double[] y = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      y[i] =
          (x[i] - mean)
                  / Math.sqrt(variance + config.layerNormEps())
                  * weights.get(name + ".weight")[i]
              + weights.get(name + ".bias")[i];
    }
    return y;
  }
}
