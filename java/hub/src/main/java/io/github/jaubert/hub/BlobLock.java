package io.github.jaubert.hub;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the threads and processes of Java from fetching the same file at once: whoever comes second
 * waits, and finds it. Python's lock on the same file is of another kind, of which this one knows
 * nothing; both sides fetch into files of their own and move them into place whole, so that nothing
 * but time is lost.
 */
final class BlobLock implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(BlobLock.class);

  /** A process has one lock for all its threads, and cannot ask for it twice. */
  private static final Map<Path, ReentrantLock> THREADS = new ConcurrentHashMap<>();

  private final ReentrantLock thread;
  private final FileChannel channel;
  private final boolean exclusive;

  private BlobLock(ReentrantLock thread, FileChannel channel, boolean exclusive) {
    this.thread = thread;
    this.channel = channel;
    this.exclusive = exclusive;
  }

  /**
   * Waits for the lock.
   *
   * @throws IOException if its file cannot be made
   */
  static BlobLock take(Path file) throws IOException {
    Files.createDirectories(file.getParent());
    ReentrantLock thread =
        THREADS.computeIfAbsent(file.toAbsolutePath().normalize(), f -> new ReentrantLock());
    thread.lock();
    try {
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      try {
        return new BlobLock(thread, channel, locked(file, channel));
      } catch (RuntimeException | Error e) {
        channel.close();
        throw e;
      }
    } catch (IOException | RuntimeException | Error e) {
      thread.unlock();
      throw e;
    }
  }

  private static boolean locked(Path file, FileChannel channel) {
    try {
      FileLock lock = channel.tryLock();
      if (lock == null) {
        LOG.info("another process fetches {}; waiting for it", file.getFileName());
        lock = channel.lock();
      }
      return lock.isValid();
    } catch (IOException | OverlappingFileLockException e) { // or this class is loaded twice
      LOG.debug("{}: no lock on this file system: {}", file, Disk.describe(e));
      return false;
    }
  }

  /** Whether other processes are kept out; some file systems know no locks. */
  boolean isExclusive() {
    return exclusive;
  }

  @Override
  public void close() {
    try {
      channel.close(); // releases the lock
    } catch (IOException e) {
      LOG.debug("a lock was not closed", e);
    } finally {
      thread.unlock();
    }
  }
}
