package io.github.jaubert.cli.finetune;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.MultipleChoiceModel;
import io.github.jaubert.bert.pipeline.ChoiceScore;
import io.github.jaubert.bert.pipeline.MultipleChoicePipeline;
import io.github.jaubert.bert.pipeline.Pipelines;
import io.github.jaubert.cli.console.Figures;
import io.github.jaubert.cli.options.ChoiceOptions;
import io.github.jaubert.cli.options.DataOptions;
import io.github.jaubert.cli.options.TrainingOptions.Suggestion;
import io.github.jaubert.train.MultipleChoice;
import io.github.jaubert.train.Trainer;
import io.github.jaubert.train.TrainingSettings;
import io.github.jaubert.train.data.ChoiceColumns;
import io.github.jaubert.train.data.ChoiceDataset;
import io.github.jaubert.train.data.Choices;
import io.github.jaubert.train.data.Source;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;

/** Prompts with choices, and a model that tells the right ones. */
public final class ChoiceJob extends HeadJob<MultipleChoiceModel> {
  /** Examples of a batch, each with all its choices. */
  private static final int EXAMPLES = 16;

  private final ChoiceColumns columns;
  private final ChoiceDataset train;
  private final ChoiceDataset eval; // null if there is none

  private ChoiceJob(
      Options options, ChoiceColumns columns, ChoiceDataset train, ChoiceDataset eval) {
    super(options, "example", null, data(train), eval == null ? null : data(eval));
    this.columns = columns;
    this.train = train;
    this.eval = eval;
  }

  private static Data data(ChoiceDataset data) {
    return new Data(data.source(), data.size());
  }

  /** The files that the options name. */
  public static ChoiceJob files(Options options) {
    DataOptions data = options.data();
    ChoiceColumns columns = options.choices().columns(data);
    return new ChoiceJob(
        options,
        columns,
        read(options, data.train(), columns, data.trainLimit),
        data.eval() == null ? null : read(options, data.eval(), columns, data.evalLimit));
  }

  private static ChoiceDataset read(
      Options options, Source files, ChoiceColumns columns, Integer limit) {
    ChoiceDataset all = ChoiceOptions.read(options.data(), files, columns);
    return limit == null ? all : all.sample(limit, options.training().seed);
  }

  @Override
  public String name() {
    return options().data().name();
  }

  @Override
  public Suggestion suggestion() {
    return new Suggestion(TrainingSettings.defaults().batchSize(EXAMPLES), 1);
  }

  @Override
  MultipleChoiceModel newModel() {
    return options().encoder().multipleChoice();
  }

  @Override
  String predicted() {
    return "one of at most %d choices for each".formatted(train.most());
  }

  @Override
  List<String> understood() {
    Choices first = train.rows().get(0);
    return List.of(
        "prompt: %s, choices: %s, answer: %s%s"
            .formatted(
                columns.prompt(),
                String.join(", ", columns.choices()),
                columns.answer(),
                columns.beginning() == null
                    ? ""
                    : "; every choice begins with " + columns.beginning()),
        "the answer to '%s' is '%s'"
            .formatted(
                Figures.shortened(first.prompt()),
                Figures.shortened(first.choices().get(first.answer()))));
  }

  @Override
  public void describe(ObjectNode json) {
    json.put("task", "choice");
    super.describe(json);
  }

  @Override
  public Trainer trainer() {
    MultipleChoice task = MultipleChoice.of(model(), tokenizer()).train(train);
    if (options().training().maxLength != null) {
      task.maxLength(options().training().maxLength);
    }
    return Trainer.of(eval == null ? task : task.evaluate(eval));
  }

  // ---- what came of it ----

  @Override
  public void answers(Path folder, PrintWriter out) {
    try (MultipleChoicePipeline pipeline = Pipelines.multipleChoice(folder)) {
      eval.rows().stream()
          .limit(Figures.SHOWN)
          .forEach(
              row -> {
                ChoiceScore best = pipeline.of(row.prompt(), row.choices()).get(0);
                out.printf(
                    "  %s%n    %s (it is %s)%n",
                    Figures.shortened(row.prompt()),
                    best,
                    best.index() == row.answer()
                        ? "that"
                        : Figures.shortened(row.choices().get(row.answer())));
              });
    }
  }

  @Override
  public String moreArguments() {
    return " --pair \"a choice\" --pair \"another\"";
  }
}
