package io.github.jaubert.cli.glue;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The tasks of GLUE (Wang et al. 2018) that have labels: where their files lie, how these are laid
 * out, and what the task is judged by.
 */
public enum GlueTask {
  COLA("CoLA", List.of("cola"), List.of("--no-header"), "3", null, "1", List.of("matthews")),
  SST2("SST-2", List.of("sst-2", "sst2"), "sentence", null, "label", "accuracy"),
  MRPC("MRPC", List.of("mrpc"), "#1 String", "#2 String", "Quality", "f1", "accuracy"),
  STSB(
      "STS-B",
      List.of("sts-b", "stsb"),
      List.of("--task", "regression"),
      "sentence1",
      "sentence2",
      "score",
      List.of("pearson", "spearman")),
  QQP("QQP", List.of("qqp"), "question1", "question2", "is_duplicate", "f1", "accuracy"),
  MNLI("MNLI", List.of("mnli"), "sentence1", "sentence2", "gold_label", "accuracy"),
  QNLI("QNLI", List.of("qnli"), "question", "sentence", "label", "accuracy"),
  RTE("RTE", List.of("rte"), "sentence1", "sentence2", "label", "accuracy"),
  WNLI("WNLI", List.of("wnli"), "sentence1", "sentence2", "label", "accuracy");

  /** Where the pairs lie that MNLI's model is to judge, too: GLUE's diagnostic set. */
  static final List<String> DIAGNOSTIC = List.of("ax", "diagnostic");

  /** MRPC's name for its data before GLUE. */
  private static final String MRPC_TRAIN = "msr_paraphrase_train.txt";

  private final String title;
  private final List<String> folders;
  private final List<String> arguments;
  private final List<String> metrics;

  GlueTask(
      String title,
      List<String> folders,
      List<String> more,
      String text,
      String pair,
      String label,
      List<String> metrics) {
    this.title = title;
    this.folders = folders;
    this.metrics = metrics;
    this.arguments = new ArrayList<>(more);
    arguments.addAll(List.of("--format", "tsv", "--text-column", text, "--label-column", label));
    if (pair != null) {
      arguments.addAll(List.of("--pair-column", pair));
    }
    arguments.addAll(List.of("--metric", String.join(",", metrics)));
  }

  GlueTask(
      String title,
      List<String> folders,
      String text,
      String pair,
      String label,
      String... metrics) {
    this(title, folders, List.of(), text, pair, label, List.of(metrics));
  }

  /** What papers call it. */
  public String title() {
    return title;
  }

  /** What its folder in the results is called. */
  public String folder() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** How finetune is to read its files, and what to measure. */
  List<String> arguments() {
    return arguments;
  }

  /** What finetune calls its metrics; a task's score is their mean. */
  List<String> metrics() {
    return metrics;
  }

  /** Whether its first line is data. */
  boolean noHeader() {
    return arguments.contains("--no-header");
  }

  /** The file to learn from. */
  public Optional<Path> train(Path data) {
    return find(data, folders)
        .flatMap(
            folder ->
                file(folder, "train.tsv")
                    .or(() -> this == MRPC ? file(folder, MRPC_TRAIN) : Optional.empty()));
  }

  /** The file to be judged by; not there, some rows of the other one are held out. */
  Optional<Path> dev(Path data) {
    String name = this == MNLI ? "dev_matched.tsv" : "dev.tsv";
    return find(data, folders).flatMap(folder -> file(folder, name));
  }

  /** MNLI's second file to be judged by, of other kinds of text than those learnt from. */
  Optional<Path> mismatched(Path data) {
    return this == MNLI
        ? find(data, folders).flatMap(folder -> file(folder, "dev_mismatched.tsv"))
        : Optional.empty();
  }

  /** GLUE's diagnostic set, of which only sentences are public. */
  static Optional<Path> diagnostic(Path data) {
    return find(data, DIAGNOSTIC).flatMap(folder -> file(folder, "diagnostic.tsv"));
  }

  /** All names that a folder of this task may have. */
  public List<String> folders() {
    return folders;
  }

  private static Optional<Path> find(Path data, List<String> names) {
    try (Stream<Path> entries = Files.list(data)) {
      return entries
          .filter(Files::isDirectory)
          .filter(path -> names.contains(path.getFileName().toString().toLowerCase(Locale.ROOT)))
          .sorted()
          .findFirst();
    } catch (IOException e) {
      throw new UncheckedIOException(
          new IOException("--data %s: %s".formatted(data, CheckpointException.describe(e)), e));
    }
  }

  private static Optional<Path> file(Path folder, String name) {
    return Optional.of(folder.resolve(name)).filter(Files::isRegularFile);
  }
}
