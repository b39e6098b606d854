package io.github.jaubert.bert.checkpoint;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The right to work in a folder, which one run has at a time: of all processes, and of all class
 * loaders of a process. The operating system keeps it as the lock of a file, so that a process that
 * is killed leaves none behind. A thread that has it may take it again, as a program does that
 * trains in a folder which it holds already.
 */
public final class FolderLock implements AutoCloseable {
  /**
   * The name of the file that is locked. It holds the id of the process, and goes with the lock.
   */
  public static final String FILE = ".jaubert.lock";

  private static final Logger LOG = LoggerFactory.getLogger(FolderLock.class);

  /**
   * The operating system locks files for whole processes. Which thread of this one has a folder is
   * kept in a system property, the one thing that all class loaders share.
   */
  private static final String PROPERTY = "io.github.jaubert.train.lock ";

  /** What asks the operating system for the lock of a file; null if another process has it. */
  interface Locks {
    FileLock tryLock(FileChannel channel) throws IOException;
  }

  private final Path file;
  private final RandomAccessFile open; // null: the thread had it before
  private boolean closed;

  private FolderLock(Path file, RandomAccessFile open) {
    this.file = file;
    this.open = open;
  }

  /**
   * Takes a folder, which is made if it is missing.
   *
   * @throws CheckpointException if another run has it, or it cannot be written
   */
  public static FolderLock take(Path folder) {
    return tryTake(folder)
        .orElseThrow(
            () ->
                new CheckpointException(
                    folder.toString(),
                    "another run is at work in this folder (%s); wait until it ends, or use another folder"
                        .formatted(holder(folder))));
  }

  /**
   * The same, or nothing if another run has it.
   *
   * @throws CheckpointException if it cannot be written
   */
  public static Optional<FolderLock> tryTake(Path folder) {
    return tryTake(folder, FileChannel::tryLock);
  }

  /** The same on a file system with such locks. */
  static Optional<FolderLock> tryTake(Path folder, Locks locks) {
    try {
      Files.createDirectories(folder);
      Path file = folder.toRealPath().resolve(FILE);
      String thread = Long.toString(Thread.currentThread().getId());
      Object holder = System.getProperties().putIfAbsent(PROPERTY + file, thread);
      if (holder != null) {
        return thread.equals(holder) ? Optional.of(new FolderLock(file, null)) : Optional.empty();
      }
      RandomAccessFile open = null;
      try {
        open = lock(file, locks);
      } finally {
        if (open == null) {
          System.getProperties().remove(PROPERTY + file);
        }
      }
      return open == null ? Optional.empty() : Optional.of(new FolderLock(file, open));
    } catch (IOException e) {
      throw new CheckpointException(
          folder.toString(), "cannot be written: " + CheckpointException.describe(e), e);
    }
  }

  /** Opens and locks the file; null if another process has it. */
  private static RandomAccessFile lock(Path file, Locks locks) throws IOException {
    while (true) {
      try {
        Files.createFile(file);
      } catch (FileAlreadyExistsException e) {
        // Of one who has the folder, or of one that was killed.
      }
      Object before = key(file);
      // Written to as a file, not as a channel, which an interrupt of the thread would close.
      RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw");
      boolean kept = false;
      try {
        if (!tryLock(open, file, locks)) {
          return null;
        }
        // Who had it before may have deleted the file; a lock of that is worth nothing.
        if (Objects.equals(before, key(file))) {
          open.setLength(0);
          open.write(Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.UTF_8));
          kept = true;
          return open;
        }
      } finally {
        if (!kept) {
          open.close();
        }
      }
    }
  }

  /** What tells the file from a later one of the same name; always null on Windows. */
  private static Object key(Path file) throws IOException {
    try {
      BasicFileAttributes found =
          Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      if (!found.isRegularFile()) {
        throw new IOException(file + " is not a file");
      }
      return found.fileKey();
    } catch (NoSuchFileException e) {
      return new Object();
    }
  }

  private static boolean tryLock(RandomAccessFile open, Path file, Locks locks) {
    try {
      return locks.tryLock(open.getChannel()) != null;
    } catch (OverlappingFileLockException e) {
      return false; // somebody has changed the system properties
    } catch (IOException | UnsupportedOperationException e) {
      LOG.warn(
          "{} cannot be locked ({}): see to it that no other run uses this folder",
          file,
          e instanceof IOException io ? CheckpointException.describe(io) : e.toString());
      return true;
    }
  }

  /** Who has the folder, in words. */
  private static String holder(Path folder) {
    try {
      Path file = folder.toRealPath().resolve(FILE);
      // Not opened if it is this process: on Linux, closing it again would give up the lock.
      return System.getProperties().containsKey(PROPERTY + file)
          ? "in this process"
          : "process " + Integer.parseInt(Files.readString(file).strip());
    } catch (IOException | NumberFormatException e) {
      return "process unknown"; // it has just ended, or has not written its id yet
    }
  }

  /** Gives the folder back, if this is the lock by which the thread got it. */
  @Override
  public void close() {
    if (open == null || closed) {
      return;
    }
    closed = true;
    try (open) {
      Files.deleteIfExists(file); // before it is unlocked, so that it is not another's
    } catch (IOException e) {
      LOG.debug("{} stays behind: {}", file, CheckpointException.describe(e));
    } finally {
      System.getProperties().remove(PROPERTY + file);
    }
  }
}
