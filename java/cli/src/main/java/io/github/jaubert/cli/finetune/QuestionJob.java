package io.github.jaubert.cli.finetune;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.QuestionAnswerer;
import io.github.jaubert.bert.pipeline.Pipelines;
import io.github.jaubert.bert.pipeline.QuestionAnsweringPipeline;
import io.github.jaubert.cli.console.Figures;
import io.github.jaubert.cli.options.DataOptions;
import io.github.jaubert.cli.options.QuestionOptions;
import io.github.jaubert.cli.options.TrainingOptions.Suggestion;
import io.github.jaubert.cli.predict.QuestionAnswers;
import io.github.jaubert.train.QuestionAnswering;
import io.github.jaubert.train.Trainer;
import io.github.jaubert.train.TrainingResult;
import io.github.jaubert.train.data.Question;
import io.github.jaubert.train.data.QuestionDataset;
import io.github.jaubert.train.data.Source;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;

/** Questions about contexts, and the parts of these that answer them. */
public final class QuestionJob extends HeadJob<QuestionAnswerer> {
  /** What the two outputs of the head stand for. */
  private static final Labels OUTPUTS = Labels.of("start", "end");

  private final QuestionDataset train;
  private final QuestionDataset eval; // null if there is none
  private QuestionAnswering task; // null until there is a trainer

  private QuestionJob(Options options, QuestionDataset train, QuestionDataset eval) {
    super(options, "question", OUTPUTS, data(train), eval == null ? null : data(eval));
    this.train = train;
    this.eval = eval;
  }

  private static Data data(QuestionDataset data) {
    return new Data(data.source(), data.size());
  }

  /** The files that the options name. */
  public static QuestionJob files(Options options) {
    DataOptions data = options.data();
    return new QuestionJob(
        options,
        read(options, data.train(), data.trainLimit),
        data.eval() == null ? null : read(options, data.eval(), data.evalLimit));
  }

  private static QuestionDataset read(Options options, Source files, Integer limit) {
    QuestionDataset all = QuestionOptions.read(files, options.data().format);
    return limit == null ? all : all.sample(limit, options.training().seed);
  }

  @Override
  public String name() {
    return options().data().name();
  }

  @Override
  public Suggestion suggestion() {
    return Suggestion.FILES;
  }

  @Override
  QuestionAnswerer newModel() {
    return options().encoder().questionAnswerer();
  }

  @Override
  String predicted() {
    return "a part of the context for each";
  }

  @Override
  List<String> understood() {
    Question first = train.questions().get(0);
    String answer =
        first.isImpossible() ? "none" : "'" + Figures.shortened(first.answerTexts().get(0)) + "'";
    int impossible = train.impossible();
    return List.of(
        "the answer to '%s' is %s; %s"
            .formatted(
                Figures.shortened(first.question()),
                answer,
                impossible == 0
                    ? "every question has one"
                    : Figures.counted(impossible, "question") + " without any"));
  }

  @Override
  public void describe(ObjectNode json) {
    super.describe(json);
    json.put("task", "qa");
  }

  @Override
  public Trainer trainer() {
    task = QuestionAnswering.of(model(), tokenizer()).train(train);
    options().training().apply(options().command(), task, options().questions());
    return Trainer.of(eval == null ? task : task.evaluate(eval));
  }

  // ---- what came of it ----

  @Override
  public void find(Findings findings, TrainingResult result) {
    if (eval != null) {
      findings.errors(task.judgements(result), "probability", this::row);
    }
  }

  private Findings.Row row(int number) {
    Question question = eval.questions().get(number);
    return Findings.row(
        eval.origin(),
        question.line(),
        question.question(),
        question.context(),
        question.answerTexts());
  }

  @Override
  public void answers(Path folder, PrintWriter out) {
    try (QuestionAnsweringPipeline pipeline = Pipelines.questionAnswering(folder)) {
      pipeline.handleImpossibleAnswer(eval.impossible() > 0);
      eval.questions().stream()
          .limit(Figures.SHOWN)
          .forEach(
              question ->
                  out.printf(
                      "  %s%n    %s (it has %s)%n",
                      Figures.shortened(question.question()),
                      QuestionAnswers.asText(pipeline.of(question.question(), question.context())),
                      question.isImpossible()
                          ? QuestionAnswers.NONE
                          : Figures.shortened(question.answerTexts().get(0))));
    }
  }

  @Override
  public String moreArguments() {
    return " --pair \"the context\"";
  }
}
