package io.github.jaubert.cli;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The folder a run writes to. A folder with a config.json holds a finished model, which is never
 * replaced unasked; one with a checkpoint and no config.json holds a run that was interrupted,
 * which goes on; one with nothing but what a run leaves before its first checkpoint is as good as
 * empty.
 */
final class OutputFolder {
  private static final String FINISHED = "config.json";
  private static final List<String> UNFINISHED =
      List.of("checkpoint.safetensors", "best.safetensors");

  /**
   * All that a run that was killed before its first checkpoint can leave: the log, the best weights
   * so far, parts of files that were being written, and the probe of {@link #create}.
   */
  private static final Pattern BEFORE_CHECKPOINT =
      Pattern.compile(
          "train_log\\.jsonl|best\\.safetensors"
              + "|\\.(train_log\\.jsonl|best\\.safetensors|checkpoint\\.safetensors)\\.tmp"
              + "|\\.probe\\d+\\.tmp");

  private OutputFolder() {}

  /**
   * The folder that was asked for.
   *
   * @throws CheckpointException if it holds a finished model, or anything that is not a run's
   */
  static Path asked(Path folder, boolean overwrite) {
    if (Files.exists(folder) && !Files.isDirectory(folder)) {
      throw new CheckpointException(
          folder.toString(), "is a file, not a folder; choose a folder with --out");
    } else if (overwrite) {
      clearCheckpoint(folder);
    } else if (Files.exists(folder.resolve(FINISHED))) {
      throw new CheckpointException(
          folder.toString(),
          "holds a model already; choose another folder with --out, or replace it with --overwrite");
    } else if (Files.exists(folder) && !isUnfinished(folder) && !isEmpty(folder)) {
      throw new CheckpointException(
          folder.toString(),
          "exists and is not an interrupted run; choose another folder with --out, or --overwrite");
    }
    return folder;
  }

  /**
   * {@code runs/NAME}, or {@code runs/NAME-2} and so on: the first that is free or was interrupted.
   */
  static Path free(String name) {
    Path folder = Path.of("runs", name);
    for (int i = 2; Files.exists(folder) && !isUnfinished(folder) && !isEmpty(folder); i++) {
      folder = Path.of("runs", name + "-" + i);
    }
    return folder;
  }

  /**
   * Makes the folder and a file in it, which is deleted again: what cannot be written is better
   * known before the work than after it.
   */
  static void create(Path folder) {
    try {
      Files.createDirectories(folder);
      Files.delete(Files.createTempFile(folder, ".probe", null));
    } catch (IOException e) {
      throw new CheckpointException(
          folder.toString(),
          "cannot be written: "
              + CheckpointException.describe(e)
              + "; choose another folder with --out",
          e);
    }
  }

  private static boolean isUnfinished(Path folder) {
    return Files.exists(folder.resolve(UNFINISHED.get(0)))
        && !Files.exists(folder.resolve(FINISHED));
  }

  private static boolean isEmpty(Path folder) {
    if (!Files.isDirectory(folder)) {
      return false;
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.allMatch(
          file -> BEFORE_CHECKPOINT.matcher(file.getFileName().toString()).matches());
    } catch (IOException e) {
      throw new CheckpointException(folder.toString(), "cannot be read: " + e.getMessage(), e);
    }
  }

  /** Deletes what is only needed to go on with a run. */
  static void clearCheckpoint(Path folder) {
    for (String name : UNFINISHED) {
      try {
        Files.deleteIfExists(folder.resolve(name));
        Files.deleteIfExists(folder.resolve("." + name + ".tmp")); // of a run that was killed
      } catch (IOException e) {
        throw new CheckpointException(
            folder.resolve(name).toString(), "cannot be deleted: " + e.getMessage(), e);
      }
    }
  }
}
