package io.github.jaubert.train;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Writes what a run logs for TensorBoard, while it goes on. The curves have the names that the
 * Trainer of transformers gives them: {@code train/loss}, {@code train/learning_rate}, {@code
 * train/grad_norm}, {@code eval/loss}, {@code eval/accuracy} and so on.
 *
 * <pre>{@code
 * trainer.listener(new TensorBoardLog(runDir.resolve("tensorboard")))   // tensorboard --logdir runDir
 * }</pre>
 *
 * <p>A run that goes on writes another file, by which TensorBoard forgets the steps that an earlier
 * one took after the checkpoint. A listener is for one run.
 */
public final class TensorBoardLog implements TrainingListener {
  private final Path folder;
  private EventFile file; // null until the run begins

  /** Writes to a file in this folder, which is made when the run begins. */
  public TensorBoardLog(Path folder) {
    this.folder = Objects.requireNonNull(folder, "folder");
  }

  @Override
  public void started(long step, long steps, long tokens, long allTokens) {
    if (step == steps) {
      return; // nothing comes but what is there
    }
    writing(
        () -> {
          Files.createDirectories(folder);
          file = new EventFile(unused());
          file.restart(step + 1);
        });
  }

  /** TensorBoard reads the files of a folder in the order of their names. */
  private Path unused() {
    long seconds = System.currentTimeMillis() / 1000;
    for (int i = 0; ; i++) {
      Path path = folder.resolve("events.out.tfevents.%010d.jaubert.%d".formatted(seconds, i));
      if (!Files.exists(path)) {
        return path;
      }
    }
  }

  @Override
  public void logged(LogEntry entry) {
    if (file == null) {
      return;
    }
    String prefix = entry.kind() == LogEntry.Kind.EVALUATION ? "eval/" : "train/";
    Map<String, Double> values = new LinkedHashMap<>();
    entry.values().forEach((name, value) -> values.put(prefix + name, value));
    values.put("train/epoch", entry.epoch());
    writing(() -> file.add(entry.step(), values));
  }

  private interface Writing {
    void run() throws IOException;
  }

  private void writing(Writing work) {
    try {
      work.run();
    } catch (IOException e) {
      throw new CheckpointException(
          folder.toString(), "cannot be written: " + CheckpointException.describe(e), e);
    }
  }
}
