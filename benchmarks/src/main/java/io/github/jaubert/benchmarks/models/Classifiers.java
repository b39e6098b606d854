package io.github.jaubert.benchmarks.models;

import io.github.jaubert.benchmarks.measure.EncoderShape;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.models.bert.BertConfig;

/** Models to measure. */
final class Classifiers {
  private Classifiers() {}

  /** A new classifier of two labels, dropout 0.1, in training mode. */
  static SequenceClassifier ofShape(EncoderShape shape) {
    BertConfig config =
        BertConfig.bertBase()
            .withEncoder(shape.hidden(), shape.layers(), shape.heads(), shape.intermediate());
    return SequenceClassifier.of(config, Labels.of("0", "1"));
  }
}
