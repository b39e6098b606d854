package io.github.jaubert.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.MultiVectorEncoder;
import io.github.jaubert.bert.MultipleChoiceModel;
import io.github.jaubert.bert.QuestionAnswerer;
import io.github.jaubert.bert.SentenceClassifier;
import io.github.jaubert.bert.SentenceEncoder;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.TokenClassifier;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.cli.console.Figures;
import io.github.jaubert.cli.console.Progress;
import io.github.jaubert.cli.evaluate.FiguresJudge;
import io.github.jaubert.cli.evaluate.Judge;
import io.github.jaubert.cli.evaluate.JudgeOptions;
import io.github.jaubert.cli.evaluate.QuestionJudge;
import io.github.jaubert.cli.evaluate.SetFitJudge;
import io.github.jaubert.cli.evaluate.TextJudge;
import io.github.jaubert.cli.evaluate.TokenJudge;
import io.github.jaubert.cli.options.ChoiceOptions;
import io.github.jaubert.cli.options.DataOptions;
import io.github.jaubert.cli.options.DeviceOptions;
import io.github.jaubert.cli.options.EmbeddingOptions;
import io.github.jaubert.cli.options.MetricOptions;
import io.github.jaubert.cli.options.ModelOption;
import io.github.jaubert.cli.options.QuestionOptions;
import io.github.jaubert.cli.options.RankingOptions;
import io.github.jaubert.cli.options.TagOptions;
import io.github.jaubert.cli.options.Task;
import io.github.jaubert.cli.options.TrainingOptions;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.train.Judgement;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Judges a fine-tuned model by labelled data, as finetune does at its end. */
@Command(
    name = "evaluate",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    abbreviateSynopsis = true,
    modelTransformer = JudgeOptions.class,
    description = {
      "Judges a fine-tuned model by labelled data: the figures that finetune prints, a table by class"
          + " and the confusion matrix. The task is that of the model.",
      "Labels are matched by name; data may also number the labels of a model from 0."
    })
final class EvaluateCommand implements Callable<Integer> {
  @Option(
      names = "--model",
      paramLabel = "MODEL",
      required = true,
      description =
          "Required: a Hugging Face folder, or a name on the Hub, of a fine-tuned encoder, such as"
              + " finetune writes.")
  private Path model;

  @Mixin private DataOptions data;

  @Option(
      names = "--errors",
      paramLabel = "FILE",
      description =
          "Write the rows that were answered wrongly, with all their columns, the prediction and its"
              + " score, the surest first: .tsv, .csv or .jsonl; tagged words as they were read. Of"
              + " scores all rows, the farthest off first.")
  private Path errors;

  @Option(
      names = "--predictions",
      paramLabel = "FILE",
      description = "Write all rows so, in their order.")
  private Path predictions;

  @Option(names = "--json", description = "Print all figures as one JSON object.")
  private boolean json;

  @Mixin private MetricOptions metrics;

  @Mixin private TagOptions tags;

  @Mixin private QuestionOptions questions;

  @Mixin private EmbeddingOptions embeddings;

  @Mixin private RankingOptions ranking;

  @Mixin private ChoiceOptions choices;

  @Option(
      names = "--max-length",
      paramLabel = "N",
      description =
          "Tokens that a text or pair is cut to. Default: what the folder says; of a window of a"
              + " context at most 384.")
  private Integer maxLength;

  @Mixin private DeviceOptions device;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    data.check(spec.commandLine());
    TrainingOptions.atLeast(spec.commandLine(), "--max-length", maxLength, 3);
    model = ModelOption.folder(spec.commandLine(), "--model", model);
    device.apply(spec.commandLine());
    Task task = task();
    JudgeOptions.check(spec.commandLine(), task, model);
    try (Judge judge = judge(task)) {
      judge.open();
      checkFiles(judge);
      evaluate(judge);
    }
    return 0;
  }

  /** What the model in the folder is for; AUTO for whole texts. */
  private Task task() {
    if (QuestionAnswerer.isIn(model)) {
      return Task.QA;
    }
    if (SequenceClassifier.isCrossEncoder(model)) {
      return Task.RERANK;
    }
    if (MultiVectorEncoder.isIn(model)) {
      return Task.COLBERT;
    }
    if (MultipleChoiceModel.isIn(model)) {
      return Task.CHOICE;
    }
    if (SentenceClassifier.isIn(model)) {
      return Task.SETFIT;
    }
    if (SentenceEncoder.isIn(model)) {
      return Task.EMBEDDINGS;
    }
    return TokenClassifier.isIn(model) ? Task.TOKENS : Task.AUTO;
  }

  private Judge judge(Task task) {
    Judge.Options options =
        new Judge.Options(
            spec.commandLine(),
            model,
            data,
            metrics,
            tags,
            questions,
            embeddings,
            ranking,
            choices,
            maxLength);
    return switch (task) {
      case QA -> new QuestionJudge(options);
      case RERANK -> FiguresJudge.ranking(options);
      case CHOICE -> FiguresJudge.choices(options);
      case COLBERT -> FiguresJudge.multiVector(options);
      case EMBEDDINGS -> FiguresJudge.embeddings(options);
      case TOKENS -> new TokenJudge(options);
      case SETFIT -> new SetFitJudge(options);
      default -> new TextJudge(options);
    };
  }

  private void checkFiles(Judge judge) {
    checkFile(judge, "--errors", errors);
    checkFile(judge, "--predictions", predictions);
    if (errors != null && errors.equals(predictions)) {
      throw new ParameterException(
          spec.commandLine(), "--errors and --predictions are the same file");
    }
  }

  private void checkFile(Judge judge, String option, Path to) {
    if (to == null) {
      return;
    }
    if (!data.train().canBeReadAgain()) {
      throw new ParameterException(
          spec.commandLine(), option + " needs a --data file that can be read again");
    }
    Path file = to.toAbsolutePath().normalize();
    if (data.train().files().stream()
        .anyMatch(one -> one.toAbsolutePath().normalize().equals(file))) {
      throw new ParameterException(
          spec.commandLine(), "%s %s: is the file of --data".formatted(option, to));
    }
    judge.checkWritable(option, to);
  }

  private void evaluate(Judge judge) {
    PrintWriter say = spec.commandLine().getOut();
    if (!json) {
      say.println(Device.defaultDevice().description());
      judge.understood().forEach(say::println);
    }
    Map<String, Double> measured =
        judge.evaluate(
            trainer ->
                trainer
                    .with(settings -> settings.precision(device.forAnswers()))
                    .listener(new Progress()));
    if (json) {
      say.println(json(judge, measured));
    } else {
      say.printf("%nOn %s of %s:%n", judge.counted(), data.train());
      measured.forEach((name, value) -> Figures.print(say, name, value));
      judge.tables(say);
    }
    if (predictions != null) {
      judge.write(predictions, judge.judgements());
      said("wrote the predictions to " + predictions);
    }
    if (errors != null) {
      List<Judgement> wrong = wrong(judge);
      judge.write(errors, wrong);
      said(
          "wrote %s to %s"
              .formatted(
                  judge.isRightOrWrong()
                      ? Figures.counted(wrong.size(), "wrong answer")
                      : "all rows, the farthest off first,",
                  errors));
    }
  }

  private void said(String line) {
    if (!json) {
      spec.commandLine().getOut().printf("%n%s%n", line);
    }
  }

  private static List<Judgement> wrong(Judge judge) {
    return judge.judgements().stream()
        .filter(one -> !one.right() || !judge.isRightOrWrong())
        .sorted(Comparator.comparingDouble(Judgement::score).reversed())
        .toList();
  }

  private ObjectNode json(Judge judge, Map<String, Double> measured) {
    ObjectNode all = JsonFiles.object();
    all.put("model", model.toString());
    all.put("data", data.train().toString());
    all.put("judged_by", judge.counted());
    all.put("device", Device.defaultDevice().description());
    ObjectNode figures = all.putObject("evaluation");
    measured.forEach(figures::put);
    judge.describe(all);
    return all;
  }
}
