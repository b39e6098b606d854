package io.github.jaubert.train.data;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.ProblemType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The labels of a data set as the numbers a model is trained towards. Immutable.
 *
 * <p>With one label of several an example has the index of its class; with any number of labels it
 * has a 1 or a 0 for each; with a score it has the score.
 */
public final class Targets {
  private static final int LISTED = 20;
  private static final String RENAME = "; mapLabels(…) renames labels";
  private static final String SKIP = "; skipLabels(…) leaves such rows out";
  private static final Pattern INTEGER = Pattern.compile("-?\\d{1,9}");
  private static final String UNNAMED_PREFIX = "LABEL_";
  private static final Pattern UNNAMED = Pattern.compile(UNNAMED_PREFIX + "\\d{1,9}");

  private final int width;
  private final float[] values;

  private Targets(int width, float[] values) {
    this.width = width;
    this.values = values;
  }

  /**
   * Looks every label up.
   *
   * @throws DataException naming file, line and label: if a label is not among {@code labels}, an
   *     example has none or too many, or a score is not a finite number
   */
  public static Targets of(TextDataset data, Labels labels) {
    ProblemType problem = labels.problemType();
    int width = problem == ProblemType.MULTI_LABEL ? labels.size() : 1;
    List<Example> rows = data.rows();
    float[] values = new float[Math.multiplyExact(rows.size(), width)];
    Map<String, Integer> indices = indices(labels);
    for (int i = 0; i < rows.size(); i++) {
      Example row = rows.get(i);
      switch (problem) {
        case SINGLE_LABEL -> values[i] = index(data, row, only(data, row), indices, labels);
        case REGRESSION -> values[i] = score(data, row, only(data, row));
        case MULTI_LABEL -> {
          for (String label : row.labels()) {
            values[i * width + index(data, row, label, indices, labels)] = 1;
          }
        }
      }
    }
    return new Targets(width, values);
  }

  private static Map<String, Integer> indices(Labels labels) {
    Map<String, Integer> indices = new HashMap<>();
    for (int i = 0; i < labels.size(); i++) {
      indices.put(labels.names().get(i), i);
    }
    for (int i = 0; i < labels.size(); i++) { // LABEL_2 and 2 are the same
      String name = labels.names().get(i);
      if (UNNAMED.matcher(name).matches()) {
        indices.putIfAbsent(name.substring(UNNAMED_PREFIX.length()), i);
      } else if (INTEGER.matcher(name).matches()) {
        indices.putIfAbsent(UNNAMED_PREFIX + name, i);
      }
    }
    return indices;
  }

  private static String only(TextDataset data, Example row) {
    if (row.labels().size() != 1) {
      throw new DataException(
          data.origin(),
          row.line(),
          row.labels().isEmpty()
              ? "has no label"
              : "has several labels, " + row.labels() + "; one was expected");
    }
    return row.label();
  }

  private static int index(
      TextDataset data, Example row, String label, Map<String, Integer> indices, Labels labels) {
    Integer named = indices.get(label);
    if (named == null) {
      named = indices.get(LabelText.withoutFraction(label));
    }
    if (named != null) {
      return named;
    }
    int size = labels.size();
    // Data that numbers its labels, for a model that names them.
    boolean numbered =
        INTEGER.matcher(label).matches()
            && labels.names().stream().noneMatch(n -> INTEGER.matcher(n).matches());
    if (numbered && Integer.parseInt(label) >= 0 && Integer.parseInt(label) < size) {
      return Integer.parseInt(label);
    }
    String known = LabelText.listed(labels.names(), LISTED);
    throw new DataException(
        data.origin(),
        row.line(),
        numbered
            ? "label %s is outside 0 to %d (%s)%s".formatted(label, size - 1, known, RENAME)
            : "label %s is not one of the %d known: %s%s%s"
                .formatted(label, size, known, lookalike(label, labels), RENAME));
  }

  /** Names the label that a reader would take for the same; the two print alike, so by code. */
  private static String lookalike(String label, Labels labels) {
    String plain = LabelText.plain(label);
    return labels.names().stream()
        .filter(name -> LabelText.plain(name).equals(plain))
        .findFirst()
        .map(
            name ->
                "; it looks like %s, but is %s"
                    .formatted(LabelText.escaped(name), LabelText.escaped(label)))
        .orElse("");
  }

  private static float score(TextDataset data, Example row, String label) {
    String number = label.strip();
    if (number.matches("[-+]?(NaN|Infinity)")
        || LabelText.isNumber(number) && !Float.isFinite(Float.parseFloat(number))) {
      throw new DataException(
          data.origin(), row.line(), "label " + label + " is not a finite number");
    }
    if (!LabelText.isNumber(number)) {
      throw new DataException(
          data.origin(),
          row.line(),
          "label "
              + label
              + " is not a number, and a score was expected"
              + (LabelText.isNumberWithComma(number)
                  ? "; write it without a comma, as 1234.5"
                  : SKIP));
    }
    return Float.parseFloat(number);
  }

  /** The number of examples. */
  public int size() {
    return values.length / width;
  }

  /** The number of numbers an example has. */
  public int width() {
    return width;
  }

  /** Number {@code column} of an example. */
  public float value(int row, int column) {
    return values[row * width + column];
  }

  /** The class indices of some examples, {@code [rows]}, of one label of several. */
  public int[] classes(int[] rows) {
    int[] classes = new int[rows.length];
    for (int i = 0; i < rows.length; i++) {
      classes[i] = (int) value(rows[i], 0);
    }
    return classes;
  }

  /** The numbers of some examples, {@code [rows, width]}. */
  public float[] values(int[] rows) {
    float[] picked = new float[rows.length * width];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(values, rows[i] * width, picked, i * width, width);
    }
    return picked;
  }
}
