package io.github.jaubert.train;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jaubert.bert.Encoder;
import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.Device;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/**
 * All that the result of a run depends on, by name: settings, model, data, metrics and arithmetic.
 * A run is only continued by one with the same. What changes no bit of the result, such as the
 * number of threads, is not in it.
 */
record RunIdentity(Map<String, String> parts) {
  /** Goes up when runs are told apart by other parts, so that earlier ones cannot be compared. */
  static final int LAYOUT = 6;

  private static final String BASE_WEIGHTS = "base_weights";

  /** Of a run that is about to begin with the weights that the model has now. */
  static RunIdentity of(TrainingSettings settings, Task task) {
    Map<String, String> parts = new LinkedHashMap<>();
    settings.identity().forEach((name, value) -> put(parts, name, value));
    task.settings().forEach((name, value) -> put(parts, name, value));
    task.identity().forEach((name, value) -> put(parts, name, value));
    Block model = task.model();
    Map<String, Encoder> encoders = Encoders.in(model);
    encoders.forEach(
        (prefix, encoder) -> {
          String begin = (encoders.size() == 1 ? "" : prefix) + "config.";
          encoder
              .config()
              .toJson()
              .properties()
              .forEach(field -> put(parts, begin + field.getKey(), text(field.getValue())));
        });
    put(parts, "parameters", model.parameterCount());
    put(parts, "frozen", frozen(model.parameters()));
    put(parts, BASE_WEIGHTS, Fingerprint.of(model.parameters()));
    put(parts, "training_data", Fingerprint.of(task.examples()));
    Evaluation evaluation = task.evaluation();
    if (evaluation != null) {
      // Which weights are the best depends on both, and so does the history.
      String best = evaluation.greaterIsBetter() ? "" : ", the least is the best";
      put(parts, "metrics", evaluation.metrics() + best);
      put(parts, "evaluation_data", Fingerprint.of(evaluation.examples()));
    }
    Device device = model.parameters().get(0).tensor().device();
    put(parts, "device", device.arithmetic());
    return new RunIdentity(parts);
  }

  /** Of lists and objects, too. */
  private static String text(JsonNode value) {
    return value.isValueNode() ? value.asText() : value.toString();
  }

  private static void put(Map<String, String> parts, String name, Object value) {
    if (parts.put(name, String.valueOf(value)) != null) {
      throw new IllegalArgumentException(
          "the task has a setting or identity '" + name + "', which every run has already");
    }
  }

  private static String frozen(List<Parameter> parameters) {
    List<String> names =
        parameters.stream().filter(Parameter::frozen).map(Parameter::name).sorted().toList();
    return names.isEmpty()
        ? "none"
        : "%d of %d parameters %s"
            .formatted(names.size(), parameters.size(), Fingerprint.of(String.join("\n", names)));
  }

  /** How many tokens of a step are computed at once, if that was chosen. */
  OptionalInt microBatchTokens() {
    String tokens = parts.getOrDefault(TrainingSettings.MICRO_BATCH_TOKENS, "");
    return tokens.matches("[1-9]\\d{0,8}")
        ? OptionalInt.of(Integer.parseInt(tokens))
        : OptionalInt.empty();
  }

  /** Whether a run that there is has all in common with this one, but perhaps for the weights. */
  boolean isSameButForWeights(RunIdentity there) {
    Map<String, String> other = new LinkedHashMap<>(there.parts);
    other.put(BASE_WEIGHTS, baseWeights());
    return differences(new RunIdentity(other)).isEmpty();
  }

  String baseWeights() {
    return parts.get(BASE_WEIGHTS);
  }

  /**
   * What differs in a run that there is, as {@code seed was 1 and is 2}; empty if it is the same.
   */
  List<String> differences(RunIdentity there) {
    Set<String> names = new LinkedHashSet<>(parts.keySet());
    names.addAll(there.parts.keySet());
    List<String> differences = new ArrayList<>();
    for (String name : names) {
      String was = there.parts.getOrDefault(name, "none");
      String is = parts.getOrDefault(name, "none");
      if (!was.equals(is)) {
        differences.add(name + " was " + was + " and is " + is);
      }
    }
    return differences;
  }
}
