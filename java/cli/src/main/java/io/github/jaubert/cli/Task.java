package io.github.jaubert.cli;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.ProblemType;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.TextDataset;
import io.github.jaubert.train.metrics.Accuracy;
import io.github.jaubert.train.metrics.F1;
import io.github.jaubert.train.metrics.MatthewsCorrelation;
import io.github.jaubert.train.metrics.MeanSquaredError;
import io.github.jaubert.train.metrics.Metric;
import io.github.jaubert.train.metrics.PearsonCorrelation;
import io.github.jaubert.train.metrics.SpearmanCorrelation;
import java.math.BigInteger;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;

/** What is to be learned. */
enum Task {
  /** Whatever the labels look like. */
  AUTO,
  /** One label of several. */
  CLASSIFICATION,
  /** Any number of labels. */
  MULTILABEL,
  /** A score. */
  REGRESSION;

  /** More different whole numbers than this are taken for scores, if some between are missing. */
  private static final int MOST_NUMBERED_CLASSES = 20;

  /** More than this are taken for scores in any case, such as a percentage. */
  private static final int MOST_COUNTED_CLASSES = 99;

  private static final Pattern NUMBER =
      Pattern.compile("[-+]?(\\d+\\.?\\d*|\\.\\d+)([eE][-+]?\\d+)?");
  private static final Pattern INTEGER = Pattern.compile("[-+]?\\d+");

  /** A whole number as pandas writes it once a cell of its column was empty. */
  private static final Pattern WHOLE = Pattern.compile("([-+]?\\d+)(\\.0+)?");

  private static final Pattern WITH_COMMA = Pattern.compile("[-+]?\\d[\\d.]*,[\\d.,]*\\d");

  /** The measures by name, as {@code --metric} takes them. */
  enum MetricName {
    ACCURACY,
    F1,
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

    Metric metric() {
      return switch (this) {
        case ACCURACY -> new Accuracy();
        case F1 -> new F1();
        case MACRO_F1 -> new F1(io.github.jaubert.train.metrics.F1.Average.MACRO);
        case MICRO_F1 -> new F1(io.github.jaubert.train.metrics.F1.Average.MICRO);
        case MATTHEWS -> new MatthewsCorrelation();
        case PEARSON -> new PearsonCorrelation();
        case SPEARMAN -> new SpearmanCorrelation();
        case MSE -> new MeanSquaredError();
      };
    }
  }

  /** The labels to predict: those of the training data, unless it is a score. */
  Labels labels(TextDataset train) {
    List<String> names = train.labelNames();
    if (this == AUTO && names.stream().allMatch(name -> WHOLE.matcher(name).matches())) {
      names = withoutFractions(names);
    }
    return switch (this == AUTO ? guess(train, names) : this) {
      case MULTILABEL -> Labels.multi(names);
      case REGRESSION -> Labels.score();
      default -> {
        if (names.size() < 2) {
          throw new DataException(
              train.source(),
              "every label is " + names.get(0) + "; there is nothing to tell apart");
        }
        yield Labels.of(names);
      }
    };
  }

  /** 0.0 and 1.0 are the classes 0 and 1; the data may go on writing them as it does. */
  private static List<String> withoutFractions(List<String> names) {
    return names.stream()
        .map(name -> WHOLE.matcher(name).replaceAll("$1"))
        .distinct()
        .sorted(Comparator.comparing(BigInteger::new))
        .toList();
  }

  /**
   * Rows without exactly one label mean several labels; numbers with fractions, or very many
   * different whole numbers, mean scores; all else are classes.
   */
  private static Task guess(TextDataset train, List<String> names) {
    for (Example row : train.rows()) {
      if (row.labels().size() != 1) {
        return MULTILABEL;
      }
    }
    boolean numbers = names.stream().allMatch(name -> NUMBER.matcher(name).matches());
    boolean whole = names.stream().allMatch(name -> INTEGER.matcher(name).matches());
    if (!numbers) {
      refuseCommas(train, names);
      refuseFlawedScores(train);
    }
    boolean classes =
        whole
            && (names.size() <= MOST_NUMBERED_CLASSES
                || names.size() <= MOST_COUNTED_CLASSES && areCounted(names));
    return numbers && !classes ? REGRESSION : CLASSIFICATION;
  }

  /** Whether whole numbers, in order, count from 0 or 1 without a gap, as those of classes do. */
  private static boolean areCounted(List<String> names) {
    BigInteger first = new BigInteger(names.get(0));
    BigInteger last = new BigInteger(names.get(names.size() - 1));
    return (first.signum() == 0 || first.equals(BigInteger.ONE))
        && last.subtract(first).equals(BigInteger.valueOf(names.size() - 1));
  }

  /** Whether a comma stands before the fraction or between thousands is for the writer to say. */
  private static void refuseCommas(TextDataset train, List<String> names) {
    if (!names.stream()
        .allMatch(name -> NUMBER.matcher(name).matches() || WITH_COMMA.matcher(name).matches())) {
      return;
    }
    Example first =
        train.rows().stream()
            .filter(row -> WITH_COMMA.matcher(row.label()).matches())
            .findFirst()
            .orElseThrow();
    throw new DataException(
        train.source(),
        first.line(),
        "label %s is a number with a comma; write scores as 1234.5, or choose --task classification, or --label-separator if these are several labels"
            .formatted(first.label()));
  }

  /**
   * A column of scores in which a few are missing would make a class of every score. It is taken
   * for one if 9 of 10 rows are numbers and some of these have a decimal point.
   */
  private static void refuseFlawedScores(TextDataset train) {
    List<Example> others =
        train.rows().stream().filter(row -> !NUMBER.matcher(row.label()).matches()).toList();
    boolean fractions =
        train.rows().stream()
            .map(Example::label)
            .anyMatch(
                label -> NUMBER.matcher(label).matches() && !INTEGER.matcher(label).matches());
    if (fractions && others.size() * 10L <= train.size()) {
      Example first = others.get(0);
      throw new DataException(
          train.source(),
          first.line(),
          "label %s is not a number, as %,d of %,d are; correct it, or choose --task classification"
              .formatted(first.label(), train.size() - others.size(), train.size()));
    }
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
