package io.github.jaubert.bert.onnx;

import static io.github.jaubert.bert.onnx.GraphBuilder.attribute;

import io.github.jaubert.bert.models.modernbert.ModernBertConfig;
import io.github.jaubert.bert.models.rotary.RotaryPositions;
import io.github.jaubert.nn.Activation;
import java.util.List;

/** The graph of a ModernBERT: norms first, rotary positions, windows, a gated feed-forward part. */
record ModernBertGraph(GraphParts parts, ModernBertConfig config) implements EncoderGraph {
  private GraphBuilder graph() {
    return parts.graph;
  }

  @Override
  public String hidden() {
    String x = graph().add("Gather", parts.table("embeddings.tok_embeddings.weight"), parts.ids());
    x = parts.norm(x, parts.name("embeddings.norm"));
    String all = parts.never();
    String near = graph().add("Add", all, outside());
    RotaryGraph global = rotary("global", config.globalRopeTheta());
    RotaryGraph local = rotary("local", config.localRopeTheta());
    for (int i = 0; i < config.numHiddenLayers(); i++) {
      boolean seesAll = config.isGlobal(i);
      x = layer(x, seesAll ? all : near, seesAll ? global : local, parts.name("layers." + i + "."));
    }
    return parts.norm(x, parts.name("final_norm"));
  }

  private String layer(String x, String bias, RotaryGraph rotary, String prefix) {
    String normed =
        parts.has(prefix + "attn_norm.weight") ? parts.norm(x, prefix + "attn_norm") : x;
    List<String> projected = parts.split(parts.linear(normed, prefix + "attn.Wqkv"), 3);
    int heads = config.numAttentionHeads();
    String attended = rotary.attention(projected, heads, bias);
    String y = graph().add("Add", x, parts.linear(attended, prefix + "attn.Wo"));
    List<String> inner =
        parts.split(parts.linear(parts.norm(y, prefix + "mlp_norm"), prefix + "mlp.Wi"), 2);
    String gated =
        graph().add("Mul", parts.activation(inner.get(0), Activation.GELU), inner.get(1));
    return graph().add("Add", y, parts.linear(gated, prefix + "mlp.Wo"));
  }

  private RotaryGraph rotary(String name, double theta) {
    int size = config.hiddenSize() / config.numAttentionHeads();
    return RotaryGraph.of(parts, name, new RotaryPositions(theta, 1).rates(size));
  }

  /** What is added to scores of keys outside of the window: {@code [1, 1, S, S]}. */
  private String outside() {
    String far =
        graph()
            .add(
                "Greater",
                graph().add("Abs", parts.offsets()),
                graph().integer(config.localAttention() / 2));
    String ones = graph().add("Cast", List.of(attribute("to", (long) GraphBuilder.FLOAT)), far);
    String never = graph().add("Mul", ones, graph().number(GraphParts.NEVER));
    return graph().add("Unsqueeze", never, graph().integers(0L, 1L));
  }
}
