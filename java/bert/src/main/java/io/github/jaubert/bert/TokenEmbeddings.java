package io.github.jaubert.bert;

import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.Embedding;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.Init;
import io.github.jaubert.nn.LayerNorm;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Tensor;

/**
 * The sum of a word's, its position's and, if the encoder has segments, its segment's vector,
 * normalised; the parameters have BERT's names. Their width is the {@link
 * EncoderConfig#embeddingSize}.
 */
public class TokenEmbeddings extends Block {
  private final Embedding word;
  private final Embedding position;
  private final Embedding type; // null: the encoder has no segments
  private final LayerNorm norm;
  private final float dropout;

  /**
   * Embeddings whose parameters have no sensible values yet.
   *
   * @param layerNormEps what LayerNorm adds to the variance
   * @param dropoutProb dropout of the result
   */
  public TokenEmbeddings(EncoderConfig config, double layerNormEps, double dropoutProb) {
    int width = config.embeddingSize();
    word = add("word_embeddings", table(config.vocabSize(), width));
    position = add("position_embeddings", table(config.positionRows(), width));
    int types = config.typeVocabSize();
    type = types == 0 ? null : add("token_type_embeddings", table(types, width));
    norm = add("LayerNorm", LayerNorm.of(width, (float) layerNormEps));
    dropout = (float) dropoutProb;
  }

  private static Embedding table(int rows, int width) {
    return Embedding.of(Init.zeros(rows, width));
  }

  /**
   * The vectors of segments, {@code [segments, width]}, with what else is the same for all tokens;
   * null: the encoder has no segments.
   */
  protected Tensor segments() {
    return type == null ? null : type.weight();
  }

  /** {@code [tokens, width]} of type {@code dtype}. */
  public final Tensor forward(TokenInputs inputs, DType dtype) {
    return forward(inputs, 0, dtype);
  }

  /**
   * The same of positions that begin further back in their table, as RoBERTa's do.
   *
   * @param firstPosition the row of the first token of a sequence
   */
  public final Tensor forward(TokenInputs inputs, int firstPosition, DType dtype) {
    Tensor positions = position.weight();
    if (firstPosition > 0) {
      positions = positions.narrow(0, firstPosition, positions.size(0) - firstPosition);
    }
    return F.embeddingLayerNorm(
        inputs.inputIds(),
        inputs.positionIds(),
        type == null ? null : inputs.tokenTypeIds(),
        word.weight(),
        positions,
        segments(),
        norm.weight(),
        norm.bias(),
        training() ? dropout : 0,
        norm.eps(),
        dtype);
  }
}
