package io.github.jaubert.benchmarks;

import io.github.jaubert.tensor.DType;
import java.util.Locale;
import picocli.CommandLine.Option;

/**
 * How much a program that measures at the sizes of a GPU works on, and in which type: options of
 * {@code benchmarks/peers/torch_ops.py}, too. A picocli mixin.
 */
public final class GpuOptions {
  @Option(
      names = "--tokens",
      defaultValue = "0",
      description = "works at the sizes of a GPU, on so many tokens in all, a multiple of 2048")
  private int tokens;

  @Option(
      names = "--dtype",
      defaultValue = "f32",
      description = "the type of activations: ${COMPLETION-CANDIDATES}; parameters are F32")
  private DType dtype;

  /**
   * Tokens of all works, of a step or of an operation; 0 if none are given.
   *
   * @throws IllegalArgumentException if they cannot be cut into sequences
   */
  public int tokens() {
    if (tokens < 0 || tokens % 2048 != 0) {
      throw new IllegalArgumentException("--tokens " + tokens + ": a multiple of 2048");
    }
    return tokens;
  }

  /** The type of activations as works are called by it, {@code f32}. */
  public String type() {
    return dtype.name().toLowerCase(Locale.ROOT);
  }

  /** The type of activations. */
  public DType dtype() {
    return dtype;
  }
}
