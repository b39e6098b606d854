package io.github.jaubert.cli.options;

import io.github.jaubert.train.QuestionAnswering;
import io.github.jaubert.train.data.QuestionDataset;
import io.github.jaubert.train.data.Source;
import java.util.List;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options of {@code --task qa}: how contexts are read, and which answers are given. */
public final class QuestionOptions {
  /** What the other tasks alone heed, beside options of labels, metrics and tags. */
  private static final Set<String> LABELS =
      Set.of(
          "--text-column",
          "--pair-column",
          "--label-column",
          "--no-header",
          "--class-weights",
          "--focal-gamma",
          "--focal-alpha",
          "--shots",
          "--label-smoothing");

  @Option(
      names = "--doc-stride",
      paramLabel = "N",
      description =
          "With --task qa, how many tokens two windows of a context have in common. Default: 128, or"
              + " half of a --max-length below 256.")
  private Integer stride;

  @Option(
      names = "--max-answer-length",
      paramLabel = "N",
      description = "The most tokens of an answer that --eval judges. Default: 30.")
  private Integer maxAnswerLength;

  @Option(
      names = "--null-threshold",
      paramLabel = "X",
      description =
          "By how much no answer must be likelier, as a sum of two logits, to be given. Default: 0.")
  private Float nullThreshold;

  /**
   * Refuses options of other tasks than the one that was chosen.
   *
   * @throws ParameterException naming the first of them
   */
  public static void check(CommandLine command, Task task, FileFormat format) {
    if (task == Task.QA) {
      TaskOptions.refuse(
          command,
          LABELS,
          List.of(LabelOptions.class, MetricOptions.class),
          "is for labels, not for --task qa");
    } else {
      TaskOptions.refuseOf(command, QuestionOptions.class, "qa", Set.of());
    }
    if (task == Task.QA && format == FileFormat.CONLL) {
      throw new ParameterException(command, "--format conll is for --task tokens");
    }
  }

  /** Sets what belongs to the task. */
  public void apply(QuestionAnswering task) {
    if (stride != null) {
      task.stride(stride);
    }
    if (maxAnswerLength != null) {
      task.maxAnswerLength(maxAnswerLength);
    }
    if (nullThreshold != null) {
      task.nullThreshold(nullThreshold);
    }
  }

  /**
   * Files as the options say.
   *
   * @param format null for what their names end in
   */
  public static QuestionDataset read(Source files, FileFormat format) {
    return QuestionDataset.of(files, format == null ? null : format.table());
  }
}
