package io.github.jaubert.train;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.ProblemType;
import io.github.jaubert.train.data.Targets;
import java.util.Arrays;

/**
 * How much decisions count by what is true. Immutable.
 *
 * @param yes for each label how much an example counts that has it
 * @param no for each of any number of labels how much an example counts that does not have it; null
 *     for one label of several
 */
record LabelWeights(float[] yes, float[] no) {
  /** One for all. */
  static LabelWeights ones(Labels labels) {
    float[] ones = new float[labels.size()];
    Arrays.fill(ones, 1);
    return new LabelWeights(
        ones, labels.problemType() == ProblemType.MULTI_LABEL ? ones.clone() : null);
  }

  /**
   * Weights with which all classes count the same, as scikit-learn's {@code balanced}: the number
   * of examples, divided by the number of classes that occur and by how often each does. Of any
   * number of labels each one is two classes, that it holds and that it does not. What never occurs
   * has 1.
   */
  static LabelWeights balanced(Labels labels, Targets targets) {
    int[] counts = new int[labels.size()];
    boolean several = labels.problemType() == ProblemType.MULTI_LABEL;
    for (int row = 0; row < targets.size(); row++) {
      for (int column = 0; column < targets.width(); column++) {
        int value = (int) targets.value(row, column);
        counts[several ? column : value] += several ? value : 1;
      }
    }
    float[] yes = new float[counts.length];
    float[] no = new float[counts.length];
    int occurring = (int) Arrays.stream(counts).filter(count -> count > 0).count();
    for (int i = 0; i < counts.length; i++) {
      int others = targets.size() - counts[i];
      int classes = !several ? occurring : counts[i] > 0 && others > 0 ? 2 : 1;
      yes[i] = weight(targets.size(), classes, counts[i]);
      no[i] = weight(targets.size(), classes, others);
    }
    return new LabelWeights(yes, several ? no : null);
  }

  private static float weight(int all, int classes, int count) {
    return count == 0 ? 1 : (float) ((double) all / ((double) classes * count));
  }

  /** The same with what is true counting {@code alpha}, and what is not {@code 1 - alpha}. */
  LabelWeights times(float alpha) {
    return new LabelWeights(times(yes, alpha), times(no, 1 - alpha));
  }

  private static float[] times(float[] values, float factor) {
    float[] product = new float[values.length];
    for (int i = 0; i < product.length; i++) {
      product[i] = factor * values[i];
    }
    return product;
  }

  /** How much each decision about some examples counts. */
  float[] of(float[] truth) {
    float[] weights = new float[truth.length];
    for (int i = 0; i < truth.length; i++) {
      weights[i] = truth[i] > 0 ? yes[i % yes.length] : no[i % yes.length];
    }
    return weights;
  }

  /** How much each example counts by its class. */
  float[] of(int[] classes) {
    float[] weights = new float[classes.length];
    for (int i = 0; i < classes.length; i++) {
      weights[i] = yes[classes[i]];
    }
    return weights;
  }

  @Override
  public String toString() {
    return Arrays.toString(yes) + (no == null ? "" : " and " + Arrays.toString(no));
  }
}
