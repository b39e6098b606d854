package io.github.jaubert.cli.repeat;

import io.github.jaubert.cli.options.DataOptions;
import io.github.jaubert.cli.options.OutputOptions;
import io.github.jaubert.cli.options.Task;
import io.github.jaubert.cli.options.TrainingOptions;
import io.github.jaubert.cli.options.TrainingOptions.Suggestion;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options by which finetune runs several times. */
public final class RepeatOptions {
  /** What is of all runs together, and not of each. */
  private static final Set<String> OWN =
      Set.of("--seeds", "--folds", "--keep-models", "--out", "--seed");

  @Option(
      names = "--seeds",
      paramLabel = "N",
      description =
          "Run N times, with --seed and the numbers after it, and show the median and the range of"
              + " each metric. The model that does best on --eval is kept.")
  private Integer seeds;

  @Option(
      names = "--folds",
      paramLabel = "K",
      description =
          "Divide --train into K parts, stratified by label, learn K times from the others and be"
              + " judged by the one. Shows the mean and the standard deviation of each metric, and"
              + " writes what was predicted for each row. No model is kept.")
  private Integer folds;

  @Option(
      names = "--keep-models",
      description = "With --seeds or --folds, keep the weights of all models.")
  private boolean keepModels;

  public boolean isGiven() {
    return seeds != null || folds != null;
  }

  /** Whether the data are divided; otherwise the runs differ in their seed. */
  public boolean isFolds() {
    return folds != null;
  }

  public boolean keepModels() {
    return keepModels;
  }

  public int folds() {
    return folds;
  }

  public int seeds() {
    return seeds;
  }

  /**
   * Refuses what does not go together.
   *
   * @throws ParameterException naming the option
   */
  public void check(CommandLine command, DataOptions data, Task task, OutputOptions output) {
    if (keepModels && !isGiven()) {
      throw new ParameterException(command, "--keep-models is for --seeds and --folds");
    }
    if (!isGiven()) {
      return;
    }
    if (seeds != null && folds != null) {
      throw new ParameterException(command, "--seeds and --folds exclude each other");
    }
    TrainingOptions.atLeast(command, "--seeds", seeds, 2);
    TrainingOptions.atLeast(command, "--folds", folds, 2);
    if (output.overwrite()) {
      throw new ParameterException(
          command,
          "--overwrite does not go with %s; choose another --out"
              .formatted(seeds != null ? "--seeds" : "--folds"));
    }
    if (seeds != null && data.train() != null && !data.isJudged()) {
      throw new ParameterException(
          command, "--seeds needs --eval or --eval-share: models are compared by it");
    }
    if (folds != null) {
      checkFolds(command, data, task);
    }
  }

  private void checkFolds(CommandLine command, DataOptions data, Task task) {
    if (data.train() == null) {
      throw new ParameterException(command, "--folds needs --train");
    }
    if (data.isJudged() || data.evalLimit != null) {
      throw new ParameterException(
          command, "--folds and --eval exclude each other: each part of --train is judged by once");
    }
    if (!task.isOfTexts()) {
      throw new ParameterException(
          command, "--folds is for labels and scores of whole texts, not for --task " + task);
    }
    if (data.train().files().stream()
        .anyMatch(
            file -> Files.exists(file) && !Files.isRegularFile(file) && !Files.isDirectory(file))) {
      throw new ParameterException(command, "--folds needs a file that can be read again");
    }
  }

  /** The options that each run has. */
  public List<String> words(CommandLine command) {
    return GivenOptions.words(command, RepeatOptions::isOfEachRun);
  }

  /** Whether each run has an option as it was given. */
  static boolean isOfEachRun(OptionSpec option) {
    return !OWN.contains(option.longestName()) && !option.inherited();
  }

  /** Where all runs go if nothing was said, and the same command finds them again. */
  public Path usualFolder(DataOptions data) {
    String name = data.train() == null ? "wordnet" : data.name();
    return Path.of("runs", name + (seeds != null ? "-seeds" : "-folds"));
  }

  /** The numbers that the runs draw by. */
  public static long[] seeds(long first, int count) {
    long[] all = new long[count];
    for (int i = 0; i < count; i++) {
      all[i] = first + i;
    }
    return all;
  }

  /** Refuses settings that are out of range, before anything is divided. */
  public static void checkSettings(CommandLine command, TrainingOptions training) {
    training.settings(command, Suggestion.FILES);
  }
}
