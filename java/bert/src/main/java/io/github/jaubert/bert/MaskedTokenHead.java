package io.github.jaubert.bert;

import io.github.jaubert.nn.Activation;
import io.github.jaubert.nn.CrossEntropyOptions;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.Init;
import io.github.jaubert.nn.LayerNorm;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * BERT's head for masked tokens: {@code LayerNorm(activation(dense(x)))}, then a product with the
 * word embeddings, to which the decoder is tied, and a bias for each token of the vocabulary.
 *
 * <p>It computes in the encoder's type, as the product with the vocabulary is the largest of the
 * model; what it gives is F32.
 */
final class MaskedTokenHead {
  private static final String PREDICTIONS = "cls.predictions.";

  /** The parameter that shows that a checkpoint has the head, by BERT's name. */
  static final String WEIGHT = PREDICTIONS + "transform.dense.weight";

  private final Linear dense;
  private final LayerNorm norm;
  private final Activation activation;
  private final Tensor decoder;
  private final Tensor bias;
  private final Map<String, String> copies = new LinkedHashMap<>();

  /**
   * A head whose parameters have no sensible values yet.
   *
   * @param names gets the layers under the names that the architecture has for them
   */
  MaskedTokenHead(Encoder encoder, Group names) {
    EncoderConfig config = encoder.config();
    Architecture architecture = config.architecture();
    String biasName = architecture.headName(PREDICTIONS + "bias");
    bias = names.put(biasName, Init.zeros(config.vocabSize()));
    dense =
        names.put(
            architecture.headName(PREDICTIONS + "transform.dense"),
            EncoderLayer.linear(config.hiddenSize(), config.hiddenSize()));
    norm =
        names.put(
            architecture.headName(PREDICTIONS + "transform.LayerNorm"),
            LayerNorm.of(config.hiddenSize(), (float) config.layerNormEps()));
    activation = config.headActivation();
    decoder = encoder.parameter(architecture.wordEmbeddings()).tensor();
    copies.put(
        architecture.headName(PREDICTIONS + "decoder.weight"),
        architecture.prefix() + "." + architecture.wordEmbeddings());
    copies.put(architecture.headName(PREDICTIONS + "decoder.bias"), biasName);
    copies.remove(biasName);
  }

  /** See {@link EncoderModel#copies}. */
  Map<String, String> copies() {
    return copies;
  }

  /** The logits of rows {@code [rows, hidden]}, F32 {@code [rows, vocabulary]}. */
  Tensor logits(Tensor rows) {
    return F.linear(transform(rows), decoder, bias).to(DType.F32);
  }

  /**
   * The sum of the rows' cross-entropies, divided by {@code count}.
   *
   * @param rows {@code [rows, hidden]}
   * @param labels token ids {@code [rows]}, I32 or I64; -100 for a row that does not count
   * @param count 0: the number of rows that count
   */
  Tensor loss(Tensor rows, Tensor labels, float count) {
    return F.linearCrossEntropy(
        transform(rows),
        decoder,
        bias,
        labels.to(rows.device()),
        CrossEntropyOptions.defaults().withNormalizer(count));
  }

  private Tensor transform(Tensor rows) {
    return norm.forward(dense.forward(rows, activation));
  }
}
