package io.github.jaubert.measure.bias;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jaubert.train.data.DataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads StereoSet's JSON. */
final class StereoSetReader {
  private StereoSetReader() {}

  static List<StereoSet.Item> read(Path file) {
    JsonNode json = JsonData.read(file);
    JsonNode items = json.isArray() ? json : json.path("data").path("intrasentence");
    if (!items.isArray() || items.isEmpty()) {
      throw new DataException(
          file.toString(), "neither an array of items nor an object with data.intrasentence");
    }
    List<StereoSet.Item> read = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      read.add(item(file.toString(), i, items.get(i)));
    }
    return read;
  }

  private static StereoSet.Item item(String source, int index, JsonNode item) {
    String where = "item " + (index + 1);
    String context = text(source, where, item, "context");
    Map<String, String> fillings = new HashMap<>();
    for (JsonNode sentence : item.path("sentences")) {
      fillings.put(
          text(source, where, sentence, "gold_label"),
          filling(source, where, context, text(source, where, sentence, "sentence")));
    }
    for (String label : List.of("stereotype", "anti-stereotype", "unrelated")) {
      if (!fillings.containsKey(label)) {
        throw new DataException(source, where + ": no sentence has the gold_label " + label);
      }
    }
    try {
      return new StereoSet.Item(
          text(source, where, item, "target"),
          text(source, where, item, "bias_type"),
          context,
          fillings.get("stereotype"),
          fillings.get("anti-stereotype"),
          fillings.get("unrelated"));
    } catch (IllegalArgumentException e) {
      throw new DataException(source, where + ": " + e.getMessage(), e);
    }
  }

  /**
   * The word of a sentence at the place of the gap, without punctuation, as the authors take it.
   */
  private static String filling(String source, String where, String context, String sentence) {
    List<String> words = List.of(context.split(" "));
    String[] filled = sentence.split(" ");
    int place = -1; // of the last gap
    for (int i = 0; i < words.size(); i++) {
      place = words.get(i).contains("BLANK") ? i : place;
    }
    if (place >= 0 && place < filled.length) {
      String word = filled[place].replaceAll("\\p{Punct}", "");
      if (!word.isEmpty()) {
        return word;
      }
    }
    throw new DataException(
        source,
        "%s: no word of '%s' stands in the gap of '%s'".formatted(where, sentence, context));
  }

  private static String text(String source, String where, JsonNode object, String name) {
    JsonNode value = object.path(name);
    if (!value.isTextual() || value.asText().isBlank()) {
      throw new DataException(source, where + ": no " + name);
    }
    return value.asText();
  }
}
