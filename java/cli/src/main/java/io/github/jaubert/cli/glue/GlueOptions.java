package io.github.jaubert.cli.glue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * What all runs in a folder have in common. What was measured with one encoder, or with some
 * options, must not stand for another in the table.
 */
public record GlueOptions(ObjectNode json) {
  private static final String FILE = "glue-options.json";

  public static GlueOptions of(Path model, Path data, List<String> options) {
    ObjectNode json = JsonFiles.object();
    json.put("model", model.toAbsolutePath().normalize().toString());
    json.put("data", data.toAbsolutePath().normalize().toString());
    options.forEach(json.putArray("options")::add);
    return new GlueOptions(json);
  }

  /**
   * Writes them into the folder.
   *
   * @throws CheckpointException if a run in it is done that had others
   */
  public void keepOrRefuse(Path out) {
    Path file = out.resolve(FILE);
    if (Files.exists(file) && hasRun(out)) {
      GlueOptions there = new GlueOptions(JsonFiles.readObject(file));
      for (String name : List.of("model", "data", "options")) {
        if (!there.json.path(name).equals(json.path(name))) {
          throw new CheckpointException(
              out.toString(),
              "has runs with %s, not %s; choose another folder with --out"
                  .formatted(there.said(name), said(name)));
        }
      }
    }
    AtomicFile.write(file, JsonFiles.format(json));
  }

  private String said(String name) {
    if (!name.equals("options")) {
      return "--" + name + " " + json.path(name).asText();
    }
    StringBuilder words = new StringBuilder("the options --");
    json.path(name).forEach(word -> words.append(' ').append(word.asText()));
    return words.toString();
  }

  /** Whether a run is done. */
  private static boolean hasRun(Path out) {
    try (Stream<Path> files = Files.walk(out, 3)) { // TASK/METHOD-SEED/run.json
      return files.anyMatch(file -> file.endsWith("run.json"));
    } catch (IOException e) {
      throw new CheckpointException(
          out.toString(), "cannot be read: " + CheckpointException.describe(e), e);
    }
  }
}
