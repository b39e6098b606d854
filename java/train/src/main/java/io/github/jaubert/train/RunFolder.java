package io.github.jaubert.train;

import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.SafeTensors;
import io.github.jaubert.bert.checkpoint.SafeTensorsWriter;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The files of a run: its history as JSON lines, and a checkpoint with all that is needed to go on
 * and compute the same bits as if it had never stopped. A checkpoint is one safetensors file,
 * replaced in one step, so that there is a whole one at any moment; what is not a tensor is JSON in
 * its metadata.
 */
final class RunFolder {
  static final String LOG = "train_log.jsonl";
  static final String CHECKPOINT = "checkpoint.safetensors";
  static final String BEST = "best.safetensors";

  private static final String KEY = "jaubert.run";

  private final Path folder;
  private final Map<String, String> identity;
  private final int every;

  /**
   * A folder that need not exist yet.
   *
   * @param identity of the run: its settings and data, by name
   * @param every steps between checkpoints
   */
  RunFolder(Path folder, Map<String, String> identity, int every) {
    this.folder = folder;
    this.identity = identity;
    this.every = every;
  }

  Map<String, String> identity() {
    return identity;
  }

  boolean isDue(int step) {
    return step % every == 0;
  }

  // ---- history ----

  /** Begins the history anew with these entries: what came after the checkpoint comes again. */
  void beginLog(List<LogEntry> entries) {
    StringBuilder lines = new StringBuilder();
    entries.forEach(entry -> lines.append(entry.toJson()).append('\n'));
    AtomicFile.write(folder.resolve(LOG), lines.toString().getBytes(StandardCharsets.UTF_8));
  }

  void append(LogEntry entry) {
    Path file = folder.resolve(LOG);
    try {
      Files.writeString(
          file, entry.toJson() + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new CheckpointException(file.toString(), "cannot be written: " + e.getMessage(), e);
    }
  }

  // ---- checkpoint ----

  void write(Checkpoint checkpoint, Map<String, Tensor> tensors) {
    SafeTensorsWriter.write(
        folder.resolve(CHECKPOINT), tensors, Map.of(KEY, checkpoint.toJson().toString()));
  }

  /**
   * What is there, if anything.
   *
   * @throws CheckpointException if it cannot be read, or belongs to a run with other settings or
   *     data, or of a release that computes otherwise
   */
  Optional<Checkpoint> read() {
    Path file = folder.resolve(CHECKPOINT);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try (SafeTensors tensors = SafeTensors.open(file)) {
      String text = tensors.metadata().get(KEY);
      if (text == null) {
        throw new CheckpointException(
            file.toString(), "has no '" + KEY + "' in its metadata: it is no checkpoint of a run");
      }
      Checkpoint checkpoint =
          Checkpoint.fromJson(
              file.toString(),
              JsonFiles.parseObject(file.toString(), text.getBytes(StandardCharsets.UTF_8)));
      refuseOther(file, checkpoint.identity());
      return Optional.of(checkpoint);
    }
  }

  private void refuseOther(Path file, Map<String, String> found) {
    List<String> differences = new ArrayList<>();
    Map<String, String> names = new LinkedHashMap<>(identity);
    found.forEach(names::putIfAbsent);
    for (String name : names.keySet()) {
      String there = found.getOrDefault(name, "none");
      String here = identity.getOrDefault(name, "none");
      if (!there.equals(here)) {
        differences.add(name + " was " + there + " and is " + here);
      }
    }
    if (!differences.isEmpty()) {
      throw new CheckpointException(
          file.toString(),
          "belongs to another run: "
              + String.join(", ", differences)
              + "; use another folder, or delete this file to begin anew");
    }
  }

  // ---- tensors ----

  /** Overwrites tensors with those of the checkpoint that have the same names. */
  void restore(Map<String, Tensor> targets) {
    restore(folder.resolve(CHECKPOINT), targets);
  }

  /**
   * The tensors of the checkpoint whose names begin with {@code prefix}, without it; they belong to
   * the open scope.
   */
  Map<String, Tensor> tensors(String prefix) {
    Map<String, Tensor> read = new LinkedHashMap<>();
    try (SafeTensors tensors = SafeTensors.open(folder.resolve(CHECKPOINT))) {
      for (String name : tensors.names()) {
        if (name.startsWith(prefix)) {
          read.put(name.substring(prefix.length()), tensor(tensors, name));
        }
      }
    }
    return read;
  }

  private static Tensor tensor(SafeTensors tensors, String name) {
    float[] values = tensors.floats(name);
    long[] shape = tensors.shape(name).toArray();
    if (!tensors.type(name).equals("I64")) {
      return Tensor.of(values).reshape(shape);
    }
    // Counts of steps: exact in single precision up to 2^24.
    long[] integers = new long[values.length];
    for (int i = 0; i < values.length; i++) {
      integers[i] = (long) values[i];
    }
    return Tensor.of(integers).reshape(shape);
  }

  void writeBest(Map<String, Tensor> tensors) {
    SafeTensorsWriter.write(folder.resolve(BEST), tensors, SafeTensorsWriter.PYTORCH);
  }

  void restoreBest(Map<String, Tensor> targets) {
    restore(folder.resolve(BEST), targets);
  }

  private static void restore(Path file, Map<String, Tensor> targets) {
    try (SafeTensors tensors = SafeTensors.open(file);
        Scope scope = Scope.open()) {
      targets.forEach(
          (name, target) -> {
            if (!tensors.names().contains(name) || !tensors.shape(name).equals(target.shape())) {
              throw new CheckpointException(
                  file.toString(),
                  "'%s' is %s; the model needs %s"
                      .formatted(
                          name,
                          tensors.names().contains(name) ? tensors.shape(name) : "missing",
                          target.shape()));
            }
          });
      targets.forEach((name, target) -> target.copyFrom(tensors.floats(name)));
    }
  }
}
