package io.github.jaubert.bert;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.nn.Activation;
import java.util.List;

/**
 * The sizes and settings of an encoder as heads, loader and trainer read them; its own settings are
 * its implementation's. Immutable, with {@code equals}: a record.
 */
public interface EncoderConfig {
  /** The architecture that these are the settings of. */
  Architecture architecture();

  /** An encoder of these sizes whose parameters have no sensible values yet. */
  Encoder newEncoder();

  /** Rows of the word embeddings. */
  int vocabSize();

  /** Width of the hidden states. */
  int hiddenSize();

  /** Width of the word embeddings; that of the hidden states, as here, in most encoders. */
  default int embeddingSize() {
    return hiddenSize();
  }

  /** The number of layers. */
  int numHiddenLayers();

  /** The layers of a checkpoint: as many as compute, as here, unless some share parameters. */
  default StoredLayers storedLayers() {
    return new StoredLayers(architecture().field("num_hidden_layers"), numHiddenLayers());
  }

  /** The longest sequence, in tokens. */
  int maxPositionEmbeddings();

  /** Rows of the table of positions; as many as the longest sequence has tokens, as here. */
  default int positionRows() {
    return maxPositionEmbeddings();
  }

  /** Kinds of segments; 0, as here: the encoder has none, and type ids are ignored. */
  default int typeVocabSize() {
    return 0;
  }

  /**
   * Whether the type ids of tokens are read; otherwise all tokens are of the first segment. Where
   * there are segments they are, as here, in most encoders.
   */
  default boolean readsTypes() {
    return typeVocabSize() > 0;
  }

  /** The token of padding, whose embedding starts at zero; 0 as in most vocabularies. */
  default int padTokenId() {
    return 0;
  }

  /** Deviation of the normal distribution that weights start from; 0.02 as BERT's. */
  default double initializerRange() {
    return 0.02;
  }

  /** What LayerNorm adds to the variance in a head for masked tokens; 1e-12 as BERT's. */
  default double layerNormEps() {
    return 1e-12;
  }

  /** The activation in a head for masked tokens; GELU, as here, in most encoders. */
  default Activation headActivation() {
    return Activation.GELU;
  }

  /**
   * Whether a head for masked tokens adds a bias for each token of the vocabulary; true as here.
   */
  default boolean decoderBias() {
    return true;
  }

  /**
   * Whether a classifier of whole texts reads the mean of all tokens; otherwise, as here, the
   * first.
   */
  default boolean meanPooling() {
    return false;
  }

  /** The activation in a head for replaced tokens; that in one for masked tokens, as here. */
  default Activation detectorActivation() {
    return headActivation();
  }

  /** Dropout before a classification head, in [0, 1). */
  double classifierDropoutProb();

  /** Dropout before a head for tokens, in [0, 1). */
  default double tokenClassifierDropoutProb() {
    return classifierDropoutProb();
  }

  /** Dropout before a head for questions, in [0, 1); none, as here. */
  default double questionDropoutProb() {
    return 0;
  }

  /**
   * The fields of config.json that {@link Architecture#readConfig} reads back, without what every
   * config.json has: {@code model_type}, {@code architectures}, the dtype and the labels. They are
   * written in alphabetical order, and compared in this one.
   */
  ObjectNode toJson();

  /** The {@code model_type} of config.json. */
  default String modelType() {
    return architecture().modelType();
  }

  /**
   * Sizes that tensors of a checkpoint show, so that a config.json of other weights is refused by
   * the name of its field.
   */
  default List<StoredSize> storedSizes() {
    Architecture names = architecture();
    String words = names.wordEmbeddings();
    return List.of(
        new StoredSize(words, 0, names.field("vocab_size"), vocabSize()),
        new StoredSize(words, 1, names.field("hidden_size"), hiddenSize()));
  }

  /**
   * About how many numbers the parameters hold. A loader refuses a checkpoint that holds far fewer,
   * before it allocates anything; sizes may be absurd, so not as an integer.
   */
  default double parameterCount() {
    double width = hiddenSize();
    double rows = (double) vocabSize() + maxPositionEmbeddings() + typeVocabSize();
    return rows * width + numHiddenLayers() * 4 * width * width;
  }

  /**
   * How many numbers an encoder of BERT's kind has without its pooler: embeddings and norms, and
   * layers of attention and of a feed-forward part, with biases.
   */
  static double parameterCount(EncoderConfig config, int intermediateSize) {
    double width = config.hiddenSize();
    double rows = (double) config.vocabSize() + config.maxPositionEmbeddings();
    double embeddings = (rows + config.typeVocabSize() + 2) * config.embeddingSize();
    double layer = 4 * (width + 1) * width + (2 * width + 1) * intermediateSize + width + 4 * width;
    return embeddings + config.numHiddenLayers() * layer;
  }

  /**
   * How many layers a checkpoint has.
   *
   * @param field the field of config.json
   * @param count what config.json says
   */
  record StoredLayers(String field, int count) {}

  /**
   * A size of config.json that a tensor shows.
   *
   * @param parameter the tensor, a matrix, by its name in the encoder
   * @param axis 0 or 1
   * @param field the field of config.json
   * @param value what config.json says
   */
  record StoredSize(String parameter, int axis, String field, int value) {}
}
