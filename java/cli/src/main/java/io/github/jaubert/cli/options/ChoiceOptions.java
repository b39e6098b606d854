package io.github.jaubert.cli.options;

import io.github.jaubert.train.data.ChoiceColumns;
import io.github.jaubert.train.data.ChoiceDataset;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.Source;
import java.util.List;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options of {@code --task choice}: where prompts, choices and answers stand. */
public final class ChoiceOptions {
  private static final Set<String> NOT_HEEDED =
      Set.of("--label-smoothing", "--class-weights", "--focal-gamma", "--focal-alpha", "--shots");

  @Option(
      names = "--choice-columns",
      split = ",",
      paramLabel = "NAME,NAME",
      hideParamSyntax = true,
      description =
          "With --task choice, a column for each choice, or one of arrays. Default: choices, or"
              + " choice0, choice1, …, or ending0, … as in SWAG; --text-column is the prompt,"
              + " --pair-column what every choice begins with (sent2 of SWAG, or none), and"
              + " --label-column the answer: its text, its number from 0 or its letter.")
  private List<String> choices;

  /**
   * Refuses options of other tasks than the one that was chosen.
   *
   * @throws ParameterException naming the first of them
   */
  public static void check(CommandLine command, Task task) {
    if (task == Task.CHOICE) {
      TaskOptions.refuse(
          command,
          NOT_HEEDED,
          List.of(LabelOptions.class, MetricOptions.class, TeacherOptions.class),
          "is not for --task choice");
    } else {
      TaskOptions.refuseOf(command, ChoiceOptions.class, "choice", Set.of());
    }
  }

  /** Chooses the columns. */
  public ChoiceColumns columns(DataOptions data) {
    List<String> header = ChoiceDataset.columns(data.train(), data.table(), !data.noHeader);
    ChoiceColumns.Found found = ChoiceColumns.find(header);
    String beginning = data.pairColumn == null ? found.beginning() : data.pairColumn;
    return new ChoiceColumns(
        chosen(data, header, data.textColumn, found.prompt(), "the prompt with --text-column"),
        beginning == null || beginning.isEmpty() ? null : beginning,
        chosen(data, header, choices, found.choices(), "the choices with --choice-columns"),
        chosen(data, header, data.labelColumn, found.answer(), "the answer with --label-column"));
  }

  private static <T> T chosen(
      DataOptions data, List<String> header, T given, T found, String what) {
    if (given == null && found == null) {
      throw new DataException(
          data.train().toString(),
          "choose the column of %s; the columns are %s".formatted(what, String.join(", ", header)));
    }
    return given == null ? found : given;
  }

  /** Reads a file. */
  public static ChoiceDataset read(DataOptions data, Source files, ChoiceColumns columns) {
    return ChoiceDataset.read(files, data.table(), columns, !data.noHeader);
  }
}
