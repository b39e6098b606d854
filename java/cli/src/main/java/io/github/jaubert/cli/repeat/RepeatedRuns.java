package io.github.jaubert.cli.repeat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * The folder of several runs, what they measured so far, and the file that has all of it. The same
 * command goes on there; another is refused.
 */
public final class RepeatedRuns {
  private final Path folder;
  private final Path file;
  private final ObjectNode json;
  private final Map<String, Map<String, Double>> runs = new LinkedHashMap<>();

  /**
   * Opens a folder.
   *
   * @param name of the file in it
   * @param arguments what makes the runs what they are
   * @throws CheckpointException if it holds the runs of others
   */
  public RepeatedRuns(Path folder, String name, List<String> arguments) {
    this.folder = folder;
    file = folder.resolve(name);
    json = JsonFiles.object();
    ArrayNode words = json.putArray("command");
    arguments.forEach(words::add);
    if (Files.exists(file)) {
      if (!JsonFiles.readObject(file).path("command").equals(words)) {
        throw new CheckpointException(
            folder.toString(),
            "holds the runs of another command, see %s; choose another folder with --out"
                .formatted(name));
      }
    } else if (Files.exists(folder) && !isEmpty(folder)) {
      throw new CheckpointException(
          folder.toString(), "is not empty; choose another folder with --out");
    } else {
      write();
    }
  }

  private static boolean isEmpty(Path folder) {
    String[] names = folder.toFile().list(); // null of a file
    return names != null && names.length == 0;
  }

  Path folder() {
    return folder;
  }

  public FinetuneRun run(String name) {
    return new FinetuneRun(folder.resolve(name));
  }

  /** What was measured, by run and metric. */
  Map<String, Map<String, Double>> measured() {
    return runs;
  }

  /** Adds what a run measured, and writes all. */
  void add(String name, Map<String, Double> measured) {
    runs.put(name, measured);
    ObjectNode all = json.putObject("runs");
    runs.forEach((run, values) -> values.forEach(all.withObject("/" + run)::put));
    write();
  }

  /** The name of the run with the best of the first metric; of equals the first. */
  String best() {
    String best = null;
    for (Map.Entry<String, Map<String, Double>> run : runs.entrySet()) {
      String metric = Measured.main(run.getValue());
      if (best == null
          || Measured.isBetter(metric, run.getValue().get(metric), runs.get(best).get(metric))) {
        best = run.getKey();
      }
    }
    return best;
  }

  /** Each metric over the runs. */
  void spreads(BiConsumer<String, Spread> to) {
    for (String metric : runs.values().iterator().next().keySet()) {
      List<Double> values = new ArrayList<>();
      runs.values().forEach(run -> values.add(run.getOrDefault(metric, Double.NaN)));
      to.accept(metric, Spread.of(values));
    }
  }

  /** For more than is measured. */
  public ObjectNode json() {
    return json;
  }

  public void write() {
    AtomicFile.write(file, JsonFiles.format(json));
  }
}
