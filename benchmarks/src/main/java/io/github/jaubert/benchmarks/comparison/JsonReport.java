package io.github.jaubert.benchmarks.comparison;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;

/** Writes a report for programs: a row per goal, and every round of every work behind them. */
final class JsonReport {
  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private JsonReport() {}

  static void write(Path file, Report report) throws IOException {
    ObjectNode root = MAPPER.createObjectNode();
    root.put("commit", report.commit().hash()).put("date", report.commit().date());
    ObjectNode facts = root.putObject("run");
    report.facts().forEach(facts::put);
    ObjectNode versions = root.putObject("versions");
    for (String who : report.results().programs()) {
      ArrayNode names = versions.putArray(who);
      report.results().versions(who).forEach(names::add);
    }
    ArrayNode goals = root.putArray("goals");
    report.rows().forEach(row -> goals.add(row(row)));
    addAll(root.putArray("leftOut"), report.leftOut());
    addAll(root.putArray("failures"), report.failures());
    ArrayNode works = root.putArray("works");
    for (String work : report.results().works(Pattern.compile(""))) {
      for (String who : report.results().programs()) {
        report.results().find(who, work).ifPresent(series -> works.add(series(who, work, series)));
      }
    }
    MAPPER.writeValue(file.toFile(), root);
  }

  private static void addAll(ArrayNode array, Iterable<String> texts) {
    texts.forEach(array::add);
  }

  private static ObjectNode row(Row row) {
    ObjectNode node = MAPPER.createObjectNode();
    node.put("name", row.goal().name());
    Optional<Comparison> decisive = row.decisive();
    decisive.ifPresent(comparison -> put(node, comparison));
    node.put("goal", row.goal().boundInWords());
    node.put("bound", row.goal().bound());
    if (row.isMeasured()) {
      node.put("met", row.isMet());
    } else {
      node.putNull("met");
    }
    if (row.comparisons().size() > 1) {
      ArrayNode all = node.putArray("comparisons");
      for (Comparison comparison : row.comparisons()) {
        all.add(put(MAPPER.createObjectNode(), comparison));
      }
    }
    return node;
  }

  private static ObjectNode put(ObjectNode node, Comparison comparison) {
    node.put("work", comparison.work())
        .put("unit", comparison.unit())
        .put("value", comparison.value())
        .put("peer", comparison.peer());
    if (Double.isFinite(comparison.peerValue())) {
      node.put("peerValue", comparison.peerValue());
    } else {
      node.putNull("peerValue"); // JSON has no NaN
    }
    return node.put("ratio", comparison.ratio());
  }

  private static ObjectNode series(String who, String work, Series series) {
    ObjectNode node = MAPPER.createObjectNode();
    node.put("work", work).put("program", who).put("unit", series.unit());
    node.put("value", series.value());
    ArrayNode rounds = node.putArray("rounds");
    for (Reading round : series.rounds()) {
      ObjectNode one = rounds.addObject();
      one.put("value", round.value());
      ArrayNode samples = one.putArray("samples");
      round.samples().forEach(samples::add);
    }
    Reading first = series.rounds().get(0);
    if (first.flops() > 0) {
      node.put("flops", first.flops());
    }
    if (first.bytes() > 0) {
      node.put("bytes", first.bytes());
    }
    return node;
  }
}
