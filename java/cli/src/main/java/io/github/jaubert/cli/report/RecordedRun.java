package io.github.jaubert.cli.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.FolderLock;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.train.LogEntry;
import io.github.jaubert.train.LogEntry.Kind;
import io.github.jaubert.train.RunLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the folder of a run tells.
 *
 * @param description its {@code run.json}; empty before it has finished
 * @param log its history so far
 * @param examples its {@code report.json}, see {@link RunPage}; empty if there is none
 */
public record RecordedRun(
    Path folder, ObjectNode description, List<LogEntry> log, ObjectNode examples) {
  /** How the run came about and what it measured. */
  public static final String DESCRIPTION = "run.json";

  /** Calibration, and examples with their texts. */
  public static final String EXAMPLES = "report.json";

  /** Where the checkpoint of a run is that is to replace what its folder holds. */
  private static final String REPLACING = ".jaubert-overwrite";

  private static final String CHECKPOINT = "checkpoint.safetensors";

  /** How far a run is. */
  public enum State {
    /** All is written. */
    FINISHED,
    /** A process is at work in the folder. */
    RUNNING,
    /** The same command would go on. */
    INTERRUPTED
  }

  /**
   * Reads a folder.
   *
   * @throws CheckpointException if it is not one of a run, or cannot be read
   */
  public static RecordedRun read(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new CheckpointException(
          folder.toString(), Files.exists(folder) ? "is not a folder" : "there is no such folder");
    }
    if (!isRun(folder)) {
      throw new CheckpointException(
          folder.toString(),
          "is not the folder of a run: it has neither %s nor %s"
              .formatted(DESCRIPTION, RunLog.FILE));
    }
    boolean finished = Files.exists(folder.resolve(DESCRIPTION));
    Path log = finished ? folder : folderOfLog(folder);
    return new RecordedRun(
        folder, object(folder, DESCRIPTION), RunLog.read(log), object(folder, EXAMPLES));
  }

  /** Whether a folder holds a run, finished or not. */
  public static boolean isRun(Path folder) {
    return Files.exists(folder.resolve(DESCRIPTION))
        || Files.exists(folderOfLog(folder).resolve(RunLog.FILE));
  }

  private static Path folderOfLog(Path folder) {
    Path hidden = folder.resolve(REPLACING);
    return Files.exists(folder.resolve(RunLog.FILE)) ? folder : hidden;
  }

  private static ObjectNode object(Path folder, String name) {
    Path file = folder.resolve(name);
    return Files.exists(file) ? JsonFiles.readObject(file) : JsonFiles.object();
  }

  /** What the folder is called. */
  public String name() {
    Path name = folder.toAbsolutePath().normalize().getFileName();
    return name == null ? folder.toString() : name.toString();
  }

  /** How far it is. */
  public State state() {
    if (isLocked(folder)) {
      return State.RUNNING;
    }
    boolean open =
        Files.exists(folder.resolve(CHECKPOINT))
            || Files.exists(folder.resolve(REPLACING).resolve(CHECKPOINT));
    return description.isEmpty() || open ? State.INTERRUPTED : State.FINISHED;
  }

  /** A lock of a process that was killed stays behind as a file, and is taken by nobody. */
  private static boolean isLocked(Path folder) {
    try {
      String holder = Files.readString(folder.resolve(FolderLock.FILE)).strip();
      if (ProcessHandle.of(Long.parseLong(holder)).isEmpty()) {
        return false;
      }
      Optional<FolderLock> taken = FolderLock.tryTake(folder);
      taken.ifPresent(FolderLock::close);
      return taken.isEmpty();
    } catch (IOException | NumberFormatException e) {
      return false;
    }
  }

  /** What was trained: the task, or for pre-training its model. */
  public String task() {
    List<JsonNode> said = List.of(description.path("task"), description.path("problem_type"));
    return said.stream()
        .filter(JsonNode::isTextual)
        .map(node -> node.asText().replace('_', ' '))
        .findFirst()
        .orElse(description.path("command").path(0).asText(""));
  }

  /** The steps that were taken, as far as they are logged. */
  public long steps() {
    return description.has("steps")
        ? description.path("steps").asLong()
        : log.stream().mapToLong(LogEntry::step).max().orElse(0);
  }

  /** What was measured: by the model as it was left, or so far. */
  public Map<String, Double> measured() {
    Map<String, Double> measured = new LinkedHashMap<>();
    if (description.has("evaluation")) {
      description
          .path("evaluation")
          .properties()
          .forEach(one -> measured.put(one.getKey(), number(one.getValue())));
      return measured;
    }
    log.stream()
        .filter(entry -> entry.kind() == Kind.EVALUATION)
        .forEach(entry -> measured.putAll(entry.values()));
    return measured;
  }

  /** A number, or the text of one that is not finite. */
  static double number(JsonNode node) {
    return node.asDouble(Double.NaN);
  }

  /** The names of what is logged of a kind, in order. */
  Set<String> names(Kind kind) {
    Set<String> names = new LinkedHashSet<>();
    log.stream()
        .filter(entry -> entry.kind() == kind)
        .forEach(entry -> names.addAll(entry.values().keySet()));
    return names;
  }

  /** Steps and values of what is logged. */
  List<double[]> curve(Kind kind, String name) {
    List<double[]> points = new ArrayList<>();
    for (LogEntry entry : log) {
      if (entry.kind() == kind && entry.values().containsKey(name)) {
        points.add(new double[] {entry.step(), entry.values().get(name)});
      }
    }
    return points;
  }
}
