package io.github.jaubert.bert.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.OnnxGraph.Node;
import io.github.jaubert.tensor.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The weights of a BERT encoder in an ONNX file, under the names that PyTorch gives them: {@code
 * embeddings.…}, {@code encoder.layer.0.…}, {@code pooler.…}. {@link
 * io.github.jaubert.bert.models.bert.Bert#fromOnnx} makes an encoder of it.
 *
 * <p>An exporter keeps the names of biases, LayerNorms and embeddings, but folds the weight of each
 * linear layer, transposed, into an initializer with a made-up name ({@code onnx::MatMul_787}). The
 * graph tells whose it is: the product with it is added to the bias of the same layer.
 */
public final class OnnxWeights implements StateDict {
  private static final String WORD_EMBEDDINGS = "embeddings.word_embeddings.weight";

  private final String file;
  private final OnnxGraph graph;
  private final Map<String, Weight> weights;
  private final ObjectNode config;

  /** A tensor of the file, and whether PyTorch's is its transpose. */
  private record Weight(OnnxTensor tensor, boolean transposed) {
    Shape shape() {
      Shape stored = tensor.shape();
      return transposed ? Shape.of(stored.size(1), stored.size(0)) : stored;
    }
  }

  private OnnxWeights(String file, OnnxGraph graph) {
    this.file = file;
    this.graph = graph;
    this.weights = Collections.unmodifiableMap(findWeights());
    this.config = OnnxBertConfig.of(this, graph);
  }

  /**
   * Opens a file through a memory map, which lasts until the garbage collector finds it unused.
   *
   * @throws CheckpointException if it cannot be read or is not the ONNX file of a BERT in floating
   *     point
   */
  public static OnnxWeights open(Path path) {
    String file = path.toString();
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      return new OnnxWeights(
          file, OnnxGraph.read(file, Uninterrupted.call(() -> map(file, channel))));
    } catch (IOException e) {
      throw CheckpointException.unreadable(file, e);
    }
  }

  private static ByteBuffer map(String file, FileChannel channel) throws IOException {
    if (channel.size() > Integer.MAX_VALUE) {
      throw new CheckpointException(
          file, "has " + channel.size() + " bytes; an ONNX file has at most 2 GiB");
    }
    return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
  }

  /**
   * Reads a model to the end of a stream, such as a class path resource, into the heap. Does not
   * close it.
   *
   * @param name what the stream is called in messages
   * @throws CheckpointException as for {@link #open}
   * @throws UncheckedIOException if the stream fails
   */
  public static OnnxWeights read(String name, InputStream stream) {
    try {
      return new OnnxWeights(name, OnnxGraph.read(name, ByteBuffer.wrap(stream.readAllBytes())));
    } catch (IOException e) {
      throw new UncheckedIOException(name + ": " + CheckpointException.describe(e), e);
    }
  }

  // ---- names ----

  private Map<String, Weight> findWeights() {
    String prefix = findPrefix();
    Map<String, Weight> found = new LinkedHashMap<>();
    graph
        .constants()
        .forEach(
            (name, tensor) -> {
              if (name.startsWith(prefix)
                  && isParameter(name.substring(prefix.length()))
                  && tensor.isFloatingPoint()) {
                found.put(name.substring(prefix.length()), new Weight(tensor, false));
              }
            });
    for (Node node : graph.nodes()) {
      if (node.operation().equals("MatMul") || node.operation().equals("Gemm")) {
        nameLinear(node, prefix, found);
      }
    }
    return found;
  }

  /**
   * What stands before {@code embeddings.} in the names: nothing, {@code bert.}, or the path to the
   * encoder in a larger model.
   */
  private String findPrefix() {
    List<String> matches =
        graph.constants().keySet().stream().filter(n -> n.endsWith(WORD_EMBEDDINGS)).toList();
    if (matches.size() != 1) {
      throw new CheckpointException(
          file,
          "is not the ONNX file of one BERT: "
              + (matches.isEmpty() ? "no tensor is named " : "several tensors are named ")
              + "…"
              + WORD_EMBEDDINGS);
    }
    String name = matches.get(0);
    return name.substring(0, name.length() - WORD_EMBEDDINGS.length());
  }

  private static boolean isParameter(String name) {
    return name.startsWith("embeddings.")
        || name.startsWith("encoder.")
        || name.startsWith("pooler.");
  }

  /** Names the weight of a product {@code x W + bias} after its bias. */
  private void nameLinear(Node node, String prefix, Map<String, Weight> found) {
    OnnxTensor weight =
        node.inputs().size() > 1 ? graph.constants().get(node.inputs().get(1)) : null;
    if (weight == null || weight.shape().rank() != 2 || !weight.isFloatingPoint()) {
      return; // a product of two computed tensors: attention scores, or scores with values
    }
    String bias = node.operation().equals("Gemm") ? gemmBias(node) : addedBias(node);
    if (bias == null || !bias.startsWith(prefix) || !bias.endsWith(".bias")) {
      return;
    }
    String name = bias.substring(prefix.length(), bias.length() - ".bias".length()) + ".weight";
    // MatMul multiplies by [in, out] as it lies; Gemm says whether it transposes.
    boolean transposed =
        !(node.operation().equals("Gemm") && node.numbers().getOrDefault("transB", 0f) != 0);
    found.put(name, new Weight(weight, transposed));
  }

  private static String gemmBias(Node gemm) {
    return gemm.inputs().size() > 2 ? gemm.inputs().get(2) : null;
  }

  private String addedBias(Node matmul) {
    if (matmul.outputs().isEmpty()) {
      return null;
    }
    for (Node consumer : graph.consumersOf(matmul.outputs().get(0))) {
      if (consumer.operation().equals("Add")) {
        for (String input : consumer.inputs()) {
          OnnxTensor constant = graph.constants().get(input);
          if (constant != null && constant.shape().rank() == 1) {
            return input;
          }
        }
      }
    }
    return null;
  }

  // ---- reading ----

  /**
   * The config.json that the weights and the graph imply.
   *
   * @throws CheckpointException if the file lacks a weight of the encoder, or does not show the
   *     number of attention heads, the activation or the epsilon of LayerNorm
   */
  public ObjectNode config() {
    return config.deepCopy();
  }

  @Override
  public Set<String> names() {
    return weights.keySet();
  }

  @Override
  public Shape shape(String name) {
    return weight(name).shape();
  }

  @Override
  public float[] floats(String name) {
    Weight weight = weight(name);
    float[] stored = weight.tensor().floats();
    return weight.transposed()
        ? Transpose.of(
            stored, (int) weight.tensor().shape().size(0), (int) weight.tensor().shape().size(1))
        : stored;
  }

  private Weight weight(String name) {
    Weight weight = weights.get(name);
    if (weight == null) {
      throw new IllegalArgumentException(file + " has no tensor '" + name + "'");
    }
    return weight;
  }

  @Override
  public String source() {
    return file;
  }

  @Override
  public void close() {
    // A map is freed by the garbage collector; Java 17 has no way to do it earlier.
  }
}
