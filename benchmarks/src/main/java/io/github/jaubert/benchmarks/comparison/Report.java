package io.github.jaubert.benchmarks.comparison;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.benchmarks.comparison.Results.Series;
import io.github.jaubert.benchmarks.measure.Measurement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * All that a run has to tell.
 *
 * @param words what is the same in every report of its kind
 * @param commit of the sources, and its date
 * @param facts of the machine and the run, by name
 * @param goals and what was compared for each
 * @param results all figures
 */
record Report(
    Words words,
    Commit commit,
    Map<String, String> facts,
    Map<Goal, List<Comparison>> goals,
    Results results) {
  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  /**
   * What a kind of report says.
   *
   * @param kind cpu or gpu, as folders of results begin
   * @param title its heading
   * @param dtype of what was computed
   * @param method how it was measured
   */
  record Words(String kind, String title, String dtype, String method) {}

  /** The commit of the sources, and its date. */
  record Commit(String hash, String date) {
    @Override
    public String toString() {
      return hash + " of " + date;
    }
  }

  /** Looks among the results for what the goals are about. */
  static Map<Goal, List<Comparison>> compare(List<Goal> goals, Results results) {
    Map<Goal, List<Comparison>> compared = new LinkedHashMap<>();
    goals.forEach(goal -> compared.put(goal, Comparison.of(goal, results)));
    return compared;
  }

  /** Writes {@code report.md}, {@code report.json} and the pictures. */
  void write(Path folder) throws IOException {
    Files.createDirectories(folder);
    Map<String, String> pictures = Map.of();
    try {
      pictures = Pictures.draw(results, folder);
    } catch (LinkageError e) {
      results.leftOut().add("Pictures: this JDK cannot draw. " + e);
    }
    MAPPER.writeValue(folder.resolve("report.json").toFile(), json());
    Files.write(folder.resolve("report.md"), MarkdownReport.lines(this, pictures));
  }

  /** For programs: a row per goal, and every round of every work behind them. */
  ObjectNode json() {
    ObjectNode root = MAPPER.createObjectNode();
    root.put("commit", commit.hash()).put("date", commit.date());
    root.set("run", MAPPER.valueToTree(facts));
    root.set("versions", MAPPER.valueToTree(results.versions()));
    ArrayNode rows = root.putArray("goals");
    goals.forEach((goal, comparisons) -> put(rows.addObject(), goal, comparisons));
    root.set("leftOut", MAPPER.valueToTree(results.leftOut()));
    root.set("failures", MAPPER.valueToTree(results.failures()));
    ArrayNode works = root.putArray("works");
    for (String work : results.works("")) {
      for (String who : results.whoMeasured(List.of(work))) {
        put(works.addObject(), work, who, results.byWork().get(work).get(who));
      }
    }
    return root;
  }

  private static void put(ObjectNode node, Goal goal, List<Comparison> comparisons) {
    node.put("name", goal.name());
    goal.worst(comparisons).ifPresent(worst -> node.setAll(json(worst)));
    node.put("goal", goal.bound()).put("bound", goal.limit());
    node.put("met", comparisons.isEmpty() ? null : goal.isMet(comparisons));
    if (comparisons.size() > 1) {
      node.putArray("comparisons").addAll(comparisons.stream().map(Report::json).toList());
    }
  }

  private static ObjectNode json(Comparison comparison) {
    ObjectNode node = MAPPER.valueToTree(comparison);
    return Double.isFinite(comparison.peerValue()) ? node : node.putNull("peerValue"); // no NaN
  }

  private static void put(ObjectNode node, String work, String who, Series series) {
    node.put("work", work).put("program", who).put("unit", series.unit());
    node.put("value", series.value());
    ArrayNode rounds = node.putArray("rounds");
    for (Measurement round : series.rounds()) {
      ObjectNode one = rounds.addObject().put("value", round.value());
      one.set("samples", MAPPER.valueToTree(round.samples()));
    }
    ObjectNode first = MAPPER.valueToTree(series.rounds().get(0));
    node.setAll(first.retain("flops", "bytes"));
  }
}
