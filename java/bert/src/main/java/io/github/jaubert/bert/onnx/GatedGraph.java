package io.github.jaubert.bert.onnx;

import io.github.jaubert.bert.models.gte.GteConfig;
import io.github.jaubert.bert.models.rotary.RotaryConfig;
import io.github.jaubert.bert.models.rotary.RotarySizes;
import java.util.List;

/** The graph of a Nomic BERT or a GTE: rotary positions, gated layers, norms behind them. */
record GatedGraph(GraphParts parts, RotaryConfig config) implements EncoderGraph {
  private boolean gte() {
    return config instanceof GteConfig;
  }

  @Override
  public String hidden() {
    GraphBuilder graph = parts.graph;
    RotarySizes sizes = config.sizes();
    String x = graph.add("Gather", parts.table("embeddings.word_embeddings.weight"), parts.ids());
    if (config.typeVocabSize() > 0) {
      String types = parts.table("embeddings.token_type_embeddings.weight");
      String segments =
          config.readsTypes()
              ? parts.input("token_type_ids")
              : graph.add("Sub", parts.ids(), parts.ids()); // always the first
      x = graph.add("Add", x, graph.add("Gather", types, segments));
    }
    x = parts.norm(x, parts.name(gte() ? "embeddings.LayerNorm" : "emb_ln"));
    String bias = parts.never();
    RotaryGraph rotary = RotaryGraph.of(parts, "all", sizes.positions().rates(sizes.headSize()));
    for (int i = 0; i < sizes.numHiddenLayers(); i++) {
      x = layer(x, bias, rotary, parts.name(config.architecture().layers() + "." + i + "."));
    }
    return x;
  }

  private String layer(String x, String bias, RotaryGraph rotary, String prefix) {
    String whole = prefix + (gte() ? "attention.qkv_proj" : "attn.Wqkv");
    String out = prefix + (gte() ? "attention.o_proj" : "attn.out_proj");
    String attended =
        rotary.attention(
            parts.split(parts.linear(x, whole), 3), config.sizes().numAttentionHeads(), bias);
    String sum = parts.graph.add("Add", x, parts.linear(attended, out));
    String y = parts.norm(sum, prefix + (gte() ? "attn_ln" : "norm1"));
    String down = prefix + (gte() ? "mlp.down_proj" : "mlp.fc2");
    String z = parts.graph.add("Add", y, parts.linear(gated(y, prefix), down));
    return parts.norm(z, prefix + (gte() ? "mlp_ln" : "norm2"));
  }

  private String gated(String x, String prefix) {
    List<String> upGate =
        gte()
            ? parts.split(parts.linear(x, prefix + "mlp.up_gate_proj"), 2)
            : List.of(parts.linear(x, prefix + "mlp.fc11"), parts.linear(x, prefix + "mlp.fc12"));
    String gate = parts.gate(upGate.get(1), config.sizes().gate());
    return parts.graph.add("Mul", gate, upGate.get(0));
  }
}
