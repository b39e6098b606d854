package io.github.jaubert.cli;

import io.github.jaubert.bert.MultiVectorEncoder;
import io.github.jaubert.bert.MultipleChoiceModel;
import io.github.jaubert.bert.QuestionAnswerer;
import io.github.jaubert.bert.SentenceClassifier;
import io.github.jaubert.bert.SentenceEncoder;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.TokenClassifier;
import io.github.jaubert.bert.pipeline.Aggregation;
import io.github.jaubert.bert.pipeline.Pipelines;
import io.github.jaubert.bert.pipeline.QuestionAnsweringPipeline;
import io.github.jaubert.bert.pipeline.SentenceClassification;
import io.github.jaubert.cli.options.DeviceOptions;
import io.github.jaubert.cli.options.ModelOption;
import io.github.jaubert.cli.options.TrainingOptions;
import io.github.jaubert.cli.predict.AnswerLines;
import io.github.jaubert.cli.predict.Answers;
import io.github.jaubert.cli.predict.ChoiceAnswers;
import io.github.jaubert.cli.predict.EntityAnswers;
import io.github.jaubert.cli.predict.LabelAnswers;
import io.github.jaubert.cli.predict.PredictedFile;
import io.github.jaubert.cli.predict.QuestionAnswers;
import io.github.jaubert.cli.predict.RankingAnswers;
import io.github.jaubert.cli.predict.TextAnswers;
import io.github.jaubert.cli.predict.VectorAnswers;
import io.github.jaubert.cli.predict.ZeroShotOptions;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Labels texts, or parts of them, with a model that was fine-tuned. */
@Command(
    name = "predict",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    abbreviateSynopsis = true,
    description = {
      "Labels texts, finds entities in them, or answers questions, with a fine-tuned model.",
      "An encoder of sentences, such as download minilm writes, gives vectors as JSON lines.",
      "A reranker or ColBERT model reads a query and its passages, --pair for each, and prints them"
          + " in order.",
      "Texts are arguments, or lines of standard input if there are none; an answer is one line.",
      "With --data they are rows of files, which are written to --out with all their columns and what"
          + " is predicted."
    })
final class PredictCommand implements Callable<Integer> {
  @Option(
      names = "--model",
      paramLabel = "MODEL",
      required = true,
      description =
          "Required: a Hugging Face folder, or a name on the Hub, of a fine-tuned encoder, such as"
              + " finetune writes.")
  private Path model;

  @Parameters(paramLabel = "TEXT", description = "The texts.")
  private List<String> texts = List.of();

  @Option(
      names = "--pair",
      paramLabel = "TEXT",
      description =
          "The second text, for a model of pairs, or the context of a question; as often as there"
              + " are texts. For a reranker a passage, for multiple choice a choice, as often as there are"
              + " of one text.")
  private List<String> pairs;

  @Option(
      names = "--pairs",
      description =
          "Each line of standard input is two texts with a tab between, or a prompt and its choices"
              + " with tabs between.")
  private boolean tabbed;

  @Option(
      names = "--top",
      paramLabel = "N",
      description =
          "Show so many labels, or answers. Default: "
              + TextAnswers.USUAL_TOP
              + ", or 1; all passages or choices; of a model with thresholds all labels that hold.")
  private Integer top;

  @Option(
      names = "--no-answer",
      description = "No answer may be the answer, of a model that learnt it as from SQuAD 2.0.")
  private boolean noAnswer;

  @Option(
      names = "--max-answer-length",
      paramLabel = "N",
      description = "The most tokens of an answer. Default: 15.")
  private Integer maxAnswerLength;

  @Option(
      names = "--aggregation",
      paramLabel = "HOW",
      description =
          "How the labels of tokens become entities, as in transformers: ${COMPLETION-CANDIDATES}."
              + " Default: FIRST.")
  private Aggregation aggregation;

  @Option(
      names = "--json",
      description = "Print a JSON object a line, with all labels, entities or answers.")
  private boolean json;

  @Option(
      names = "--batch-tokens",
      paramLabel = "N",
      description = "The most tokens of a batch. Default: 2048; a GPU may be faster with more.")
  private Integer batchTokens;

  @Mixin private PredictedFile files;

  @Mixin private ZeroShotOptions zeroShot;

  @Mixin private DeviceOptions device;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    files.check(spec.commandLine(), !texts.isEmpty() || pairs != null || tabbed);
    if (texts.size() != 1) {
      requireAPairEach(); // of one text, it is for the model to say
    }
    if (tabbed && !texts.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "--pairs is about standard input; with texts use --pair");
    }
    TrainingOptions.atLeast(spec.commandLine(), "--top", top, 1);
    TrainingOptions.atLeast(spec.commandLine(), "--max-answer-length", maxAnswerLength, 1);
    TrainingOptions.atLeast(spec.commandLine(), "--batch-tokens", batchTokens, 1);
    zeroShot.check(spec.commandLine());
    device.apply(spec.commandLine());
    model = ModelOption.folder(spec.commandLine(), "--model", model);
    try (Answers answers = answers()) {
      answers.pipeline().computeType(device.forAnswers());
      if (batchTokens != null) {
        answers.pipeline().batchTokens(batchTokens);
      }
      if (files.isGiven()) {
        files.write(spec.commandLine(), answers);
        return 0;
      }
      AnswerLines lines = new AnswerLines(answers, spec.commandLine().getOut());
      if (texts.isEmpty()) {
        lines.ofStandardInput(tabbed);
      } else if (answers instanceof RankingAnswers && texts.size() == 1) {
        lines.of(Collections.nCopies(pairs.size(), texts.get(0)), pairs);
      } else if (answers instanceof ChoiceAnswers && texts.size() == 1) {
        lines.of(texts, List.of(choices()));
      } else {
        requireAPairEach();
        lines.of(texts, pairs);
      }
    }
    return 0;
  }

  /** The choices of the only prompt. */
  private String choices() {
    return String.join(
        ChoiceAnswers.SEPARATOR, pairs.stream().map(one -> one.replace('\t', ' ')).toList());
  }

  private void requireAPairEach() {
    if (pairs != null && pairs.size() != texts.size()) {
      throw new ParameterException(
          spec.commandLine(),
          "--pair is given %d times for %d texts".formatted(pairs.size(), texts.size()));
    }
  }

  private boolean readsSingleTexts() {
    return SentenceClassifier.isIn(model)
        || SentenceEncoder.isIn(model)
        || TokenClassifier.isIn(model);
  }

  /** What the model in the folder is for. */
  private Answers answers() {
    if (zeroShot.isGiven()) {
      files.refusePair();
      return zeroShotAnswers();
    }
    if (QuestionAnswerer.isIn(model)) {
      return questionAnswers();
    }
    refuse("--no-answer", noAnswer, "is for a model that answers questions");
    refuse("--max-answer-length", maxAnswerLength != null, "is for a model that answers questions");
    if (files.isGiven() && readsSingleTexts()) {
      files.refusePair();
    }
    if (SequenceClassifier.isCrossEncoder(model)) {
      refuse("--aggregation", aggregation != null, "is for a model that labels tokens");
      requirePairs("a reranker", "a query", "a passage");
      return RankingAnswers.of(Pipelines.rerank(model), !texts.isEmpty(), top, json());
    }
    if (MultiVectorEncoder.isIn(model)) {
      refuse("--aggregation", aggregation != null, "is for a model that labels tokens");
      requirePairs("a ColBERT model", "a query", "a document");
      return RankingAnswers.of(Pipelines.lateInteraction(model), !texts.isEmpty(), top, json());
    }
    if (MultipleChoiceModel.isIn(model)) {
      refuse("--aggregation", aggregation != null, "is for a model that labels tokens");
      requirePairs("a model for multiple choice", "a prompt", "choices");
      if (texts.size() > 1) {
        throw new ParameterException(
            spec.commandLine(), "choices belong to one prompt; with several use --pairs");
      }
      return new ChoiceAnswers(Pipelines.multipleChoice(model), top, json());
    }
    if (SentenceClassifier.isIn(model)) {
      String words = "is for a model that labels tokens";
      String second = "is for a model of pairs of texts";
      refuse("--aggregation", aggregation != null, words);
      refuse("--pair", pairs != null, second);
      refuse("--pairs", tabbed, second);
      SentenceClassification classify = Pipelines.sentenceClassification(model);
      return new LabelAnswers(
          classify, classify::ofAll, top == null ? TextAnswers.USUAL_TOP : top, json);
    }
    if (SentenceEncoder.isIn(model)) {
      String labels = "is for a model that labels texts or tokens";
      refuse("--aggregation", aggregation != null, labels);
      refuse("--pair", pairs != null, labels);
      refuse("--pairs", tabbed, labels);
      refuse("--top", top != null, labels);
      return new VectorAnswers(Pipelines.embeddings(model));
    }
    if (!TokenClassifier.isIn(model)) {
      refuse("--aggregation", aggregation != null, "is for a model that labels tokens");
      return new TextAnswers(Pipelines.textClassification(model), top, json);
    }
    String reason = "is for a model that labels whole texts";
    refuse("--pair", pairs != null, reason);
    refuse("--pairs", tabbed, reason);
    refuse("--top", top != null, reason);
    return new EntityAnswers(
        Pipelines.tokenClassification(model),
        aggregation == null ? EntityAnswers.USUAL : aggregation,
        json());
  }

  private Answers zeroShotAnswers() {
    boolean other =
        QuestionAnswerer.isIn(model)
            || MultiVectorEncoder.isIn(model)
            || SentenceEncoder.isIn(model)
            || TokenClassifier.isIn(model);
    refuse("--candidate-labels", other, "is for a model of natural language inference");
    String reason = "is not for --candidate-labels";
    refuseBeside("--pair", pairs != null, reason);
    refuseBeside("--pairs", tabbed, reason);
    refuseBeside("--aggregation", aggregation != null, reason);
    refuseBeside("--no-answer", noAnswer, reason);
    refuseBeside("--max-answer-length", maxAnswerLength != null, reason);
    return zeroShot.open(
        spec.commandLine(), model, top == null ? TextAnswers.USUAL_TOP : top, json);
  }

  private void refuseBeside(String option, boolean given, String reason) {
    if (given) {
      throw new ParameterException(spec.commandLine(), option + " " + reason);
    }
  }

  /** Whether answers are objects: JSON lines have all that is known. */
  private boolean json() {
    return json || files.isObjects();
  }

  private Answers questionAnswers() {
    refuse("--aggregation", aggregation != null, "is for a model that labels tokens");
    requirePairs("a model for questions", "a question", "a context");
    QuestionAnsweringPipeline pipeline =
        Pipelines.questionAnswering(model)
            .topK(top == null ? 1 : top)
            .handleImpossibleAnswer(noAnswer);
    return new QuestionAnswers(
        maxAnswerLength == null ? pipeline : pipeline.maxAnswerLength(maxAnswerLength), json());
  }

  /** Refuses single texts. */
  private void requirePairs(String reader, String first, String second) {
    if (files.isGiven()) {
      files.requirePair();
    } else if (texts.isEmpty() ? !tabbed : pairs == null) {
      throw new ParameterException(
          spec.commandLine(),
          texts.isEmpty()
              ? "%s reads lines of %s, a tab and %s: use --pairs".formatted(reader, first, second)
              : "%s needs %s: use --pair TEXT".formatted(first, second));
    }
  }

  private void refuse(String option, boolean given, String reason) {
    if (given) {
      throw new ParameterException(
          spec.commandLine(), "%s %s, which %s is not".formatted(option, reason, model));
    }
  }
}
