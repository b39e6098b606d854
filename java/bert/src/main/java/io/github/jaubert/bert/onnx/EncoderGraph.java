package io.github.jaubert.bert.onnx;

import io.github.jaubert.bert.EncoderConfig;
import io.github.jaubert.bert.EncoderModel;
import io.github.jaubert.bert.MultipleChoiceModel;
import io.github.jaubert.bert.models.modernbert.ModernBertConfig;
import io.github.jaubert.bert.models.rotary.RotaryConfig;

/**
 * The graph of an encoder: token ids {@code [texts, sequence]} to hidden states {@code [texts,
 * sequence, hidden]}. Padding is behind the texts.
 */
interface EncoderGraph {
  /** The hidden states of the last layer. */
  String hidden();

  /** What it is put together from. */
  GraphParts parts();

  /**
   * Begins a graph.
   *
   * @throws IllegalArgumentException if there is none for such an encoder
   */
  static EncoderGraph of(GraphBuilder graph, EncoderModel<?> model) {
    EncoderConfig config = model.config();
    boolean choices = model instanceof MultipleChoiceModel;
    if (config instanceof ModernBertConfig modern) {
      return new ModernBertGraph(new GraphParts(graph, model, modern.normEps(), choices), modern);
    }
    if (config instanceof RotaryConfig rotary) {
      return new GatedGraph(new GraphParts(graph, model, config.layerNormEps(), choices), rotary);
    }
    BertSizes sizes = BertSizes.of(config);
    return new BertGraph(new GraphParts(graph, model, sizes.eps(), choices), sizes);
  }
}
