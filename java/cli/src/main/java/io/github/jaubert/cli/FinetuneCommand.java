package io.github.jaubert.cli;

import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.cli.console.Progress;
import io.github.jaubert.cli.console.StopOnSignal;
import io.github.jaubert.cli.finetune.ChoiceJob;
import io.github.jaubert.cli.finetune.DataNotices;
import io.github.jaubert.cli.finetune.DryRun;
import io.github.jaubert.cli.finetune.EmbeddingJob;
import io.github.jaubert.cli.finetune.Findings;
import io.github.jaubert.cli.finetune.Job;
import io.github.jaubert.cli.finetune.MultiVectorJob;
import io.github.jaubert.cli.finetune.QuestionJob;
import io.github.jaubert.cli.finetune.RankingJob;
import io.github.jaubert.cli.finetune.Report;
import io.github.jaubert.cli.finetune.SetFitJob;
import io.github.jaubert.cli.finetune.TextJob;
import io.github.jaubert.cli.finetune.TokenJob;
import io.github.jaubert.cli.options.ChoiceOptions;
import io.github.jaubert.cli.options.DataOptions;
import io.github.jaubert.cli.options.DeviceOptions;
import io.github.jaubert.cli.options.EmbeddingOptions;
import io.github.jaubert.cli.options.EncoderOptions;
import io.github.jaubert.cli.options.LongTextOptions;
import io.github.jaubert.cli.options.LoraOptions;
import io.github.jaubert.cli.options.MetricOptions;
import io.github.jaubert.cli.options.MultiVectorOptions;
import io.github.jaubert.cli.options.OutputFolder;
import io.github.jaubert.cli.options.OutputOptions;
import io.github.jaubert.cli.options.QuestionOptions;
import io.github.jaubert.cli.options.RankingOptions;
import io.github.jaubert.cli.options.SetFitOptions;
import io.github.jaubert.cli.options.TagOptions;
import io.github.jaubert.cli.options.Task;
import io.github.jaubert.cli.options.TeacherOptions;
import io.github.jaubert.cli.options.TrainingOptions;
import io.github.jaubert.cli.options.TrainingOptions.Suggestion;
import io.github.jaubert.cli.repeat.FoldRuns;
import io.github.jaubert.cli.repeat.RepeatOptions;
import io.github.jaubert.cli.repeat.SeedRuns;
import io.github.jaubert.measure.card.CardDetails;
import io.github.jaubert.measure.card.ModelCard;
import io.github.jaubert.measure.card.PowerMeter;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.train.Trainer;
import io.github.jaubert.train.TrainingResult;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
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
  @Mixin private EncoderOptions encoder;

  @Mixin private DataOptions data;

  @Option(
      names = "--task",
      paramLabel = "TASK",
      description =
          "${COMPLETION-CANDIDATES}; by default what the labels look like. TOKENS is for a tag of"
              + " each word, QA for questions about contexts, EMBEDDINGS for vectors"
              + " of sentences, RERANK for the order of a query's passages, COLBERT for late"
              + " interaction, CHOICE for multiple choice, SETFIT for labels from a few examples of"
              + " each.")
  private Task task = Task.AUTO;

  @Mixin private TagOptions tags;

  @Mixin private QuestionOptions questions;

  @Mixin private EmbeddingOptions embeddings;

  @Mixin private SetFitOptions setFit;
  @Mixin private RankingOptions ranking;

  @Mixin private MultiVectorOptions multiVector;

  @Mixin private ChoiceOptions choices;

  @Mixin private MetricOptions metrics;

  @Mixin private TeacherOptions teacher;

  @Mixin private LoraOptions lora;

  @Mixin private LongTextOptions longTexts;

  @Mixin private TrainingOptions training;

  @Mixin private RepeatOptions repeat;

  @Mixin private DeviceOptions device;

  @Mixin private DataNotices notices;

  @Mixin private OutputOptions output;

  @Mixin private ConfigFile config;

  @Option(
      names = "--dry-run",
      description =
          "Tell in a few lines what would be trained: examples, labels, lengths, steps, time and"
              + " memory, by a few steps that are taken. Nothing is written.")
  private boolean dryRun;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    repeat.check(spec.commandLine(), data, task, output);
    if (repeat.isGiven()) {
      if (dryRun) {
        throw new ParameterException(
            spec.commandLine(), "--dry-run is of one run, without --seeds and --folds");
      }
      return repeated();
    }
    checkOptions();
    device.apply(spec.commandLine());
    encoder.check(spec.commandLine());
    teacher.check(spec.commandLine());
    lora.check(spec.commandLine(), encoder.folder());
    if (encoder.addsTokens() && lora.isGiven()) {
      throw new ParameterException(
          spec.commandLine(), "--add-tokens: an adapter (--lora-rank) has no embeddings for them");
    }
    training.checkDevice(spec.commandLine(), Device.defaultDevice());
    if (dryRun) {
      try (Job job = job()) {
        finetune(job, null);
      }
      return 0;
    }
    try (Job job = job();
        OutputFolder folder = output.open(job.name())) {
      finetune(job, folder);
    } finally {
      encoder.close();
    }
    return 0;
  }

  /** Several runs, each of them this command again. */
  private int repeated() {
    CommandLine command = spec.commandLine();
    data.check(command);
    RepeatOptions.checkSettings(command, training);
    List<String> words = repeat.words(command);
    Path to = output.folder(repeat.usualFolder(data));
    return repeat.isFolds()
        ? new FoldRuns(command, data, task, to, words, training.seed, repeat.keepModels())
            .run(repeat.folds())
        : new SeedRuns(command, to, words, repeat.keepModels())
            .run(RepeatOptions.seeds(training.seed, repeat.seeds()));
  }

  private Job job() {
    Job.Options options =
        new Job.Options(
            spec.commandLine(),
            encoder,
            data,
            metrics,
            tags,
            questions,
            embeddings,
            setFit,
            ranking,
            multiVector,
            choices,
            teacher,
            lora,
            longTexts,
            training);
    if (data.train() == null) {
      return TextJob.definitions(options);
    }
    return switch (task) {
      case TOKENS -> TokenJob.files(options);
      case QA -> QuestionJob.files(options);
      case EMBEDDINGS -> EmbeddingJob.files(options);
      case SETFIT -> SetFitJob.files(options);
      case RERANK -> RankingJob.files(options);
      case COLBERT -> MultiVectorJob.files(options);
      case CHOICE -> ChoiceJob.files(options);
      default -> TextJob.files(options, task);
    };
  }

  /**
   * Trains.
   *
   * @param to null if nothing is to be written
   */
  private void finetune(Job job, OutputFolder to) {
    PrintWriter say = spec.commandLine().getOut();
    say.println(Device.defaultDevice().description());
    job.said().forEach(say::println);
    List<String> measured = notices.say(spec.commandLine(), job, say);
    Rng.seed(training.seed);
    encoder.addTokens(spec.commandLine());
    try (Tokenizer tokenizer = encoder.tokenizer()) {
      job.open(tokenizer);
      int longest = job.config().maxPositionEmbeddings();
      if (training.maxLength != null && training.maxLength > longest) {
        say.printf(
            "--max-length %d is more than the model takes: texts are cut to %d tokens%n",
            training.maxLength, longest);
      }
      if (to == null) {
        DryRun dry = new DryRun(say);
        StopOnSignal.during(
            spec.commandLine().getErr(),
            () -> {
              dry.of(trainer(job), job.labelCounts());
              return null;
            });
        return;
      }
      Report report = new Report(say);
      job.baselines(report);
      Trainer trainer = trainer(job).listener(new Progress()).replaceOther(output.overwrite());
      training.keep(trainer, to.run());
      PowerMeter power = new PowerMeter();
      TrainingResult result =
          job.trained(StopOnSignal.during(spec.commandLine().getErr(), trainer::run));
      Findings findings = new Findings();
      job.find(findings, result);
      // Killed from here on, the same command finds a finished run and does this again.
      Path folder = to.folder();
      job.save(folder);
      to.moveLogs();
      report.write(
          folder,
          spec.commandLine().getParseResult().originalArgs(),
          encoder,
          job,
          result,
          power,
          measured);
      ConfigFile.write(spec.commandLine(), folder, result.settings());
      findings.write(folder);
      ModelCard.write(folder, CardDetails.none());
      report.print(folder, result, job);
      to.finish();
    }
  }

  private Trainer trainer(Job job) {
    DType precision = device.forTraining(spec.commandLine().getOut());
    return job.trainer()
        .settings(training.settings(spec.commandLine(), job.suggestion()))
        .with(settings -> settings.precision(precision));
  }

  private void checkOptions() {
    data.check(spec.commandLine());
    data.split.check(spec.commandLine(), data, task);
    data.checkCache(spec.commandLine(), task);
    TagOptions.check(spec.commandLine(), task, data.format);
    QuestionOptions.check(spec.commandLine(), task, data.format);
    if ((task == Task.QA || task == Task.EMBEDDINGS) && teacher.isGiven()) {
      throw new ParameterException(
          spec.commandLine(),
          "--teacher is for heads with labels, not for --task "
              + task.name().toLowerCase(Locale.ROOT));
    }
    embeddings.check(spec.commandLine(), task, data);
    ranking.check(spec.commandLine(), task);
    multiVector.check(spec.commandLine(), task, training);
    ChoiceOptions.check(spec.commandLine(), task);
    longTexts.check(spec.commandLine(), task);
    if (data.train() != null
        && !data.isJudged()
        && (data.evalLimit != null
            || metrics.isGiven()
            || training.keepBest
            || training.patience != null)) {
      throw new ParameterException(
          spec.commandLine(),
          "--eval-limit, --metric, --positive, --keep-best and --patience need --eval or --eval-share");
    }
    setFit.check(spec.commandLine(), task);
    metrics.checkThresholds(spec.commandLine(), data);
    metrics.checkSlices(spec.commandLine(), data, task);
    output.check(spec.commandLine());
    training.settings(spec.commandLine(), Suggestion.FILES); // refuses what is out of range
    TrainingOptions.atLeast(spec.commandLine(), "--max-length", training.maxLength, 3);
  }
}
