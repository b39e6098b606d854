package io.github.jaubert.cli.repeat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.cli.console.Commands;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import picocli.CommandLine;

/**
 * One of several runs of finetune, in this process and in a folder of its own, with what it says in
 * a file beside that. One that was interrupted goes on.
 */
public record FinetuneRun(Path folder) {
  private static final String RUN = "run.json";

  /** Whether it has been run, and what it measured is there. */
  public boolean isDone() {
    return Files.exists(folder.resolve(RUN));
  }

  /**
   * Runs it.
   *
   * @param options of finetune, but for where it writes
   * @param command the one that runs it
   * @return finetune's exit code
   */
  public int run(List<String> options, CommandLine command) {
    List<String> arguments = new ArrayList<>(List.of("finetune"));
    arguments.addAll(options);
    arguments.add("--out=" + folder);
    Path log = folder.resolveSibling(folder.getFileName() + ".log");
    try {
      Files.createDirectories(folder.getParent());
      try (PrintWriter say =
          new PrintWriter(
              Files.newBufferedWriter(log, StandardOpenOption.CREATE, StandardOpenOption.APPEND))) {
        return Commands.of(command).run(say, command.getErr(), arguments.toArray(String[]::new));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(
          new IOException(log + ": " + CheckpointException.describe(e), e));
    }
  }

  /** All that the run wrote of itself. */
  public ObjectNode description() {
    return JsonFiles.readObject(folder.resolve(RUN));
  }

  /** What was measured, by name, but for the loss if there is something else. */
  public Map<String, Double> measured() {
    Map<String, Double> measured = new LinkedHashMap<>();
    description()
        .path("evaluation")
        .properties()
        .forEach(entry -> measured.put(entry.getKey(), entry.getValue().asDouble(Double.NaN)));
    if (measured.size() > 1) {
      measured.remove("loss");
    }
    return measured;
  }

  /** Deletes the weights; what was measured stays. */
  public void deleteWeights() {
    deleteWeights(folder);
  }

  /** Deletes the weights in a folder, if it is there. */
  public static void deleteWeights(Path folder) {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".safetensors")).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(
          new IOException(folder + ": " + CheckpointException.describe(e), e));
    }
  }
}
