package io.github.jaubert.bert;

/** What a model says of a text that it reads in several windows. */
public final class WindowLogits {
  private WindowLogits() {}

  /**
   * The means of the logits of each text's windows.
   *
   * @param logits of all windows, {@code [windows × labels]}
   * @param texts of which text each window is, each text having one at least
   * @param count how many texts there are
   * @return {@code [texts × labels]}
   * @throws IllegalArgumentException if there are not as many logits for each window
   */
  public static float[] means(float[] logits, int[] texts, int count) {
    if (texts.length == 0 ? logits.length > 0 : logits.length % texts.length > 0) {
      throw new IllegalArgumentException(
          "means: %d logits of %d windows".formatted(logits.length, texts.length));
    }
    int labels = texts.length == 0 ? 0 : logits.length / texts.length;
    double[] sums = new double[count * labels];
    int[] windows = new int[count];
    for (int window = 0; window < texts.length; window++) {
      windows[texts[window]]++;
      for (int label = 0; label < labels; label++) {
        sums[texts[window] * labels + label] += logits[window * labels + label];
      }
    }
    float[] means = new float[sums.length];
    for (int i = 0; i < means.length; i++) {
      means[i] = (float) (sums[i] / windows[i / labels]);
    }
    return means;
  }
}
