package io.github.jaubert.train;

import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Tensor;
import java.util.function.IntFunction;

/** Examples whose batches say which tokens count: those of a text, and not those of padding. */
record CountedTokens(Examples of) implements Examples {
  /** For each token 0, or -100 for one of padding, I32. */
  static final String TOKENS = "counted_tokens";

  private static final int IGNORED = -100;

  @Override
  public int size() {
    return of.size();
  }

  @Override
  public int tokens(int example) {
    return of.tokens(example);
  }

  @Override
  public int[] lengths(int pass) {
    return of.lengths(pass);
  }

  @Override
  public Batch batch(int[] rows) {
    return batch(rows, 0);
  }

  @Override
  public Batch batch(int[] rows, int pass) {
    Batch batch = of.batch(rows, pass);
    return batch.withTokens(TOKENS, new int[batch.text(Batch.TEXT).tokens()], IGNORED);
  }

  @Override
  public IntFunction<int[]> distinct() {
    return of.distinct();
  }

  @Override
  public String fingerprint() {
    return of.fingerprint();
  }

  /** F32: 1 for each label that counts, 0 for -100. */
  static Tensor counts(Tensor labels) {
    return labels.to(DType.F32).clamp(-1, 0).add(1);
  }
}
