package io.github.jaubert.cli.options;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.ProblemType;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.LabelText;
import io.github.jaubert.train.data.TextDataset;
import io.github.jaubert.train.metrics.Accuracy;
import io.github.jaubert.train.metrics.F1;
import io.github.jaubert.train.metrics.MatthewsCorrelation;
import io.github.jaubert.train.metrics.MeanSquaredError;
import io.github.jaubert.train.metrics.Metric;
import io.github.jaubert.train.metrics.PearsonCorrelation;
import io.github.jaubert.train.metrics.Precision;
import io.github.jaubert.train.metrics.Recall;
import io.github.jaubert.train.metrics.SpearmanCorrelation;
import java.math.BigInteger;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;

/** What is to be learned. */
public enum Task {
  /** Whatever the labels look like. */
  AUTO,
  /** One label of several. */
  CLASSIFICATION,
  /** Any number of labels. */
  MULTILABEL,
  /** A score. */
  REGRESSION,
  /** A tag of each word. */
  TOKENS,
  /** A part of a context that answers a question. */
  QA,
  /** A vector of a text. */
  EMBEDDINGS,
  /** A score of a passage for a query. */
  RERANK,
  /** A vector of each token, by which queries find documents. */
  COLBERT,
  /** One of several choices that go with a prompt. */
  CHOICE,
  /** Labels, from a few examples of each. */
  SETFIT;

  /** More different whole numbers than this are taken for scores, if some between are missing. */
  private static final int MOST_NUMBERED_CLASSES = 20;

  /** More than this are taken for scores in any case, such as a percentage. */
  private static final int MOST_COUNTED_CLASSES = 99;

  /** So many names are listed; of more, the first and the last. */
  private static final int LISTED = 6;

  /** Whether labels or scores of whole texts are learnt, each by rows of a table. */
  public boolean isOfTexts() {
    return this == AUTO || this == CLASSIFICATION || this == MULTILABEL || this == REGRESSION;
  }

  /** The measures by name, as {@code --metric} takes them. */
  enum MetricName {
    ACCURACY,
    F1,
    PRECISION,
    RECALL,
    MACRO_F1,
    MICRO_F1,
    MATTHEWS,
    PEARSON,
    SPEARMAN,
    MSE;

    /** Whether it compares scores; the others count decisions. */
    boolean measuresScores() {
      return this == PEARSON || this == SPEARMAN || this == MSE;
    }

    /** Whether it is about one class, the positive one. */
    boolean measuresOneClass() {
      return this == F1 || this == PRECISION || this == RECALL;
    }

    /**
     * A measure.
     *
     * @param positive the class that it is about, if it is about one; null for any number of labels
     */
    Metric metric(String positive) {
      return switch (this) {
        case ACCURACY -> new Accuracy();
        case F1 -> positive == null ? new F1() : new F1(positive);
        case PRECISION -> positive == null ? new Precision() : new Precision(positive);
        case RECALL -> positive == null ? new Recall() : new Recall(positive);
        case MACRO_F1 -> new F1(io.github.jaubert.train.metrics.F1.Average.MACRO);
        case MICRO_F1 -> new F1(io.github.jaubert.train.metrics.F1.Average.MICRO);
        case MATTHEWS -> new MatthewsCorrelation();
        case PEARSON -> new PearsonCorrelation();
        case SPEARMAN -> new SpearmanCorrelation();
        case MSE -> new MeanSquaredError();
      };
    }
  }

  /**
   * What the labels of the data were taken for.
   *
   * @param said the same in a line, with why, and the option that changes it
   */
  public record Understood(Labels labels, String said) {}

  /** The labels to predict: those of the training data, unless it is a score. */
  public Understood understand(TextDataset train) {
    List<String> names = train.labelNames();
    if (this != AUTO) {
      return of(train, this, names, "--task " + name().toLowerCase(Locale.ROOT));
    }
    if (!names.stream().allMatch(LabelText::isWhole)) {
      return guess(train, names, "");
    }
    String written =
        names.stream()
            .filter(name -> name.contains("."))
            .findFirst()
            .map(name -> ", some written as " + name)
            .orElse("");
    return guess(train, withoutFractions(names), written);
  }

  private static Understood of(TextDataset train, Task task, List<String> names, String why) {
    return switch (task) {
      case MULTILABEL ->
          new Understood(
              Labels.multi(names),
              "labels: any of %d, %s (%s)".formatted(names.size(), listed(names), why));
      case REGRESSION ->
          new Understood(Labels.score(), "labels: a score%s (%s)".formatted(range(names), why));
      default -> {
        if (names.size() < 2) {
          throw new DataException(
              train.source(),
              "every label is " + names.get(0) + "; there is nothing to tell apart");
        }
        yield new Understood(
            Labels.of(names),
            "labels: %d classes, %s (%s)".formatted(names.size(), listed(names), why));
      }
    };
  }

  private static String listed(List<String> names) {
    boolean all =
        names.size() <= 2
            || names.size() <= LISTED && !names.stream().allMatch(LabelText::isInteger);
    return all
        ? LabelText.listed(names, names.size())
        : LabelText.shown(names.get(0)) + " … " + LabelText.shown(names.get(names.size() - 1));
  }

  private static String range(List<String> names) {
    if (!names.stream().allMatch(LabelText::isNumber)) {
      return "";
    }
    Comparator<String> size = Comparator.comparingDouble(Double::parseDouble);
    return " from "
        + names.stream().min(size).orElseThrow()
        + " to "
        + names.stream().max(size).orElseThrow();
  }

  /** 0.0 and 1.0 are the classes 0 and 1; the data may go on writing them as it does. */
  private static List<String> withoutFractions(List<String> names) {
    return names.stream()
        .map(LabelText::withoutFraction)
        .distinct()
        .sorted(Comparator.comparing(BigInteger::new))
        .toList();
  }

  /**
   * Rows without exactly one label mean several labels; numbers with fractions, or very many
   * different whole numbers, mean scores; all else are classes.
   *
   * @param written how whole numbers are written, if that is worth a word
   */
  private static Understood guess(TextDataset train, List<String> names, String written) {
    for (Example row : train.rows()) {
      if (row.labels().size() != 1) {
        refuseShares(train, names);
        return of(
            train,
            MULTILABEL,
            names,
            "a row may have several or none; --task classification for one");
      }
    }
    boolean numbers = names.stream().allMatch(LabelText::isNumber);
    boolean whole = names.stream().allMatch(LabelText::isInteger);
    if (!numbers) {
      refuseSigns(train, names);
      refuseOddNumbers(train, names);
      refuseLists(train);
      refuseFlawedScores(train);
      return of(
          train,
          CLASSIFICATION,
          names,
          "one a row; --label-separator or --task multilabel for several");
    }
    boolean classes =
        whole
            && (names.size() <= MOST_NUMBERED_CLASSES
                || names.size() <= MOST_COUNTED_CLASSES && areCounted(names));
    if (classes) {
      return of(
          train,
          CLASSIFICATION,
          names,
          "whole numbers" + written + "; --task regression for scores");
    }
    return of(
        train,
        REGRESSION,
        names,
        (whole ? names.size() + " different whole numbers" + written : "numbers with fractions")
            + "; --task classification for classes");
  }

  /** Whether whole numbers, in order, count from 0 or 1 without a gap, as those of classes do. */
  private static boolean areCounted(List<String> names) {
    BigInteger first = new BigInteger(names.get(0));
    BigInteger last = new BigInteger(names.get(names.size() - 1));
    return (first.signum() == 0 || first.equals(BigInteger.ONE))
        && last.subtract(first).equals(BigInteger.valueOf(names.size() - 1));
  }

  /**
   * Whether a comma stands before the fraction or between thousands is for the writer to say, and
   * so is whether percentages are scores.
   */
  private static void refuseSigns(TextDataset train, List<String> names) {
    boolean flawed =
        names.stream()
            .allMatch(
                name ->
                    LabelText.isNumber(name)
                        || LabelText.isNumberWithComma(name)
                        || LabelText.isPercentage(name));
    if (flawed) {
      Example first = first(train, label -> !LabelText.isNumber(label));
      throw new DataException(
          train.origin(),
          first.line(),
          "label %s is a number with a %s; write scores as 1234.5, or choose --task classification%s"
              .formatted(
                  first.label(),
                  LabelText.isPercentage(first.label()) ? "percent sign" : "comma",
                  LabelText.isPercentage(first.label())
                      ? ""
                      : ", or --label-separator if these are several labels"));
    }
  }

  /** So many different ones are hardly names, such as 2d and 3d are. */
  private static void refuseOddNumbers(TextDataset train, List<String> names) {
    if (names.size() > MOST_NUMBERED_CLASSES
        && names.stream()
            .allMatch(
                name ->
                    LabelText.isNumber(name)
                        || LabelText.isNumberWithComma(name)
                        || LabelText.isOddNumber(name))) {
      Example first = first(train, label -> !LabelText.isNumber(label));
      throw new DataException(
          train.origin(),
          first.line(),
          "label %s is a number in a form that is not read; write scores as 1234.5, or choose --task classification"
              .formatted(first.label()));
    }
  }

  /** A column of lists that were printed: every different list would be a class. */
  private static void refuseLists(TextDataset train) {
    if (train.rows().stream().allMatch(row -> LabelText.isPrintedList(row.label()))) {
      Example first = train.rows().get(0);
      throw new DataException(
          train.origin(),
          first.line(),
          "label %s is a list written as a text; write its labels with a separator between them, which --label-separator names, or arrays in JSON lines, or choose --task classification if it is a name"
              .formatted(first.label()));
    }
  }

  /** Several numbers a row, some with fractions, are no names of labels. */
  private static void refuseShares(TextDataset train, List<String> names) {
    if (names.stream().allMatch(LabelText::isNumber)
        && !names.stream().allMatch(LabelText::isWhole)) {
      Example first =
          train.rows().stream().filter(row -> row.labels().size() > 1).findFirst().orElseThrow();
      throw new DataException(
          train.origin(),
          first.line(),
          "labels %s are several numbers with fractions: shares of the classes are not supported; give the label of the largest, or choose --task multilabel if these are names"
              .formatted(first.labels()));
    }
  }

  private static Example first(TextDataset train, Predicate<String> fits) {
    return train.rows().stream().filter(row -> fits.test(row.label())).findFirst().orElseThrow();
  }

  /**
   * A column of scores in which a few are missing would make a class of every score. It is taken
   * for one if 9 of 10 rows are numbers and some of these have a decimal point.
   */
  private static void refuseFlawedScores(TextDataset train) {
    boolean fractions =
        train.rows().stream()
            .map(Example::label)
            .anyMatch(label -> LabelText.isNumber(label) && !LabelText.isInteger(label));
    if (!fractions) {
      return;
    }
    long others = train.rows().stream().filter(row -> !LabelText.isNumber(row.label())).count();
    if (others * 10 <= train.size()) {
      Example first = first(train, label -> !LabelText.isNumber(label));
      throw new DataException(
          train.origin(),
          first.line(),
          String.format(
              Locale.ROOT,
              "label %s is not a number, as %,d of %,d are; correct it, leave it out with --skip-label \"%s\", or choose --task classification",
              first.label(),
              train.size() - others,
              train.size(),
              first.label()));
    }
  }

  /** What is to be predicted, in words. */
  public static String describe(Labels labels) {
    return switch (labels.problemType()) {
      case SINGLE_LABEL -> "one of %d labels".formatted(labels.size());
      case MULTI_LABEL -> "any of %d labels".formatted(labels.size());
      case REGRESSION -> "a score";
    };
  }

  /** The usual measures of a kind of problem; the first is the one that "best" goes by. */
  static List<MetricName> usualMetrics(Labels labels) {
    if (labels.problemType() == ProblemType.REGRESSION) {
      return List.of(MetricName.PEARSON, MetricName.SPEARMAN, MetricName.MSE);
    }
    if (labels.problemType() == ProblemType.MULTI_LABEL) {
      // Every label of every row is a decision; F1 of the positive ones is the micro-averaged F1.
      return List.of(MetricName.F1, MetricName.ACCURACY);
    }
    return labels.size() == 2
        ? List.of(MetricName.ACCURACY, MetricName.F1, MetricName.MATTHEWS)
        : List.of(MetricName.ACCURACY, MetricName.MACRO_F1);
  }
}
