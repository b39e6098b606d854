package io.github.jaubert.bert.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.OnnxGraph.Node;
import io.github.jaubert.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * Deduces the config.json of a BERT from its ONNX file: sizes from the weights, the rest from
 * constants in the graph.
 */
final class OnnxBertConfig {
  private final OnnxWeights weights;
  private final OnnxGraph graph;

  private OnnxBertConfig(OnnxWeights weights, OnnxGraph graph) {
    this.weights = weights;
    this.graph = graph;
  }

  static ObjectNode of(OnnxWeights weights, OnnxGraph graph) {
    return new OnnxBertConfig(weights, graph).deduce();
  }

  private ObjectNode deduce() {
    Shape words = matrix("embeddings.word_embeddings.weight");
    int layers = 0;
    while (hasLayer(layers)) {
      layers++;
    }
    for (int i = 0; i < layers; i++) {
      requireLayer(i);
    }
    if (layers == 0) {
      requireLayer(0);
    }
    long hidden = words.size(1);
    ObjectNode config = JsonFiles.object();
    config.put("model_type", "bert");
    config.put("vocab_size", words.size(0));
    config.put("hidden_size", hidden);
    config.put("num_hidden_layers", layers);
    config.put("num_attention_heads", heads(hidden));
    config.put("intermediate_size", matrix("encoder.layer.0.intermediate.dense.weight").size(0));
    config.put("hidden_act", activation(layers));
    config.put("max_position_embeddings", matrix("embeddings.position_embeddings.weight").size(0));
    config.put("type_vocab_size", matrix("embeddings.token_type_embeddings.weight").size(0));
    // Through the shortest decimal of the single, so that 1e-12f becomes 1.0E-12 and not
    // 9.999999960041972E-13.
    config.put("layer_norm_eps", Double.parseDouble(Float.toString(epsilon())));
    return config;
  }

  private Shape matrix(String name) {
    if (!weights.names().contains(name) || weights.shape(name).rank() != 2) {
      throw new CheckpointException(
          weights.source(), "has no matrix '" + name + "'" + quantisationHint());
    }
    return weights.shape(name);
  }

  private boolean hasLayer(int layer) {
    String prefix = "encoder.layer." + layer + ".";
    return weights.names().stream().anyMatch(name -> name.startsWith(prefix));
  }

  private void requireLayer(int layer) {
    List<String> missing = new ArrayList<>();
    for (String dense :
        List.of(
            "attention.self.query",
            "attention.self.key",
            "attention.self.value",
            "attention.output.dense",
            "intermediate.dense",
            "output.dense")) {
      for (String part : List.of(".weight", ".bias")) {
        String name = "encoder.layer." + layer + "." + dense + part;
        if (!weights.names().contains(name)) {
          missing.add(name);
        }
      }
    }
    if (!missing.isEmpty()) {
      throw new CheckpointException(
          weights.source(),
          "the graph does not show which tensors are " + missing + quantisationHint());
    }
  }

  private String quantisationHint() {
    boolean quantised =
        Stream.of("MatMulInteger", "DynamicQuantizeLinear", "DequantizeLinear", "QLinearMatMul")
            .anyMatch(graph::has);
    return quantised ? "; the file is quantised, the float32 one is needed" : "";
  }

  /**
   * From the Reshape that splits the queries, keys or values to [batch, length, heads, head size];
   * one of the last two may be -1.
   */
  private int heads(long hidden) {
    for (Node node : graph.nodes()) {
      if (!node.operation().equals("Reshape")
          || node.inputs().size() < 2
          || !isProjection(node.inputs().get(0))) {
        continue;
      }
      List<OptionalLong> target = constantShape(node.inputs().get(1));
      if (target.size() != 4) {
        continue;
      }
      long heads = target.get(2).orElse(-1);
      long headSize = target.get(3).orElse(-1);
      if (heads < 1 && headSize > 0 && hidden % headSize == 0) {
        heads = hidden / headSize;
      }
      if (heads > 0 && hidden % heads == 0 && (headSize < 1 || heads * headSize == hidden)) {
        return (int) heads;
      }
    }
    throw new CheckpointException(
        weights.source(),
        "no Reshape to [batch, length, heads, head size]: cannot tell the number of attention heads");
  }

  /** Whether a value is a product plus the bias of a query, key or value layer. */
  private boolean isProjection(String value) {
    Node sum = graph.producers().get(value);
    return sum != null
        && sum.operation().equals("Add")
        && sum.inputs().stream()
            .anyMatch(input -> input.contains(".attention.self.") && input.endsWith(".bias"));
  }

  /**
   * The elements of a shape: one constant, or a Concat of parts of which some are known only at run
   * time.
   */
  private List<OptionalLong> constantShape(String value) {
    OnnxTensor constant = graph.constants().get(value);
    List<OptionalLong> sizes = new ArrayList<>();
    if (constant != null && constant.type() == SafeTensorsType.I64) {
      for (float size : constant.floats()) {
        sizes.add(OptionalLong.of((long) size));
      }
      return sizes;
    }
    Node producer = graph.producers().get(value);
    if (producer == null || !producer.operation().equals("Concat")) {
      return List.of();
    }
    for (String part : producer.inputs()) {
      OnnxTensor known = graph.constants().get(part);
      boolean usable =
          known != null && known.type() == SafeTensorsType.I64 && known.shape().numel() == 1;
      sizes.add(usable ? OptionalLong.of((long) known.floats()[0]) : OptionalLong.empty());
    }
    return sizes;
  }

  private String activation(int layers) {
    if (graph.nodes().stream().anyMatch(node -> "tanh".equals(node.strings().get("approximate")))) {
      return "gelu_new";
    }
    if (graph.has("Erf") || graph.has("Gelu")) {
      return "gelu";
    }
    if (graph.has("Relu")) {
      return "relu";
    }
    if (graph.count("Tanh") >= layers) { // the pooler has one more
      return "gelu_new";
    }
    throw new CheckpointException(
        weights.source(), "the graph has no Erf, Gelu, Tanh or Relu: cannot tell the activation");
  }

  /**
   * The constant under the root of a LayerNorm that is spelled out, or the attribute of one that is
   * not.
   */
  private float epsilon() {
    Optional<Float> attribute =
        graph.nodes().stream()
            .filter(node -> node.operation().equals("LayerNormalization"))
            .map(node -> node.numbers().get("epsilon"))
            .filter(Objects::nonNull)
            .findFirst();
    if (attribute.isPresent()) {
      return attribute.get();
    }
    for (Node node : graph.nodes()) {
      if (node.operation().equals("Sqrt") && !node.inputs().isEmpty()) {
        Node sum = graph.producers().get(node.inputs().get(0));
        if (sum != null && sum.operation().equals("Add")) {
          OptionalDouble added = scalarInput(sum);
          if (added.isPresent()) {
            return (float) added.getAsDouble();
          }
        }
      }
    }
    throw new CheckpointException(
        weights.source(), "the graph has no LayerNorm whose epsilon could be read");
  }

  private OptionalDouble scalarInput(Node node) {
    for (String input : node.inputs()) {
      OnnxTensor constant = graph.constants().get(input);
      if (constant != null && constant.isFloatingPoint() && constant.shape().numel() == 1) {
        return OptionalDouble.of(constant.floats()[0]);
      }
    }
    return OptionalDouble.empty();
  }
}
