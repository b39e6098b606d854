package io.github.jaubert.cli.finetune;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.ProblemType;
import io.github.jaubert.bert.SentenceClassifier;
import io.github.jaubert.bert.SentenceEncoder;
import io.github.jaubert.bert.pipeline.LabelScore;
import io.github.jaubert.bert.pipeline.Pipelines;
import io.github.jaubert.bert.pipeline.SentenceClassification;
import io.github.jaubert.cli.console.Figures;
import io.github.jaubert.cli.options.DataOptions;
import io.github.jaubert.cli.options.LoraOptions;
import io.github.jaubert.cli.options.Task;
import io.github.jaubert.cli.options.TrainingOptions.Suggestion;
import io.github.jaubert.demo.Baselines;
import io.github.jaubert.train.EmbeddingTraining;
import io.github.jaubert.train.Predictions;
import io.github.jaubert.train.SetFit;
import io.github.jaubert.train.Trainer;
import io.github.jaubert.train.TrainingResult;
import io.github.jaubert.train.TrainingSettings;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.TextDataset;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.ParameterException;

/** A few examples of each label, pairs of which teach an encoder of sentences; then a head. */
public final class SetFitJob extends HeadJob<SentenceEncoder> {
  /** As the paper's code has it. */
  private static final int BATCH = 16;

  /** Pairs are read once, or until there are as many steps as of 8 examples of 2 labels there. */
  private static final int LEAST_STEPS = 40;

  private final TextDataset train;
  private final TextDataset eval; // null if there is none
  private final List<String> understood;
  private SetFit task; // null until there is a trainer
  private SentenceClassifier classifier; // null until it is trained
  private ClassTables tables;

  private SetFitJob(
      Options options,
      TextDataset train,
      TextDataset eval,
      Labels labels,
      List<String> understood) {
    super(
        options, "example", labels, TextJob.data(train), eval == null ? null : TextJob.data(eval));
    this.train = train;
    this.eval = eval;
    this.understood = understood;
    if (labels.problemType() == ProblemType.REGRESSION) {
      throw new ParameterException(
          options.command(), "--task setfit is for labels, and these are scores");
    }
    if (eval != null) {
      options.metrics().check(options.command(), labels);
    }
  }

  /** The files that the options name. */
  public static SetFitJob files(Options options) {
    DataOptions.Opened files = options.data().open();
    Task.Understood labels = Task.AUTO.understand(files.train());
    return new SetFitJob(
        options,
        TextJob.train(options, files.train()),
        TextJob.eval(options, files.eval()),
        labels.labels(),
        List.of(files.columns(), labels.said()));
  }

  @Override
  public TextDataset learnt() {
    return train;
  }

  @Override
  public TextDataset judged() {
    return eval;
  }

  @Override
  public String name() {
    return options().data().name();
  }

  @Override
  public Suggestion suggestion() {
    int pairs = task == null ? LEAST_STEPS * BATCH : task.pairs();
    int epochs = (LEAST_STEPS * BATCH + pairs - 1) / pairs;
    return new Suggestion(TrainingSettings.defaults().epochs(epochs).batchSize(BATCH), 1);
  }

  @Override
  SentenceEncoder newModel() {
    return options().encoder().sentenceEncoder(null);
  }

  @Override
  String predicted() {
    return Task.describe(labels()) + ", by SetFit";
  }

  @Override
  List<String> understood() {
    return understood;
  }

  @Override
  public void describe(ObjectNode json) {
    json.put("task", "setfit");
    super.describe(json);
    json.put("problem_type", labels().problemType().huggingFaceName());
    if (tables != null) {
      tables.describe(json);
    }
  }

  @Override
  public void baselines(Report report) {
    if (labels().problemType() == ProblemType.SINGLE_LABEL && eval != null) {
      report.baseline("commonest label", Baselines.majority(train, eval, labels()));
    }
  }

  @Override
  public Trainer trainer() {
    task = SetFit.of(model(), tokenizer(), labels()).train(train).seed(options().training().seed);
    options().setFit().apply(task);
    if (options().training().maxLength != null) {
      task.maxLength(options().training().maxLength);
    }
    EmbeddingTraining pairs = task.contrastive();
    return Trainer.of(pairs);
  }

  @Override
  public TrainingResult trained(TrainingResult result) {
    classifier = task.fitHead();
    if (eval == null) {
      return result;
    }
    Predictions predictions = task.predictions(classifier, eval);
    tables = ClassTables.of(predictions, options().metrics());
    Map<String, Double> metrics = new LinkedHashMap<>();
    options()
        .metrics()
        .named(labels())
        .forEach(metric -> metrics.put(metric.name(), predictions.measure(metric)));
    return result.withMetrics(metrics);
  }

  @Override
  public void save(Path folder) {
    classifier.save(folder);
    LoraOptions.removeOld(folder);
  }

  // ---- what came of it ----

  @Override
  public void tables(PrintWriter out) {
    tables.print(out);
  }

  @Override
  public void answers(Path folder, PrintWriter out) {
    try (SentenceClassification classify = Pipelines.sentenceClassification(folder)) {
      for (Example row : eval.rows().subList(0, Math.min(Figures.SHOWN, eval.size()))) {
        List<LabelScore> scores = classify.of(row.text());
        boolean several = labels().problemType() == ProblemType.MULTI_LABEL;
        out.printf(
            "  %s%n    %s (it is %s)%n",
            Figures.shortened(row.text()),
            several
                ? scores.stream().filter(score -> score.score() > 0.5f).toList()
                : scores.get(0),
            row.labels().isEmpty() ? "none" : String.join(", ", row.labels()));
      }
    }
  }
}
