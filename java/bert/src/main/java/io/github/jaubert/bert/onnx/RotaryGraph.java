package io.github.jaubert.bert.onnx;

import static io.github.jaubert.bert.onnx.GraphBuilder.attribute;

import java.util.List;

/**
 * Attention whose queries and keys are turned by their positions.
 *
 * @param cosine of each place and each column of a head, {@code [sequence, size]}
 * @param sine the same
 */
record RotaryGraph(GraphParts parts, String cosine, String sine) {
  /**
   * Begins with the angles.
   *
   * @param rates of each column of a head, how far one position turns it
   */
  static RotaryGraph of(GraphParts parts, String name, float[] rates) {
    GraphBuilder graph = parts.graph;
    String constant = graph.constant("rates_" + name, new long[] {1, rates.length}, () -> rates);
    String places =
        graph.add("Cast", List.of(attribute("to", (long) GraphBuilder.FLOAT)), parts.places(0));
    String angles = graph.add("Mul", graph.add("Unsqueeze", places, graph.integers(1L)), constant);
    return new RotaryGraph(parts, graph.add("Cos", angles), graph.add("Sin", angles));
  }

  /**
   * Attention of what was projected.
   *
   * @param projected queries, keys and values, {@code [texts, sequence, hidden]}; so is the result
   * @param bias what is added to the scores
   */
  String attention(List<String> projected, int heads, String bias) {
    String key = turned(parts.heads(projected.get(1), heads, 0, 2, 1, 3));
    return parts.attention(
        turned(parts.heads(projected.get(0), heads, 0, 2, 1, 3)),
        parts.graph.add("Transpose", List.of(attribute("perm", 0, 1, 3, 2)), key),
        parts.heads(projected.get(2), heads, 0, 2, 1, 3),
        heads,
        bias);
  }

  /** {@code x cos + (-second half, first half) sin}. */
  private String turned(String x) {
    GraphBuilder graph = parts.graph;
    List<String> halves = parts.split(x, 2);
    String turned =
        graph.add(
            "Concat",
            List.of(attribute("axis", -1L)),
            graph.add("Neg", halves.get(1)),
            halves.get(0));
    return graph.add("Add", graph.add("Mul", x, cosine), graph.add("Mul", turned, sine));
  }
}
