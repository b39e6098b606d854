package io.github.jaubert.cli.evaluate;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.ProblemType;
import io.github.jaubert.bert.Thresholds;
import io.github.jaubert.cli.console.Figures;
import io.github.jaubert.cli.finetune.ClassTables;
import io.github.jaubert.cli.options.DataOptions;
import io.github.jaubert.cli.options.Task;
import io.github.jaubert.train.Judgement;
import io.github.jaubert.train.Predictions;
import io.github.jaubert.train.data.SourceRows;
import io.github.jaubert.train.data.TextDataset;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Judges a model that gives texts labels or a score. */
abstract class LabelJudge extends Judge {
  private TextDataset data;
  private String columns;
  private ClassTables tables; // null until they are asked for

  LabelJudge(Options options) {
    super(options);
  }

  // ---- what a kind of model says ----

  /** Loads the model. */
  abstract void load();

  abstract Labels labels();

  /** From which probabilities on labels hold. */
  abstract Thresholds thresholds();

  /** What the model said; of labels. */
  abstract Predictions predictions();

  // ---- what follows ----

  final TextDataset data() {
    return data;
  }

  @Override
  public void open() {
    load();
    options().metrics().check(options().command(), labels());
    DataOptions.Opened opened = options().data().open();
    data = opened.train();
    columns = opened.columns();
  }

  @Override
  public String counted() {
    return Figures.counted(data.size(), "example");
  }

  @Override
  public List<String> understood() {
    List<String> said = new ArrayList<>();
    said.add(Task.describe(labels()) + "; " + columns);
    said.addAll(options().metrics().said(labels(), data));
    return said;
  }

  final boolean isScore() {
    return labels().problemType() == ProblemType.REGRESSION;
  }

  private ClassTables classTables() {
    if (tables == null) {
      tables = ClassTables.of(predictions(), thresholds(), options().metrics().positive(labels()));
    }
    return tables;
  }

  @Override
  public void tables(PrintWriter out) {
    if (!isScore()) {
      classTables().print(out);
    }
  }

  @Override
  public void describe(ObjectNode json) {
    json.put("problem_type", labels().problemType().huggingFaceName());
    if (!isScore()) {
      labels().names().forEach(json.putArray("labels")::add);
      classTables().describe(json);
    }
  }

  // ---- rows ----

  @Override
  public boolean isRightOrWrong() {
    return !isScore();
  }

  private SourceRows rows() {
    DataOptions options = options().data();
    return SourceRows.read(options.train(), options.table(), !options.noHeader);
  }

  @Override
  public void checkWritable(String option, Path to) {
    rows().requireFits(tableFormat(option, to));
  }

  @Override
  public void write(Path to, List<Judgement> chosen) {
    write(rows(), to, chosen, isScore() ? "error" : "score", row -> data.rows().get(row).line());
  }

  @Override
  Object prediction(Judgement judgement) {
    return switch (labels().problemType()) {
      case SINGLE_LABEL -> judgement.answer().get(0);
      case MULTI_LABEL -> judgement.answer();
      case REGRESSION -> Float.parseFloat(judgement.answer().get(0));
    };
  }
}
