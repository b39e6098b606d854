package io.github.jaubert.bert.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The weights of a BERT in a checkpoint of TensorFlow, as Google published it (Devlin et al. 2019),
 * under the names that PyTorch gives them: {@code bert.embeddings.…}, {@code
 * bert.encoder.layer.0.…}, {@code bert.pooler.…}, {@code cls.…}. {@link
 * io.github.jaubert.bert.models.bert.Bert#fromTensorFlow} and {@link
 * io.github.jaubert.bert.MaskedLanguageModel#fromTensorFlow} make models of it.
 */
public final class TensorFlowWeights implements StateDict {
  private static final String INDEX = ".index";

  /** What TensorFlow Hub and nothing else puts before the names. */
  private static final Pattern NAME = Pattern.compile("(module/)?((bert|cls)/.+)");

  private static final Pattern OPTIMIZER = Pattern.compile(".*/adam_[mv]");
  private static final Pattern LAYER = Pattern.compile("encoder\\.layer\\.\\d{1,5}\\..*");

  /** Of all of Google's BERTs, whose checkpoints do not show it. */
  private static final int HEAD_SIZE = 64;

  private final TensorFlowBundle bundle;
  private final Path folder;
  private final Map<String, Weight> weights = new LinkedHashMap<>();

  /** A variable, and whether PyTorch's tensor is its transpose. */
  private record Weight(String variable, Shape shape, boolean transposed) {}

  private TensorFlowWeights(Path index, TensorFlowBundle bundle) {
    this.bundle = bundle;
    folder = index.toAbsolutePath().getParent();
    bundle.shapes().forEach(this::add);
  }

  private void add(String variable, Shape stored) {
    var matched = NAME.matcher(variable);
    if (!matched.matches() || OPTIMIZER.matcher(variable).matches()) {
      return;
    }
    String name = name(matched.group(2));
    boolean transposed = variable.endsWith("/kernel") && stored.rank() == 2;
    Shape shape = transposed ? Shape.of(stored.size(1), stored.size(0)) : stored;
    Weight other = weights.put(name, new Weight(variable, shape, transposed));
    if (other != null) {
      throw new CheckpointException(
          bundle.file(),
          "both '%s' and '%s' are the parameter '%s'".formatted(other.variable, variable, name));
    }
  }

  /** PyTorch's name of a variable. */
  private static String name(String variable) {
    return variable
        .replaceFirst("/(kernel|gamma|output_weights)$", "/weight")
        .replaceFirst("/(beta|output_bias)$", "/bias")
        .replaceFirst("_embeddings$", "_embeddings/weight")
        .replaceFirst("/layer_(\\d)", "/layer/$1")
        .replace('/', '.');
  }

  // ---- opening ----

  /**
   * Opens a checkpoint.
   *
   * @param path a SavedModel (the folder that holds {@code variables}), a folder with one
   *     checkpoint, its {@code NAME.index}, or {@code NAME} itself, such as {@code bert_model.ckpt}
   * @throws CheckpointException if there is none, or a file is missing, truncated or damaged
   */
  public static TensorFlowWeights open(Path path) {
    Path index = index(path);
    TensorFlowBundle bundle = TensorFlowBundle.open(index);
    try {
      return new TensorFlowWeights(index, bundle);
    } catch (RuntimeException e) {
      bundle.close();
      throw e;
    }
  }

  private static Path index(Path path) {
    if (!Files.isDirectory(path)) {
      Path index = Path.of(path + INDEX);
      return path.toString().endsWith(INDEX) || !Files.exists(index) ? path : index;
    }
    Path saved = path.resolve("variables").resolve("variables" + INDEX);
    if (Files.exists(saved)) {
      return saved;
    }
    List<Path> found;
    try (Stream<Path> files = Files.list(path)) {
      found = files.filter(file -> file.toString().endsWith(INDEX)).sorted().toList();
    } catch (IOException e) {
      throw CheckpointException.unreadable(path.toString(), e);
    }
    if (found.size() != 1) {
      throw new CheckpointException(
          path.toString(),
          found.isEmpty()
              ? "holds no checkpoint of TensorFlow: neither variables/variables.index nor another"
                  + " file NAME.index"
              : "holds %d checkpoints, '%s' and '%s' among them; name one of the files"
                  .formatted(found.size(), found.get(0).getFileName(), found.get(1).getFileName()));
    }
    return found.get(0);
  }

  // ---- config.json ----

  /**
   * The config.json of the model: that of bert_config.json beside the checkpoint, or what the
   * shapes imply, with BERT's activation and heads of 64, as all of Google's have them.
   *
   * @throws CheckpointException if bert_config.json is damaged, or a weight that tells is missing
   */
  public ObjectNode config() {
    for (Path beside : List.of(folder, folder.resolveSibling("assets"))) {
      Path file = beside.resolve("bert_config.json");
      if (Files.exists(file)) {
        return JsonFiles.readObject(file).put("model_type", "bert");
      }
    }
    Shape words = matrix("embeddings.word_embeddings.weight");
    long layers =
        weights.keySet().stream()
            .filter(name -> name.startsWith("bert."))
            .map(name -> name.substring("bert.".length()))
            .filter(name -> LAYER.matcher(name).matches())
            .map(name -> name.split("\\.")[2])
            .distinct()
            .count();
    long hidden = words.size(1);
    if (hidden % HEAD_SIZE != 0) {
      throw new CheckpointException(
          bundle.file(),
          "there is no bert_config.json beside it, and hidden size %d is no multiple of %d, which"
                  .formatted(hidden, HEAD_SIZE)
              + " would tell the number of attention heads");
    }
    ObjectNode config = JsonFiles.object();
    config.put("model_type", "bert");
    config.put("vocab_size", words.size(0));
    config.put("hidden_size", hidden);
    config.put("num_hidden_layers", layers);
    config.put("num_attention_heads", hidden / HEAD_SIZE);
    config.put("intermediate_size", matrix("encoder.layer.0.intermediate.dense.weight").size(0));
    config.put("max_position_embeddings", matrix("embeddings.position_embeddings.weight").size(0));
    config.put("type_vocab_size", matrix("embeddings.token_type_embeddings.weight").size(0));
    return config;
  }

  private Shape matrix(String name) {
    Weight weight = weights.get("bert." + name);
    if (weight == null || weight.shape.rank() != 2) {
      throw new CheckpointException(
          bundle.file(),
          "has no matrix '%s': this is no BERT%s"
              .formatted(
                  "bert/" + name.replaceFirst("\\.weight$", "").replace('.', '/'),
                  bundle.shapes().isEmpty()
                      ? ""
                      : "; its first variable is '"
                          + bundle.shapes().keySet().iterator().next()
                          + "'"));
    }
    return weight.shape;
  }

  // ---- reading ----

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(weights.keySet());
  }

  @Override
  public Shape shape(String name) {
    return weight(name).shape;
  }

  @Override
  public float[] floats(String name) {
    Weight weight = weight(name);
    float[] stored = bundle.floats(weight.variable);
    return weight.transposed
        ? Transpose.of(stored, (int) weight.shape.size(1), (int) weight.shape.size(0))
        : stored;
  }

  private Weight weight(String name) {
    Weight weight = weights.get(name);
    if (weight == null) {
      throw new IllegalArgumentException(bundle.file() + " has no variable for '" + name + "'");
    }
    return weight;
  }

  @Override
  public String source() {
    return bundle.file();
  }

  @Override
  public void close() {
    bundle.close();
  }
}
