package io.github.jaubert.bert.onnx;

import static io.github.jaubert.bert.onnx.GraphBuilder.INT64;
import static io.github.jaubert.bert.onnx.GraphBuilder.attribute;

import io.github.jaubert.bert.EncoderConfig;
import io.github.jaubert.bert.EncoderModel;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.models.distilbert.DistilBertConfig;
import io.github.jaubert.bert.models.electra.ElectraConfig;
import io.github.jaubert.bert.models.roberta.RobertaConfig;
import io.github.jaubert.nn.Activation;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The graph of an encoder whose layers are BERT's: token ids {@code [batch, sequence]} to hidden
 * states {@code [batch, sequence, hidden]}. Padding is behind the texts.
 */
final class EncoderGraph {
  /** What stands for minus infinity where a token must not be looked at. */
  private static final float NEVER = -1e9f;

  /** What an architecture calls the parts of a layer. */
  private record LayerNames(
      String query,
      String key,
      String value,
      String attentionOut,
      String attentionNorm,
      String inner,
      String outer,
      String outerNorm) {
    static final LayerNames BERT =
        new LayerNames(
            "attention.self.query",
            "attention.self.key",
            "attention.self.value",
            "attention.output.dense",
            "attention.output.LayerNorm",
            "intermediate.dense",
            "output.dense",
            "output.LayerNorm");
    static final LayerNames DISTILBERT =
        new LayerNames(
            "attention.q_lin",
            "attention.k_lin",
            "attention.v_lin",
            "attention.out_lin",
            "sa_layer_norm",
            "ffn.lin1",
            "ffn.lin2",
            "output_layer_norm");
  }

  /** What of the configuration counts. */
  private record Sizes(int heads, Activation activation, double eps, int firstPosition) {
    static Sizes of(EncoderConfig config) {
      if (config instanceof BertConfig bert) {
        return of(bert, 0);
      }
      if (config instanceof ElectraConfig electra) {
        return of(electra.bert(), 0);
      }
      if (config instanceof RobertaConfig roberta) {
        return of(roberta.bert(), roberta.positionRows() - roberta.maxPositionEmbeddings());
      }
      if (config instanceof DistilBertConfig distil) {
        return new Sizes(distil.nHeads(), distil.headActivation(), 1e-12, 0);
      }
      throw new IllegalArgumentException(
          "%s cannot be written as ONNX yet; BERT, DistilBERT, ELECTRA and RoBERTa can"
              .formatted(config.architecture().name()));
    }

    private static Sizes of(BertConfig bert, int firstPosition) {
      return new Sizes(
          bert.numAttentionHeads(), bert.activation(), bert.layerNormEps(), firstPosition);
    }
  }

  private final GraphBuilder graph;
  private final EncoderConfig config;
  private final Sizes sizes;
  private final LayerNames names;
  private final Map<String, Tensor> parameters = new HashMap<>();

  /** The inputs. */
  private final String ids;

  private final String mask;

  EncoderGraph(GraphBuilder graph, EncoderModel<?> model) {
    this.graph = graph;
    config = model.config();
    sizes = Sizes.of(config);
    names = config instanceof DistilBertConfig ? LayerNames.DISTILBERT : LayerNames.BERT;
    for (Parameter parameter : model.parameters()) {
      parameters.put(parameter.name(), parameter.tensor());
    }
    ids = graph.input("input_ids", INT64, "batch", "sequence");
    mask = graph.input("attention_mask", INT64, "batch", "sequence");
  }

  // ---- the encoder ----

  private String name(String part) {
    return config.architecture().prefix() + "." + part;
  }

  /** The hidden states of the last layer. */
  String hidden() {
    String x = embeddings();
    String never = never();
    for (int i = 0; i < config.numHiddenLayers(); i++) {
      x = layer(x, never, name(config.architecture().layers() + "." + i + "."));
    }
    return x;
  }

  private String embeddings() {
    String sum = graph.add("Gather", table("embeddings.word_embeddings.weight"), ids);
    if (config.typeVocabSize() > 0) {
      String types = table("embeddings.token_type_embeddings.weight");
      String segments =
          config.readsTypes()
              ? graph.input("token_type_ids", INT64, "batch", "sequence")
              : graph.add("Sub", ids, ids); // always the first
      sum = graph.add("Add", sum, graph.add("Gather", types, segments));
    }
    String positions = table("embeddings.position_embeddings.weight");
    sum = graph.add("Add", sum, graph.add("Gather", positions, positions()));
    String x = norm(sum, name("embeddings.LayerNorm"));
    return parameters.containsKey(name("embeddings_project.weight"))
        ? linear(x, name("embeddings_project"))
        : x;
  }

  /** {@code [1, sequence]}. */
  private String positions() {
    String length =
        graph.add("Gather", graph.add("Shape", ids), graph.integer(1)); // batch, sequence
    String first = graph.integer(sizes.firstPosition);
    String behind = graph.add("Add", length, first);
    String range = graph.add("Range", first, behind, graph.integer(1));
    return graph.add("Unsqueeze", range, graph.integers(0L));
  }

  /** What is added to the scores of tokens: {@code [batch, 1, 1, sequence]}. */
  private String never() {
    String padding = graph.add("Sub", graph.number(1), mask());
    String scores = graph.add("Mul", padding, graph.number(NEVER));
    return graph.add("Unsqueeze", scores, graph.integers(1L, 2L));
  }

  /** The mask as floats, {@code [batch, sequence]}. */
  String mask() {
    return graph.add("Cast", List.of(attribute("to", (long) GraphBuilder.FLOAT)), mask);
  }

  private String layer(String x, String never, String prefix) {
    String attended = attention(x, never, prefix);
    String y =
        norm(
            graph.add("Add", linear(attended, prefix + names.attentionOut), x),
            prefix + names.attentionNorm);
    String inner = activation(linear(y, prefix + names.inner), sizes.activation);
    return norm(graph.add("Add", linear(inner, prefix + names.outer), y), prefix + names.outerNorm);
  }

  private String attention(String x, String never, String prefix) {
    int size = config.hiddenSize() / sizes.heads;
    String query = heads(linear(x, prefix + names.query), size, 0, 2, 1, 3);
    String key = heads(linear(x, prefix + names.key), size, 0, 2, 3, 1);
    String value = heads(linear(x, prefix + names.value), size, 0, 2, 1, 3);
    String scores = graph.add("MatMul", query, key);
    scores = graph.add("Mul", scores, graph.number((float) (1 / Math.sqrt(size))));
    scores = graph.add("Add", scores, never);
    String weights = graph.add("Softmax", List.of(attribute("axis", -1L)), scores);
    String mixed = graph.add("MatMul", weights, value);
    String together = graph.add("Transpose", List.of(attribute("perm", 0, 2, 1, 3)), mixed);
    return graph.add("Reshape", together, graph.integers(0L, 0L, (long) config.hiddenSize()));
  }

  /** {@code [batch, sequence, heads, size]} in another order. */
  private String heads(String x, int size, long... order) {
    String shape = graph.integers(0L, 0L, (long) sizes.heads, (long) size);
    return graph.add(
        "Transpose", List.of(attribute("perm", order)), graph.add("Reshape", x, shape));
  }

  // ---- parts, for heads too ----

  boolean has(String parameter) {
    return parameters.containsKey(parameter);
  }

  private Tensor parameter(String name) {
    Tensor tensor = parameters.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException("the model has no parameter " + name);
    }
    return tensor;
  }

  private String constant(String name) {
    Tensor tensor = parameter(name);
    return graph.constant(name, tensor.shape().toArray(), tensor::toFloats);
  }

  private String table(String part) {
    return constant(name(part));
  }

  /** {@code x W^T + b}. */
  String linear(String x, String name) {
    Tensor weight = parameter(name + ".weight");
    int out = (int) weight.size(0);
    int in = (int) weight.size(1);
    String transposed =
        graph.constant(
            name + ".weight", new long[] {in, out}, () -> transposed(weight.toFloats(), out, in));
    String product = graph.add("MatMul", x, transposed);
    return has(name + ".bias") ? graph.add("Add", product, constant(name + ".bias")) : product;
  }

  private static float[] transposed(float[] values, int rows, int columns) {
    float[] transposed = new float[values.length];
    for (int i = 0; i < rows; i++) {
      for (int k = 0; k < columns; k++) {
        transposed[k * rows + i] = values[i * columns + k];
      }
    }
    return transposed;
  }

  /** {@code x E^T + b} with the table of words, as the head for masked tokens has it. */
  String words(String x, String bias) {
    String table = name(config.architecture().wordEmbeddings());
    String product =
        graph.add("MatMul", x, graph.add("Transpose", List.of(attribute("perm", 1, 0)), table));
    return has(bias) ? graph.add("Add", product, constant(bias)) : product;
  }

  String norm(String x, String name) {
    return graph.add(
        "LayerNormalization",
        List.of(attribute("axis", -1L), attribute("epsilon", (float) sizes.eps)),
        x,
        constant(name + ".weight"),
        constant(name + ".bias"));
  }

  String activation(String x, Activation activation) {
    return switch (activation) {
      case NONE -> x;
      case RELU -> graph.add("Relu", x);
      case TANH -> graph.add("Tanh", x);
      case GELU ->
          half(x, graph.add("Erf", graph.add("Div", x, graph.number((float) Math.sqrt(2)))));
      case GELU_TANH -> {
        String cube = graph.add("Mul", x, graph.add("Mul", x, x));
        String inner = graph.add("Add", x, graph.add("Mul", cube, graph.number(0.044715f)));
        String scaled = graph.add("Mul", inner, graph.number((float) Math.sqrt(2 / Math.PI)));
        yield half(x, graph.add("Tanh", scaled));
      }
    };
  }

  /** {@code x (1 + t) / 2}. */
  private String half(String x, String t) {
    return graph.add(
        "Mul", graph.add("Mul", x, graph.add("Add", t, graph.number(1))), graph.number(0.5f));
  }

  /** The first token of each text, {@code [batch, hidden]}. */
  String first(String hidden) {
    return graph.add("Gather", List.of(attribute("axis", 1L)), hidden, graph.integer(0));
  }
}
