package io.github.jaubert.cli.evaluate;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.Thresholds;
import io.github.jaubert.train.Judgement;
import io.github.jaubert.train.Predictions;
import io.github.jaubert.train.SequenceClassification;
import io.github.jaubert.train.Trainer;
import java.util.List;

/** Judges a model that gives whole texts, or pairs of them, labels or a score. */
public final class TextJudge extends LabelJudge {
  private SequenceClassifier model; // null until it is opened
  private SequenceClassification task;

  public TextJudge(Options options) {
    super(options);
  }

  @Override
  void load() {
    model = SequenceClassifier.fromPretrained(options().model());
  }

  @Override
  Labels labels() {
    return model.labels();
  }

  @Override
  Thresholds thresholds() {
    return model.thresholds();
  }

  @Override
  Trainer trainer() {
    task =
        SequenceClassification.of(model, tokenizer())
            .maxLength(maxLength())
            .evaluate(data(), options().metrics().metrics(model.labels()));
    return Trainer.of(task);
  }

  @Override
  Predictions predictions() {
    return task.predictions();
  }

  @Override
  public List<Judgement> judgements() {
    return task.judgements();
  }

  @Override
  public void close() {
    super.close();
    if (model != null) {
      model.close();
    }
  }
}
