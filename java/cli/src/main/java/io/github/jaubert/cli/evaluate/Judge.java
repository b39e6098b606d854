package io.github.jaubert.cli.evaluate;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.cli.console.StopOnSignal;
import io.github.jaubert.cli.options.ChoiceOptions;
import io.github.jaubert.cli.options.DataOptions;
import io.github.jaubert.cli.options.EmbeddingOptions;
import io.github.jaubert.cli.options.MetricOptions;
import io.github.jaubert.cli.options.QuestionOptions;
import io.github.jaubert.cli.options.RankingOptions;
import io.github.jaubert.cli.options.TagOptions;
import io.github.jaubert.train.Judgement;
import io.github.jaubert.train.Trainer;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.Source;
import io.github.jaubert.train.data.SourceRows;
import io.github.jaubert.train.data.TableFormat;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import java.util.function.UnaryOperator;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/**
 * What {@code evaluate} does for a kind of model: the model and the data, and what is said of them.
 * Whatever it opens is closed with it.
 */
public abstract class Judge implements AutoCloseable {
  private final Options options;
  private final Tokenizer tokenizer;

  /**
   * All options of the command that a judge may heed.
   *
   * @param command where an error of an option is thrown from
   * @param data whose {@code train} are the files to be judged by
   * @param maxLength null for what the folder says
   */
  public record Options(
      CommandLine command,
      Path model,
      DataOptions data,
      MetricOptions metrics,
      TagOptions tags,
      QuestionOptions questions,
      EmbeddingOptions embeddings,
      RankingOptions ranking,
      ChoiceOptions choices,
      Integer maxLength) {
    Source files() {
      return data.train();
    }
  }

  Judge(Options options) {
    this.options = options;
    tokenizer = Tokenizer.fromPretrained(options.model());
  }

  final Options options() {
    return options;
  }

  final Tokenizer tokenizer() {
    return tokenizer;
  }

  /** The tokens that texts are cut to: what was asked for, or what the folder says. */
  final int maxLength() {
    return options.maxLength() == null ? tokenizer.maxLength() : options.maxLength();
  }

  /** Loads the model and reads the data. */
  public abstract void open();

  /** How many examples there are, such as {@code 40 examples}. */
  public abstract String counted();

  /** What the data were understood as, in lines. */
  public abstract List<String> understood();

  /** A trainer that only judges. */
  abstract Trainer trainer();

  /**
   * Judges the model.
   *
   * @param settings sets what belongs to every trainer
   * @return what was measured, by name
   */
  public Map<String, Double> evaluate(UnaryOperator<Trainer> settings) {
    return StopOnSignal.during(options.command().getErr(), settings.apply(trainer())::evaluate);
  }

  /** Prints how the model did, beyond the figures. */
  public void tables(PrintWriter out) {}

  /** Writes the same. */
  public void describe(ObjectNode json) {}

  /** What the model said of each example; null if a row has no answer of its own. */
  public List<Judgement> judgements() {
    return null;
  }

  /** Whether an answer is right or wrong, and not only more or less far off. */
  public boolean isRightOrWrong() {
    return true;
  }

  /**
   * Refuses a file that rows could not be written to.
   *
   * @param option that names it
   * @throws ParameterException naming option and file
   */
  public void checkWritable(String option, Path to) {
    throw new ParameterException(
        options.command(),
        option
            + " is for labels, scores, tags and answers; what is measured here is of several rows"
            + " together");
  }

  /** Writes rows of the data, in this order, with what was said of them. */
  public void write(Path to, List<Judgement> chosen) {
    throw new IllegalStateException("no rows of " + options.files());
  }

  /** The format of a table that the end of a file's name stands for. */
  final TableFormat tableFormat(String option, Path to) {
    String reason = "%s %s: its name must end in .tsv, .csv or .jsonl".formatted(option, to);
    try {
      TableFormat format = TableFormat.of(to);
      if (format == TableFormat.PARQUET || to.toString().matches("(?i).*\\.(gz|zst)")) {
        throw new ParameterException(options.command(), reason);
      }
      return format;
    } catch (DataException e) {
      throw new ParameterException(options.command(), reason, e);
    }
  }

  /** Writes rows of a table with the columns prediction and score. */
  public final void write(
      SourceRows rows,
      Path to,
      List<Judgement> chosen,
      String score,
      ToLongFunction<Integer> line) {
    LinkedHashMap<Long, List<?>> cells = new LinkedHashMap<>();
    for (Judgement one : chosen) {
      cells.put(line.applyAsLong(one.row()), List.of(prediction(one), rounded(one.score())));
    }
    rows.write(to, TableFormat.of(to), List.of("prediction", score), cells);
  }

  /** What stands in a cell for an answer: a text, a number, or a list of texts. */
  Object prediction(Judgement judgement) {
    return judgement.answer().isEmpty() ? "" : judgement.answer().get(0);
  }

  private static double rounded(double value) {
    return Math.round(value * 1e6) / 1e6;
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
