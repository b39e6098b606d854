package io.github.jaubert.cli.options;

import io.github.jaubert.train.SetFit;
import java.util.List;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options of {@code --task setfit}. */
public final class SetFitOptions {
  /** What it does not heed of the options for labels and for training. */
  private static final Set<String> NOT_HEEDED =
      Set.of(
          "--pair-column",
          "--label-smoothing",
          "--class-weights",
          "--focal-gamma",
          "--focal-alpha",
          "--head-lr-scale",
          "--new-head",
          "--thresholds",
          "--keep-best",
          "--patience",
          "--evaluate-every");

  @Option(
      names = "--sampling",
      paramLabel = "HOW",
      description =
          "With --task setfit, which pairs of examples are learnt from: ${COMPLETION-CANDIDATES}."
              + " Default: OVERSAMPLING, all, and as many of the same label as of two.")
  private SetFit.Sampling sampling;

  /**
   * Refuses options of other tasks than the one that was chosen.
   *
   * @throws ParameterException naming the first of them
   */
  public void check(CommandLine command, Task task) {
    if (task == Task.SETFIT) {
      TaskOptions.refuse(
          command,
          NOT_HEEDED,
          List.of(TeacherOptions.class, LoraOptions.class),
          "is not for --task setfit");
    } else {
      TaskOptions.refuseOf(command, SetFitOptions.class, "setfit", Set.of());
    }
  }

  /** Sets what belongs to the task. */
  public void apply(SetFit task) {
    if (sampling != null) {
      task.sampling(sampling);
    }
  }
}
