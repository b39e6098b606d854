package io.github.jaubert.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where a run stands, besides its tensors.
 *
 * @param identity what the result of the run depends on; a run with another does not continue this
 *     one
 * @param step the number of steps taken
 * @param rngOffset the place in the random numbers that dropout uses
 * @param lossSteps the number of steps since the loss was last logged
 * @param bestStep the step of the best evaluation so far, 0 before the first
 * @param history what was logged so far
 */
record Checkpoint(
    RunIdentity identity,
    int step,
    long rngOffset,
    int lossSteps,
    int bestStep,
    List<LogEntry> history) {
  /**
   * Goes up with every change after which a run no longer gives the bits that it gave before, such
   * as another order of what is drawn of the random numbers: 2 since the last layer computes what a
   * classifier reads alone, and so has smaller dropout masks; 3 since masks have numbers of 16
   * bits; 4 since denormal numbers count as 0.
   */
  static final int ARITHMETIC = 4;

  ObjectNode toJson() {
    ObjectNode json = JsonFiles.object();
    json.put("arithmetic", ARITHMETIC);
    json.put("identity_layout", RunIdentity.LAYOUT);
    ObjectNode names = json.putObject("identity");
    identity.parts().forEach(names::put);
    json.put("step", step);
    json.put("rng_offset", rngOffset);
    json.put("loss_steps", lossSteps);
    json.put("best_step", bestStep);
    ArrayNode entries = json.putArray("history");
    history.forEach(entry -> entries.add(entry.toJson()));
    return json;
  }

  /**
   * Reads what {@link #toJson} wrote.
   *
   * @throws CheckpointException if the run would go on with other arithmetic than it began with, or
   *     does not say of itself what this release asks
   */
  static Checkpoint fromJson(String source, ObjectNode json) {
    int arithmetic = json.path("arithmetic").asInt(1);
    if (arithmetic != ARITHMETIC) {
      throw new CheckpointException(
          source,
          "was written with arithmetic version %d of the trainer, and this is version %d: the run would not end with the bits it was to end with, as dropout masks or sums differ; finish it with the release that began it, use another folder, or delete this file to begin anew"
              .formatted(arithmetic, ARITHMETIC));
    }
    int layout = json.path("identity_layout").asInt(1);
    if (layout != RunIdentity.LAYOUT) {
      throw new CheckpointException(
          source,
          "was written by a release that tells runs apart by other things (layout %d, and this is %d): whether the model, the data and the settings are the same cannot be said; finish it with the release that began it, use another folder, or delete this file to begin anew"
              .formatted(layout, RunIdentity.LAYOUT));
    }
    Map<String, String> identity = new LinkedHashMap<>();
    json.path("identity")
        .properties()
        .forEach(entry -> identity.put(entry.getKey(), entry.getValue().asText()));
    List<LogEntry> history = new ArrayList<>();
    for (JsonNode entry : json.path("history")) {
      try {
        history.add(LogEntry.fromJson(entry));
      } catch (IllegalArgumentException e) {
        throw new CheckpointException(source, "has a line of history that is none: " + entry, e);
      }
    }
    return new Checkpoint(
        new RunIdentity(identity),
        json.path("step").asInt(),
        json.path("rng_offset").asLong(),
        json.path("loss_steps").asInt(),
        json.path("best_step").asInt(),
        history);
  }
}
