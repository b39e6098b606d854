package io.github.jaubert.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.train.LogEntry.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The history of a run as a file of JSON lines, with the keys that the Trainer of transformers has
 * in its {@code log_history}:
 *
 * <pre>
 * {"loss":0.69,"learning_rate":1e-4,"grad_norm":2.1,"epoch":0.5,"step":10}
 * {"eval_loss":0.4,"eval_accuracy":0.9,"eval_runtime":1.2,…,"epoch":1.0,"step":20}
 * {"train_runtime":31.4,"train_samples_per_second":…,"train_loss":0.52,"epoch":1.0,"step":20}
 * </pre>
 *
 * <p>The last line is there when all steps were taken. All but runtimes and the speeds made of them
 * is the same whenever the same run is run; they are of the process that wrote the line.
 */
public final class RunLog {
  /** Its name in the folder of a run. */
  public static final String FILE = "train_log.jsonl";

  private static final String EVAL = "eval_";
  private static final String RUNTIME = "runtime";
  private static final String SAMPLES = "samples_per_second";
  private static final String STEPS = "steps_per_second";
  private static final List<String> TIMES = List.of(RUNTIME, SAMPLES, STEPS);

  private final Path file;
  private boolean ended; // the last line is there

  RunLog(Path folder) {
    file = folder.resolve(FILE);
  }

  /** How much was done in a time; of nothing there is no speed. */
  record Speed(double seconds, long samples, long steps) {
    private void describe(String prefix, ObjectNode line) {
      line.put(prefix + RUNTIME, rounded(seconds));
      line.put(prefix + SAMPLES, seconds == 0 ? 0 : rounded(samples / seconds));
      line.put(prefix + STEPS, seconds == 0 ? 0 : rounded(steps / seconds));
    }

    private static double rounded(double value) {
      return Math.round(value * 1e4) / 1e4;
    }
  }

  // ---- written ----

  /**
   * Begins with the history up to a checkpoint: what came after that comes again. Lines of it that
   * are there stay as they are.
   *
   * @param step of the checkpoint, 0 if there is none
   */
  void begin(List<LogEntry> entries, long step) {
    List<ObjectNode> there = lines(file);
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < entries.size(); i++) {
      LogEntry entry = entries.get(i);
      boolean kept = i < there.size() && entry.equals(entry(there.get(i)));
      lines.append(kept ? there.get(i) : line(entry, null)).append('\n');
    }
    int next = entries.size();
    ended =
        next > 0
            && next < there.size()
            && isEnd(there.get(next))
            && there.get(next).path("step").asLong() == step;
    if (ended) {
      lines.append(there.get(next)).append('\n');
    }
    AtomicFile.write(file, lines.toString().getBytes(StandardCharsets.UTF_8));
  }

  /**
   * A line.
   *
   * @param speed of an evaluation, null of training
   */
  void append(LogEntry entry, Speed speed) {
    append(line(entry, speed));
  }

  /** The last line, unless it is there. */
  void end(List<LogEntry> history, double epoch, long step, Speed speed) {
    if (ended) {
      return;
    }
    ObjectNode line = JsonFiles.object();
    speed.describe("train_", line);
    put(line, "train_loss", meanLoss(history));
    append(place(line, epoch, step));
    ended = true;
  }

  /** The mean of all steps; a line tells that of those since the line before. */
  private static double meanLoss(List<LogEntry> history) {
    double sum = 0;
    long before = 0;
    for (LogEntry entry : history) {
      if (entry.kind() == Kind.TRAIN) {
        sum += entry.values().get("loss") * (entry.step() - before);
        before = entry.step();
      }
    }
    return sum / before;
  }

  private void append(ObjectNode line) {
    try {
      Files.writeString(file, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new CheckpointException(file.toString(), "cannot be written: " + e.getMessage(), e);
    }
  }

  private static ObjectNode line(LogEntry entry, Speed speed) {
    ObjectNode line = JsonFiles.object();
    String prefix = entry.kind() == Kind.EVALUATION ? EVAL : "";
    entry.values().forEach((name, value) -> put(line, prefix + name, value));
    if (speed != null) {
      speed.describe(EVAL, line);
    }
    return place(line, entry.epoch(), entry.step());
  }

  private static ObjectNode place(ObjectNode line, double epoch, long step) {
    return line.put("epoch", epoch).put("step", step);
  }

  /** What is not a number is a text. */
  static void put(ObjectNode to, String name, double value) {
    if (Double.isFinite(value)) {
      to.put(name, value);
    } else {
      to.put(name, Double.toString(value));
    }
  }

  // ---- read ----

  /**
   * What a run has logged so far, without its times; a line that is just being written is not
   * there.
   *
   * @param folder of a run; nothing if it has no log
   * @throws CheckpointException if the log cannot be read
   */
  public static List<LogEntry> read(Path folder) {
    List<LogEntry> entries = new ArrayList<>();
    for (ObjectNode line : lines(folder.resolve(FILE))) {
      if (!isEnd(line)) {
        entries.add(entry(line));
      }
    }
    return entries;
  }

  /** Up to the first that is none, such as a part that a killed run left. */
  private static List<ObjectNode> lines(Path file) {
    List<ObjectNode> lines = new ArrayList<>();
    if (!Files.exists(file)) {
      return lines;
    }
    try {
      for (String line : Files.readString(file).split("\n")) {
        ObjectNode parsed =
            JsonFiles.parseObject(file.toString(), line.getBytes(StandardCharsets.UTF_8));
        entry(parsed);
        lines.add(parsed);
      }
    } catch (IOException e) {
      throw new CheckpointException(
          file.toString(), "cannot be read: " + CheckpointException.describe(e), e);
    } catch (CheckpointException | NumberFormatException e) {
      return lines;
    }
    return lines;
  }

  private static boolean isEnd(ObjectNode line) {
    return line.has("train_" + RUNTIME);
  }

  private static LogEntry entry(ObjectNode line) {
    boolean judged = line.properties().stream().anyMatch(one -> one.getKey().startsWith(EVAL));
    Map<String, Double> values = new LinkedHashMap<>();
    line.properties()
        .forEach(
            one -> {
              String name =
                  judged && one.getKey().startsWith(EVAL)
                      ? one.getKey().substring(EVAL.length())
                      : one.getKey();
              boolean isTime = judged && TIMES.contains(name);
              if (!isTime && !LogEntry.NO_VALUES.contains(name)) {
                values.put(name, Double.valueOf(one.getValue().asText()));
              }
            });
    return new LogEntry(
        judged ? Kind.EVALUATION : Kind.TRAIN,
        line.path("step").asLong(),
        line.path("epoch").asDouble(),
        values);
  }
}
