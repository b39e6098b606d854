package io.github.jaubert.train.metrics;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.ProblemType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * How well each class is told: precision, recall, F1 and support by class and on average, as
 * scikit-learn's {@code classification_report} has them of all labels, and which class was taken
 * for which. Where a denominator is 0, so is the value. Immutable.
 */
public final class ClassificationReport {
  private static final int NAME_WIDTH = 32;

  /**
   * A line of the table.
   *
   * @param name the class, or {@code micro avg} and its likes
   * @param support how many examples truly have it
   */
  public record Row(String name, double precision, double recall, double f1, long support) {}

  private final Labels labels;
  private final long examples;
  private final long exact; // examples of which everything is right
  private final long[] both;
  private final long[] predicted;
  private final long[] actual;
  private final long[][] confusion; // by true and predicted class; null for any number of labels

  private ClassificationReport(Labels labels, boolean[][] said, boolean[][] truth) {
    this.labels = labels;
    int count = labels.size();
    boolean classes = labels.problemType() == ProblemType.SINGLE_LABEL;
    both = new long[count];
    predicted = new long[count];
    actual = new long[count];
    confusion = classes ? new long[count][count] : null;
    examples = said.length;
    long right = 0;
    for (int row = 0; row < said.length; row++) {
      boolean same = true;
      for (int i = 0; i < count; i++) {
        predicted[i] += said[row][i] ? 1 : 0;
        actual[i] += truth[row][i] ? 1 : 0;
        both[i] += said[row][i] && truth[row][i] ? 1 : 0;
        same &= said[row][i] == truth[row][i];
        for (int j = 0; classes && truth[row][i] && j < count; j++) {
          confusion[i][j] += said[row][j] ? 1 : 0;
        }
      }
      right += same ? 1 : 0;
    }
    exact = right;
  }

  /**
   * Counts decisions.
   *
   * @param predicted for each example which labels it was said to have
   * @param actual for each example which labels it has
   * @throws IllegalArgumentException if the labels are a score, or there are not as many of both
   */
  public static ClassificationReport of(Labels labels, boolean[][] predicted, boolean[][] actual) {
    if (labels.problemType() == ProblemType.REGRESSION || predicted.length != actual.length) {
      throw new IllegalArgumentException(
          "report: %d predictions and %d truths of %s"
              .formatted(predicted.length, actual.length, labels));
    }
    return new ClassificationReport(labels, predicted, actual);
  }

  // ---- figures ----

  /** What was decided about. */
  public Labels labels() {
    return labels;
  }

  /** How many examples there were. */
  public long examples() {
    return examples;
  }

  /** The classes in the order of the labels. */
  public List<Row> classes() {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < labels.size(); i++) {
      rows.add(row(labels.name(i), both[i], predicted[i], actual[i]));
    }
    return rows;
  }

  /** Over the counts of all classes; of one label of several each of the three is the accuracy. */
  public Row micro() {
    return row("micro avg", sum(both), sum(predicted), sum(actual));
  }

  /** The plain mean over all classes. */
  public Row macro() {
    return average("macro avg", row -> 1.0 / labels.size());
  }

  /** The mean over all classes, each counting as much as it has support. */
  public Row weighted() {
    return average("weighted avg", row -> ratio(row.support(), sum(actual)));
  }

  /** The share of examples whose label is right, or all of whose labels are. */
  public double accuracy() {
    return (double) exact / examples;
  }

  /**
   * How many examples of each class were taken for each: {@code [true][predicted]}.
   *
   * @throws IllegalStateException if an example may have any number of labels
   */
  public long[][] confusion() {
    if (confusion == null) {
      throw new IllegalStateException(
          "confusion: of any number of labels none is taken for another");
    }
    long[][] copy = new long[confusion.length][];
    for (int i = 0; i < copy.length; i++) {
      copy[i] = confusion[i].clone();
    }
    return copy;
  }

  /**
   * The decisions about one label: {@code [true][predicted]}, with 0 for no and 1 for yes, so that
   * {@code [0][1]} are the false positives.
   */
  public long[][] confusion(int label) {
    long falsePositive = predicted[label] - both[label];
    long falseNegative = actual[label] - both[label];
    long none = examples - both[label] - falsePositive - falseNegative;
    return new long[][] {{none, falsePositive}, {falseNegative, both[label]}};
  }

  private static Row row(String name, long both, long predicted, long actual) {
    return new Row(
        name,
        ratio(both, predicted),
        ratio(both, actual),
        ratio(2 * both, predicted + actual),
        actual);
  }

  private static double ratio(long part, long whole) {
    return whole == 0 ? 0 : (double) part / whole;
  }

  private static long sum(long[] values) {
    long sum = 0;
    for (long value : values) {
      sum += value;
    }
    return sum;
  }

  private Row average(String name, ToDoubleFunction<Row> weight) {
    double precision = 0;
    double recall = 0;
    double f1 = 0;
    for (Row row : classes()) {
      precision += weight.applyAsDouble(row) * row.precision();
      recall += weight.applyAsDouble(row) * row.recall();
      f1 += weight.applyAsDouble(row) * row.f1();
    }
    return new Row(name, precision, recall, f1, sum(actual));
  }

  // ---- as text ----

  /** The table, a line each: classes, then the averages. */
  public List<String> table() {
    List<Row> rows = new ArrayList<>(classes());
    rows.add(micro());
    rows.add(macro());
    rows.add(weighted());
    int width = rows.stream().mapToInt(row -> shortened(row.name()).length()).max().orElseThrow();
    List<String> lines = new ArrayList<>();
    lines.add(" ".repeat(width) + "  precision    recall        f1   support");
    for (Row row : rows) {
      if (row.name().equals("micro avg")) {
        lines.add("");
      }
      lines.add(
          String.format(
              Locale.ROOT,
              "%-" + width + "s  %9.4f %9.4f %9.4f %9d",
              shortened(row.name()),
              row.precision(),
              row.recall(),
              row.f1(),
              row.support()));
    }
    return lines;
  }

  /** The confusion matrix, a line each: what is true beside what was predicted. */
  public List<String> confusionTable() {
    return confusion == null ? countsByLabel() : matrix();
  }

  private List<String> matrix() {
    int names = labels.names().stream().mapToInt(name -> shortened(name).length()).max().orElse(0);
    names = Math.max(names, "true \\ predicted".length());
    List<String> lines = new ArrayList<>();
    StringBuilder head = new StringBuilder(padded("true \\ predicted", names));
    int[] widths = new int[labels.size()];
    for (int i = 0; i < widths.length; i++) {
      widths[i] = Math.max(5, shortened(labels.name(i)).length());
      head.append("  ").append(" ".repeat(widths[i] - shortened(labels.name(i)).length()));
      head.append(shortened(labels.name(i)));
    }
    lines.add(head.toString());
    for (int i = 0; i < widths.length; i++) {
      StringBuilder line = new StringBuilder(padded(shortened(labels.name(i)), names));
      for (int j = 0; j < widths.length; j++) {
        line.append("  ").append(String.format("%" + widths[j] + "d", confusion[i][j]));
      }
      lines.add(line.toString());
    }
    return lines;
  }

  private List<String> countsByLabel() {
    int width = labels.names().stream().mapToInt(name -> shortened(name).length()).max().orElse(0);
    List<String> lines = new ArrayList<>();
    lines.add(" ".repeat(width) + "  true yes  false yes  false no   true no");
    for (int i = 0; i < labels.size(); i++) {
      long[][] of = confusion(i);
      lines.add(
          padded(shortened(labels.name(i)), width)
              + String.format("  %8d  %9d  %8d  %8d", of[1][1], of[0][1], of[1][0], of[0][0]));
    }
    return lines;
  }

  private static String padded(String text, int width) {
    return text + " ".repeat(width - text.length());
  }

  /** Without line ends, which a label may hold. */
  private static String shortened(String name) {
    String line = name.replaceAll("[\r\n]+", " ");
    return line.length() <= NAME_WIDTH ? line : line.substring(0, NAME_WIDTH - 1) + "…";
  }

  /** The table. */
  @Override
  public String toString() {
    return String.join("\n", table());
  }
}
