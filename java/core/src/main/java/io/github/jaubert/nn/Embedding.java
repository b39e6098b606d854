package io.github.jaubert.nn;

import io.github.jaubert.tensor.Tensor;

/**
 * A table of vectors looked up by number: {@code weight [rows, width]}, ids {@code [...]}, result
 * {@code [..., width]}.
 */
public final class Embedding extends Layer {
  private final Tensor weight;

  private Embedding(long rows, long width) {
    if (rows < 1 || width < 1) {
      throw new IllegalArgumentException(
          "Embedding: rows = " + rows + " and width = " + width + "; both must be at least 1");
    }
    weight = parameter("weight", Init.normal(1, rows, width));
  }

  private Embedding(Tensor weight) {
    if (weight.rank() != 2) {
      throw new IllegalArgumentException(
          "Embedding: weight " + weight.shape() + "; [rows, width] is needed");
    }
    this.weight = parameter("weight", weight);
  }

  /** A table that starts with normal values of deviation 1. */
  public static Embedding of(long rows, long width) {
    return new Embedding(rows, width);
  }

  /**
   * A table with given first values, which belong to it from now on.
   *
   * @param weight {@code [rows, width]}
   * @throws IllegalArgumentException if it is no matrix
   */
  public static Embedding of(Tensor weight) {
    return new Embedding(weight);
  }

  /** The table, {@code [rows, width]}. */
  public Tensor weight() {
    return weight;
  }

  /**
   * The rows of the table that {@code ids} name.
   *
   * @param ids 32- or 64-bit integers of any shape, each from 0 to rows - 1
   */
  @Override
  public Tensor forward(Tensor ids) {
    return F.embedding(weight, ids);
  }

  @Override
  protected String kind() {
    return "Embedding(" + weight.size(0) + ", " + weight.size(1) + ")";
  }
}
