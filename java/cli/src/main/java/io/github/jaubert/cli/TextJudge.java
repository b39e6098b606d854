package io.github.jaubert.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.ProblemType;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.train.Judgement;
import io.github.jaubert.train.SequenceClassification;
import io.github.jaubert.train.Trainer;
import io.github.jaubert.train.data.SourceRows;
import io.github.jaubert.train.data.TableFormat;
import io.github.jaubert.train.data.TextDataset;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Judges a model that gives whole texts, or pairs of them, labels or a score. */
final class TextJudge extends Judge {
  private SequenceClassifier model; // null until it is opened
  private TextDataset data;
  private String columns;
  private SequenceClassification task;
  private ClassTables tables; // null until they are asked for

  TextJudge(Options options) {
    super(options);
  }

  @Override
  void open() {
    model = SequenceClassifier.fromPretrained(options().model());
    options().metrics().check(options().command(), model.labels());
    DataOptions.Opened opened = options().data().open();
    data = opened.train();
    columns = opened.columns();
  }

  @Override
  String counted() {
    return Report.counted(data.size(), "example");
  }

  @Override
  List<String> understood() {
    List<String> said = new ArrayList<>();
    said.add(Task.describe(model.labels()) + "; " + columns);
    said.addAll(options().metrics().said(model.labels(), data));
    return said;
  }

  @Override
  Trainer trainer() {
    task =
        SequenceClassification.of(model, tokenizer())
            .maxLength(maxLength())
            .evaluate(data, options().metrics().metrics(model.labels()));
    return Trainer.of(task);
  }

  private boolean isScore() {
    return model.labels().problemType() == ProblemType.REGRESSION;
  }

  private ClassTables classTables() {
    if (tables == null) {
      tables =
          ClassTables.of(
              task.predictions(), model.thresholds(), options().metrics().positive(model.labels()));
    }
    return tables;
  }

  @Override
  void tables(PrintWriter out) {
    if (!isScore()) {
      classTables().print(out);
    }
  }

  @Override
  void describe(ObjectNode json) {
    json.put("problem_type", model.labels().problemType().huggingFaceName());
    if (!isScore()) {
      model.labels().names().forEach(json.putArray("labels")::add);
      classTables().describe(json);
    }
  }

  // ---- rows ----

  @Override
  List<Judgement> judgements() {
    return task.judgements();
  }

  @Override
  boolean isRightOrWrong() {
    return !isScore();
  }

  private SourceRows rows() {
    DataOptions options = options().data();
    return SourceRows.read(
        options.train,
        options.format == null ? TableFormat.of(options.train) : options.format.table(),
        !options.noHeader);
  }

  @Override
  void checkWritable(String option, Path to) {
    rows().requireFits(tableFormat(option, to));
  }

  @Override
  void write(Path to, List<Judgement> chosen) {
    write(rows(), to, chosen, isScore() ? "error" : "score", row -> data.rows().get(row).line());
  }

  @Override
  Object prediction(Judgement judgement) {
    return switch (model.labels().problemType()) {
      case SINGLE_LABEL -> judgement.answer().get(0);
      case MULTI_LABEL -> judgement.answer();
      case REGRESSION -> Float.parseFloat(judgement.answer().get(0));
    };
  }

  @Override
  public void close() {
    super.close();
    if (model != null) {
      model.close();
    }
  }
}
