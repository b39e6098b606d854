package io.github.jaubert.cli.finetune;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.EncoderConfig;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.cli.options.ChoiceOptions;
import io.github.jaubert.cli.options.DataOptions;
import io.github.jaubert.cli.options.EmbeddingOptions;
import io.github.jaubert.cli.options.EncoderOptions;
import io.github.jaubert.cli.options.LongTextOptions;
import io.github.jaubert.cli.options.LoraOptions;
import io.github.jaubert.cli.options.MetricOptions;
import io.github.jaubert.cli.options.MultiVectorOptions;
import io.github.jaubert.cli.options.QuestionOptions;
import io.github.jaubert.cli.options.RankingOptions;
import io.github.jaubert.cli.options.SetFitOptions;
import io.github.jaubert.cli.options.TagOptions;
import io.github.jaubert.cli.options.TeacherOptions;
import io.github.jaubert.cli.options.TrainingOptions;
import io.github.jaubert.cli.options.TrainingOptions.Suggestion;
import io.github.jaubert.train.Trainer;
import io.github.jaubert.train.TrainingResult;
import io.github.jaubert.train.data.TextDataset;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;

/**
 * What {@code finetune} does for a task: its data, a model for them, and what is said of both. One
 * is made of the options, which reads the data; then its model is {@linkplain #open opened}.
 */
public interface Job extends AutoCloseable {
  /**
   * All options of the command that a job may heed.
   *
   * @param command where an error of an option is thrown from
   */
  record Options(
      CommandLine command,
      EncoderOptions encoder,
      DataOptions data,
      MetricOptions metrics,
      TagOptions tags,
      QuestionOptions questions,
      EmbeddingOptions embeddings,
      SetFitOptions setFit,
      RankingOptions ranking,
      MultiVectorOptions multiVector,
      ChoiceOptions choices,
      TeacherOptions teacher,
      LoraOptions lora,
      LongTextOptions longTexts,
      TrainingOptions training) {}

  /** What a folder in runs/ is called after it. */
  String name();

  /** The settings of training that suit it. */
  Suggestion suggestion();

  /** The labels that the model learns; null if it learns none. */
  Labels labels();

  /** What the data are and were understood as, in lines. */
  List<String> said();

  /** Writes the same for {@code run.json}. */
  void describe(ObjectNode json);

  /** The texts that are learnt from, as files have them; null if they are no such texts. */
  default TextDataset learnt() {
    return null;
  }

  /** The texts that are judged by; null if there are none. */
  default TextDataset judged() {
    return null;
  }

  /** How often each label is there to learn from; empty if that says nothing. */
  default Map<String, Long> labelCounts() {
    return Map.of();
  }

  /** Makes the model; a new head comes from the thread's random numbers. */
  void open(Tokenizer tokenizer);

  /** The sizes of its encoder. */
  EncoderConfig config();

  /** Tells what something simpler would get, if that is known. */
  void baselines(Report report);

  /** A trainer of the model. */
  Trainer trainer();

  /**
   * Called when the training is over, before the model is written.
   *
   * @return the same with what else was measured
   */
  default TrainingResult trained(TrainingResult result) {
    return result;
  }

  /** Finds what the page of the run shows besides figures, when {@link #trained} was called. */
  default void find(Findings findings, TrainingResult result) {}

  /** Writes the trained model. */
  void save(Path folder);

  /** What the model was judged by, such as {@code 40 evaluation examples}; null for nothing. */
  String judgedBy();

  /** Prints how the model does on what it was judged by, beyond the figures of the run. */
  default void tables(PrintWriter out) {}

  /** Prints some answers of the model that was written. */
  void answers(Path folder, PrintWriter out);

  /** What stands behind a text for {@code predict}. */
  String moreArguments();

  /** Frees the model. */
  @Override
  void close();
}
