package io.github.jaubert.peers;

import static org.bytedeco.pytorch.global.torch.*;

import io.github.jaubert.benchmarks.measure.EncoderShape;
import org.bytedeco.pytorch.*;
import org.bytedeco.pytorch.Module; // rather than java.lang.Module

/**
 * A BERT with a classifier of two labels, written with the modules of libtorch as one would write it
 * in Python: attention by scaled_dot_product_attention, everything else operation by operation.
 * Dropout 0.1. Batches are dense, [batch, sequence].
 */
final class BertClassifier extends Module {
  private static final int VOCABULARY = 30522;
  private static final int POSITIONS = 512;
  private static final double DROPOUT = 0.1;

  private final EmbeddingImpl words;
  private final EmbeddingImpl positions;
  private final EmbeddingImpl types;
  private final LayerNormImpl norm;
  private final Layer[] layers;
  private final LinearImpl pooler;
  private final LinearImpl classifier;

  BertClassifier(EncoderShape shape) {
    int hidden = shape.hidden();
    words = register_module("words", new EmbeddingImpl(VOCABULARY, hidden));
    positions = register_module("positions", new EmbeddingImpl(POSITIONS, hidden));
    types = register_module("types", new EmbeddingImpl(2, hidden));
    norm = register_module("norm", layerNorm(hidden));
    layers = new Layer[shape.layers()];
    for (int i = 0; i < layers.length; i++) {
      layers[i] = register_module("layer" + i, new Layer(shape));
    }
    pooler = register_module("pooler", new LinearImpl(hidden, hidden));
    classifier = register_module("classifier", new LinearImpl(hidden, 2));
  }

  /** The last hidden states [batch, sequence, hidden] of ids, places and types [batch, sequence]. */
  Tensor encode(Tensor ids, Tensor places, Tensor segments) {
    Tensor x = words.forward(ids).add(positions.forward(places)).add(types.forward(segments));
    x = dropout(norm.forward(x), DROPOUT, is_training());
    for (Layer layer : layers) {
      x = layer.forward(x);
    }
    return x;
  }

  /** Logits [batch, 2]. */
  Tensor classify(Tensor hidden) {
    Tensor pooled = pooler.forward(hidden.select(1, 0)).tanh();
    return classifier.forward(dropout(pooled, DROPOUT, is_training()));
  }

  private static LayerNormImpl layerNorm(int hidden) {
    LayerNormOptions options = new LayerNormOptions(new LongVector(new long[] {hidden}));
    options.eps().put(1e-12);
    return new LayerNormImpl(options);
  }

  private static final class Layer extends Module {
    private final int heads;
    private final LinearImpl query;
    private final LinearImpl key;
    private final LinearImpl value;
    private final LinearImpl attentionOutput;
    private final LayerNormImpl attentionNorm;
    private final LinearImpl up;
    private final LinearImpl down;
    private final LayerNormImpl outputNorm;

    Layer(EncoderShape shape) {
      int hidden = shape.hidden();
      heads = shape.heads();
      query = register_module("query", new LinearImpl(hidden, hidden));
      key = register_module("key", new LinearImpl(hidden, hidden));
      value = register_module("value", new LinearImpl(hidden, hidden));
      attentionOutput = register_module("attention_output", new LinearImpl(hidden, hidden));
      attentionNorm = register_module("attention_norm", layerNorm(hidden));
      up = register_module("up", new LinearImpl(hidden, shape.intermediate()));
      down = register_module("down", new LinearImpl(shape.intermediate(), hidden));
      outputNorm = register_module("output_norm", layerNorm(hidden));
    }

    Tensor forward(Tensor x) {
      long hidden = x.size(2);
      Tensor context =
          scaled_dot_product_attention(
              heads(query.forward(x)),
              heads(key.forward(x)),
              heads(value.forward(x)),
              new TensorOptional(),
              is_training() ? DROPOUT : 0,
              false,
              new DoubleOptional(),
              false);
      Tensor attention =
          attentionOutput.forward(context.transpose(1, 2).reshape(x.size(0), x.size(1), hidden));
      Tensor mixed = attentionNorm.forward(x.add(dropout(attention, DROPOUT, is_training())));
      Tensor output = down.forward(gelu(up.forward(mixed)));
      return outputNorm.forward(mixed.add(dropout(output, DROPOUT, is_training())));
    }

    /** [batch, sequence, hidden] as [batch, heads, sequence, hidden / heads]. */
    private Tensor heads(Tensor x) {
      return x.view(x.size(0), x.size(1), heads, x.size(2) / heads).transpose(1, 2);
    }
  }
}
