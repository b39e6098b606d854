package io.github.jaubert.measure.card;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The measurements of {@code bias.json}, as {@code jaubert bias --json} writes it, in Markdown. */
final class BiasSection {
  private static final int MOST_ROWS = 12;

  private BiasSection() {}

  static String markdown(JsonNode bias) {
    StringBuilder out = new StringBuilder();
    Set<String> caveats = new LinkedHashSet<>();
    for (JsonNode one : bias.path("models").path(0).path("measurements")) {
      out.append("### ").append(Markdown.text(one.path("title").asText())).append("\n\n");
      out.append(Markdown.text(one.path("measures").asText())).append("\n\n");
      one.path("tables").forEach(table -> add(out, table));
      one.path("caveats").forEach(caveat -> caveats.add(caveat.asText()));
    }
    if (out.isEmpty()) {
      return "bias.json holds no measurements; " + Markdown.code("./jaubert bias") + " writes it.";
    }
    out.append("Figures are followed by their intervals of 95 %. What they do not say:\n\n");
    caveats.forEach(caveat -> out.append("- ").append(Markdown.text(caveat)).append('\n'));
    return out.toString();
  }

  private static void add(StringBuilder out, JsonNode table) {
    String neutral =
        table.has("neutral")
            ? String.format(Locale.ROOT, "; without bias %.4g", table.get("neutral").asDouble())
            : "";
    out.append(Markdown.text(table.path("title").asText() + neutral)).append("\n\n");
    List<String> header = new ArrayList<>(List.of(""));
    table.path("columns").forEach(name -> header.add(Markdown.text(name.asText())));
    List<List<String>> rows = new ArrayList<>();
    for (JsonNode row : table.path("rows")) {
      List<String> cells = new ArrayList<>(List.of(Markdown.text(row.path("name").asText())));
      row.path("cells").forEach(cell -> cells.add(cell(cell)));
      rows.add(cells);
    }
    out.append(Markdown.table(header, rows.subList(0, Math.min(rows.size(), MOST_ROWS))));
    out.append(
        rows.size() > MOST_ROWS
            ? "\n%d more rows stand in bias.json.\n\n".formatted(rows.size() - MOST_ROWS)
            : "\n");
  }

  private static String cell(JsonNode cell) {
    if (!cell.isObject()) {
      return cell.isNull() ? "" : Markdown.text(cell.asText());
    }
    String value = number(cell.path("value"));
    return cell.path("low").isNumber()
        ? "%s (%s to %s)".formatted(value, number(cell.path("low")), number(cell.path("high")))
        : value;
  }

  private static String number(JsonNode number) {
    return number.isNumber() ? String.format(Locale.ROOT, "%.4g", number.asDouble()) : "none";
  }
}
