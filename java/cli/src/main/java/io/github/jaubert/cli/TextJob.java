package io.github.jaubert.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.EncoderConfig;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.ProblemType;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.pipeline.LabelScore;
import io.github.jaubert.bert.pipeline.Pipelines;
import io.github.jaubert.bert.pipeline.TextClassification;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.cli.TrainingOptions.Suggestion;
import io.github.jaubert.demo.Baselines;
import io.github.jaubert.demo.WordNetGlosses;
import io.github.jaubert.train.SequenceClassification;
import io.github.jaubert.train.Trainer;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.LabelText;
import io.github.jaubert.train.data.TextDataset;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/** Whole texts, or pairs of them, and their labels. */
final class TextJob implements Job {
  private final Options options;
  private final String name;
  private final Suggestion suggestion;
  private final TextDataset train;
  private final TextDataset eval; // null if there is none
  private final Labels labels;
  private final List<String> understood;
  private Tokenizer tokenizer; // null until it is opened
  private SequenceClassifier model;

  private TextJob(
      Options options,
      String name,
      Suggestion suggestion,
      DataOptions.Opened data,
      Labels labels,
      List<String> understood) {
    this.options = options;
    this.name = name;
    this.suggestion = suggestion;
    this.labels = labels;
    this.understood = understood;
    long seed = options.training().seed;
    train = DataOptions.limited(data.train(), options.data().trainLimit, seed);
    eval =
        data.eval() == null
            ? null
            : DataOptions.limited(data.eval(), options.data().evalLimit, seed);
    if (eval != null) {
      options.metrics().check(options.command(), labels);
    }
  }

  /** Definitions of WordNet, which come with the command. */
  static TextJob definitions(Options options) {
    WordNetGlosses glosses = WordNetGlosses.load();
    return new TextJob(
        options,
        "wordnet",
        Suggestion.DEFINITIONS,
        new DataOptions.Opened(glosses.train(), glosses.test(), ""),
        Labels.of(WordNetGlosses.CATEGORIES),
        List.of());
  }

  /** The files that the options name. */
  static TextJob files(Options options, Task task) {
    DataOptions data = options.data();
    DataOptions.Opened files = data.open();
    Task.Understood labels =
        task.understand(
            DataOptions.limited(files.train(), data.trainLimit, options.training().seed));
    return new TextJob(
        options,
        data.name(),
        Suggestion.FILES,
        files,
        labels.labels(),
        List.of(files.columns(), labels.said()));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Suggestion suggestion() {
    return suggestion;
  }

  @Override
  public Labels labels() {
    return labels;
  }

  @Override
  public List<String> said() {
    List<String> said = new ArrayList<>();
    said.add(
        "%s to learn from, %s; %s"
            .formatted(
                Report.counted(train.size(), "example"),
                eval == null
                    ? "none to be judged by"
                    : String.format(Locale.ROOT, "%,d to be judged by", eval.size()),
                Task.describe(labels)));
    said.addAll(understood);
    if (eval != null) {
      said.addAll(options.metrics().said(labels, eval));
    }
    return said;
  }

  @Override
  public void describe(ObjectNode json) {
    json.put("train", train.source());
    json.put("train_examples", train.size());
    json.put("eval", eval == null ? null : eval.source());
    json.put("eval_examples", eval == null ? 0 : eval.size());
    ArrayNode lines = json.putArray("understood");
    understood.forEach(lines::add);
    json.put("problem_type", labels.problemType().huggingFaceName());
  }

  @Override
  public void open(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
    model = options.encoder().sequenceClassifier(options.command(), labels);
  }

  @Override
  public EncoderConfig config() {
    return model.config();
  }

  @Override
  public void baselines(Report report) {
    if (labels.problemType() == ProblemType.SINGLE_LABEL && eval != null) {
      report.baseline("commonest label", Baselines.majority(train, eval, labels));
    }
    if (options.data().train == null) {
      report.baseline("linear layer on the frozen encoder", frozen());
    }
  }

  private double frozen() {
    AtomicInteger done = new AtomicInteger();
    int all = train.size() + eval.size();
    try (Progress progress = new Progress()) {
      return Baselines.frozen(
          model.encoder(),
          tokenizer,
          train,
          eval,
          labels,
          options.training().seed,
          count ->
              progress.advanced("embedding with the encoder as it is", done.addAndGet(count), all));
    }
  }

  @Override
  public Trainer trainer() {
    SequenceClassification task = SequenceClassification.of(model, tokenizer).train(train);
    if (eval != null) {
      task.evaluate(eval, options.metrics().metrics(labels));
    }
    options.training().apply(options.command(), task);
    return Trainer.of(task);
  }

  @Override
  public void save(Path folder) {
    model.save(folder);
  }

  // ---- what came of it ----

  @Override
  public String judgedBy() {
    return eval == null ? null : Report.counted(eval.size(), "evaluation example");
  }

  @Override
  public void answers(Path folder, PrintWriter out) {
    try (TextClassification classify = Pipelines.textClassification(folder)) {
      eval.rows().stream().limit(Report.SHOWN).forEach(row -> answer(classify, row, out));
    }
  }

  private static void answer(TextClassification classify, Example row, PrintWriter out) {
    List<LabelScore> scores =
        row.secondText() == null
            ? classify.of(row.text())
            : classify.of(row.text(), row.secondText());
    String text = row.secondText() == null ? row.text() : row.text() + " | " + row.secondText();
    String answer =
        classify.labels().problemType() == ProblemType.MULTI_LABEL
            ? scores.stream().filter(score -> score.score() > 0.5f).toList().toString()
            : scores.get(0).toString();
    List<String> known = classify.labels().names();
    String truth =
        row.labels().isEmpty()
            ? "it has no label"
            : row.labels().stream()
                .map(label -> known.contains(whole(label)) ? whole(label) : label)
                .collect(Collectors.joining(", ", "it is ", ""));
    out.printf("  %s%n    %s (%s)%n", Report.shortened(text), answer, truth);
  }

  /** 1.0 is the class 1. */
  private static String whole(String label) {
    return LabelText.withoutFraction(label);
  }

  @Override
  public String moreArguments() {
    return model.trainedOnPairs() ? " --pair \"another\"" : "";
  }

  @Override
  public void close() {
    if (model != null) {
      model.close();
    }
  }
}
