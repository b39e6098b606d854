package io.github.jaubert.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.cli.console.Figures;
import io.github.jaubert.cli.console.Program;
import io.github.jaubert.cli.console.Progress;
import io.github.jaubert.cli.console.StopOnSignal;
import io.github.jaubert.cli.finetune.Findings;
import io.github.jaubert.cli.finetune.Report;
import io.github.jaubert.cli.options.CorpusOptions;
import io.github.jaubert.cli.options.DeviceOptions;
import io.github.jaubert.cli.options.NewEncoderOptions;
import io.github.jaubert.cli.options.OutputFolder;
import io.github.jaubert.cli.options.OutputOptions;
import io.github.jaubert.cli.options.Recipe;
import io.github.jaubert.cli.options.RunOptions;
import io.github.jaubert.cli.pretrain.ElectraJob;
import io.github.jaubert.cli.pretrain.FilledTexts;
import io.github.jaubert.cli.pretrain.MaskedJob;
import io.github.jaubert.cli.pretrain.PretrainingJob;
import io.github.jaubert.measure.card.CardDetails;
import io.github.jaubert.measure.card.ModelCard;
import io.github.jaubert.measure.card.PowerMeter;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.train.LogEntry;
import io.github.jaubert.train.Trainer;
import io.github.jaubert.train.TrainingResult;
import io.github.jaubert.train.TrainingSettings;
import io.github.jaubert.train.corpus.Corpus;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Pre-trains an encoder on text without labels. */
@Command(
    name = "pretrain",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    abbreviateSynopsis = true,
    description = {
      "Pre-trains an encoder on text: it learns to tell masked tokens, or replaced ones. Writes a"
          + " Hugging Face folder that finetune, fill-mask and transformers load.",
      "Without options: a small BERT from nothing on WordNet's definitions, in a few minutes.",
      "A run that was interrupted goes on when the same command is given again."
    })
final class PretrainCommand implements Callable<Integer> {
  @Mixin private CorpusOptions text;

  @Mixin private NewEncoderOptions encoder;

  @Mixin private RunOptions run;

  @Mixin private DeviceOptions device;

  @Mixin private OutputOptions output;

  @Mixin private ConfigFile config;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    checkOptions();
    device.apply(spec.commandLine());
    run.checkDevice(spec.commandLine(), Device.defaultDevice());
    try (OutputFolder folder = output.open(text.name())) {
      pretrain(folder);
    } finally {
      encoder.close();
    }
    return 0;
  }

  private void pretrain(OutputFolder to) {
    PrintWriter say = spec.commandLine().getOut();
    say.println(Device.defaultDevice().description());
    Corpus train = text.train();
    Corpus eval = text.eval();
    Rng.seed(run.seed);
    encoder.addTokens(spec.commandLine());
    try (Tokenizer tokenizer = encoder.tokenizer(train);
        PretrainingJob job = job(tokenizer)) {
      say.printf(
          Locale.ROOT,
          "%s; %s, %,d parameters, a vocabulary of %,d tokens%n",
          train.source(),
          job.name(),
          job.model().parameterCount(),
          tokenizer.vocabularySize());
      text.apply(job.text(), train, eval, run.seed, encoder.recipe().maskRate());
      DType precision = device.forTraining(say);
      Trainer trainer =
          job.trainer()
              .settings(settings())
              .with(s -> s.precision(precision))
              .listener(new Progress())
              .replaceOther(output.overwrite());
      run.keep(trainer, to.run());
      PowerMeter power = new PowerMeter();
      TrainingResult result = StopOnSignal.during(spec.commandLine().getErr(), trainer::run);
      Path folder = to.folder();
      job.save(folder);
      to.moveLogs();
      write(folder, train, eval, job, result, power);
      ConfigFile.write(spec.commandLine(), folder, result.settings());
      new Findings().write(folder);
      ModelCard.write(folder, CardDetails.none());
      print(folder, job, result, eval == null ? train : eval, tokenizer.token(tokenizer.maskId()));
      to.finish();
    }
  }

  private PretrainingJob job(Tokenizer tokenizer) {
    return text.objective() == CorpusOptions.Objective.ELECTRA
        ? ElectraJob.of(encoder, text.maxLength(), tokenizer)
        : MaskedJob.of(encoder, text, tokenizer);
  }

  /** What was given over what suits pre-training. */
  private TrainingSettings settings() {
    TrainingSettings suggested =
        TrainingSettings.defaults().batchTokens(4096).evaluateAtStart(text.isJudged());
    suggested = encoder.isNew() ? encoder.recipe().settings(suggested) : suggested.epochs(1);
    return run.over(spec.commandLine(), suggested).settings();
  }

  private void checkOptions() {
    text.check(spec.commandLine());
    encoder.check(spec.commandLine());
    output.check(spec.commandLine());
    if (text.pairs() != null && encoder.recipe() != Recipe.BERT) {
      throw new ParameterException(
          spec.commandLine(),
          "--pairs is for --recipe bert; ModernBERT has nothing to tell pairs by");
    }
    if (text.objective() == CorpusOptions.Objective.ELECTRA) {
      if (encoder.addsTokens()) {
        throw new ParameterException(
            spec.commandLine(), "--add-tokens is for --objective mlm; a generator has its own");
      }
      ElectraJob.check(spec.commandLine(), encoder);
    }
    if (!text.isJudged() && (run.keepBest || run.patience != null)) {
      throw new ParameterException(
          spec.commandLine(), "--keep-best and --patience need --eval or --held-out");
    }
    settings(); // refuses what is out of range
  }

  // ---- what came of it ----

  private void write(
      Path folder,
      Corpus train,
      Corpus eval,
      PretrainingJob job,
      TrainingResult result,
      PowerMeter power) {
    ObjectNode json = Report.begin(spec.commandLine().getParseResult().originalArgs());
    json.put("model", job.name());
    json.put("parameters", job.model().parameterCount());
    json.put("train", train.source());
    json.put("eval", eval == null ? null : eval.source());
    json.set("settings", new ObjectMapper().valueToTree(result.settings()));
    Report.figures(json, result, power);
    ObjectNode before = json.putObject("before");
    atStart(result).forEach(before::put);
    ObjectNode metrics = json.putObject("evaluation");
    result.metrics().forEach(metrics::put);
    AtomicFile.write(folder.resolve("run.json"), JsonFiles.format(json));
  }

  /** What was measured before the first step. */
  private static Map<String, Double> atStart(TrainingResult result) {
    return result.history().stream()
        .filter(entry -> entry.kind() == LogEntry.Kind.EVALUATION && entry.step() == 0)
        .findFirst()
        .map(LogEntry::values)
        .orElse(Map.of());
  }

  private void print(
      Path folder, PretrainingJob job, TrainingResult result, Corpus judged, String mask) {
    PrintWriter say = spec.commandLine().getOut();
    say.println();
    if (!result.metrics().isEmpty()) {
      Map<String, Double> before = atStart(result);
      int width = result.metrics().keySet().stream().mapToInt(String::length).max().orElseThrow();
      result
          .metrics()
          .forEach(
              (name, value) ->
                  say.printf(
                      Locale.ROOT,
                      "  %-" + width + "s %10.3f before %10.3f after%n",
                      name,
                      before.getOrDefault(name, Double.NaN),
                      value));
      say.println();
      new FilledTexts(job.filling(folder), say).print(judged, text.heldOut());
    }
    Figures.speed(say, result);
    say.printf("wrote %s; try: %s %s%n", folder, Program.command(), job.use(folder, mask));
  }
}
