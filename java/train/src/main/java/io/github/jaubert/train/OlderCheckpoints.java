package io.github.jaubert.train;

import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Checkpoints of a run that the newest has replaced, as {@code checkpoint-120.safetensors}, 120
 * being their step. One that takes the newest's place, by its name, is gone on from.
 */
final class OlderCheckpoints {
  private static final Pattern NAME = Pattern.compile("checkpoint-([1-9]\\d{0,8})\\.safetensors");
  private static final Pattern PART =
      Pattern.compile("\\.checkpoint-([1-9]\\d{0,8})\\.safetensors\\.tmp");

  private final Path folder;
  private final Path newest;
  private final int most;

  /**
   * Those in a folder.
   *
   * @param newest the file whose content is kept when it is replaced
   * @param most how many are kept, from 0
   */
  OlderCheckpoints(Path folder, Path newest, int most) {
    this.folder = folder;
    this.newest = newest;
    this.most = most;
  }

  private Path file(int step) {
    return folder.resolve("checkpoint-" + step + ".safetensors");
  }

  /**
   * Gives the newest a second name, before another one takes its first. It has its first until
   * then, so that there is a newest one at any moment.
   *
   * @param step of the newest
   * @throws CheckpointException if it cannot be written
   */
  void keep(int step) {
    if (most == 0) {
      return;
    }
    Path file = file(step);
    AtomicFile.delete(file); // of the same run, which was killed after this or went back
    try {
      Files.createLink(file, newest);
    } catch (IOException | UnsupportedOperationException e) { // there are none everywhere
      AtomicFile.write(file, out -> Files.copy(newest, out));
    }
  }

  /** Deletes those that are more than are kept, the oldest first. */
  void deleteOldest() {
    List<Integer> steps = steps(NAME);
    steps
        .subList(0, Math.max(0, steps.size() - most))
        .forEach(step -> AtomicFile.delete(file(step)));
  }

  /** Deletes all, of which a run that begins anew knows nothing. */
  void deleteAll() {
    steps(NAME).forEach(step -> AtomicFile.delete(file(step)));
  }

  /** Deletes parts that a killed run was writing. */
  void deleteParts() {
    steps(PART).forEach(step -> AtomicFile.deletePart(file(step)));
  }

  /** The steps of those that are called so, in order. */
  private List<Integer> steps(Pattern form) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> form.matcher(file.getFileName().toString()))
          .filter(Matcher::matches)
          .map(name -> Integer.valueOf(name.group(1)))
          .sorted(Comparator.naturalOrder())
          .toList();
    } catch (IOException e) {
      throw new CheckpointException(
          folder.toString(), "cannot be read: " + CheckpointException.describe(e), e);
    }
  }
}
