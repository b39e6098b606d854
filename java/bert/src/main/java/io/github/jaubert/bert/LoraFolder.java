package io.github.jaubert.bert;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.AdapterFolder;
import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.ModelFolder;
import io.github.jaubert.bert.checkpoint.SafeTensors;
import io.github.jaubert.bert.checkpoint.SafeTensorsWriter;
import io.github.jaubert.bert.checkpoint.StateDict;
import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The folder of an adapter as PEFT writes it, open for reading. Its tensors are called {@code
 * base_model.model.}, the name of a layer or of a parameter of the model, and for a layer {@code
 * .lora_A.weight} or {@code .lora_B.weight}.
 */
final class LoraFolder implements AutoCloseable {
  private static final String BEGIN = "base_model.model.";
  private static final String A = "." + LoraLayer.A + ".weight";
  private static final String B = "." + LoraLayer.B + ".weight";

  /** The task of heads whose folders hold an encoder alone. */
  private static final String ENCODER = "FEATURE_EXTRACTION";

  /** PEFT's names of what a model is for, by what Hugging Face's classes are called. */
  private static final Map<String, String> TASK_TYPES =
      Map.of(
          "SequenceClassification", "SEQ_CLS",
          "TokenClassification", "TOKEN_CLS",
          "QuestionAnswering", "QUESTION_ANS",
          "SentenceEmbedding", ENCODER,
          "MultiVector", ENCODER);

  private final LoraConfig config;
  private final SafeTensors tensors;

  /** The layers that have A and B, and the parameters that are saved whole: the file's names. */
  private final Map<String, String> layers = new LinkedHashMap<>();

  private final Map<String, String> modules = new LinkedHashMap<>();
  private final Map<String, String> layersInFile = new LinkedHashMap<>(); // by the model's names
  private final Map<String, String> modulesInFile = new LinkedHashMap<>();

  private LoraFolder(LoraConfig config, SafeTensors tensors) {
    this.config = config;
    this.tensors = tensors;
    for (String name : tensors.names()) {
      String plain = name.startsWith(BEGIN) ? name.substring(BEGIN.length()) : name;
      if (plain.endsWith(A)) {
        layers.put(cut(plain, A), cut(name, A));
      } else if (!plain.endsWith(B)) {
        modules.put(plain, name);
      }
    }
    layers.forEach((name, there) -> checkPair(there));
    for (String name : tensors.names()) {
      if (name.endsWith(B) && !layers.containsValue(cut(name, B))) {
        throw new CheckpointException(tensors.source(), "holds '" + name + "' without its A");
      }
    }
    if (layers.isEmpty()) {
      throw new CheckpointException(tensors.source(), "holds no matrix of an adapter");
    }
  }

  private static String cut(String name, String end) {
    return name.substring(0, name.length() - end.length());
  }

  private void checkPair(String layer) {
    if (!tensors.names().contains(layer + B)) {
      throw new CheckpointException(tensors.source(), "holds '" + layer + A + "' without its B");
    }
    Shape a = tensors.shape(layer + A);
    Shape b = tensors.shape(layer + B);
    if (a.rank() != 2 || b.rank() != 2 || a.size(0) != config.r() || b.size(1) != config.r()) {
      throw new CheckpointException(
          tensors.source(),
          "'%s' is %s and its B is %s, but %s says r %d"
              .formatted(layer + A, a, b, AdapterFolder.CONFIG, config.r()));
    }
  }

  // ---- reading ----

  /**
   * Opens a folder.
   *
   * @throws CheckpointException if a file is missing or damaged, or says what is not supported
   */
  static LoraFolder open(Path folder) {
    ModelFolder.recover(folder);
    LoraConfig config = LoraConfig.read(folder);
    Path weights = folder.resolve(AdapterFolder.WEIGHTS);
    if (!Files.exists(weights)) {
      throw new CheckpointException(
          folder.toString(),
          Files.exists(folder.resolve("adapter_model.bin"))
              ? "has only adapter_model.bin; have PEFT save it as safetensors"
              : "has no " + AdapterFolder.WEIGHTS);
    }
    SafeTensors tensors = SafeTensors.open(weights);
    try {
      return new LoraFolder(config, tensors);
    } catch (RuntimeException | Error e) {
      tensors.close();
      throw e;
    }
  }

  /**
   * The weights of a Hugging Face folder; of an adapter those of its base with what it changes.
   *
   * @throws CheckpointException if a file is missing or damaged, or the adapter does not fit
   */
  static StateDict openWeights(Path folder, Architecture architecture) {
    if (!AdapterFolder.isIn(folder)) {
      return StateDict.openFolder(folder);
    }
    StateDict base = openWeights(AdapterFolder.base(folder), architecture);
    try {
      LoraFolder adapter = open(folder);
      try {
        return new AdaptedWeights(base, adapter, architecture);
      } catch (RuntimeException | Error e) {
        adapter.close();
        throw e;
      }
    } catch (RuntimeException | Error e) {
      base.close();
      throw e;
    }
  }

  /** The config.json of a base model, which then names the head that an adapter is for. */
  static ObjectNode withHead(Path folder, ObjectNode base) {
    String task =
        JsonFiles.readObject(folder.resolve(AdapterFolder.CONFIG)).path("task_type").asText();
    TASK_TYPES.forEach(
        (head, type) -> {
          if (type.equals(task) && !type.equals(ENCODER)) {
            base.putArray("architectures").add("AutoModelFor" + head);
          }
        });
    return base;
  }

  LoraConfig config() {
    return config;
  }

  String source() {
    return tensors.source();
  }

  /** The names in the file of layers with A and B, by those without what PEFT puts before them. */
  Map<String, String> layers() {
    return layers;
  }

  /** The same of parameters that are saved whole. */
  Map<String, String> modules() {
    return modules;
  }

  /** The shape that a weight must have for its A and B to fit it. */
  Shape changed(String layerInFile) {
    return Shape.of(tensors.shape(layerInFile + B).size(0), tensors.shape(layerInFile + A).size(1));
  }

  Shape shape(String moduleInFile) {
    return tensors.shape(moduleInFile);
  }

  float[] floats(String moduleInFile) {
    return tensors.floats(moduleInFile);
  }

  /** What is added to a weight, in the open scope. */
  Tensor change(String layerInFile) {
    Shape a = tensors.shape(layerInFile + A);
    Shape b = tensors.shape(layerInFile + B);
    return LoraLayer.change(
        Tensor.of(tensors.floats(layerInFile + A), a.toArray()),
        Tensor.of(tensors.floats(layerInFile + B), b.toArray()),
        config.scaling());
  }

  // ---- fitting a model ----

  /**
   * What of a model an adapter is for.
   *
   * @param targets the names of the linear layers
   * @param modules the parameters that the adapter has values for, by name
   */
  record Fitting(List<String> targets, Map<String, Tensor> modules) {}

  /**
   * Finds the layers and parameters of a model.
   *
   * @throws CheckpointException if one is not there or has another shape
   */
  Fitting fit(Block model, Map<String, Linear> linears) {
    List<String> targets = new ArrayList<>();
    layers.forEach(
        (name, there) -> {
          String target = find(model, name, linears.keySet());
          if (target == null) {
            throw new CheckpointException(
                source(), "changes '" + name + "', which is no linear layer of the model");
          }
          requireShape(there + A, changed(there), linears.get(target).weight().shape());
          targets.add(target);
          layersInFile.put(target, there);
        });
    Map<String, Tensor> parameters = new LinkedHashMap<>();
    for (Parameter parameter : LoraModel.withoutAdapters(model)) {
      parameters.put(parameter.name(), parameter.tensor());
    }
    Map<String, Tensor> found = new LinkedHashMap<>();
    modules.forEach(
        (name, there) -> {
          String parameter = find(model, name, parameters.keySet());
          if (parameter == null) {
            throw new CheckpointException(
                source(), "holds '" + there + "', which the model has no parameter for");
          }
          Tensor tensor = parameters.get(parameter);
          requireShape(there, shape(there), tensor.shape());
          found.put(parameter, tensor);
          modulesInFile.put(parameter, there);
        });
    List<String> inOrder = linears.keySet().stream().filter(targets::contains).toList();
    return new Fitting(inOrder, found);
  }

  /** A name of the model; an encoder by itself, or below a head, has another beginning. */
  private static String find(Block model, String name, Collection<String> names) {
    if (names.contains(name)) {
      return name;
    }
    Encoder encoder = LoraModel.encoder(model);
    if (encoder == null) {
      return null;
    }
    String prefix = encoder.architecture().prefix() + ".";
    String other = name.startsWith(prefix) ? name.substring(prefix.length()) : prefix + name;
    return names.contains(other) ? other : null;
  }

  private void requireShape(String name, Shape here, Shape wanted) {
    if (!here.equals(wanted)) {
      throw new CheckpointException(
          source(), "'%s' is for %s, but the model has %s".formatted(name, here, wanted));
    }
  }

  /** A of a layer that was found. */
  float[] a(String target) {
    return tensors.floats(layersInFile.get(target) + A);
  }

  /** B of a layer that was found. */
  float[] b(String target) {
    return tensors.floats(layersInFile.get(target) + B);
  }

  /** The values of a parameter that was found. */
  float[] module(String parameter) {
    return tensors.floats(modulesInFile.get(parameter));
  }

  @Override
  public void close() {
    tensors.close();
  }

  // ---- writing ----

  /**
   * Writes an adapter.
   *
   * @param base what the base model is called, or null
   * @param targets what stands for the layers
   * @param tensors by names of the model
   */
  static void write(
      Path folder,
      Block model,
      LoraConfig config,
      String base,
      List<String> targets,
      Map<String, Tensor> tensors) {
    EncoderModel<?> head = model instanceof EncoderModel<?> whole ? whole : null;
    // An encoder by itself is saved without the name that it has in a model with a head.
    String prefix =
        head != null && head.isEncoderAlone() ? head.config().architecture().prefix() + "." : "";
    Map<String, Tensor> renamed = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> renamed.put(BEGIN + without(prefix, name), tensor));
    String taskType = head == null ? null : TASK_TYPES.get(head.type().name());
    Map<String, AtomicFile.Content> files = new LinkedHashMap<>();
    files.put(
        AdapterFolder.CONFIG,
        AtomicFile.content(
            JsonFiles.format(
                config.toJson(
                    base, taskType, targets.stream().map(n -> without(prefix, n)).toList()))));
    files.put(AdapterFolder.WEIGHTS, SafeTensorsWriter.content(renamed, SafeTensorsWriter.PYTORCH));
    if (head != null) {
      files.putAll(head.filesBesideWeights());
      files.put(AdapterFolder.MODEL_CONFIG, files.remove("config.json"));
    }
    ModelFolder.write(folder, files);
  }

  private static String without(String prefix, String name) {
    return name.startsWith(prefix) ? name.substring(prefix.length()) : name;
  }
}
