package io.github.jaubert.cli.options;

import io.github.jaubert.bert.checkpoint.AdapterFolder;
import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.FolderLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The folder that a run writes to, which it has for itself. A checkpoint in it is that of a run
 * which was interrupted and goes on, and is the last thing to go when all else is there; a folder
 * with nothing but what a run leaves before its first checkpoint is as good as empty. Anything else
 * is only replaced if that is asked for: the run then works in a hidden folder inside, and nothing
 * outside that changes before there is a new model to put in place.
 */
public final class OutputFolder implements AutoCloseable {
  private static final List<String> FINISHED = List.of("config.json", AdapterFolder.CONFIG);
  private static final String CHECKPOINT = "checkpoint.safetensors";
  private static final Pattern OLDER = Pattern.compile("checkpoint-\\d+\\.safetensors");
  private static final String BEST = "best.safetensors";
  private static final String LOG = "train_log.jsonl";

  /** What a run writes for TensorBoard. */
  static final String TENSORBOARD = "tensorboard";

  /** Where a run works that is to replace what the folder holds. */
  public static final String REPLACING = ".jaubert-overwrite";

  /** Parts of files that a run was writing when it was killed. */
  private static final Set<String> PARTS =
      Set.of(
          ".train_log.jsonl.tmp",
          ".run.json.tmp",
          ".config.yaml.tmp",
          ".report.json.tmp",
          ".report.html.tmp",
          ".README.md.tmp",
          ".ml-bom.cdx.json.tmp",
          ".best.safetensors.tmp",
          ".checkpoint.safetensors.tmp");

  /**
   * All that a run that was killed before its first checkpoint can leave besides: the logs, the
   * best weights so far, its lock, and folders of one that was to replace something and did not
   * come to it.
   */
  private static final Set<String> BEFORE_CHECKPOINT =
      Set.of(LOG, BEST, TENSORBOARD, FolderLock.FILE, ".jaubert-saving", REPLACING);

  private final Path folder;
  private final Path run;
  private final FolderLock lock;

  private OutputFolder(Path folder, boolean overwrite, FolderLock lock) {
    this.folder = folder;
    this.lock = lock;
    Path replacing = folder.resolve(REPLACING);
    boolean begun = !Files.exists(folder.resolve(CHECKPOINT)) && holdsCheckpoint(replacing);
    this.run = overwrite || begun ? replacing : folder;
  }

  /**
   * The folder that was asked for.
   *
   * @param overwrite whether what it holds is replaced in the end
   * @throws CheckpointException if it holds a finished model, or anything that is not a run's, if
   *     another run is at work in it, or if it cannot be written
   */
  static OutputFolder asked(Path folder, boolean overwrite) {
    if (Files.exists(folder) && !Files.isDirectory(folder)) {
      throw new CheckpointException(
          folder.toString(), "is a file, not a folder; choose a folder with --out");
    }
    if (!overwrite) {
      refuseOthers(folder);
    }
    FolderLock lock = FolderLock.take(folder);
    try {
      if (!overwrite) {
        refuseOthers(folder); // a run may just have ended in it
      }
      return opened(folder, overwrite, lock);
    } catch (RuntimeException | Error e) {
      lock.close();
      throw e;
    }
  }

  private static void refuseOthers(Path folder) {
    if (isFree(folder)) {
      return;
    }
    throw new CheckpointException(
        folder.toString(),
        FINISHED.stream().anyMatch(name -> Files.exists(folder.resolve(name)))
            ? "holds a model already; choose another folder with --out, or replace it with --overwrite"
            : "exists and is not an interrupted run; choose another folder with --out, or --overwrite");
  }

  /**
   * {@code runs/NAME}, or {@code runs/NAME-2} and so on: the first that is free or was interrupted,
   * and in which no other run is at work.
   *
   * @throws CheckpointException if it cannot be written
   */
  static OutputFolder free(String name) {
    Path folder = Path.of("runs", name);
    for (int i = 2; ; i++) {
      if (isFree(folder)) {
        Optional<FolderLock> lock = FolderLock.tryTake(folder);
        if (lock.isPresent() && isFree(folder)) {
          return opened(folder, false, lock.get());
        }
        lock.ifPresent(FolderLock::close);
      }
      folder = Path.of("runs", name + "-" + i);
    }
  }

  private static OutputFolder opened(Path folder, boolean overwrite, FolderLock lock) {
    PARTS.forEach(part -> AtomicFile.delete(folder.resolve(part)));
    return new OutputFolder(folder, overwrite, lock);
  }

  /** Whether a run may begin or go on here. */
  private static boolean isFree(Path folder) {
    return !Files.exists(folder)
        || Files.isDirectory(folder)
            && (holdsCheckpoint(folder)
                || list(folder).stream()
                    .map(file -> file.getFileName().toString())
                    .allMatch(
                        name ->
                            PARTS.contains(name)
                                || BEFORE_CHECKPOINT.contains(name)
                                || OLDER.matcher(name).matches()));
  }

  private static boolean holdsCheckpoint(Path folder) {
    return Files.exists(folder.resolve(CHECKPOINT));
  }

  private static List<Path> list(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    } catch (IOException e) {
      throw new CheckpointException(
          folder.toString(), "cannot be read: " + CheckpointException.describe(e), e);
    }
  }

  /** Where the result goes. */
  public Path folder() {
    return folder;
  }

  /** Where the run keeps its checkpoint, its best weights and its log. */
  public Path run() {
    return run;
  }

  /** Puts the logs of the run beside its result, in place of those of the one it replaces. */
  public void moveLogs() {
    if (run.equals(folder)) {
      return;
    }
    boolean moved = !Files.exists(run.resolve(LOG)); // before the run was killed
    if (!moved) {
      move(LOG);
    }
    boolean watched = Files.exists(run.resolve(TENSORBOARD));
    if (watched || !moved) {
      deleteBoard();
    }
    if (watched) {
      move(TENSORBOARD);
    }
  }

  private void move(String name) {
    Path to = folder.resolve(name);
    try {
      Files.move(
          run.resolve(name),
          to,
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new CheckpointException(
          to.toString(), "cannot be written: " + CheckpointException.describe(e), e);
    }
  }

  private void deleteBoard() {
    Path board = folder.resolve(TENSORBOARD);
    if (Files.isDirectory(board)) {
      list(board).forEach(AtomicFile::delete);
      AtomicFile.delete(board);
    }
  }

  /** Deletes what is only needed to go on with a run, when all that came of it is in place. */
  public void finish() {
    // Those of an interrupted run that was replaced go first: this one then still finishes.
    list(folder).stream()
        .filter(file -> OLDER.matcher(file.getFileName().toString()).matches())
        .forEach(AtomicFile::delete);
    AtomicFile.delete(folder.resolve(CHECKPOINT));
    AtomicFile.delete(folder.resolve(BEST));
    if (!run.equals(folder)) {
      AtomicFile.delete(run.resolve(CHECKPOINT));
      list(run).forEach(AtomicFile::delete);
      AtomicFile.delete(run);
    }
  }

  /** Lets others use the folder. */
  @Override
  public void close() {
    lock.close();
  }
}
