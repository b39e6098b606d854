package io.github.jaubert.benchmarks.measure;

import java.util.Arrays;
import java.util.Locale;

/**
 * The size of an encoder. The vocabulary is BERT's, 30,522.
 *
 * @param name as figures are labelled
 */
public record EncoderShape(String name, int hidden, int layers, int heads, int intermediate) {
  public static final EncoderShape MINILM = new EncoderShape("MiniLM", 384, 6, 12, 1536);
  public static final EncoderShape BERT_BASE = new EncoderShape("BERT-base", 768, 12, 12, 3072);

  /**
   * {@code minilm} or {@code bert-base}.
   *
   * @throws IllegalArgumentException if it is another
   */
  public static EncoderShape named(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "minilm" -> MINILM;
      case "bert-base" -> BERT_BASE;
      default ->
          throw new IllegalArgumentException("shape " + name + ": expected minilm or bert-base");
    };
  }

  /** Six layers with heads of 32, the intermediate size four times the hidden one. */
  public static EncoderShape ofHidden(int hidden) {
    return new EncoderShape("H" + hidden, hidden, 6, hidden / 32, 4 * hidden);
  }

  /**
   * FLOPs of a forward pass: 2 L (4 H² + 2 H I) T of the dense layers and 4 L ΣS² H of attention's
   * two products, for T tokens in sequences of S. A training step is three times that.
   */
  public double forwardFlops(int... lengths) {
    double h = hidden;
    double tokens = Arrays.stream(lengths).asDoubleStream().sum();
    double squares = Arrays.stream(lengths).asDoubleStream().map(s -> s * s).sum();
    return 2 * layers * (4 * h * h + 2 * h * intermediate) * tokens + 4 * layers * squares * h;
  }

  /**
   * The same of a classifier that computes what comes after the last layer's attention for the
   * first token of each sequence only.
   */
  public double classifierFlops(int... lengths) {
    double others = Arrays.stream(lengths).asDoubleStream().sum() - lengths.length;
    double h = hidden;
    return forwardFlops(lengths) - 2 * (h * h + 2 * h * intermediate) * others;
  }
}
