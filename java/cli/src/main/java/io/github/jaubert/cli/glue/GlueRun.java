package io.github.jaubert.cli.glue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.Encoder;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.pipeline.Pipelines;
import io.github.jaubert.bert.pipeline.TextClassification;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.cli.repeat.FinetuneRun;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.train.SequenceClassification;
import io.github.jaubert.train.Trainer;
import io.github.jaubert.train.data.TableFormat;
import io.github.jaubert.train.data.TextDataset;
import io.github.jaubert.train.metrics.Accuracy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import picocli.CommandLine;

/** One task of GLUE, one method, one seed: a run of finetune, and what it measured. */
public final class GlueRun {
  private static final String MISMATCHED = "accuracy, mismatched";

  private final GlueFiles files;
  private final GlueMethod method;
  private final int seed;
  private final Path folder;
  private final FinetuneRun run;

  /**
   * A run that may be done already.
   *
   * @param task the folder of its task's runs
   */
  public GlueRun(GlueFiles files, GlueMethod method, int seed, Path task) {
    this.files = files;
    this.method = method;
    this.seed = seed;
    folder = task.resolve(method.folder() + "-" + seed);
    run = new FinetuneRun(folder);
  }

  private Path result() {
    return folder.resolve("glue.json");
  }

  public boolean isDone() {
    return Files.exists(result());
  }

  /**
   * Fine-tunes and measures. What finetune says goes to a file beside the folder.
   *
   * @param options of finetune, for all runs
   * @param command the one that runs it
   * @return finetune's exit code
   */
  public int run(Path model, List<String> options, CommandLine command) {
    if (!run.isDone()) {
      Path from = method == GlueMethod.RANDOM ? drawn(model) : model;
      int code = fineTune(from, options, command);
      if (code != 0) {
        return code;
      }
    }
    JsonNode said = run.description();
    ObjectNode measured = JsonFiles.object();
    for (String metric : files.task().metrics()) {
      measured.put(metric, value(said.path("evaluation"), metric));
    }
    int length = said.path("settings").path("max_length").asInt();
    files.mismatched().ifPresent(file -> measured.put(MISMATCHED, accuracy(file, length)));
    files.diagnostic().ifPresent(this::predict);
    AtomicFile.write(result(), JsonFiles.format(measured));
    return 0;
  }

  private int fineTune(Path from, List<String> options, CommandLine command) {
    List<String> arguments = new ArrayList<>(List.of("--model", from.toString(), "--new-head"));
    arguments.addAll(List.of("--train", files.train().toString()));
    arguments.addAll(List.of("--eval", files.dev().toString()));
    arguments.addAll(files.task().arguments());
    arguments.addAll(method.arguments(options));
    arguments.addAll(options);
    arguments.addAll(List.of("--seed", Integer.toString(seed)));
    return run.run(arguments, command);
  }

  /** The value whose name begins so; F1's also has the class that it is about. */
  private static double value(JsonNode evaluation, String metric) {
    for (Map.Entry<String, JsonNode> entry : evaluation.properties()) {
      if (entry.getKey().startsWith(metric)) {
        return entry.getValue().asDouble(Double.NaN);
      }
    }
    throw new IllegalStateException("no " + metric + " in " + evaluation);
  }

  /** An encoder of the model's sizes, of weights drawn with the run's seed. */
  private Path drawn(Path model) {
    Path to = folder.resolveSibling("first-weights-" + seed);
    Rng.seed(seed);
    try (Encoder pretrained = Encoder.fromPretrained(model);
        Encoder drawn = Encoder.of(pretrained.config());
        Tokenizer tokenizer = Tokenizer.fromPretrained(model)) {
      drawn.save(to);
      tokenizer.save(to);
    }
    return to;
  }

  private double accuracy(Path file, int length) {
    TextDataset pairs =
        TextDataset.of(file, TableFormat.TSV)
            .text("sentence1")
            .pair("sentence2")
            .label("gold_label");
    try (SequenceClassifier model = SequenceClassifier.fromPretrained(folder);
        Tokenizer tokenizer = Tokenizer.fromPretrained(folder)) {
      SequenceClassification task =
          SequenceClassification.of(model, tokenizer)
              .maxLength(length)
              .evaluate(pairs, new Accuracy());
      return Trainer.of(task).evaluate().get("accuracy");
    }
  }

  /** Answers GLUE's diagnostic pairs in the form in which gluebenchmark.com takes them. */
  private void predict(Path file) {
    try (TextClassification classify = Pipelines.textClassification(folder)) {
      List<String> lines = Files.readAllLines(file, StandardCharsets.UTF_8);
      List<String> header = List.of(lines.get(0).split("\t", -1));
      int first = header.indexOf("sentence1");
      int second = header.indexOf("sentence2");
      StringBuilder answers = new StringBuilder("index\tprediction\n");
      for (String line : lines.subList(1, lines.size())) {
        String[] cells = line.split("\t", -1);
        String label = classify.of(cells[first], cells[second]).get(0).label();
        answers.append(cells[0]).append('\t').append(label).append('\n');
      }
      AtomicFile.write(
          folder.resolve("AX.tsv"), answers.toString().getBytes(StandardCharsets.UTF_8));
    } catch (IOException | IndexOutOfBoundsException e) {
      throw new UncheckedIOException(
          new IOException(
              "%s: not the columns index, sentence1, sentence2 (%s)".formatted(file, e), e));
    }
  }

  /** What was measured, by name of the metric, from 0 to 1. */
  public Map<String, Double> measured() {
    Map<String, Double> measured = new LinkedHashMap<>();
    JsonFiles.readObject(result())
        .properties()
        .forEach(entry -> measured.put(entry.getKey(), entry.getValue().asDouble()));
    return measured;
  }

  /** Such as {@code f1 88.2, accuracy 83.1}. */
  public static String words(Map<String, Double> measured) {
    StringJoiner words = new StringJoiner(", ");
    measured.forEach(
        (name, value) -> words.add(String.format(Locale.ROOT, "%s %.1f", name, 100 * value)));
    return words.toString();
  }

  /** Deletes the weights, and what the run began with if it was drawn for it. */
  public void deleteModel() {
    run.deleteWeights();
    FinetuneRun.deleteWeights(folder.resolveSibling("first-weights-" + seed));
  }
}
