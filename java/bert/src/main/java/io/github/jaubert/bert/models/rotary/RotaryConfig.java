package io.github.jaubert.bert.models.rotary;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.EncoderConfig;

/**
 * The settings of an encoder that has {@link RotarySizes}, as heads, loader and trainer read them.
 */
public interface RotaryConfig extends EncoderConfig {
  /** The sizes and settings. */
  RotarySizes sizes();

  @Override
  default int vocabSize() {
    return sizes().vocabSize();
  }

  @Override
  default int hiddenSize() {
    return sizes().hiddenSize();
  }

  @Override
  default int numHiddenLayers() {
    return sizes().numHiddenLayers();
  }

  @Override
  default int maxPositionEmbeddings() {
    return sizes().maxPositionEmbeddings();
  }

  @Override
  default int typeVocabSize() {
    return sizes().typeVocabSize();
  }

  /** Where there is one kind of segments, all tokens are of it, whatever a tokenizer says. */
  @Override
  default boolean readsTypes() {
    return typeVocabSize() > 1;
  }

  @Override
  default int padTokenId() {
    return sizes().padTokenId();
  }

  @Override
  default double initializerRange() {
    return sizes().initializerRange();
  }

  @Override
  default double layerNormEps() {
    return sizes().layerNormEps();
  }

  @Override
  default double classifierDropoutProb() {
    Double own = sizes().classifierDropout();
    return own == null ? sizes().hiddenDropoutProb() : own;
  }

  /** With its pooler. */
  @Override
  default double parameterCount() {
    double width = hiddenSize();
    double layer = 4 * width * width + 3 * width * sizes().intermediateSize() + 4 * width;
    double embeddings = (vocabSize() + typeVocabSize() + 2.0) * width;
    return embeddings + numHiddenLayers() * layer + (width + 1) * width;
  }

  @Override
  default ObjectNode toJson() {
    return sizes().toJson();
  }
}
