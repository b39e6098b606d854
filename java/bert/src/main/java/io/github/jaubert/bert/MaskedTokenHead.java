package io.github.jaubert.bert;

import io.github.jaubert.nn.CrossEntropyOptions;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.Init;
import io.github.jaubert.nn.Layer;
import io.github.jaubert.nn.LayerNorm;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A head for masked tokens: what the encoder has for it, or else BERT's {@code
 * LayerNorm(activation(dense(x)))}, as wide as the word embeddings; then a product with these, to
 * which the decoder is tied, and a bias for each token of the vocabulary, if the config has one.
 *
 * <p>It computes in the encoder's type, as the product with the vocabulary is the largest of the
 * model; what it gives is F32.
 */
final class MaskedTokenHead {
  private static final String PREDICTIONS = "cls.predictions.";

  /** The parameter that shows that a checkpoint has the head, by BERT's name. */
  static final String WEIGHT = PREDICTIONS + "transform.dense.weight";

  private final Layer transform;
  private final Tensor decoder;
  private final Tensor bias; // null: there is none
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
    bias = config.decoderBias() ? names.put(biasName, Init.zeros(config.vocabSize())) : null;
    Layer own = encoder.newTokenTransform();
    transform = own == null ? new Transform(encoder, names) : own;
    if (own != null) {
      own.children().forEach(names::put);
    }
    decoder = encoder.parameter(architecture.wordEmbeddings()).tensor();
    copies.put(
        architecture.headName(PREDICTIONS + "decoder.weight"),
        architecture.prefix() + "." + architecture.wordEmbeddings());
    if (bias != null) {
      copies.put(architecture.headName(PREDICTIONS + "decoder.bias"), biasName);
      copies.remove(biasName);
    }
  }

  /** See {@link EncoderModel#copies}. */
  Map<String, String> copies() {
    return copies;
  }

  /** The logits of rows {@code [rows, hidden]}, F32 {@code [rows, vocabulary]}. */
  Tensor logits(Tensor rows) {
    return F.linear(transform.forward(rows), decoder, bias).to(DType.F32);
  }

  /**
   * The sum of the rows' cross-entropies, divided by {@code count}.
   *
   * @param rows {@code [rows, hidden]}
   * @param labels token ids {@code [rows]}, I32 or I64; -100 for a row that does not count
   * @param count 0: the number of rows that count
   * @param hits see {@link F#linearCrossEntropy(Tensor, Tensor, Tensor, Tensor,
   *     CrossEntropyOptions, Tensor)}
   */
  Tensor loss(Tensor rows, Tensor labels, float count, Tensor hits) {
    return F.linearCrossEntropy(
        transform.forward(rows),
        decoder,
        bias,
        labels.to(rows.device()),
        CrossEntropyOptions.defaults().withNormalizer(count),
        hits);
  }

  /** BERT's; the layers belong to the groups that name them. */
  private static final class Transform extends Layer {
    private final Linear dense;
    private final LayerNorm norm;
    private final Encoder encoder;

    Transform(Encoder encoder, Group names) {
      this.encoder = encoder;
      EncoderConfig config = encoder.config();
      Architecture architecture = config.architecture();
      int width = config.embeddingSize();
      dense =
          names.put(
              architecture.headName(PREDICTIONS + "transform.dense"),
              EncoderLayer.linear(config.hiddenSize(), width));
      norm =
          names.put(
              architecture.headName(PREDICTIONS + "transform.LayerNorm"),
              LayerNorm.of(width, (float) config.layerNormEps()));
    }

    @Override
    public Tensor forward(Tensor rows) {
      return norm.forward(encoder.activated(dense, rows));
    }
  }
}
