package io.github.jaubert.cli.glue;

import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The files of a task of GLUE.
 *
 * @param train the rows to learn from
 * @param dev the rows to be judged by
 * @param heldOut how many rows those are if they were taken from the ones to learn from; else 0
 * @param mismatched see {@link GlueTask#mismatched}
 * @param diagnostic the pairs that MNLI's models judge, too
 */
public record GlueFiles(
    GlueTask task,
    Path train,
    Path dev,
    int heldOut,
    Optional<Path> mismatched,
    Optional<Path> diagnostic) {
  /** As many as MRPC's own, of which only some distributions of GLUE have a file. */
  private static final int HELD_OUT = 408;

  private static final long SEED = 1;

  /**
   * The files of a task that is there.
   *
   * @param folder where the parts are written if there is nothing to be judged by
   */
  public static GlueFiles of(GlueTask task, Path data, Path folder) {
    Path train = task.train(data).orElseThrow();
    Optional<Path> dev = task.dev(data);
    Optional<Path> mismatched = task.mismatched(data);
    Optional<Path> diagnostic =
        task == GlueTask.MNLI ? GlueTask.diagnostic(data) : Optional.empty();
    if (dev.isPresent()) {
      return new GlueFiles(task, train, dev.get(), 0, mismatched, diagnostic);
    }
    int heldOut = split(task, train, folder);
    return new GlueFiles(
        task,
        folder.resolve("train.tsv"),
        folder.resolve("dev.tsv"),
        heldOut,
        mismatched,
        diagnostic);
  }

  /** Writes two files of a file's rows, alike every time, and gives the number of the second's. */
  private static int split(GlueTask task, Path file, Path folder) {
    List<String> rows;
    try {
      rows = new ArrayList<>(Files.readAllLines(file, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(
          new IOException(file + ": " + CheckpointException.describe(e), e));
    }
    List<String> header = task.noHeader() || rows.isEmpty() ? List.of() : List.of(rows.remove(0));
    int count = Math.min(HELD_OUT, Math.max(1, rows.size() / 8));
    List<Integer> numbers = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      numbers.add(i);
    }
    Collections.shuffle(numbers, new Random(SEED));
    SortedSet<Integer> held = new TreeSet<>(numbers.subList(0, Math.min(count, rows.size())));
    List<String> train = new ArrayList<>(header);
    List<String> dev = new ArrayList<>(header);
    for (int i = 0; i < rows.size(); i++) {
      (held.contains(i) ? dev : train).add(rows.get(i));
    }
    write(folder.resolve("train.tsv"), train);
    write(folder.resolve("dev.tsv"), dev);
    return held.size();
  }

  private static void write(Path file, List<String> lines) {
    AtomicFile.write(file, (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8));
  }

  /** What there is to say of the files, in a line. */
  public Optional<String> said() {
    return heldOut == 0
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "%s has no dev.tsv: %,d rows of its train.tsv, drawn with seed %d, are held out",
                task.title(),
                heldOut,
                SEED));
  }
}
