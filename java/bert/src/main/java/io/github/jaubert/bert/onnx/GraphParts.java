package io.github.jaubert.bert.onnx;

import static io.github.jaubert.bert.onnx.GraphBuilder.INT64;
import static io.github.jaubert.bert.onnx.GraphBuilder.attribute;

import io.github.jaubert.bert.EncoderConfig;
import io.github.jaubert.bert.EncoderModel;
import io.github.jaubert.bert.models.rotary.Gate;
import io.github.jaubert.nn.Activation;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The inputs of a graph and the layers that it is put together from, with a model's parameters. */
final class GraphParts {
  /** What stands for minus infinity where a token must not be looked at. */
  static final float NEVER = -1e9f;

  private static final String BATCH = "batch";
  private static final String CHOICES = "choices";
  private static final String SEQUENCE = "sequence";

  final GraphBuilder graph;
  final EncoderConfig config;

  private final double eps;
  private final boolean choices;
  private final Map<String, Tensor> parameters = new HashMap<>();
  private final Set<String> written = new HashSet<>();
  private final String ids;
  private final String mask;

  /**
   * Begins a graph.
   *
   * @param eps what norms add to the variance
   * @param choices whether each example has several texts, {@code [batch, choices, sequence]}
   */
  GraphParts(GraphBuilder graph, EncoderModel<?> model, double eps, boolean choices) {
    this.graph = graph;
    this.config = model.config();
    this.eps = eps;
    this.choices = choices;
    for (Parameter parameter : model.parameters()) {
      parameters.put(parameter.name(), parameter.tensor());
    }
    ids = input("input_ids");
    mask = input("attention_mask");
  }

  // ---- inputs ----

  /** A table of integers of all tokens, {@code [texts, sequence]}. */
  String input(String name) {
    if (!choices) {
      return graph.input(name, INT64, BATCH, SEQUENCE);
    }
    String given = graph.input(name, INT64, BATCH, CHOICES, SEQUENCE);
    String length = graph.add("Gather", graph.add("Shape", given), graph.integers(2L));
    String shape = graph.add("Concat", List.of(attribute("axis", 0L)), graph.integers(-1L), length);
    return graph.add("Reshape", given, shape);
  }

  /** Scores of texts, {@code [texts, 1]}, as those of the choices of examples. */
  String byExample(String scores) {
    String shape =
        graph.add("Slice", graph.add("Shape", "input_ids"), graph.integers(0L), graph.integers(2L));
    return graph.add("Reshape", scores, shape);
  }

  /** The tokens, {@code [texts, sequence]}. */
  String ids() {
    return ids;
  }

  /** The mask as floats, {@code [texts, sequence]}. */
  String mask() {
    return graph.add("Cast", List.of(attribute("to", (long) GraphBuilder.FLOAT)), mask);
  }

  /** What is added to the scores of tokens: {@code [texts, 1, 1, sequence]}. */
  String never() {
    String padding = graph.add("Sub", graph.number(1), mask());
    String scores = graph.add("Mul", padding, graph.number(NEVER));
    return graph.add("Unsqueeze", scores, graph.integers(1L, 2L));
  }

  /** The places of tokens, {@code [sequence]}, from a first one on. */
  String places(int first) {
    String length = graph.add("Gather", graph.add("Shape", ids), graph.integer(1));
    String begin = graph.integer(first);
    return graph.add("Range", begin, graph.add("Add", length, begin), graph.integer(1));
  }

  /** How far keys are behind queries, {@code [sequence, sequence]}. */
  String offsets() {
    String places = places(0);
    return graph.add(
        "Sub",
        graph.add("Unsqueeze", places, graph.integers(0L)),
        graph.add("Unsqueeze", places, graph.integers(1L)));
  }

  // ---- parameters ----

  /** Its name behind the prefix that those of the encoder have. */
  String name(String part) {
    return config.architecture().prefix() + "." + part;
  }

  boolean has(String parameter) {
    return parameters.containsKey(parameter);
  }

  Tensor parameter(String name) {
    Tensor tensor = parameters.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException("the model has no parameter " + name);
    }
    return tensor;
  }

  /** A parameter as it is; layers may share it. */
  String constant(String name) {
    Tensor tensor = parameter(name);
    return written.add(name)
        ? graph.constant(name, tensor.shape().toArray(), tensor::toFloats)
        : name;
  }

  /** A parameter of the encoder. */
  String table(String part) {
    return constant(name(part));
  }

  // ---- layers ----

  /** {@code x W^T + b}. */
  String linear(String x, String name) {
    Tensor weight = parameter(name + ".weight");
    int out = (int) weight.size(0);
    int in = (int) weight.size(1);
    String transposed = name + ".weight";
    if (written.add(transposed)) {
      graph.constant(
          transposed, new long[] {in, out}, () -> transposed(weight.toFloats(), out, in));
    }
    String product = graph.add("MatMul", x, transposed);
    return has(name + ".bias") ? graph.add("Add", product, constant(name + ".bias")) : product;
  }

  static float[] transposed(float[] values, int rows, int columns) {
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

  /** LayerNorm, with a shift if there is one. */
  String norm(String x, String name) {
    List<String> inputs = new ArrayList<>(List.of(x, constant(name + ".weight")));
    if (has(name + ".bias")) {
      inputs.add(constant(name + ".bias"));
    }
    return graph.add(
        "LayerNormalization",
        List.of(attribute("axis", -1L), attribute("epsilon", (float) eps)),
        inputs.toArray(String[]::new));
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

  /** The same of gates, which have SiLU, too. */
  String gate(String x, Gate gate) {
    return gate.isSilu()
        ? graph.add("Mul", x, graph.add("Sigmoid", x))
        : activation(x, gate.activation());
  }

  /** Equal parts of the last axis. */
  List<String> split(String x, int count) {
    return graph.addSeveral("Split", count, List.of(attribute("axis", -1L)), x);
  }

  /** {@code x (1 + t) / 2}. */
  private String half(String x, String t) {
    return graph.add(
        "Mul", graph.add("Mul", x, graph.add("Add", t, graph.number(1))), graph.number(0.5f));
  }

  // ---- attention ----

  /** {@code [texts, sequence, hidden]} cut into heads, whose four axes then have another order. */
  String heads(String x, int heads, long... order) {
    String shape = graph.integers(0L, 0L, (long) heads, (long) config.hiddenSize() / heads);
    return graph.add(
        "Transpose", List.of(attribute("perm", order)), graph.add("Reshape", x, shape));
  }

  /**
   * Attention.
   *
   * @param query {@code [texts, heads, sequence, size]}, as {@code value}
   * @param key {@code [texts, heads, size, sequence]}
   * @param bias what is added to the scores
   * @return {@code [texts, sequence, hidden]}
   */
  String attention(String query, String key, String value, int heads, String bias) {
    double size = (double) config.hiddenSize() / heads;
    String scores = graph.add("MatMul", query, key);
    scores = graph.add("Mul", scores, graph.number((float) (1 / Math.sqrt(size))));
    scores = graph.add("Add", scores, bias);
    String weights = graph.add("Softmax", List.of(attribute("axis", -1L)), scores);
    String mixed = graph.add("MatMul", weights, value);
    String together = graph.add("Transpose", List.of(attribute("perm", 0, 2, 1, 3)), mixed);
    return graph.add("Reshape", together, graph.integers(0L, 0L, (long) config.hiddenSize()));
  }

  // ---- whole texts ----

  /** The first token of each text, {@code [texts, hidden]}. */
  String first(String hidden) {
    return graph.add("Gather", List.of(attribute("axis", 1L)), hidden, graph.integer(0));
  }

  /** {@code [texts, sequence, 1]}: 1 for what is a token, 0 for padding. */
  private String tokens() {
    return graph.add("Unsqueeze", mask(), graph.integers(2L));
  }

  /** The mean over the tokens of each text, {@code [texts, hidden]}. */
  String mean(String hidden) {
    String tokens = tokens();
    List<ProtobufWriter> flat = List.of(attribute("keepdims", 0L));
    String axis = graph.integers(1L);
    String sum = graph.add("ReduceSum", flat, graph.add("Mul", hidden, tokens), axis);
    String count = graph.add("ReduceSum", flat, tokens, axis);
    return graph.add("Div", sum, graph.add("Max", count, graph.number(1e-9f)));
  }

  /** The largest value over the tokens of each text, {@code [texts, hidden]}. */
  String max(String hidden) {
    String padding = graph.add("Sub", tokens(), graph.number(1));
    String low = graph.add("Mul", padding, graph.number(-NEVER));
    return graph.add(
        "ReduceMax",
        List.of(attribute("axes", new long[] {1}), attribute("keepdims", 0L)),
        graph.add("Add", hidden, low));
  }
}
