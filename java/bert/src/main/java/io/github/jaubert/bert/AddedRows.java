package io.github.jaubert.bert;

import io.github.jaubert.nn.Init;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.Arrays;

/**
 * First values for the rows of tokens that a vocabulary gets later, as transformers 5 draws them
 * (Hewitt 2021, "Initializing New Word Embeddings for Pretrained Language Models"): the mean of the
 * rows that there are, plus a normal deviation with a billionth of their covariance.
 */
final class AddedRows {
  private static final double SHARE_OF_COVARIANCE = 1e-9;

  /** So many rows are drawn at once, each with a number for every old row. */
  private static final int AT_ONCE = 128;

  private AddedRows() {}

  /**
   * A table with another number of rows: the first of the old ones, and new ones from {@code
   * Rng.global()}.
   *
   * @param old {@code [rows, width]}
   */
  static float[] resized(float[] old, int width, int newRows) {
    int rows = old.length / width;
    float[] table = Arrays.copyOf(old, Math.multiplyExact(newRows, width));
    if (newRows <= rows) {
      return table;
    }
    float[] mean = new float[width];
    float[] centred = new float[old.length];
    for (int column = 0; column < width; column++) {
      double sum = 0;
      for (int row = 0; row < rows; row++) {
        sum += old[row * width + column];
      }
      mean[column] = (float) (sum / rows);
      for (int row = 0; row < rows; row++) {
        int at = row * width + column;
        // The product with as many independent numbers has the covariance of the rows.
        centred[at] = (float) ((old[at] - sum / rows) * Math.sqrt(SHARE_OF_COVARIANCE / rows));
      }
    }
    for (int from = rows; from < newRows; from += AT_ONCE) {
      int count = Math.min(AT_ONCE, newRows - from);
      try (Scope scope = Scope.open();
          Tensor drawn = Init.normal(1, count, rows)) {
        float[] deviations =
            drawn.matmul(Tensor.of(centred, rows, width).to(drawn.device())).toFloats();
        for (int i = 0; i < deviations.length; i++) {
          table[from * width + i] = mean[i % width] + deviations[i];
        }
      }
    }
    return table;
  }
}
