package io.github.jaubert.bert.models.bert;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.EncoderConfig;
import java.util.List;

/** The settings of an encoder that has BERT's among its own: what it does not say is BERT's. */
public interface BertBasedConfig extends EncoderConfig {
  /** Those that BERT has too. */
  BertConfig bert();

  @Override
  default int vocabSize() {
    return bert().vocabSize();
  }

  @Override
  default int hiddenSize() {
    return bert().hiddenSize();
  }

  @Override
  default int numHiddenLayers() {
    return bert().numHiddenLayers();
  }

  @Override
  default int maxPositionEmbeddings() {
    return bert().maxPositionEmbeddings();
  }

  @Override
  default int typeVocabSize() {
    return bert().typeVocabSize();
  }

  @Override
  default int padTokenId() {
    return bert().padTokenId();
  }

  @Override
  default double initializerRange() {
    return bert().initializerRange();
  }

  @Override
  default double layerNormEps() {
    return bert().layerNormEps();
  }

  @Override
  default double classifierDropoutProb() {
    return bert().classifierDropoutProb();
  }

  @Override
  default double parameterCount() {
    return bert().parameterCount();
  }

  @Override
  default List<StoredSize> storedSizes() {
    return bert().storedSizes();
  }

  @Override
  default ObjectNode toJson() {
    return bert().toJson();
  }
}
