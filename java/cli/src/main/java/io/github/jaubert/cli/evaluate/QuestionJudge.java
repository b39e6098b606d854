package io.github.jaubert.cli.evaluate;

import io.github.jaubert.bert.QuestionAnswerer;
import io.github.jaubert.cli.console.Figures;
import io.github.jaubert.cli.console.Wording;
import io.github.jaubert.cli.options.FileFormat;
import io.github.jaubert.cli.options.QuestionOptions;
import io.github.jaubert.train.Judgement;
import io.github.jaubert.train.QuestionAnswering;
import io.github.jaubert.train.Trainer;
import io.github.jaubert.train.data.Question;
import io.github.jaubert.train.data.QuestionDataset;
import io.github.jaubert.train.data.SourceRows;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.ParameterException;

/** Judges a model that answers questions. */
public final class QuestionJudge extends Judge {
  private static final int LONGEST_WINDOW = 384;

  private QuestionAnswerer model; // null until it is opened
  private QuestionDataset data;
  private QuestionAnswering task;

  public QuestionJudge(Options options) {
    super(options);
  }

  @Override
  public void open() {
    model = QuestionAnswerer.fromPretrained(options().model());
    data = QuestionOptions.read(options().files(), options().data().format);
  }

  @Override
  public String counted() {
    return Figures.counted(data.size(), "question");
  }

  @Override
  public List<String> understood() {
    int impossible = data.impossible();
    return List.of(
        impossible == 0
            ? "every question has an answer"
            : Figures.counted(impossible, "question") + " without an answer");
  }

  @Override
  Trainer trainer() {
    task = QuestionAnswering.of(model, tokenizer()).evaluate(data);
    try {
      task.maxLength(
          options().maxLength() == null ? Math.min(LONGEST_WINDOW, maxLength()) : maxLength());
      options().questions().apply(task);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(options().command(), Wording.options(e.getMessage()), e);
    }
    return Trainer.of(task);
  }

  // ---- rows ----

  @Override
  public List<Judgement> judgements() {
    return task.judgements();
  }

  private boolean isTable() {
    return options().data().format != null
        || options().files().files().stream()
            .noneMatch(file -> file.toString().matches(".*\\.json(\\.gz|\\.zst)?"));
  }

  private SourceRows rows() {
    if (isTable()) {
      FileFormat format = options().data().format;
      return SourceRows.read(options().files(), format == null ? null : format.table(), true);
    }
    return SourceRows.of(
        options().files().toString(), data.questions().stream().map(QuestionJudge::cells).toList());
  }

  private static Map<String, String> cells(Question question) {
    Map<String, String> cells = new LinkedHashMap<>();
    cells.put("id", question.id());
    cells.put("question", question.question());
    cells.put("context", question.context());
    cells.put("answer", question.isImpossible() ? "" : question.answerTexts().get(0));
    return cells;
  }

  @Override
  public void checkWritable(String option, Path to) {
    rows().requireFits(tableFormat(option, to));
  }

  @Override
  public void write(Path to, List<Judgement> chosen) {
    write(
        rows(),
        to,
        chosen,
        "score",
        row -> isTable() ? data.questions().get(row).line() : row + 1L);
  }

  @Override
  public void close() {
    super.close();
    if (model != null) {
      model.close();
    }
  }
}
