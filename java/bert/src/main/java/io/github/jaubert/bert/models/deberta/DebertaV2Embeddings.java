package io.github.jaubert.bert.models.deberta;

import io.github.jaubert.bert.EncoderLayer;
import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.Embedding;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.Init;
import io.github.jaubert.nn.LayerNorm;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Tensor;

/**
 * A word's vector, with that of its position and of its segment where the encoder has them, brought
 * to the width of the hidden states and normalised there.
 */
final class DebertaV2Embeddings extends Block {
  private final Embedding word;
  private final Embedding position; // null: there is none
  private final Embedding type; // null: there is none
  private final Linear projection; // null: words are as wide as the hidden states
  private final LayerNorm norm;
  private final float dropout;

  /** Embeddings whose parameters have no sensible values yet. */
  DebertaV2Embeddings(DebertaV2Config config) {
    int width = config.embeddingSize();
    word = add("word_embeddings", table(config.vocabSize(), width));
    position =
        config.positionBiasedInput()
            ? add("position_embeddings", table(config.positionRows(), width))
            : null;
    type =
        config.typeVocabSize() > 0
            ? add("token_type_embeddings", table(config.typeVocabSize(), width))
            : null;
    projection =
        width == config.hiddenSize()
            ? null
            : add("embed_proj", EncoderLayer.linear(width, config.hiddenSize(), false));
    norm = add("LayerNorm", LayerNorm.of(config.hiddenSize(), (float) config.layerNormEps()));
    dropout = (float) config.bert().hiddenDropoutProb();
  }

  private static Embedding table(int rows, int width) {
    return Embedding.of(Init.zeros(rows, width));
  }

  /** {@code [tokens, hidden]} of type {@code dtype}. */
  Tensor forward(TokenInputs inputs, DType dtype) {
    Tensor sum = word.forward(inputs.inputIds());
    if (position != null) {
      sum = sum.add(position.forward(inputs.positionIds()));
    }
    if (type != null) {
      sum = sum.add(type.forward(inputs.tokenTypeIds()));
    }
    Tensor wide = projection == null ? sum : projection.forward(sum.to(dtype));
    return F.dropout(norm.forward(wide).to(dtype), training() ? dropout : 0);
  }
}
