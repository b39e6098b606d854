package io.github.jaubert.bert.models.bert;

import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.Embedding;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.Init;
import io.github.jaubert.nn.LayerNorm;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Tensor;

/** The sum of a word's, its position's and its segment's vector, normalised. */
final class BertEmbeddings extends Block {
  private final Embedding word;
  private final Embedding position;
  private final Embedding type;
  private final LayerNorm norm;
  private final float dropout;

  BertEmbeddings(BertConfig config) {
    int hidden = config.hiddenSize();
    word = add("word_embeddings", Embedding.of(Init.zeros(config.vocabSize(), hidden)));
    position =
        add(
            "position_embeddings",
            Embedding.of(Init.zeros(config.maxPositionEmbeddings(), hidden)));
    type = add("token_type_embeddings", Embedding.of(Init.zeros(config.typeVocabSize(), hidden)));
    norm = add("LayerNorm", LayerNorm.of(hidden, (float) config.layerNormEps()));
    dropout = (float) config.hiddenDropoutProb();
  }

  /** {@code [tokens, hidden]} of type {@code dtype}. */
  Tensor forward(TokenInputs inputs, DType dtype) {
    return F.embeddingLayerNorm(
        inputs.inputIds(),
        inputs.positionIds(),
        inputs.tokenTypeIds(),
        word.weight(),
        position.weight(),
        type.weight(),
        norm.weight(),
        norm.bias(),
        training() ? dropout : 0,
        norm.eps(),
        dtype);
  }
}
