package io.github.jaubert.measure.bias;

/**
 * What a classifier made of a row.
 *
 * @param label what the data say
 * @param predicted what the model says
 * @param group whom the row is about or from, such as {@code women}
 */
public record Judged(String label, String predicted, String group) {
  boolean isRight() {
    return label.equals(predicted);
  }
}
