package io.github.jaubert.bert;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.ModelFolder;
import io.github.jaubert.bert.checkpoint.ModelNames;
import io.github.jaubert.bert.checkpoint.SafeTensors;
import io.github.jaubert.bert.checkpoint.SafeTensorsWriter;
import io.github.jaubert.nn.F;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * An encoder of sentences and a linear classifier of its vectors, as SetFit trains them (Tunstall
 * et al. 2022, "Efficient Few-Shot Learning Without Prompts"). Its folder is one of
 * sentence-transformers, which loads the encoder, with two files more: the labels in
 * config_setfit.json, as SetFit has them, and the classifier in model_head.safetensors. (SetFit
 * keeps its own in a Python pickle, which nothing else can read.)
 */
public final class SentenceClassifier implements AutoCloseable {
  private static final String CONFIG = "config_setfit.json";
  private static final String HEAD = "model_head.safetensors";
  private static final String WEIGHT = "weight";
  private static final String BIAS = "bias";

  /** Ours: SetFit has it in the class of the head that it pickles. */
  private static final String PROBLEM = "jaubert_problem_type";

  private final SentenceEncoder encoder;
  private final Labels labels;
  private final float[] weight;
  private final float[] bias;

  private SentenceClassifier(SentenceEncoder encoder, Labels labels, float[] weight, float[] bias) {
    this.encoder = encoder;
    this.labels = labels;
    this.weight = weight;
    this.bias = bias;
  }

  // ---- making one ----

  /**
   * A classifier of an encoder, which belongs to it from now on.
   *
   * @param weight {@code [labels × dimensions]}
   * @param bias {@code [labels]}
   * @throws IllegalArgumentException if the sizes do not fit, a number is not finite, or the labels
   *     are a score
   */
  public static SentenceClassifier of(
      SentenceEncoder encoder, Labels labels, float[] weight, float[] bias) {
    if (labels.problemType() == ProblemType.REGRESSION
        || bias.length != labels.size()
        || weight.length != labels.size() * encoder.dimensions()) {
      throw new IllegalArgumentException(
          "a head of %d weights and %d biases does not fit %s and vectors of %d dimensions"
              .formatted(weight.length, bias.length, labels, encoder.dimensions()));
    }
    if (!areFinite(weight) || !areFinite(bias)) {
      throw new IllegalArgumentException("a number of the head is not finite");
    }
    return new SentenceClassifier(encoder, labels, weight.clone(), bias.clone());
  }

  private static boolean areFinite(float[] values) {
    return IntStream.range(0, values.length).allMatch(i -> Float.isFinite(values[i]));
  }

  /**
   * Loads a folder that {@link #save} wrote.
   *
   * @throws CheckpointException if a file is missing or damaged, or they do not fit each other
   */
  public static SentenceClassifier fromPretrained(Path folder) {
    ModelFolder.recover(folder);
    Path config = folder.resolve(CONFIG);
    ConfigJson json = ConfigJson.of(config.toString(), JsonFiles.readObject(config));
    List<String> names = json.texts("labels");
    if (names == null) {
      throw new CheckpointException(config.toString(), "names no labels");
    }
    boolean several =
        json.text(PROBLEM, ProblemType.SINGLE_LABEL.huggingFaceName())
            .equals(ProblemType.MULTI_LABEL.huggingFaceName());
    Labels labels = json.checked(() -> several ? Labels.multi(names) : Labels.of(names));
    Path head = folder.resolve(HEAD);
    try (SafeTensors tensors = SafeTensors.open(head)) {
      SentenceEncoder encoder = SentenceEncoder.fromPretrained(folder);
      try {
        Shape wanted = Shape.of(labels.size(), encoder.dimensions());
        require(head, tensors, WEIGHT, wanted);
        require(head, tensors, BIAS, Shape.of(labels.size()));
        return of(encoder, labels, tensors.floats(WEIGHT), tensors.floats(BIAS));
      } catch (IllegalArgumentException e) {
        encoder.close();
        throw new CheckpointException(head.toString(), e.getMessage(), e);
      } catch (RuntimeException | Error e) {
        encoder.close();
        throw e;
      }
    }
  }

  /**
   * The same for a folder or the name of a model on a hub, such as {@code OWNER/NAME}, which is
   * fetched if need be, see {@link ModelNames#folder}.
   */
  public static SentenceClassifier fromPretrained(String folderOrName) {
    return fromPretrained(ModelNames.folder(folderOrName, true));
  }

  private static void require(Path file, SafeTensors tensors, String name, Shape shape) {
    if (!tensors.names().contains(name) || !tensors.shape(name).equals(shape)) {
      throw new CheckpointException(
          file.toString(),
          tensors.names().contains(name)
              ? "'%s' is %s, and %s is needed".formatted(name, tensors.shape(name), shape)
              : "has no '" + name + "'");
    }
  }

  /**
   * Whether a folder holds one.
   *
   * @throws CheckpointException if a save was interrupted there and cannot be finished
   */
  public static boolean isIn(Path folder) {
    ModelFolder.recover(folder);
    return Files.exists(folder.resolve(HEAD)) && Files.exists(folder.resolve(CONFIG));
  }

  // ---- using it ----

  /** What is predicted. */
  public Labels labels() {
    return labels;
  }

  /** The weight of the head, {@code [labels × dimensions]}. */
  public float[] weight() {
    return weight.clone();
  }

  /** Its bias, {@code [labels]}. */
  public float[] bias() {
    return bias.clone();
  }

  /** The encoder, which belongs to this. */
  public SentenceEncoder encoder() {
    return encoder;
  }

  /**
   * Computes the logits of sentences, F32 {@code [sequences, labels]}, before softmax or sigmoid.
   *
   * @throws IllegalArgumentException as {@link SentenceEncoder#forward} does
   */
  public Tensor forward(TokenBatch batch) {
    Tensor vectors = encoder.forward(batch);
    Device device = vectors.device();
    return F.linear(
        vectors,
        Tensor.of(weight, labels.size(), encoder.dimensions()).to(device),
        Tensor.of(bias, labels.size()).to(device));
  }

  /**
   * Writes a folder. All files are replaced together or not at all.
   *
   * @throws CheckpointException if it cannot be written; an earlier model there is then untouched
   */
  public void save(Path folder) {
    ObjectNode json = JsonFiles.object();
    json.put("normalize_embeddings", false);
    ArrayNode names = json.putArray("labels");
    labels.names().forEach(names::add);
    json.put(PROBLEM, labels.problemType().huggingFaceName());
    Map<String, AtomicFile.Content> files = new LinkedHashMap<>();
    files.put(CONFIG, AtomicFile.content(JsonFiles.format(json)));
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put(WEIGHT, Tensor.of(weight, labels.size(), encoder.dimensions()));
      tensors.put(BIAS, Tensor.of(bias, labels.size()));
      files.put(HEAD, SafeTensorsWriter.content(tensors, SafeTensorsWriter.PYTORCH));
      encoder.saveWithin(folder, files);
    }
  }

  /** As {@code SentenceClassifier(SINGLE_LABEL [a, b], 384 dimensions)}. */
  @Override
  public String toString() {
    return "SentenceClassifier(%s, %d dimensions)".formatted(labels, encoder.dimensions());
  }

  /** Frees the encoder. */
  @Override
  public void close() {
    encoder.close();
  }
}
