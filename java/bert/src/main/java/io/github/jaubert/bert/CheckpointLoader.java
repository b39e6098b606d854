package io.github.jaubert.bert;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.OnnxWeights;
import io.github.jaubert.bert.checkpoint.StateDict;
import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the weights of a checkpoint into a model: finds each parameter under the names that
 * checkpoints of its architecture have had, and checks all shapes before the first value is copied.
 */
final class CheckpointLoader {
  private static final Logger LOG = LoggerFactory.getLogger(CheckpointLoader.class);

  /**
   * What DataParallel, a training loop's own module, torch.compile and PEFT put before the names.
   */
  private static final Pattern WRAPPER =
      Pattern.compile("^((module|model|_orig_mod|base_model)\\.)+");

  /** A layer by its number, of which no model has six digits. */
  private static final Pattern NUMBER = Pattern.compile("(\\d{1,5})\\..*");

  private static final int LISTED = 20;
  private static final int LONGEST_NAME = 80;

  /** Parameters of a model that is small whatever is missing: 40 MB. */
  private static final double SMALL = 1e7;

  private final EncoderConfig config;
  private final StateDict weights;

  /** The names of the file by the names that the model has for them. */
  private final Map<String, String> fileNames = new LinkedHashMap<>();

  private CheckpointLoader(EncoderConfig config, StateDict weights, String prefix) {
    this.config = config;
    this.weights = weights;
    Architecture architecture = config.architecture();
    for (String name : weights.names()) {
      String plain = plainName(architecture, name);
      boolean encoder = architecture.parts().contains(plain.split("\\.", 2)[0]);
      String key = (encoder ? prefix : "") + plain;
      String other = fileNames.put(key, name);
      if (other != null) {
        throw new CheckpointException(
            weights.source(),
            "both '" + other + "' and '" + name + "' are the parameter '" + key + "'");
      }
    }
  }

  /** Today's name of a tensor without what stands before it in some files. */
  static String plainName(Architecture architecture, String name) {
    String before = architecture.prefix() + ".";
    String bare = WRAPPER.matcher(name).replaceFirst("");
    return architecture.currentName(
        bare.startsWith(before) ? bare.substring(before.length()) : bare);
  }

  /**
   * Reads the names and checks that the config is that of the weights.
   *
   * @param prefix before the names of the encoder's parameters in the model, such as {@code bert.},
   *     or nothing
   * @throws CheckpointException if the sizes or the number of layers differ
   */
  static CheckpointLoader of(EncoderConfig config, StateDict weights, String prefix) {
    CheckpointLoader loader = new CheckpointLoader(config, weights, prefix);
    loader.checkConfig(prefix);
    return loader;
  }

  /**
   * What is there instead: the word embeddings by a longer name, unless it is that of another
   * architecture, or else the first tensor.
   */
  private String found(Architecture architecture) {
    String own = architecture.prefix() + ".";
    for (String name : weights.names()) {
      if (name.endsWith("." + architecture.wordEmbeddings())) {
        String before = name.substring(0, name.length() - architecture.wordEmbeddings().length());
        if (!Architectures.havePrefix(before)) {
          return ", or their names have a prefix, '%s', that is to be taken off"
              .formatted(
                  before.endsWith("." + own)
                      ? before.substring(0, before.length() - own.length())
                      : before);
        }
      }
    }
    return weights.names().isEmpty()
        ? ""
        : "; its first tensor is '" + weights.names().iterator().next() + "'";
  }

  private void checkConfig(String prefix) {
    Architecture architecture = config.architecture();
    String words = prefix + architecture.wordEmbeddings();
    if (!fileNames.containsKey(words)) {
      throw new CheckpointException(
          weights.source(),
          "holds no '"
              + words
              + "', with or without the prefix '"
              + architecture.prefix()
              + ".': these are not the weights of a "
              + architecture.name()
              + found(architecture));
    }
    for (EncoderConfig.StoredSize size : config.storedSizes()) {
      check(prefix + size.parameter(), size.axis(), size.field(), size.value());
    }
    int layers = layers(prefix + architecture.layers() + ".");
    EncoderConfig.StoredLayers due = config.storedLayers();
    if (layers < due.count()) { // more are left out, as transformers does
      throw new CheckpointException(
          weights.source(),
          "holds " + layers + " layers, but config.json says " + due.field() + " " + due.count());
    }
    checkSize();
  }

  /** How many layers the file has, all of them below one name. */
  private int layers(String stack) {
    int layers = 0;
    for (String name : fileNames.keySet()) {
      Matcher number = NUMBER.matcher(name.startsWith(stack) ? name.substring(stack.length()) : "");
      if (number.matches()) {
        layers = Math.max(layers, 1 + Integer.parseInt(number.group(1)));
      }
    }
    return layers;
  }

  /**
   * Refuses a config whose model is far larger than the file, for example because tensors are
   * missing that would show it: nothing is allocated for a size that nobody has seen.
   */
  private void checkSize() {
    double stored = 0;
    for (String name : weights.names()) {
      stored += weights.shape(name).numel();
    }
    if (config.parameterCount() > 2 * stored + SMALL) {
      throw new CheckpointException(
          weights.source(),
          "holds %.0f numbers, but the model of config.json has %.0f"
              .formatted(stored, config.parameterCount()));
    }
  }

  private void check(String name, int axis, String field, int configured) {
    String fileName = fileNames.get(name);
    if (fileName == null || weights.shape(fileName).rank() != 2) {
      return; // a missing one will be listed, one of another rank refused
    }
    Shape shape = weights.shape(fileName);
    if (shape.size(axis) != configured) {
      throw new CheckpointException(
          weights.file(fileName),
          "'" + fileName + "' is " + shape + ", but config.json says " + field + " " + configured);
    }
  }

  /** The shape of a parameter in the file by the model's name for it, or null. */
  Shape shape(String name) {
    String fileName = fileNames.get(name);
    return fileName == null ? null : weights.shape(fileName);
  }

  /** Leaves the tensors of a head out that have the same names as another kind of head. */
  void ignore(Predicate<String> names) {
    for (String name : List.copyOf(fileNames.keySet())) {
      if (names.test(name)) {
        fileNames.put("another head's " + name, fileNames.remove(name));
      }
    }
  }

  /** Says nothing of tensors that the model has no use for. */
  void leaveOut(Predicate<String> names) {
    fileNames.keySet().removeIf(names);
  }

  /**
   * Takes what the file holds under the name of a copy for a parameter that it lacks.
   *
   * @throws CheckpointException if it holds both, with different values
   */
  void tie(String copy, String name) {
    String copyName = fileNames.remove(copy);
    String fileName = copyName == null ? null : fileNames.putIfAbsent(name, copyName);
    if (fileName != null && !Arrays.equals(weights.floats(fileName), weights.floats(copyName))) {
      throw new CheckpointException(
          weights.file(copyName),
          "'%s' differs from '%s', to which the head ties it".formatted(copyName, fileName));
    }
  }

  /**
   * Refuses a file that lacks a parameter: a model that is not trained any more would answer by
   * what was drawn at random for it.
   *
   * @param forTraining what makes a model for training of the same file, for the message
   */
  void requireAll(List<String> names, String forTraining) {
    List<String> missing = names.stream().filter(name -> !fileNames.containsKey(name)).toList();
    if (!missing.isEmpty()) {
      throw new CheckpointException(
          weights.source(),
          "lacks "
              + list(missing)
              + ": its answers would come from random numbers; "
              + forTraining
              + " initialises what is missing, for training");
    }
  }

  /**
   * Copies the weights; initialises what the file lacks. One warning lists both that and what was
   * not used.
   *
   * @param model an encoder, or one with a head
   * @param encoder the model's
   * @throws CheckpointException if a shape differs, before anything is copied, or the values cannot
   *     be read
   */
  void load(Block model, Encoder encoder) {
    encoder.requireParts();
    List<Parameter> found = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    Map<String, String> unused = new LinkedHashMap<>(fileNames);
    for (Parameter parameter : model.parameters()) {
      String fileName = unused.remove(parameter.name());
      if (fileName == null) {
        missing.add(parameter.name());
        continue;
      }
      found.add(parameter);
      Shape shape = weights.shape(fileName);
      if (!shape.equals(parameter.shape())) {
        throw new CheckpointException(
            weights.file(fileName),
            "'" + fileName + "' is " + shape + ", but the model's is " + parameter.shape());
      }
    }
    for (Parameter parameter : found) {
      parameter.tensor().copyFrom(weights.floats(fileNames.get(parameter.name())));
    }
    for (Parameter parameter : model.parameters()) {
      if (missing.contains(parameter.name())) {
        encoder.initialise(parameter);
      }
    }
    unused
        .keySet()
        .removeIf(name -> name.endsWith("embeddings.position_ids")); // a constant in old files
    warn(missing, new ArrayList<>(unused.values()));
  }

  private void warn(List<String> missing, List<String> unused) {
    String message = message(weights.source(), missing, unused);
    if (lackPooler(missing) && unused.isEmpty() && weights instanceof OnnxWeights) {
      LOG.debug("{}", message); // encoders are exported to ONNX without one
    } else if (!missing.isEmpty() || !unused.isEmpty()) {
      LOG.warn("{}", message);
    }
  }

  private static boolean lackPooler(List<String> missing) {
    return missing.size() == 2 && missing.stream().allMatch(name -> name.contains("pooler."));
  }

  /** What a load has to tell. */
  static String message(String source, List<String> missing, List<String> unused) {
    StringBuilder text = new StringBuilder(source).append(':');
    if (lackPooler(missing)) {
      text.append(" has no pooler, a new one was initialised, train before use");
    } else if (!missing.isEmpty()) {
      text.append(" these parameters are not in the file and were initialised, train before use: ")
          .append(list(missing));
    }
    if (!unused.isEmpty()) {
      text.append(missing.isEmpty() ? "" : ";")
          .append(" these tensors of the file were not used: ")
          .append(list(unused));
    }
    return text.toString();
  }

  private static String list(List<String> names) {
    String listed =
        names.stream()
            .limit(LISTED)
            .map(n -> n.length() > LONGEST_NAME ? n.substring(0, LONGEST_NAME) + "…" : n)
            .collect(Collectors.joining(", "));
    return names.size() > LISTED ? listed + ", … (" + names.size() + " in all)" : listed;
  }
}
