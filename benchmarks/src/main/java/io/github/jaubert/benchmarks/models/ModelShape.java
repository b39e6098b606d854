package io.github.jaubert.benchmarks.models;

import io.github.jaubert.bert.BertConfig;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import java.util.Arrays;
import java.util.Locale;

/**
 * The size of an encoder. The vocabulary is BERT's, 30,522.
 *
 * @param name as figures are labelled
 */
record ModelShape(String name, int hidden, int layers, int heads, int intermediate) {
  static final ModelShape MINILM = new ModelShape("MiniLM", 384, 6, 12, 1536);
  static final ModelShape BERT_BASE = new ModelShape("BERT-base", 768, 12, 12, 3072);

  /**
   * {@code minilm} or {@code bert-base}.
   *
   * @throws IllegalArgumentException if it is another
   */
  static ModelShape named(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "minilm" -> MINILM;
      case "bert-base" -> BERT_BASE;
      default ->
          throw new IllegalArgumentException("shape " + name + ": expected minilm or bert-base");
    };
  }

  /** Six layers with heads of 32, the intermediate size four times the hidden one. */
  static ModelShape ofHidden(int hidden) {
    return new ModelShape("H" + hidden, hidden, 6, hidden / 32, 4 * hidden);
  }

  /** A new classifier of two labels, dropout 0.1, in training mode. */
  SequenceClassifier newClassifier() {
    BertConfig config = BertConfig.bertBase().withEncoder(hidden, layers, heads, intermediate);
    return SequenceClassifier.of(config, Labels.of("0", "1"));
  }

  /**
   * FLOPs of a forward pass: 2 L (4 H² + 2 H I) T of the dense layers and 4 L ΣS² H of attention's
   * two products, for T tokens in sequences of S. A training step is three times that.
   */
  double forwardFlops(int... lengths) {
    double h = hidden;
    double tokens = Arrays.stream(lengths).asDoubleStream().sum();
    double squares = Arrays.stream(lengths).asDoubleStream().map(s -> s * s).sum();
    return 2 * layers * (4 * h * h + 2 * h * intermediate) * tokens + 4 * layers * squares * h;
  }
}
