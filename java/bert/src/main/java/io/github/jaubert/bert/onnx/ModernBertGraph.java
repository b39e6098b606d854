package io.github.jaubert.bert.onnx;

import static io.github.jaubert.bert.onnx.GraphBuilder.attribute;

import io.github.jaubert.bert.models.modernbert.ModernBertConfig;
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
    Angles global = angles("global", config.globalRopeTheta());
    Angles local = angles("local", config.localRopeTheta());
    for (int i = 0; i < config.numHiddenLayers(); i++) {
      boolean seesAll = config.isGlobal(i);
      x = layer(x, seesAll ? all : near, seesAll ? global : local, parts.name("layers." + i + "."));
    }
    return parts.norm(x, parts.name("final_norm"));
  }

  private String layer(String x, String bias, Angles angles, String prefix) {
    String normed =
        parts.has(prefix + "attn_norm.weight") ? parts.norm(x, prefix + "attn_norm") : x;
    List<String> projected = split(parts.linear(normed, prefix + "attn.Wqkv"), 3);
    int heads = config.numAttentionHeads();
    String query = rotated(parts.heads(projected.get(0), heads, 0, 2, 1, 3), angles);
    String key = rotated(parts.heads(projected.get(1), heads, 0, 2, 1, 3), angles);
    String attended =
        parts.attention(
            query,
            graph().add("Transpose", List.of(attribute("perm", 0, 1, 3, 2)), key),
            parts.heads(projected.get(2), heads, 0, 2, 1, 3),
            heads,
            bias);
    String y = graph().add("Add", x, parts.linear(attended, prefix + "attn.Wo"));
    List<String> inner =
        split(parts.linear(parts.norm(y, prefix + "mlp_norm"), prefix + "mlp.Wi"), 2);
    String gated =
        graph().add("Mul", parts.activation(inner.get(0), Activation.GELU), inner.get(1));
    return graph().add("Add", y, parts.linear(gated, prefix + "mlp.Wo"));
  }

  /** Equal parts of the last axis. */
  private List<String> split(String x, int count) {
    return graph().addSeveral("Split", count, List.of(attribute("axis", -1L)), x);
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

  // ---- rotary positions ----

  /** Of each place and each column of a head, {@code [sequence, size]}. */
  private record Angles(String cosine, String sine) {}

  private Angles angles(String name, double theta) {
    int size = config.hiddenSize() / config.numAttentionHeads();
    String rates =
        graph()
            .constant(
                "rates_" + name,
                new long[] {1, size},
                () -> {
                  float[] values = new float[size];
                  for (int i = 0; i < size; i++) {
                    values[i] = (float) Math.pow(theta, -2.0 * (i % (size / 2)) / size);
                  }
                  return values;
                });
    String places =
        graph().add("Cast", List.of(attribute("to", (long) GraphBuilder.FLOAT)), parts.places(0));
    String angles =
        graph().add("Mul", graph().add("Unsqueeze", places, graph().integers(1L)), rates);
    return new Angles(graph().add("Cos", angles), graph().add("Sin", angles));
  }

  /** {@code x cos + (-second half, first half) sin}. */
  private String rotated(String x, Angles angles) {
    List<String> halves = split(x, 2);
    String turned =
        graph()
            .add(
                "Concat",
                List.of(attribute("axis", -1L)),
                graph().add("Neg", halves.get(1)),
                halves.get(0));
    return graph()
        .add("Add", graph().add("Mul", x, angles.cosine), graph().add("Mul", turned, angles.sine));
  }
}
