package io.github.jaubert.cli.options;

import io.github.jaubert.bert.tokenizer.LongTextStrategy;
import io.github.jaubert.bert.tokenizer.LongTextStrategy.Kind;
import io.github.jaubert.train.SequenceClassification;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options that say how single texts with a label or score are read that are too long. */
public final class LongTextOptions {
  @Option(
      names = "--long-texts",
      paramLabel = "HOW",
      description =
          "How a text is read that has more tokens than --max-length: ${COMPLETION-CANDIDATES}; its"
              + " first tokens, its first and its last, or all of them in windows, each learnt with"
              + " the label, whose logits are averaged. Default: cut. Not for pairs.")
  private Kind kind;

  @Option(
      names = "--head-share",
      paramLabel = "SHARE",
      description =
          "With --long-texts head-tail, the share of the tokens that are the first. Default: 0.25,"
              + " which is 128 of 510.")
  private Double headShare;

  @Option(
      names = "--window-stride",
      paramLabel = "N",
      description =
          "With --long-texts windows, how many tokens two windows have in common. Default: a quarter"
              + " of --max-length.")
  private Integer stride;

  /**
   * Refuses what does not go together.
   *
   * @throws ParameterException naming the option
   */
  public void check(CommandLine command, Task task) {
    if (!Set.of(Task.AUTO, Task.CLASSIFICATION, Task.MULTILABEL, Task.REGRESSION).contains(task)) {
      TaskOptions.refuse(
          command,
          Set.of(),
          List.of(LongTextOptions.class),
          "is for labels and scores of texts, not for --task "
              + task.name().toLowerCase(Locale.ROOT));
    }
    if (headShare != null && kind != Kind.HEAD_TAIL) {
      throw new ParameterException(command, "--head-share needs --long-texts head-tail");
    }
    if (stride != null && kind != Kind.WINDOWS) {
      throw new ParameterException(command, "--window-stride needs --long-texts windows");
    }
    TrainingOptions.checked(command, this::strategy);
  }

  private LongTextStrategy strategy() {
    return switch (kind == null ? Kind.CUT : kind) {
      case CUT -> LongTextStrategy.cut();
      case HEAD_TAIL ->
          LongTextStrategy.headTail(
              headShare == null ? LongTextStrategy.USUAL_HEAD_SHARE : headShare);
      case WINDOWS ->
          stride == null ? LongTextStrategy.windows() : LongTextStrategy.windows(stride);
    };
  }

  /** Sets what belongs to the task. */
  public void apply(SequenceClassification task) {
    task.longTexts(strategy());
  }
}
