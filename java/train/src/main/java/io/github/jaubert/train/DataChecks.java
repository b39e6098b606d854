package io.github.jaubert.train;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.ProblemType;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.TextDataset;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Data that can be read, but that no model learns anything from: refused where nothing could come
 * of it, and otherwise named in the log.
 */
final class DataChecks {
  private static final Logger LOG = LoggerFactory.getLogger(Trainer.class);

  private static final Pattern INTEGER = Pattern.compile("-?\\d+");
  private static final Pattern WHOLE = Pattern.compile("-?\\d+(\\.0+)?");
  private static final int LISTED = 4;

  private DataChecks() {}

  /**
   * Looks for blank texts.
   *
   * @throws DataException if a column of texts is blank from the first row to the last
   */
  static void texts(TextDataset data) {
    refuseBlankColumn(data, "text", Example::text);
    refuseBlankColumn(data, "second text", Example::secondText);
    List<Example> blank = data.rows().stream().filter(DataChecks::isBlank).toList();
    if (!blank.isEmpty()) {
      LOG.warn(
          "{}: {} of {} examples have no text{}",
          data.source(),
          blank.size(),
          data.size(),
          blank.get(0).line() > 0 ? ", the first of them in line " + blank.get(0).line() : "");
    }
  }

  private static void refuseBlankColumn(
      TextDataset data, String name, Function<Example, String> column) {
    boolean blank =
        data.rows().stream().map(column).allMatch(text -> text != null && text.isBlank());
    if (blank && data.size() > 0) {
      throw new DataException(
          data.source(),
          "the %s of every one of the %d rows is blank: is it the right column?"
              .formatted(name, data.size()));
    }
  }

  private static boolean isBlank(Example row) {
    return row.text().isBlank() && (row.secondText() == null || row.secondText().isBlank());
  }

  /** Warns of training data whose rows all say the same. */
  static void labels(TextDataset data) {
    List<Example> rows = data.rows();
    if (rows.size() > 1 && rows.stream().map(Example::labels).distinct().count() == 1) {
      List<String> same = rows.get(0).labels();
      LOG.warn(
          "{}: all {} examples have {}: a model learns from them to answer nothing else",
          data.source(),
          rows.size(),
          same.isEmpty() ? "no label" : "the label " + String.join(", ", same));
    }
  }

  /**
   * Numbers stand for places among the labels of the model. Where the training data names its
   * labels these places are those of the alphabet, and numbers elsewhere hardly meant those.
   *
   * @param evaluation null for none
   * @throws DataException if only the evaluation data numbers its labels
   */
  static void sameLabels(TextDataset train, TextDataset evaluation, Labels labels) {
    if (evaluation == null
        || labels.problemType() == ProblemType.REGRESSION
        || IntStream.range(0, labels.size()).allMatch(i -> labels.name(i).equals("LABEL_" + i))) {
      return;
    }
    Set<String> trained = distinct(train);
    Set<String> judged = distinct(evaluation);
    boolean numbered =
        judged.stream()
            .anyMatch(label -> INTEGER.matcher(label).matches() && !labels.names().contains(label));
    if (numbered && !trained.stream().allMatch(label -> WHOLE.matcher(label).matches())) {
      throw new DataException(
          evaluation.source(),
          "its labels are numbers (%s) where those of %s are names (%s); write the names"
              .formatted(few(judged), train.source(), few(trained)));
    }
  }

  private static Set<String> distinct(TextDataset data) {
    return data.rows().stream()
        .flatMap(row -> row.labels().stream())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static String few(Set<String> labels) {
    return labels.stream().limit(LISTED).collect(Collectors.joining(", "))
        + (labels.size() > LISTED ? ", …" : "");
  }

  /**
   * Warns of the labels - and -1 beside others: many data sets give them to rows on which nobody
   * agreed or that nobody labelled. Beside 1 alone, -1 is a class.
   */
  static void withoutLabel(TextDataset train, Labels labels) {
    if (labels.problemType() != ProblemType.SINGLE_LABEL) {
      return;
    }
    Set<String> all = distinct(train);
    for (String label : all) {
      boolean minusOne = label.matches("-1(\\.0+)?");
      boolean signs =
          minusOne
              && all.size() == 2
              && all.stream().anyMatch(other -> other.matches("\\+?1(\\.0+)?"));
      if (all.size() > 1 && (minusOne && !signs || label.equals("-"))) {
        LOG.warn(
            "{}: {} of {} examples have the label {}, which often means none;"
                + " they are taken as a class of their own",
            train.source(),
            train.rows().stream().filter(row -> row.labels().contains(label)).count(),
            train.size(),
            label);
      }
    }
  }
}
