package io.github.jaubert.cli.evaluate;

import io.github.jaubert.cli.options.ChoiceOptions;
import io.github.jaubert.cli.options.DataOptions;
import io.github.jaubert.cli.options.DeviceOptions;
import io.github.jaubert.cli.options.EmbeddingOptions;
import io.github.jaubert.cli.options.LabelOptions;
import io.github.jaubert.cli.options.MetricOptions;
import io.github.jaubert.cli.options.MultiVectorOptions;
import io.github.jaubert.cli.options.QuestionOptions;
import io.github.jaubert.cli.options.RankingOptions;
import io.github.jaubert.cli.options.TagOptions;
import io.github.jaubert.cli.options.Task;
import java.lang.reflect.Field;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.IModelTransformer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/**
 * Makes the options of {@code evaluate} of those of {@code finetune}: what says how data are read
 * and what is measured stays, what says how to learn goes.
 */
public final class JudgeOptions implements IModelTransformer {
  private static final List<String> GONE =
      List.of(
          "--cache",
          "--eval",
          "--eval-share",
          "--group-column",
          "--train-limit",
          "--shots",
          "--eval-limit",
          "--slice-column",
          "--thresholds",
          "--loss",
          "--pooling",
          "--matryoshka",
          "--cached",
          "--ranking-loss",
          "--most-passages");

  /** What options of a class are for, and what the class of a model is called. */
  private static final Map<Task, String> MODELS =
      Map.of(
          Task.AUTO, "a model of whole texts",
          Task.TOKENS, "a model of tagged words",
          Task.QA, "a model of questions",
          Task.EMBEDDINGS, "an encoder of sentences",
          Task.RERANK, "a reranker",
          Task.COLBERT, "a ColBERT model",
          Task.CHOICE, "a model for multiple choice",
          Task.SETFIT, "a model of --task setfit");

  private static final Map<Class<?>, Task> TASKS =
      Map.of(
          LabelOptions.class, Task.AUTO,
          MetricOptions.class, Task.AUTO,
          TagOptions.class, Task.TOKENS,
          QuestionOptions.class, Task.QA,
          EmbeddingOptions.class, Task.EMBEDDINGS,
          RankingOptions.class, Task.RERANK,
          ChoiceOptions.class, Task.CHOICE);

  private static final Set<String> COLUMNS =
      Set.of("--text-column", "--pair-column", "--label-column", "--no-header");

  @Override
  public CommandSpec transform(CommandSpec spec) {
    for (OptionSpec option : List.copyOf(spec.options())) {
      if (!option.inherited() && !option.usageHelp() && !option.versionHelp()) {
        spec.remove(option); // and back behind those before it
        if (!GONE.contains(option.longestName())) {
          spec.addOption(own(spec, option) ? option : reworded(option));
        }
      }
    }
    return spec;
  }

  private static Class<?> owner(OptionSpec option) {
    return option.userObject() instanceof Field field ? field.getDeclaringClass() : null;
  }

  /** Whether evaluate takes an option of finetune as it is, by which data are read or judged. */
  public static boolean isShared(OptionSpec option) {
    String name = option.longestName();
    boolean judges =
        TASKS.containsKey(owner(option))
            || owner(option) == DataOptions.class
            || owner(option) == DeviceOptions.class;
    return judges && !GONE.contains(name) || name.equals("--max-length");
  }

  /** Whether an option is none of finetune's, or means the same there. */
  private static boolean own(CommandSpec spec, OptionSpec option) {
    return owner(option) == spec.userObject().getClass() || owner(option) == DeviceOptions.class;
  }

  private static OptionSpec reworded(OptionSpec option) {
    if (option.longestName().equals("--train")) {
      return option.toBuilder()
          .names("--data")
          .required(true)
          .description(
              "Required: the data to be judged by: .tsv, .csv or .jsonl; of tagged words CoNLL or"
                  + " .jsonl; of questions SQuAD's .json, too.")
          .build();
    }
    return option.toBuilder()
        .description(
            Arrays.stream(option.description())
                .map(
                    line ->
                        line.replaceAll("With --task (\\w+)[,:] ", "For $1: ")
                            .replaceAll("\\bWith --task (\\w+) ", "For $1 ")
                            .replace("--task ", "models of --task ")
                            .replace("--eval", "--data"))
                .toArray(String[]::new))
        .build();
  }

  /**
   * Refuses options of other models than the one that is there.
   *
   * @throws ParameterException naming the first of them
   */
  public static void check(CommandLine command, Task task, Path model) {
    for (OptionSpec option : command.getParseResult().matchedOptions()) {
      String name = option.longestName();
      Task its = TASKS.get(owner(option));
      boolean shared =
          task == Task.RERANK && name.equals("--score-max")
              || task == Task.COLBERT && MultiVectorOptions.SHARED.contains(name)
              || task == Task.SETFIT && its == Task.AUTO;
      if (its != null && its != task && !shared) {
        throw new ParameterException(
            command,
            "%s is for %s, and %s is %s".formatted(name, MODELS.get(its), model, MODELS.get(task)));
      }
      if (COLUMNS.contains(name) && (task == Task.TOKENS || task == Task.QA)) {
        throw new ParameterException(
            command, "%s is not for %s, which %s is".formatted(name, MODELS.get(task), model));
      }
    }
  }
}
