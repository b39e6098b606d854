package io.github.jaubert.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * One line of a run's history. It holds nothing that depends on the clock, so the same run gives
 * the same lines.
 *
 * @param kind whether it is about training or evaluation
 * @param step how many optimizer steps had been taken
 * @param epoch the same in passes over the training data
 * @param values by name: {@code loss} (the mean since the last line, or over the evaluation data),
 *     {@code learning_rate}, {@code grad_norm} (of the last step, before clipping), the names of
 *     metrics
 */
public record LogEntry(Kind kind, long step, double epoch, Map<String, Double> values) {
  static final Set<String> NO_VALUES = Set.of("kind", "step", "epoch");

  /** What a line is about. */
  public enum Kind {
    /** The steps since the last line of this kind. */
    TRAIN,
    /** The evaluation data, after a step. */
    EVALUATION
  }

  /** Keeps the order of the values. */
  public LogEntry {
    for (String name : NO_VALUES) {
      if (values.containsKey(name)) {
        throw new IllegalArgumentException("a metric cannot be called '" + name + "'");
      }
    }
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  /**
   * As a checkpoint has it: {@code {"kind":"train","step":50,"epoch":0.2,"loss":1.3}}; what is not
   * a number is a text.
   */
  ObjectNode toJson() {
    ObjectNode node = JsonFiles.object();
    node.put("kind", kind.name().toLowerCase(Locale.ROOT));
    node.put("step", step);
    node.put("epoch", epoch);
    values.forEach((name, value) -> RunLog.put(node, name, value));
    return node;
  }

  static LogEntry fromJson(JsonNode node) {
    Map<String, Double> values = new LinkedHashMap<>();
    node.properties()
        .forEach(
            entry -> {
              if (!NO_VALUES.contains(entry.getKey())) {
                values.put(entry.getKey(), Double.valueOf(entry.getValue().asText()));
              }
            });
    Kind kind = Kind.valueOf(node.path("kind").asText().toUpperCase(Locale.ROOT));
    return new LogEntry(kind, node.path("step").asLong(), node.path("epoch").asDouble(), values);
  }
}
