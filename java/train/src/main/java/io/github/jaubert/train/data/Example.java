package io.github.jaubert.train.data;

import java.util.List;

/**
 * One row of a data set.
 *
 * @param text the text, or the first of a pair
 * @param secondText the second text of a pair, or null
 * @param labels the labels as they are written in the data: one for a class or a score, any number
 *     where an example may have several, none if the data has no label column
 * @param line where the row begins in its file, counted from 1; 0 if it came from no file
 */
public record Example(String text, String secondText, List<String> labels, long line) {
  /** Checks and copies. */
  public Example {
    if (text == null) {
      throw new IllegalArgumentException("an example needs a text");
    }
    labels = List.copyOf(labels);
  }

  /** A text with one label. */
  public static Example of(String text, String label) {
    return new Example(text, null, List.of(label), 0);
  }

  /** A pair of texts with one label. */
  public static Example of(String text, String secondText, String label) {
    return new Example(text, secondText, List.of(label), 0);
  }

  /** A text with a score. */
  public static Example of(String text, float score) {
    return of(text, Float.toString(score));
  }

  /** A pair of texts with a score. */
  public static Example of(String text, String secondText, float score) {
    return of(text, secondText, Float.toString(score));
  }

  /** The only label, or null if there is none. */
  public String label() {
    return labels.isEmpty() ? null : labels.get(0);
  }
}
