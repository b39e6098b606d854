package io.github.jaubert.train;

import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.Encoder;
import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * A text whose masked tokens a generator filled in. No gradient flows to what it was made of.
 *
 * @param text the tokens as another encoder reads them
 * @param replaced for each token 1 if it is not the one that stood there, 0 if it is, -100 if it is
 *     padding, I32 {@code [tokens]}
 */
record FilledTokens(TokenInputs text, Tensor replaced) {
  private static final int ROWS_AT_A_TIME = 256; // of noise as wide as the vocabulary

  /**
   * Draws tokens.
   *
   * @param reader reads the result
   * @param masked the text with masks
   * @param rows the masked tokens, I32 {@code [rows]}
   * @param labels the tokens that stood there, I32 {@code [rows]}; a row of -100 stays as it is
   * @param logits the generator's, F32 {@code [rows, vocabulary]}
   * @param tokens see {@link CountedTokens#TOKENS}
   */
  static FilledTokens of(
      Encoder reader,
      TokenInputs masked,
      Tensor rows,
      Tensor labels,
      Tensor logits,
      Tensor tokens,
      Rng rng) {
    if (rows.numel() == 0) {
      return new FilledTokens(reader.inputs(masked, masked.inputIds()), tokens);
    }
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      // Ids are exact in F32, in which alone rows can be added to.
      Tensor drawn = draw(logits.detach(), rng).to(DType.F32);
      Tensor counts = CountedTokens.counts(labels);
      Tensor before = masked.inputIds().to(DType.F32);
      Tensor change = drawn.sub(before.indexSelect(0, rows)).mul(counts);
      Tensor other = drawn.ne(labels.to(DType.F32)).to(DType.F32).mul(counts);
      Tensor ids = scope.keep(before.indexAdd(rows, change).to(DType.I32));
      Tensor replaced = scope.keep(tokens.to(DType.F32).indexAdd(rows, other).to(DType.I32));
      return new FilledTokens(reader.inputs(masked, ids), replaced);
    }
  }

  /**
   * One of softmax's classes for each row, I64 {@code [rows]}: the largest of the logits with
   * Gumbel noise (Gumbel 1954; Maddison et al. 2014, "A* Sampling").
   */
  static Tensor draw(Tensor logits, Rng rng) {
    List<Tensor> parts = new ArrayList<>();
    for (long row = 0; row < logits.size(0); row += ROWS_AT_A_TIME) {
      try (Scope scope = Scope.open()) {
        Tensor some = logits.narrow(0, row, Math.min(ROWS_AT_A_TIME, logits.size(0) - row));
        Tensor uniform = Tensor.rand(rng, some.size(0), some.size(1)).to(logits.device());
        parts.add(scope.keep(some.sub(uniform.log().neg().log()).argmax(1)));
      }
    }
    return Tensor.concat(0, parts.toArray(Tensor[]::new));
  }
}
