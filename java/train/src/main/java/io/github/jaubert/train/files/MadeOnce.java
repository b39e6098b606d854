package io.github.jaubert.train.files;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.FolderLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.Function;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Folders of files that are made once and then kept: each is written under another name, forced to
 * the disk, and then takes its own, so that a folder of that name is always complete.
 */
public final class MadeOnce {
  private static final Logger LOG = LoggerFactory.getLogger(MadeOnce.class);
  private static final String PART = ".part";
  private static final long PAUSE_MILLIS = 200;

  /** Writes the files of a folder. */
  public interface Writer extends AutoCloseable {
    /** Writes all, forced to the disk. */
    void write() throws IOException;

    /** How much the files take, by what was written so far, such as {@code about 500 bytes}. */
    String expected();

    /** Closes what is open, in whatever state it is. */
    @Override
    void close();
  }

  private MadeOnce() {}

  /**
   * A folder, which is made if it is not there. If another process makes one beside it, waits for
   * that.
   *
   * @param cache the folder that it is in, which is made, too
   * @param name of the folder; says all that its files depend on
   * @param what its files are, as {@code the tokens of train.csv}
   * @param writer writes them to a folder that is there
   * @throws CheckpointException if it cannot be written; when the disk is full it says how much is
   *     needed and how much is free, and what was written is deleted
   * @throws CancellationException if the thread is interrupted while it waits
   */
  public static Path folder(
      Path cache, String name, String what, Function<Path, ? extends Writer> writer) {
    if (Files.exists(cache) && !Files.isDirectory(cache)) {
      throw new CheckpointException(
          cache.toString(), "is a file; a folder is needed to keep files in");
    }
    Path folder = cache.resolve(name);
    for (boolean said = false; !Files.isDirectory(folder); said = true) {
      Optional<FolderLock> lock = FolderLock.tryTake(cache);
      if (lock.isPresent()) {
        try (FolderLock held = lock.get()) {
          if (!Files.isDirectory(folder)) {
            make(folder, what, writer);
          }
        }
      } else {
        pause(cache, what, said);
      }
    }
    return folder;
  }

  private static void pause(Path cache, String what, boolean said) {
    if (!said) {
      LOG.info("{}: another run writes to this folder; waiting for it", cache);
    }
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("waiting for " + what + " was interrupted");
    }
  }

  private static void make(Path folder, String what, Function<Path, ? extends Writer> writer) {
    Path cache = folder.getParent();
    Path part = folder.resolveSibling(folder.getFileName() + PART);
    try (Writer run = writer.apply(part)) {
      try {
        deleteParts(cache);
        Files.createDirectories(part);
        run.write();
        Files.move(part, folder, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        String size = run.expected();
        run.close();
        deleteQuietly(part, e);
        throw new CheckpointException(
            cache.toString(),
            "cannot be written: %s; %s need %s, and %s"
                .formatted(CheckpointException.describe(e), what, size, free(cache)),
            e);
      } catch (RuntimeException | Error e) {
        run.close();
        deleteQuietly(part, e);
        throw e;
      }
    }
  }

  private static String free(Path cache) {
    try {
      return "%,d bytes are free".formatted(Files.getFileStore(cache).getUsableSpace());
    } catch (IOException e) {
      return "it is not known how much is free";
    }
  }

  /** What was left by runs that were killed: the folder is locked, so nobody is at work on them. */
  private static void deleteParts(Path cache) throws IOException {
    try (Stream<Path> all = Files.list(cache)) {
      for (Path path : all.filter(path -> path.toString().endsWith(PART)).toList()) {
        delete(path);
      }
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }

  private static void deleteQuietly(Path folder, Throwable primary) {
    try {
      if (Files.exists(folder)) {
        delete(folder);
      }
    } catch (IOException e) {
      primary.addSuppressed(e);
    }
  }

  /** Closes arrays whose other fault is known already. */
  public static void closeQuietly(ArrayWriter... arrays) {
    for (ArrayWriter array : arrays) {
      try {
        array.close();
      } catch (IOException e) {
        LOG.debug("closing an array: {}", CheckpointException.describe(e));
      }
    }
  }
}
