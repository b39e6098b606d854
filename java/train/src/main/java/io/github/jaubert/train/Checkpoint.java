package io.github.jaubert.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where a run stands, besides its tensors.
 *
 * @param identity the settings and the data of the run, by name; a run with others does not
 *     continue this one
 * @param step the number of steps taken
 * @param rngOffset the place in the random numbers that dropout uses
 * @param lossSteps the number of steps since the loss was last logged
 * @param bestStep the step of the best evaluation so far, 0 before the first
 * @param history what was logged so far
 */
record Checkpoint(
    Map<String, String> identity,
    int step,
    long rngOffset,
    int lossSteps,
    int bestStep,
    List<LogEntry> history) {

  ObjectNode toJson() {
    ObjectNode json = JsonFiles.object();
    ObjectNode names = json.putObject("identity");
    identity.forEach(names::put);
    json.put("step", step);
    json.put("rng_offset", rngOffset);
    json.put("loss_steps", lossSteps);
    json.put("best_step", bestStep);
    ArrayNode entries = json.putArray("history");
    history.forEach(entry -> entries.add(entry.toJson()));
    return json;
  }

  static Checkpoint fromJson(ObjectNode json) {
    Map<String, String> identity = new LinkedHashMap<>();
    json.path("identity")
        .properties()
        .forEach(entry -> identity.put(entry.getKey(), entry.getValue().asText()));
    List<LogEntry> history = new ArrayList<>();
    for (JsonNode entry : json.path("history")) {
      history.add(LogEntry.fromJson(entry));
    }
    return new Checkpoint(
        identity,
        json.path("step").asInt(),
        json.path("rng_offset").asLong(),
        json.path("loss_steps").asInt(),
        json.path("best_step").asInt(),
        history);
  }
}
