package io.github.jaubert.bert.models.rotary;

import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.nn.Embedding;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.LayerNorm;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Tensor;

/** Embeddings without positions. */
public final class WordEmbeddings {
  private WordEmbeddings() {}

  /**
   * {@code dropout(LayerNorm(word + segment))}, {@code [tokens, hidden]}.
   *
   * @param type of segments, which stand where the kernel has positions; null: there are none
   * @param p dropout
   */
  public static Tensor forward(
      TokenInputs inputs, Embedding word, Embedding type, LayerNorm norm, float p, DType dtype) {
    if (type == null) {
      Tensor words = F.embedding(word.weight(), inputs.inputIds());
      return F.dropout(norm.forward(words).to(dtype), p);
    }
    return F.embeddingLayerNorm(
        inputs.inputIds(),
        inputs.tokenTypeIds(),
        null,
        word.weight(),
        type.weight(),
        null,
        norm.weight(),
        norm.bias(),
        p,
        norm.eps(),
        dtype);
  }
}
