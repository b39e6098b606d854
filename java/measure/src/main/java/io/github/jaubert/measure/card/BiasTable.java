package io.github.jaubert.measure.card;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The figures of {@code bias.json} as a table: each number by the path to it. */
final class BiasTable {
  private static final int MOST = 40;

  private BiasTable() {}

  static String markdown(JsonNode bias) {
    List<List<String>> rows = new ArrayList<>();
    collect("", bias, rows);
    String table =
        Markdown.table(List.of("measured", "value"), rows.subList(0, Math.min(MOST, rows.size())));
    return rows.size() > MOST ? table + "\nMore stands in bias.json.\n" : table;
  }

  private static void collect(String path, JsonNode node, List<List<String>> rows) {
    if (node.isNumber()) {
      rows.add(
          List.of(
              Markdown.text(path),
              node.isIntegralNumber()
                  ? node.asText()
                  : String.format(Locale.ROOT, "%.4f", node.asDouble())));
    } else if (node.isObject()) {
      node.properties()
          .forEach(
              entry ->
                  collect(
                      path.isEmpty() ? entry.getKey() : path + ", " + entry.getKey(),
                      entry.getValue(),
                      rows));
    }
  }
}
