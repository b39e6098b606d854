package io.github.jaubert.cli.evaluate;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SentenceClassifier;
import io.github.jaubert.bert.Thresholds;
import io.github.jaubert.train.Judgement;
import io.github.jaubert.train.Predictions;
import io.github.jaubert.train.SetFit;
import io.github.jaubert.train.Trainer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Judges a classifier of sentences' vectors, such as SetFit trains. */
public final class SetFitJudge extends LabelJudge {
  private SentenceClassifier model; // null until it is opened
  private Predictions predictions; // null until it was judged

  public SetFitJudge(Options options) {
    super(options);
  }

  @Override
  void load() {
    model = SentenceClassifier.fromPretrained(options().model());
  }

  @Override
  Labels labels() {
    return model.labels();
  }

  /** A head that is no layer of a network has none of its own. */
  @Override
  Thresholds thresholds() {
    return Thresholds.usual(labels());
  }

  @Override
  Trainer trainer() {
    throw new IllegalStateException("its head is not what a trainer trains");
  }

  /** As finetune does: in F32, by the metrics that suit the labels. */
  @Override
  public Map<String, Double> evaluate(UnaryOperator<Trainer> settings) {
    SetFit task = SetFit.of(model.encoder(), tokenizer(), labels());
    task.maxLength(options().maxLength() == null ? model.encoder().maxLength() : maxLength());
    predictions = task.predictions(model, data());
    Map<String, Double> measured = new LinkedHashMap<>();
    options()
        .metrics()
        .named(labels())
        .forEach(metric -> measured.put(metric.name(), predictions.measure(metric)));
    return measured;
  }

  @Override
  Predictions predictions() {
    return predictions;
  }

  @Override
  public List<Judgement> judgements() {
    return predictions.judgements(thresholds());
  }

  @Override
  public void close() {
    super.close();
    if (model != null) {
      model.close();
    }
  }
}
