package io.github.jaubert.measure.bias;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * What was measured of a model, or of two side by side, such as before and after fine-tuning.
 *
 * @param models what they are called, one or two
 * @param results of each model, in the order of {@code models}
 */
public record BiasReport(List<String> models, List<List<BiasResult>> results) {
  /** What is to be known of all figures. */
  public static final String NOTE =
      "Intervals are of 95 %, by bootstrap; of few items they are too narrow, and of 0 or 100 % they"
          + " have no width. No figure here shows that a model is without bias.";

  /** Copies, and checks that there are results of each model. */
  public BiasReport {
    models = List.copyOf(models);
    results = results.stream().map(List::copyOf).toList();
    if (models.isEmpty() || models.size() > 2 || models.size() != results.size()) {
      throw new IllegalArgumentException(
          "results of %d models, of which %d have a name; one or two are due"
              .formatted(results.size(), models.size()));
    }
  }

  /**
   * A measurement as it is shown.
   *
   * @param result that of the first model that has it, for its words
   */
  public record Section(BiasResult result, List<BiasTable> tables) {}

  /** All measurements; the tables of two models are one, side by side. */
  public List<Section> sections() {
    List<Section> sections = new ArrayList<>();
    for (BiasResult first : results.get(0)) {
      BiasResult second = models.size() == 1 ? null : find(results.get(1), first.key());
      sections.add(new Section(first, second == null ? first.tables() : beside(first, second)));
    }
    return sections;
  }

  private static BiasResult find(List<BiasResult> results, String key) {
    return results.stream().filter(one -> one.key().equals(key)).findFirst().orElse(null);
  }

  private List<BiasTable> beside(BiasResult first, BiasResult second) {
    List<BiasTable> merged = new ArrayList<>();
    List<BiasTable> others = new ArrayList<>(second.tables());
    for (BiasTable table : first.tables()) {
      BiasTable other =
          others.stream().filter(one -> one.title().equals(table.title())).findFirst().orElse(null);
      others.remove(other);
      merged.add(other == null ? table : table.beside(other, models.get(0), models.get(1)));
    }
    merged.addAll(others);
    return merged;
  }

  /** All of it as JSON. */
  public ObjectNode json() {
    ObjectNode json = JsonFiles.object();
    json.put("note", NOTE);
    ArrayNode all = json.putArray("models");
    for (int i = 0; i < models.size(); i++) {
      ObjectNode model = all.addObject();
      model.put("model", models.get(i));
      ArrayNode measured = model.putArray("measurements");
      results.get(i).forEach(result -> add(measured.addObject(), result, result.tables()));
    }
    if (models.size() == 2) {
      ArrayNode beside = json.putArray("side_by_side");
      sections().forEach(one -> add(beside.addObject(), one.result(), one.tables()));
    }
    return json;
  }

  private static void add(ObjectNode to, BiasResult result, List<BiasTable> tables) {
    to.put("name", result.key());
    to.put("title", result.title());
    to.put("measures", result.measures());
    result.caveats().forEach(to.putArray("caveats")::add);
    ArrayNode array = to.putArray("tables");
    tables.forEach(table -> add(array.addObject(), table));
  }

  private static void add(ObjectNode to, BiasTable table) {
    to.put("title", table.title());
    if (!Double.isNaN(table.neutral())) {
      to.put("neutral", table.neutral());
    }
    table.columns().forEach(to.putArray("columns")::add);
    ArrayNode rows = to.putArray("rows");
    for (BiasTable.Row row : table.rows()) {
      ObjectNode one = rows.addObject();
      one.put("name", row.name());
      ArrayNode cells = one.putArray("cells");
      row.cells().forEach(cell -> add(cells, cell));
    }
  }

  private static void add(ArrayNode to, Object cell) {
    if (cell instanceof Estimate estimate) {
      ObjectNode one = to.addObject();
      number(one, "value", estimate.value());
      number(one, "low", estimate.low());
      number(one, "high", estimate.high());
      one.put("count", estimate.count());
    } else if (cell instanceof Integer count) {
      to.add(count);
    } else {
      to.add(Objects.toString(cell, null));
    }
  }

  /** What is not known is null: JSON has no NaN. */
  private static void number(ObjectNode to, String name, double value) {
    if (Double.isFinite(value)) {
      to.put(name, value);
    } else {
      to.putNull(name);
    }
  }
}
