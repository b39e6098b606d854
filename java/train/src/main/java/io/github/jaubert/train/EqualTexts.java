package io.github.jaubert.train;

import io.github.jaubert.train.data.EmbeddingDataset;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Which texts of rows are equal: where the other texts of a batch are an anchor's negatives, none
 * is to be a negative of itself.
 */
final class EqualTexts {
  /** What makes a logit none: the exponential of it is 0. */
  static final float EXCLUDED = -1e9f;

  static final String POSITIVES = "positives";
  static final String NEGATIVES = "excluded";

  private final int[][] texts; // numbers of equal texts, by column and row

  EqualTexts(EmbeddingDataset data) {
    texts = new int[data.texts()][data.size()];
    Map<String, Integer> numbers = new HashMap<>();
    for (int column = 0; column < data.texts(); column++) {
      for (int row = 0; row < data.size(); row++) {
        String own = data.rows().get(row).texts().get(column);
        texts[column][row] = numbers.computeIfAbsent(own, text -> numbers.size());
      }
    }
  }

  /** Which text it is, the same number for equal ones. */
  int of(int column, int row) {
    return texts[column][row];
  }

  /** The numbers of all texts of a row. */
  int[] of(int row) {
    return Arrays.stream(texts).mapToInt(all -> all[row]).toArray();
  }

  /** Adds which of the texts behind the first column is each anchor's, and which count for none. */
  void addPositives(Batch batch, int[] rows) {
    int[] positives = new int[rows.length];
    Arrays.setAll(positives, i -> i);
    batch.with(POSITIVES, positives);
    batch.with(NEGATIVES, excluded(rows), rows.length, (long) rows.length * (texts.length - 1));
  }

  /**
   * In a batch a text may be there more than once. What is the anchor itself, or belongs to an
   * anchor of the same text, or is the same text as what belongs to it, is no negative.
   */
  private float[] excluded(int[] rows) {
    int count = rows.length;
    int width = count * (texts.length - 1);
    float[] excluded = new float[count * width];
    for (int i = 0; i < count; i++) {
      for (int k = 0; k < width; k++) {
        int column = 1 + k / count;
        int row = rows[k % count];
        boolean positive = column == 1 && k == i;
        boolean same =
            texts[column][row] == texts[0][rows[i]]
                || texts[column][row] == texts[1][rows[i]]
                || column == 1 && texts[0][row] == texts[0][rows[i]];
        excluded[i * width + k] = same && !positive ? EXCLUDED : 0;
      }
    }
    return excluded;
  }
}
