package io.github.jaubert.bert.onnx;

import static io.github.jaubert.bert.onnx.GraphBuilder.attribute;

import io.github.jaubert.bert.models.albert.AlbertConfig;
import io.github.jaubert.bert.models.ernie.Ernie;
import io.github.jaubert.bert.models.mpnet.MpNet;
import io.github.jaubert.bert.models.mpnet.MpNetConfig;
import io.github.jaubert.tensor.Tensor;
import java.util.List;

/** The graph of an encoder whose layers are BERT's. */
record BertGraph(GraphParts parts, BertSizes sizes) implements EncoderGraph {
  /** Offsets from here on are all the same to MPNet. */
  private static final int FAR = 128;

  private GraphBuilder graph() {
    return parts.graph;
  }

  @Override
  public String hidden() {
    String x = embeddings();
    String bias = parts.never();
    if (parts.config instanceof MpNetConfig) {
      bias = graph().add("Add", bias, relativeBiases());
    }
    int layers = parts.config.numHiddenLayers();
    if (parts.config instanceof AlbertConfig albert) {
      layers *= albert.innerGroupNum();
    }
    for (int i = 0; i < layers; i++) {
      x = layer(x, bias, parts.name(sizes.layer().apply(i)));
    }
    return x;
  }

  private String embeddings() {
    String sum =
        graph().add("Gather", parts.table("embeddings.word_embeddings.weight"), parts.ids());
    if (parts.config.typeVocabSize() > 0) {
      String types = parts.table("embeddings.token_type_embeddings.weight");
      String segments =
          parts.config.readsTypes()
              ? parts.input("token_type_ids")
              : graph().add("Sub", parts.ids(), parts.ids()); // always the first
      sum = graph().add("Add", sum, graph().add("Gather", types, segments));
    }
    String positions = parts.table("embeddings.position_embeddings.weight");
    String places =
        graph().add("Unsqueeze", parts.places(sizes.firstPosition()), graph().integers(0L));
    sum = graph().add("Add", sum, graph().add("Gather", positions, places));
    if (parts.has(parts.name(Ernie.TASKS))) { // all tokens are of the first
      String task = graph().add("Gather", parts.table(Ernie.TASKS), graph().integer(0));
      sum = graph().add("Add", sum, task);
    }
    String x = parts.norm(sum, parts.name("embeddings.LayerNorm"));
    String projection = parts.name(sizes.projection());
    return parts.has(projection + ".weight") ? parts.linear(x, projection) : x;
  }

  private String layer(String x, String bias, String prefix) {
    BertSizes.Names names = sizes.names();
    int heads = sizes.heads();
    String attended =
        parts.attention(
            parts.heads(parts.linear(x, prefix + names.query()), heads, 0, 2, 1, 3),
            parts.heads(parts.linear(x, prefix + names.key()), heads, 0, 2, 3, 1),
            parts.heads(parts.linear(x, prefix + names.value()), heads, 0, 2, 1, 3),
            heads,
            bias);
    String y =
        parts.norm(
            graph().add("Add", parts.linear(attended, prefix + names.attentionOut()), x),
            prefix + names.attentionNorm());
    String inner = parts.activation(parts.linear(y, prefix + names.inner()), sizes.activation());
    return parts.norm(
        graph().add("Add", parts.linear(inner, prefix + names.outer()), y),
        prefix + names.outerNorm());
  }

  /** What MPNet adds to scores by how far a key is from the query: {@code [1, heads, S, S]}. */
  private String relativeBiases() {
    Tensor table = parts.parameter(parts.name(MpNet.BIAS));
    int heads = sizes.heads();
    String byOffset =
        graph()
            .constant(
                "biases_by_offset",
                new long[] {2 * FAR + 1, heads},
                () -> {
                  float[] biases = table.toFloats();
                  float[] rows = new float[(2 * FAR + 1) * heads];
                  for (int offset = -FAR; offset <= FAR; offset++) {
                    int from = MpNet.bucket(offset) * heads;
                    System.arraycopy(biases, from, rows, (offset + FAR) * heads, heads);
                  }
                  return rows;
                });
    String near = graph().add("Clip", parts.offsets(), graph().integer(-FAR), graph().integer(FAR));
    String biases = graph().add("Gather", byOffset, graph().add("Add", near, graph().integer(FAR)));
    String byHead = graph().add("Transpose", List.of(attribute("perm", 2, 0, 1)), biases);
    return graph().add("Unsqueeze", byHead, graph().integers(0L));
  }
}
