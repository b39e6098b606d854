package io.github.jaubert.train;

import io.github.jaubert.bert.EncoderConfig;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.ProblemType;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.tokenizer.LongTextStrategy;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.EncodedDataset;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.LabelText;
import io.github.jaubert.train.data.Source;
import io.github.jaubert.train.data.TaggedDataset;
import io.github.jaubert.train.data.TextDataset;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.IntToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Data that can be read, but that no model learns anything from: refused where nothing could come
 * of it, and otherwise named in the log.
 */
final class DataChecks {
  private static final Logger LOG = LoggerFactory.getLogger(Trainer.class);

  private static final int LISTED = 4;

  /** So often the commonest label occurs before one that occurs once is worth a word. */
  private static final int COMMON = 10;

  /** A hundredth of the texts, or of the tokens. */
  private static final int NOTICED = 100;

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
          blank.get(0).line() > 0 ? ", the first of them in " + where(data, blank.get(0)) : "");
    }
  }

  /** As {@code line 3}, or, of several files, the file, too. */
  private static String where(TextDataset data, Example row) {
    boolean one = data.origin().files().size() <= 1;
    return one ? "line " + row.line() : data.origin().place(row.line());
  }

  private static void refuseBlankColumn(
      TextDataset data, String name, Function<Example, String> column) {
    refuseBlank(data.source(), name, data.rows().stream().map(column), data.size());
  }

  /**
   * Looks at a column of texts.
   *
   * @param name what messages call it
   * @throws DataException if it is blank from the first row to the last
   */
  static void refuseBlank(String source, String name, List<String> column) {
    refuseBlank(source, name, column.stream(), column.size());
  }

  private static void refuseBlank(String source, String name, Stream<String> column, int rows) {
    boolean blank = column.allMatch(text -> text != null && text.isBlank());
    if (blank && rows > 0) {
      throw new DataException(
          source,
          "the %s of every one of the %d rows is blank: is it the right column?"
              .formatted(name, rows));
    }
  }

  /**
   * Refuses pairs where long texts are read otherwise than cut.
   *
   * @throws DataException if a row has a second text
   */
  static void singleTexts(TextDataset data, LongTextStrategy strategy) {
    data.rows().stream()
        .filter(row -> row.secondText() != null)
        .findFirst()
        .ifPresent(
            row -> {
              throw new DataException(
                  data.origin(),
                  row.line(),
                  "is a pair of texts; %s is for single ones, and pairs are cut"
                      .formatted(strategy));
            });
  }

  /** Whether every example has a second text. */
  static boolean arePairs(TextDataset data) {
    return data.rows().stream().allMatch(row -> row.secondText() != null);
  }

  /**
   * Says how much of the texts the model does not see, if it is more than one in a hundred.
   *
   * @param positions the most tokens that the model takes
   */
  static void tokens(String source, EncodedDataset encoded, Tokenizer tokenizer, int positions) {
    if (encoded.cut() * NOTICED > encoded.size()) {
      LOG.warn(
          "{}: {} of the texts are longer than {} tokens and are cut{}",
          source,
          percent(encoded.cut(), encoded.size()),
          tokenizer.maxLength(),
          tokenizer.maxLength() < positions
              ? "; maxLength(…) allows up to " + positions
              : ", which is the most that the model takes");
    }
    unknown(source, encoded, tokenizer);
  }

  /** Says how many tokens stand for what the vocabulary lacks, if more than one in a hundred. */
  static void unknown(String source, EncodedDataset encoded, Tokenizer tokenizer) {
    unknown(source, encoded.unknown(), encoded.tokens(), tokenizer);
  }

  /**
   * The same.
   *
   * @param unknown how many of the tokens do
   */
  static void unknown(String source, long unknown, long tokens, Tokenizer tokenizer) {
    if (unknown * NOTICED > tokens) {
      LOG.warn(
          "{}: {} of the tokens are {}, as the tokenizer does not know the characters of these texts",
          source,
          percent(unknown, tokens),
          tokenizer.token(tokenizer.unknownId()));
    }
  }

  /**
   * Refuses what the model has no embedding for before the first step, not at the one that meets
   * it.
   *
   * @param lines in which line of its file an example begins
   */
  static void embeddings(
      Source source,
      IntToLongFunction lines,
      EncodedDataset encoded,
      Tokenizer tokenizer,
      EncoderConfig config) {
    if (encoded.maxId() < config.vocabSize()
        && (!config.readsTypes() || encoded.maxType() < config.typeVocabSize())) {
      return;
    }
    for (int row = 0; row < encoded.size(); row++) {
      TokenBatch tokens = encoded.batch(new int[] {row});
      for (int id : tokens.inputIds()) {
        if (id >= config.vocabSize()) {
          throw new DataException(
              source,
              lines.applyAsLong(row),
              "holds '%s', token %d of the tokenizer; the model has embeddings for %d tokens alone"
                  .formatted(tokenizer.token(id), id, config.vocabSize()));
        }
      }
      for (int type : tokens.tokenTypeIds()) {
        if (config.readsTypes() && type >= config.typeVocabSize()) {
          throw new DataException(
              source,
              lines.applyAsLong(row),
              "is a pair of texts, but the model's type_vocab_size is " + config.typeVocabSize());
        }
      }
    }
  }

  /** Warns if all words have the same tag. */
  static void tags(TaggedDataset data) {
    List<String> tags = data.tagNames();
    if (tags.size() == 1) {
      LOG.warn(
          "{}: all words have the tag {}: a model learns from them to answer nothing else",
          data.source(),
          tags.get(0));
    }
  }

  private static String percent(long part, long all) {
    return String.format(Locale.ROOT, "%.1f %%", 100.0 * part / all);
  }

  private static boolean isBlank(Example row) {
    return row.text().isBlank() && (row.secondText() == null || row.secondText().isBlank());
  }

  /**
   * Warns of labels that a model hardly learns to tell apart, and of rows that all say the same.
   */
  static void labels(TextDataset data, Labels labels) {
    List<Example> rows = data.rows();
    if (rows.size() > 1 && rows.stream().map(Example::labels).distinct().count() == 1) {
      List<String> same = rows.get(0).labels();
      LOG.warn(
          "{}: all {} examples have {}: a model learns from them to answer nothing else",
          data.source(),
          rows.size(),
          same.isEmpty() ? "no label" : "the label " + String.join(", ", same));
    }
    if (labels.problemType() != ProblemType.REGRESSION) {
      Set<String> known = new HashSet<>(labels.names());
      Map<String, Long> counts =
          rows.stream()
              .flatMap(row -> row.labels().stream())
              .map(label -> known.contains(label) ? label : LabelText.withoutFraction(label))
              .collect(Collectors.groupingBy(label -> label, TreeMap::new, Collectors.counting()));
      warnOfAlike(data, counts);
      warnOfQuoted(data, counts.keySet());
      warnOfSingle(data, counts);
    }
  }

  private static void warnOfAlike(TextDataset data, Map<String, Long> counts) {
    Map<String, String> alike = LabelText.alike(counts.keySet());
    if (!alike.isEmpty()) {
      LOG.warn(
          "{}: these labels look alike, and are taken as different: {}; mapLabels(…) makes them one",
          data.source(),
          alike.entrySet().stream()
                  .limit(LISTED)
                  .map(
                      pair ->
                          "'%s' (%d) and '%s' (%d)"
                              .formatted(
                                  LabelText.escaped(pair.getValue()),
                                  counts.get(pair.getValue()),
                                  LabelText.escaped(pair.getKey()),
                                  counts.get(pair.getKey())))
                  .collect(Collectors.joining(", "))
              + (alike.size() > LISTED ? ", …" : ""));
    }
  }

  private static void warnOfQuoted(TextDataset data, Set<String> labels) {
    if (!labels.isEmpty() && labels.stream().allMatch(LabelText::isQuoted)) {
      LOG.warn(
          "{}: all labels stand in quotes, which are taken for a part of them, as {}",
          data.source(),
          LabelText.shown(labels.iterator().next()));
    }
  }

  private static void warnOfSingle(TextDataset data, Map<String, Long> counts) {
    boolean common = counts.values().stream().anyMatch(count -> count >= COMMON);
    Set<String> single = new TreeSet<>(counts.keySet());
    single.removeIf(label -> counts.get(label) > 1);
    if (common && !single.isEmpty()) {
      LOG.warn(
          "{}: {} of {} labels have one example alone: {}",
          data.source(),
          single.size(),
          counts.size(),
          LabelText.listed(single, LISTED));
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
            .anyMatch(
                label ->
                    LabelText.isInteger(label)
                        && !labels.names().contains(label)
                        && !labels.names().contains("LABEL_" + label));
    if (numbered && !trained.stream().allMatch(LabelText::isWhole)) {
      throw new DataException(
          evaluation.source(),
          ("its labels are numbers (%s) where those of %s are names (%s);"
                  + " mapLabels(…) gives them these names")
              .formatted(
                  LabelText.listed(judged, LISTED),
                  train.source(),
                  LabelText.listed(trained, LISTED)));
    }
  }

  private static Set<String> distinct(TextDataset data) {
    return data.rows().stream()
        .flatMap(row -> row.labels().stream())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /**
   * Warns of labels such as -, nan, -1 and -100 beside others: many data sets give them to rows on
   * which nobody agreed or that nobody labelled. Beside 1 alone, -1 is a class.
   */
  static void withoutLabel(TextDataset train, Labels labels) {
    if (labels.problemType() != ProblemType.SINGLE_LABEL) {
      return;
    }
    Set<String> all = distinct(train);
    for (String label : all) {
      boolean minusOne = label.matches("-1(00)?(\\.0+)?"); // PyTorch ignores -100
      boolean signs =
          minusOne
              && !label.startsWith("-100")
              && all.size() == 2
              && all.stream().anyMatch(other -> other.matches("\\+?1(\\.0+)?"));
      if (all.size() > 1 && (minusOne && !signs || LabelText.saysMissing(label))) {
        LOG.warn(
            "{}: {} of {} examples have the label {}, which often means none;"
                + " they are taken as a class of their own, skipLabels(\"{}\") leaves them out",
            train.source(),
            train.rows().stream().filter(row -> row.labels().contains(label)).count(),
            train.size(),
            label,
            label);
      }
    }
  }
}
