package io.github.jaubert.train;

import io.github.jaubert.bert.EncoderConfig;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.Device;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * All that the result of a run depends on, by name: settings, model, data, metrics and arithmetic.
 * A run is only continued by one with the same. What changes no bit of the result, such as the
 * number of threads, is not in it.
 */
record RunIdentity(Map<String, String> parts) {
  /** Goes up when runs are told apart by other parts, so that earlier ones cannot be compared. */
  static final int LAYOUT = 4;

  private static final String BASE_WEIGHTS = "base_weights";

  /** Of a run that is about to begin with the weights that the model has now. */
  static RunIdentity of(TrainingSettings settings, SequenceClassifier model, TrainingData data) {
    Map<String, String> parts = new LinkedHashMap<>();
    settings.identity().forEach((name, value) -> parts.put(name, value.toString()));
    parts.put("labels", model.labels().toString());
    config(model.config()).forEach((name, value) -> parts.put("config." + name, value));
    parts.put("parameters", "" + model.parameterCount());
    parts.put("frozen", frozen(model.parameters()));
    parts.put(BASE_WEIGHTS, Fingerprint.of(model.parameters()));
    parts.putAll(data.identity());
    Device device = model.parameters().get(0).tensor().device();
    parts.put("device", device.arithmetic());
    return new RunIdentity(parts);
  }

  /** Every value of the config by its name in config.json. */
  private static Map<String, String> config(EncoderConfig config) {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("model_type", config.modelType());
    config.toJson().properties().forEach(f -> values.put(f.getKey(), f.getValue().asText()));
    return values;
  }

  private static String frozen(List<Parameter> parameters) {
    List<String> names =
        parameters.stream().filter(Parameter::frozen).map(Parameter::name).sorted().toList();
    return names.isEmpty()
        ? "none"
        : "%d of %d parameters %s"
            .formatted(names.size(), parameters.size(), Fingerprint.of(String.join("\n", names)));
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
