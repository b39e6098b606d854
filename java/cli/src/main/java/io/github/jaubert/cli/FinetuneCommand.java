package io.github.jaubert.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.Encoder;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.ProblemType;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.cli.TrainingOptions.Suggestion;
import io.github.jaubert.demo.Baselines;
import io.github.jaubert.demo.MiniLm;
import io.github.jaubert.demo.WordNetGlosses;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.train.SequenceClassification;
import io.github.jaubert.train.Trainer;
import io.github.jaubert.train.TrainingResult;
import io.github.jaubert.train.data.TextDataset;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Fine-tunes an encoder: by default MiniLM on definitions of WordNet, otherwise what the options
 * name.
 */
@Command(
    name = "finetune",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    abbreviateSynopsis = true,
    description = {
      "Fine-tunes an encoder on labelled text and writes a Hugging Face folder.",
      "Without options, all-MiniLM-L6-v2 learns to tell what kind of thing a definition of WordNet"
          + " defines, one of 26; this takes about a minute on two cores.",
      "A run that was interrupted, by Ctrl-C or otherwise, goes on when the same command is given"
          + " again."
    },
    footer = {
      "",
      "Without --train the defaults are --epochs 1 --learning-rate 2e-4 --head-lr-scale 10."
    })
final class FinetuneCommand implements Callable<Integer> {
  @Option(
      names = "--model",
      paramLabel = "DIR",
      description =
          "A Hugging Face folder of a BERT or DistilBERT. Default: all-MiniLM-L6-v2, which comes with the command.")
  private Path model;

  @Option(
      names = "--new-head",
      description =
          "Begin with a new head even if the model has one; its labels may then have any names.")
  private boolean newHead;

  @Mixin private DataOptions data;

  @Option(
      names = "--task",
      paramLabel = "TASK",
      description = "${COMPLETION-CANDIDATES}; by default what the labels look like.")
  private Task task = Task.AUTO;

  @Mixin private MetricOptions metrics;

  @Mixin private TrainingOptions training;

  @Mixin private DeviceOptions device;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where to write the result. Default: a new folder in runs/.")
  private Path out;

  @Option(
      names = "--overwrite",
      description = "Begin anew, and in the end replace what is in the folder of --out.")
  private boolean overwrite;

  @Spec private CommandSpec spec;

  /** What to learn from what. */
  private record Job(
      String name,
      TextDataset train,
      TextDataset eval,
      Labels labels,
      List<String> understood,
      Suggestion suggestion) {}

  @Override
  public Integer call() {
    checkOptions();
    device.apply(spec.commandLine());
    ModelOption.check(spec.commandLine(), model);
    training.checkDevice(spec.commandLine(), Device.defaultDevice());
    Job job = data.train == null ? definitions() : files();
    if (job.eval() != null) {
      metrics.check(spec.commandLine(), job.labels());
    }
    try (OutputFolder output =
        out == null ? OutputFolder.free(job.name()) : OutputFolder.asked(out, overwrite)) {
      finetune(job, output);
    }
    return 0;
  }

  private void finetune(Job job, OutputFolder output) {
    PrintWriter say = spec.commandLine().getOut();
    say.println(Device.defaultDevice().description());
    say.printf(
        "%s to learn from, %s; %s%n",
        Report.counted(job.train().size(), "example"),
        job.eval() == null
            ? "none to be judged by"
            : String.format(Locale.ROOT, "%,d to be judged by", job.eval().size()),
        Task.describe(job.labels()));
    job.understood().forEach(say::println);
    if (job.eval() != null) {
      metrics.said(job.labels(), job.eval()).forEach(say::println);
    }

    Rng.seed(training.seed);
    try (Tokenizer tokenizer =
            model == null ? MiniLm.tokenizer() : Tokenizer.fromPretrained(model);
        SequenceClassifier classifier = classifier(job.labels())) {
      int longest = classifier.config().maxPositionEmbeddings();
      if (training.maxLength != null && training.maxLength > longest) {
        say.printf(
            "--max-length %d is more than the model takes: texts are cut to %d tokens%n",
            training.maxLength, longest);
      }
      Report report = new Report(say, job.eval());
      if (job.labels().problemType() == ProblemType.SINGLE_LABEL && job.eval() != null) {
        report.baseline(
            "commonest label", Baselines.majority(job.train(), job.eval(), job.labels()));
      }
      if (data.train == null) {
        report.baseline(
            "linear layer on the frozen encoder", frozen(classifier.encoder(), tokenizer, job));
      }
      Trainer trainer = trainer(classifier, tokenizer, job, output.run());
      TrainingResult result = StopOnSignal.during(spec.commandLine().getErr(), trainer::run);
      // Killed from here on, the same command finds a finished run and does this again.
      Path folder = output.folder();
      classifier.save(folder);
      output.moveLog();
      report.write(
          folder,
          spec.commandLine().getParseResult().originalArgs(),
          inputs(job),
          classifier,
          result);
      report.print(folder, result, classifier.trainedOnPairs());
      output.finish();
    }
  }

  /** Model and data, for whoever asks later what a folder is. */
  private ObjectNode inputs(Job job) {
    ObjectNode inputs = JsonFiles.object();
    inputs.put("model", model == null ? "all-MiniLM-L6-v2" : model.toString());
    inputs.put("new_head", newHead);
    inputs.put("train", job.train().source());
    inputs.put("train_examples", job.train().size());
    inputs.put("eval", job.eval() == null ? null : job.eval().source());
    inputs.put("eval_examples", job.eval() == null ? 0 : job.eval().size());
    ArrayNode understood = inputs.putArray("understood");
    job.understood().forEach(understood::add);
    return inputs;
  }

  private void checkOptions() {
    data.check(spec.commandLine());
    if (data.train != null
        && data.eval == null
        && (data.evalLimit != null
            || metrics.isGiven()
            || training.keepBest
            || training.patience != null)) {
      throw new ParameterException(
          spec.commandLine(),
          "--eval-limit, --metric, --positive, --keep-best and --patience need --eval");
    }
    if (overwrite && out == null) {
      throw new ParameterException(spec.commandLine(), "--overwrite needs --out");
    }
    training.settings(spec.commandLine(), Suggestion.FILES); // refuses what is out of range
    TrainingOptions.atLeast(spec.commandLine(), "--max-length", training.maxLength, 3);
  }

  private Job definitions() {
    WordNetGlosses glosses = WordNetGlosses.load();
    return new Job(
        "wordnet",
        DataOptions.limited(glosses.train(), data.trainLimit, training.seed),
        DataOptions.limited(glosses.test(), data.evalLimit, training.seed),
        Labels.of(WordNetGlosses.CATEGORIES),
        List.of(),
        Suggestion.DEFINITIONS);
  }

  private Job files() {
    DataOptions.Opened files = data.open();
    TextDataset train = DataOptions.limited(files.train(), data.trainLimit, training.seed);
    TextDataset eval =
        files.eval() == null
            ? null
            : DataOptions.limited(files.eval(), data.evalLimit, training.seed);
    Task.Understood labels = task.understand(train);
    String name =
        String.valueOf(data.train.toAbsolutePath().getParent().getFileName())
            + "-"
            + data.train.getFileName();
    return new Job(
        name.replaceAll("\\.[a-zA-Z]+$", "").replaceAll("[^\\w.-]", "_").toLowerCase(Locale.ROOT),
        train,
        eval,
        labels.labels(),
        List.of(files.columns(), labels.said()),
        Suggestion.FILES);
  }

  private SequenceClassifier classifier(Labels labels) {
    if (model == null) {
      return SequenceClassifier.of(MiniLm.encoder(), labels);
    }
    return !newHead && fitsHead(labels)
        ? SequenceClassifier.fromPretrained(model, labels)
        : SequenceClassifier.of(Encoder.fromPretrained(model), labels);
  }

  /** A head that was trained for something else is of no use here. */
  private boolean fitsHead(Labels labels) {
    int outputs = SequenceClassifier.headOutputs(model);
    boolean fits = outputs == 0 || outputs == labels.size();
    if (!fits) {
      spec.commandLine()
          .getOut()
          .printf("a new head, for that of %s has %s%n", model, Report.counted(outputs, "output"));
    }
    return fits;
  }

  private double frozen(Encoder encoder, Tokenizer tokenizer, Job job) {
    AtomicInteger done = new AtomicInteger();
    int all = job.train().size() + job.eval().size();
    try (Progress progress = new Progress()) {
      return Baselines.frozen(
          encoder,
          tokenizer,
          job.train(),
          job.eval(),
          job.labels(),
          training.seed,
          count ->
              progress.advanced("embedding with the encoder as it is", done.addAndGet(count), all));
    }
  }

  private Trainer trainer(SequenceClassifier classifier, Tokenizer tokenizer, Job job, Path run) {
    SequenceClassification task =
        SequenceClassification.of(classifier, tokenizer).train(job.train());
    if (job.eval() != null) {
      task.evaluate(job.eval(), metrics.metrics(job.labels()));
    }
    training.apply(spec.commandLine(), task);
    Trainer trainer =
        Trainer.of(task)
            .settings(training.settings(spec.commandLine(), job.suggestion()))
            .with(settings -> settings.precision(device.precision()))
            .listener(new Progress())
            .replaceOther(overwrite);
    training.checkpoints(trainer, run);
    return trainer;
  }
}
