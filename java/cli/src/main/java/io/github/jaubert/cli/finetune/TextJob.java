package io.github.jaubert.cli.finetune;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.ProblemType;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.pipeline.LabelScore;
import io.github.jaubert.bert.pipeline.Pipelines;
import io.github.jaubert.bert.pipeline.TextClassification;
import io.github.jaubert.cli.console.Figures;
import io.github.jaubert.cli.console.Progress;
import io.github.jaubert.cli.options.DataOptions;
import io.github.jaubert.cli.options.Task;
import io.github.jaubert.cli.options.TrainingOptions.Suggestion;
import io.github.jaubert.demo.Baselines;
import io.github.jaubert.demo.WordNetGlosses;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.train.Predictions;
import io.github.jaubert.train.SequenceClassification;
import io.github.jaubert.train.Trainer;
import io.github.jaubert.train.TrainingResult;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.LabelText;
import io.github.jaubert.train.data.TextDataset;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Whole texts, or pairs of them, and their labels. */
public final class TextJob extends ClassifierJob<SequenceClassifier> {
  private static final int MOST_AGAIN = 4000;

  private final String name;
  private final Suggestion suggestion;
  private final TextDataset train;
  private final TextDataset eval; // null if there is none
  private final List<String> understood;
  private SequenceClassification task; // null until there is a trainer
  private List<String> slices; // of each row to be judged by; null if none were asked for
  private SliceTable sliceTable; // null until it is trained, or without slices
  private ClassTables tables; // null until it is trained, or if there are no classes

  private TextJob(
      Options options,
      String name,
      Suggestion suggestion,
      TextDataset train,
      TextDataset eval,
      Labels labels,
      List<String> understood) {
    super(options, "example", labels, data(train), eval == null ? null : data(eval));
    this.name = name;
    this.suggestion = suggestion;
    this.train = train;
    this.eval = eval;
    this.understood = understood;
    if (eval != null) {
      options.metrics().check(options.command(), labels);
      String column = options.metrics().sliceColumn();
      slices = column == null ? null : options.data().column(eval, column);
    }
  }

  static Data data(TextDataset data) {
    return new Data(data.source(), data.size());
  }

  /** Definitions of WordNet, which come with the command. */
  public static TextJob definitions(Options options) {
    WordNetGlosses glosses = WordNetGlosses.load();
    return new TextJob(
        options,
        "wordnet",
        options.lora().isGiven() ? Suggestion.ADAPTED_DEFINITIONS : Suggestion.DEFINITIONS,
        train(options, glosses.train()),
        eval(options, glosses.test()),
        Labels.of(WordNetGlosses.CATEGORIES),
        List.of());
  }

  /** The files that the options name. */
  public static TextJob files(Options options, Task task) {
    DataOptions data = options.data();
    DataOptions.Opened files = data.open();
    TextDataset train = train(options, files.train());
    Task.Understood labels = task.understand(train);
    return new TextJob(
        options,
        data.name(),
        Suggestion.FILES,
        train,
        eval(options, files.eval()),
        labels.labels(),
        List.of(files.columns(), labels.said()));
  }

  static TextDataset train(Options options, TextDataset data) {
    return options
        .data()
        .few(
            DataOptions.limited(data, options.data().trainLimit, options.training().seed),
            options.training().seed);
  }

  static TextDataset eval(Options options, TextDataset data) {
    return data == null
        ? null
        : DataOptions.limited(data, options.data().evalLimit, options.training().seed);
  }

  /** Those of a file: the definitions that come with the command are known. */
  @Override
  public TextDataset learnt() {
    return options().data().train() == null ? null : train;
  }

  @Override
  public TextDataset judged() {
    return eval;
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
  SequenceClassifier newModel() {
    return options()
        .encoder()
        .classifier(
            options().command(),
            labels(),
            SequenceClassifier::headOutputs,
            SequenceClassifier::fromPretrained,
            SequenceClassifier::of);
  }

  @Override
  SequenceClassifier loadTeacher() {
    return options()
        .teacher()
        .open(
            labels(),
            SequenceClassifier::headOutputs,
            SequenceClassifier::fromPretrained,
            folder -> SequenceClassifier.fromPretrained(folder, labels()));
  }

  @Override
  String predicted() {
    return Task.describe(labels());
  }

  @Override
  List<String> understood() {
    return understood;
  }

  @Override
  public List<String> said() {
    List<String> said = super.said();
    if (eval != null) {
      said.addAll(options().metrics().said(labels(), eval));
    }
    return said;
  }

  @Override
  public void describe(ObjectNode json) {
    super.describe(json);
    json.put("problem_type", labels().problemType().huggingFaceName());
    if (tables != null) {
      tables.describe(json);
    }
    if (sliceTable != null) {
      sliceTable.describe(json);
    }
  }

  @Override
  public void baselines(Report report) {
    if (labels().problemType() == ProblemType.SINGLE_LABEL && eval != null) {
      report.baseline("commonest label", Baselines.majority(train, eval, labels()));
    }
    if (options().data().train() == null) {
      report.baseline("linear layer on the frozen encoder", frozen());
    }
  }

  private double frozen() {
    AtomicInteger done = new AtomicInteger();
    int all = train.size() + eval.size();
    try (Progress progress = new Progress()) {
      return Baselines.frozen(
          model().encoder(),
          tokenizer(),
          train,
          eval,
          labels(),
          options().training().seed,
          count ->
              progress.advanced("embedding with the encoder as it is", done.addAndGet(count), all));
    }
  }

  @Override
  public Trainer trainer() {
    task = SequenceClassification.of(model(), tokenizer()).train(train);
    if (eval != null) {
      task.evaluate(eval, options().metrics().metrics(labels()));
    }
    options().longTexts().apply(task);
    options().training().apply(options().command(), task);
    return trainer(task);
  }

  // ---- what came of it ----

  @Override
  public TrainingResult trained(TrainingResult result) {
    if (eval != null && labels().problemType() != ProblemType.REGRESSION) {
      tables = ClassTables.of(task.predictions(result), options().metrics());
      model().thresholds(tables.thresholds().byLabel());
      if (slices != null) {
        sliceTable =
            SliceTable.of(
                options().metrics().sliceColumn(),
                slices,
                task.predictions(result).judgements(model().thresholds()),
                eval,
                labels(),
                options().training().seed);
      }
    }
    return result;
  }

  @Override
  public Map<String, Long> labelCounts() {
    if (labels().problemType() == ProblemType.REGRESSION) {
      return Map.of();
    }
    return train.rows().stream()
        .flatMap(row -> row.labels().stream())
        .collect(
            Collectors.groupingBy(Function.identity(), LinkedHashMap::new, Collectors.counting()));
  }

  @Override
  public void find(Findings findings, TrainingResult result) {
    boolean isScore = labels().problemType() == ProblemType.REGRESSION;
    if (eval != null) {
      findings.errors(
          task.judgements(result), isScore ? "error" : "probability", row -> row(eval, row));
    }
    if (isScore) {
      return;
    }
    if (eval != null) {
      findings.calibration(task.predictions(result).calibration(Findings.bins()));
    }
    int[] rows = IntStream.range(0, train.size()).toArray();
    Rng.of(options().training().seed).shuffle(rows);
    int[] again = Arrays.copyOf(rows, learntAgain(result));
    Predictions learnt = task.predictionsOfLearnt(again);
    findings.highLoss(
        learnt.judgements(model().thresholds()), learnt.losses(), row -> row(train, again[row]));
  }

  /**
   * How many examples of those that were learnt from are looked at again: reading one costs a third
   * of learning from it, so this is less than a tenth of the run.
   */
  private int learntAgain(TrainingResult result) {
    long learnt = (long) train.size() * (int) result.settings().get("epochs");
    return (int) Math.min(train.size(), Math.min(MOST_AGAIN, Math.max(1, learnt / 4)));
  }

  private static Findings.Row row(TextDataset data, int number) {
    Example row = data.rows().get(number);
    return Findings.row(data.origin(), row.line(), row.text(), row.secondText(), row.labels());
  }

  @Override
  public void tables(PrintWriter out) {
    if (tables != null) {
      tables.print(out);
    }
    if (sliceTable != null) {
      sliceTable.print(out);
    }
  }

  @Override
  public void answers(Path folder, PrintWriter out) {
    try (TextClassification classify = Pipelines.textClassification(folder)) {
      eval.rows().stream().limit(Figures.SHOWN).forEach(row -> answer(classify, row, out));
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
            ? classify.holding(scores).toString()
            : classify.holding(scores).get(0).toString();
    List<String> known = classify.labels().names();
    String truth =
        row.labels().isEmpty()
            ? "it has no label"
            : row.labels().stream()
                .map(label -> known.contains(whole(label)) ? whole(label) : label)
                .collect(Collectors.joining(", ", "it is ", ""));
    out.printf("  %s%n    %s (%s)%n", Figures.shortened(text), answer, truth);
  }

  /** 1.0 is the class 1. */
  private static String whole(String label) {
    return LabelText.withoutFraction(label);
  }

  @Override
  public String moreArguments() {
    return model().trainedOnPairs() ? " --pair \"another\"" : "";
  }
}
