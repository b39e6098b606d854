package io.github.jaubert.bert.checkpoint;

/** Turns matrices, which other frameworks store as {@code [in, out]}. */
final class Transpose {
  private static final int TILE = 32;

  private Transpose() {}

  /**
   * {@code [rows, columns]} to {@code [columns, rows]}, in square tiles so that both sides stay in
   * the cache.
   */
  static float[] of(float[] x, int rows, int columns) {
    float[] y = new float[x.length];
    for (int r0 = 0; r0 < rows; r0 += TILE) {
      for (int c0 = 0; c0 < columns; c0 += TILE) {
        for (int r = r0; r < Math.min(r0 + TILE, rows); r++) {
          for (int c = c0; c < Math.min(c0 + TILE, columns); c++) {
            y[c * rows + r] = x[r * columns + c];
          }
        }
      }
    }
    return y;
  }
}
