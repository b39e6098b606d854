package io.github.jaubert.parquet;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the numbers of class labels are called, as {@code datasets} of Hugging Face notes it in the
 * files that it writes: columns of {@code ClassLabel}, and lists of them.
 *
 * @param byColumn the names of 0, 1, … by the column
 */
record ClassNames(Map<String, List<String>> byColumn) {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /**
   * Reads the note, if there is one that can be read.
   *
   * @param note JSON, or null
   */
  static ClassNames of(String note) {
    Map<String, List<String>> byColumn = new HashMap<>();
    try {
      JsonNode features = JSON.readTree(note == null ? "" : note).path("info").path("features");
      features
          .properties()
          .forEach(
              feature -> {
                JsonNode type = feature.getValue();
                JsonNode inner = type.has("feature") ? type.path("feature") : type;
                if (inner.path("_type").asText().equals("ClassLabel")) {
                  List<String> names = new ArrayList<>();
                  inner.path("names").forEach(name -> names.add(name.asText()));
                  byColumn.put(feature.getKey(), names);
                }
              });
    } catch (JsonProcessingException e) {
      byColumn.clear(); // the numbers stay
    }
    return new ClassNames(byColumn);
  }

  /** The row with names in place of numbers; -1, for a row without a label, becomes null. */
  ObjectNode named(ObjectNode row) {
    byColumn.forEach(
        (column, names) -> {
          JsonNode value = row.path(column);
          if (value instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
              array.set(i, named(array.get(i), names));
            }
          } else if (!value.isMissingNode()) {
            row.set(column, named(value, names));
          }
        });
    return row;
  }

  private static JsonNode named(JsonNode value, List<String> names) {
    if (!value.isIntegralNumber()) {
      return value;
    }
    int index = value.asInt();
    if (index == -1) {
      return null;
    }
    return index >= 0 && index < names.size() ? TextNode.valueOf(names.get(index)) : value;
  }
}
