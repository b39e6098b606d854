package io.github.jaubert.cli;

import io.github.jaubert.tensor.DType;
import java.util.List;

/** What a model says of texts, a line each. */
interface Answers extends AutoCloseable {
  /** Chooses what the encoder computes in. */
  void computeType(DType dtype);

  /**
   * The answers to some texts.
   *
   * @param second the second texts, or null
   */
  List<String> lines(List<String> texts, List<String> second);

  /** Frees the model. */
  @Override
  void close();
}
