package io.github.jaubert.train;

import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.SafeTensors;
import io.github.jaubert.bert.checkpoint.SafeTensorsWriter;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of a run: its {@linkplain RunLog history}, and a checkpoint with all that is needed to
 * go on and compute the same bits as if it had never stopped. A checkpoint is one safetensors file,
 * replaced in one step, so that there is a whole one at any moment; what is not a tensor is JSON in
 * its metadata.
 */
final class RunFolder {
  static final String CHECKPOINT = "checkpoint.safetensors";
  static final String BEST = "best.safetensors";

  private static final Logger LOGGER = LoggerFactory.getLogger(Trainer.class);
  private static final String KEY = "jaubert.run";

  private final Path folder;
  private final RunLog log;
  private final Cadence cadence;
  private final boolean replaceOther;
  private final List<Parameter> frozen;
  private final OlderCheckpoints older;
  private int writtenStep; // of the checkpoint that there is, 0 if there is none
  private RunIdentity identity;
  private long writtenAt = System.nanoTime();
  private long writingTook;

  /**
   * A folder that the caller has locked.
   *
   * @param identity of the run
   * @param cadence of its checkpoints
   * @param keep how many checkpoints are kept, from 1
   * @param replaceOther whether what another run left is replaced, and not refused
   * @param frozen the parameters that the run does not change, and no file of it holds
   */
  RunFolder(
      Path folder,
      RunIdentity identity,
      Cadence cadence,
      int keep,
      boolean replaceOther,
      List<Parameter> frozen) {
    this.folder = folder;
    this.log = new RunLog(folder);
    this.identity = identity;
    this.cadence = cadence;
    this.replaceOther = replaceOther;
    this.frozen = List.copyOf(frozen);
    older = new OlderCheckpoints(folder, checkpoint(), keep - 1);
  }

  /** That of the run in the folder once it was {@link #read}. */
  RunIdentity identity() {
    return identity;
  }

  /** Its history. */
  RunLog log() {
    return log;
  }

  /** Where the checkpoint is, or will be. */
  Path checkpoint() {
    return folder.resolve(CHECKPOINT);
  }

  boolean isDue(int step) {
    return cadence.isDue(step, System.nanoTime() - writtenAt, writingTook);
  }

  // ---- checkpoint ----

  void write(Checkpoint checkpoint, Map<String, Tensor> tensors) {
    long begin = System.nanoTime();
    if (writtenStep > 0 && writtenStep != checkpoint.step()) {
      older.keep(writtenStep);
    }
    SafeTensorsWriter.write(
        folder.resolve(CHECKPOINT), tensors, Map.of(KEY, checkpoint.toJson().toString()));
    writtenStep = checkpoint.step();
    older.deleteOldest();
    writtenAt = System.nanoTime();
    writingTook = writtenAt - begin;
  }

  /**
   * What is there, if anything. Parts of files that a killed run was writing are deleted.
   *
   * @throws CheckpointException if it cannot be read, or belongs to another run or to a release
   *     that computes otherwise, unless it is to be replaced
   */
  Optional<Checkpoint> read() {
    for (String name : List.of(CHECKPOINT, BEST, RunLog.FILE)) {
      AtomicFile.deletePart(folder.resolve(name));
    }
    older.deleteParts();
    Path file = folder.resolve(CHECKPOINT);
    if (Files.exists(file)) {
      try {
        Checkpoint checkpoint = read(file);
        writtenStep = checkpoint.step();
        return Optional.of(checkpoint);
      } catch (CheckpointException e) {
        if (!replaceOther) {
          throw e;
        }
        LOGGER.info("begins anew: {}", e.getMessage());
      }
    }
    // In this order: a checkpoint must never find the best weights of another run.
    older.deleteAll();
    AtomicFile.delete(file);
    AtomicFile.delete(folder.resolve(BEST));
    return Optional.empty();
  }

  /** What tells the run in a folder apart; null if it holds no checkpoint that can be read. */
  static RunIdentity identityIn(Path folder) {
    Path file = folder.resolve(CHECKPOINT);
    if (!Files.exists(file)) {
      return null;
    }
    try (SafeTensors tensors = SafeTensors.open(file)) {
      return checkpoint(file, tensors).identity();
    } catch (CheckpointException e) {
      return null; // read() says why
    }
  }

  private static Checkpoint checkpoint(Path file, SafeTensors tensors) {
    String text = tensors.metadata().get(KEY);
    if (text == null) {
      throw new CheckpointException(
          file.toString(), "has no '" + KEY + "' in its metadata: it is no checkpoint of a run");
    }
    return Checkpoint.fromJson(
        file.toString(),
        JsonFiles.parseObject(file.toString(), text.getBytes(StandardCharsets.UTF_8)));
  }

  private Checkpoint read(Path file) {
    try (SafeTensors tensors = SafeTensors.open(file)) {
      Checkpoint checkpoint = checkpoint(file, tensors);
      refuseOther(tensors, checkpoint.identity());
      if (checkpoint.bestStep() > 0 && !Files.exists(folder.resolve(BEST))) {
        throw new CheckpointException(
            file.toString(),
            "needs %s beside it, which is missing; delete this file to begin anew".formatted(BEST));
      }
      identity = checkpoint.identity(); // of a run that goes on, not of one that is replaced
      return checkpoint;
    }
  }

  private void refuseOther(SafeTensors checkpoint, RunIdentity there) {
    List<String> differences = identity.differences(there);
    boolean otherWeights = !identity.baseWeights().equals(there.baseWeights());
    if (differences.isEmpty()
        || otherWeights && differences.size() == 1 && holds(checkpoint, identity.baseWeights())) {
      return;
    }
    throw new CheckpointException(
        checkpoint.source(),
        "belongs to another run: "
            + String.join(", ", differences)
            + (otherWeights
                ? "; load the model that it began with (a new head is the same only after the same"
                    + " Rng.seed(…)), "
                : "; ")
            + "use another folder, or delete this file to begin anew");
  }

  /**
   * Whether weights came of this run, which a program that runs it again with the same model object
   * has: those of the checkpoint, their averages, or the best.
   */
  private boolean holds(SafeTensors checkpoint, String weights) {
    Map<String, String> last = names(checkpoint, TrainingRun.MODEL);
    Map<String, String> averaged = new HashMap<>(last);
    averaged.putAll(names(checkpoint, TrainingRun.AVERAGE));
    if (weights.equals(Fingerprint.of(checkpoint, last, frozen))
        || weights.equals(Fingerprint.of(checkpoint, averaged, frozen))) {
      return true;
    }
    if (!Files.exists(folder.resolve(BEST))) {
      return false;
    }
    try (SafeTensors best = SafeTensors.open(folder.resolve(BEST))) {
      return weights.equals(Fingerprint.of(best, names(best, ""), frozen));
    }
  }

  /** The names of tensors that begin with {@code prefix}, by what follows it. */
  private static Map<String, String> names(SafeTensors file, String prefix) {
    Map<String, String> names = new LinkedHashMap<>();
    for (String name : file.names()) {
      if (name.startsWith(prefix)) {
        names.put(name.substring(prefix.length()), name);
      }
    }
    return names;
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
      names(tensors, prefix).forEach((name, there) -> read.put(name, tensor(tensors, there)));
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
