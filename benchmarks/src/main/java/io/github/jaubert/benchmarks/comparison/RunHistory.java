package io.github.jaubert.benchmarks.comparison;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a run of {@code jaubert finetune} has left: its losses, and what its last evaluation gave.
 *
 * @param name of its folder
 * @param device that it ran on, as its run.json says; empty if it has none
 * @param losses by step: the mean since the last entry
 * @param scores of the last evaluation, by name
 */
record RunHistory(
    String name, String device, SortedMap<Long, Double> losses, Map<String, Double> scores) {
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final String LOG = "train_log.jsonl";

  /**
   * Reads a run's folder.
   *
   * @throws IllegalArgumentException if it has no history, or something else in its place
   */
  static RunHistory read(Path folder) {
    SortedMap<Long, Double> losses = new TreeMap<>();
    Map<String, Double> scores = new LinkedHashMap<>();
    Path log = folder.resolve(LOG);
    try {
      for (String line : Files.readAllLines(log)) {
        JsonNode entry = MAPPER.readTree(line);
        if (entry.path("kind").asText().equals("train")) {
          losses.put(entry.path("step").asLong(), number(entry.path("loss")));
        } else {
          scores.clear();
          entry.properties().forEach(field -> scores.put(field.getKey(), number(field.getValue())));
          scores.keySet().removeAll(Set.of("kind", "step", "epoch"));
        }
      }
    } catch (JsonProcessingException | NumberFormatException e) {
      throw new IllegalArgumentException(log + " is no history of a run: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new IllegalArgumentException(folder + " has no " + LOG + " to read", e);
    }
    if (losses.isEmpty()) {
      throw new IllegalArgumentException(log + " has no losses");
    }
    return new RunHistory(folder.toString(), device(folder), losses, scores);
  }

  /** What is not finite is a text. */
  private static double number(JsonNode value) {
    return value.isNumber() || value.asText().matches("NaN|-?Infinity")
        ? Double.parseDouble(value.asText())
        : Double.NaN;
  }

  private static String device(Path folder) {
    try {
      JsonNode run = MAPPER.readTree(folder.resolve("run.json").toFile());
      return run.path("device").asText() + ", " + run.at("/settings/precision").asText();
    } catch (IOException e) {
      return ""; // a run that has not ended
    }
  }
}
