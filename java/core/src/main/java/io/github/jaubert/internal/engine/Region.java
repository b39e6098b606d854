package io.github.jaubert.internal.engine;

import java.lang.ref.Cleaner;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A stretch of a thread's work whose results are freed together; what {@code Scope} shows to the
 * user.
 */
public final class Region implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger("io.github.jaubert.Memory");
  private static final Cleaner CLEANER = Cleaner.create();
  private static final ThreadLocal<Region> CURRENT = new ThreadLocal<>();

  private final Thread thread = Thread.currentThread();
  private final Region parent = CURRENT.get();
  private final int tapeStart = Tape.length();
  private final AtomicReference<String> unclosed;
  private final Cleaner.Cleanable reporter;

  private NativeTensor[] members = new NativeTensor[16];
  private int count;
  private boolean keptDifferentiable;
  private String closedAt;

  private Region(boolean reported) {
    if (reported) {
      AtomicReference<String> site = new AtomicReference<>(CallSite.current());
      unclosed = site;
      reporter = CLEANER.register(this, () -> report("a scope", site));
    } else {
      unclosed = null;
      reporter = null;
    }
  }

  /**
   * Opens a region that the user sees; if it is never closed, the log names the line that opened
   * it.
   */
  public static Region open() {
    Region region = new Region(true);
    CURRENT.set(region);
    return region;
  }

  /** Opens a region inside one operation of the library, which surely closes it. */
  static Region openInternal() {
    Region region = new Region(false);
    CURRENT.set(region);
    return region;
  }

  /** The innermost open region of this thread, or null. */
  static Region current() {
    return CURRENT.get();
  }

  /** Has the log name the line if {@code owner} becomes unreachable before {@link Leak#done}. */
  static Leak watch(Object owner, String what) {
    AtomicReference<String> site = new AtomicReference<>(CallSite.current());
    return new Leak(site, CLEANER.register(owner, () -> report(what, site)));
  }

  /** The note that something must be closed. */
  record Leak(AtomicReference<String> site, Cleaner.Cleanable cleanable) {
    void done() {
      site.set(null);
      cleanable.clean();
    }
  }

  private static void report(String what, AtomicReference<String> site) {
    String where = site.get();
    if (where != null) {
      LOG.warn("{} made at {} was never closed; its memory is lost to this process", what, where);
    }
  }

  int add(NativeTensor tensor) {
    if (count == members.length) {
      members = Arrays.copyOf(members, count * 2);
    }
    members[count] = tensor;
    return count++;
  }

  void remove(int index) {
    members[index] = null;
  }

  /** Moves a tensor of this region to the region outside, or to the caller if there is none. */
  public void keep(NativeTensor tensor) {
    requireOpen();
    if (tensor.region() != this) {
      throw new IllegalArgumentException(
          "keep: " + tensor.summary() + " does not belong to this scope");
    }
    keptDifferentiable |= tensor.hasHistory();
    tensor.moveTo(parent);
  }

  private void requireOpen() {
    if (closedAt != null) {
      throw new IllegalStateException("this scope was closed at " + closedAt);
    }
    if (thread != Thread.currentThread()) {
      throw new IllegalStateException(
          "this scope belongs to thread "
              + thread.getName()
              + ", not to "
              + Thread.currentThread().getName());
    }
  }

  String closedAt() {
    return closedAt;
  }

  @Override
  public void close() {
    if (closedAt != null) {
      return;
    }
    requireOpen();
    if (CURRENT.get() != this) {
      throw new IllegalStateException(
          "scopes close in the reverse order of opening: one inside this one is still open");
    }
    closedAt = reporter == null ? "the end of an operation" : CallSite.current();
    CURRENT.set(parent);
    if (!keptDifferentiable) {
      Tape.truncate(tapeStart);
    }
    for (int i = count - 1; i >= 0; i--) {
      if (members[i] != null) {
        members[i].closeByRegion();
      }
    }
    members = null;
    if (reporter != null) {
      unclosed.set(null);
      reporter.clean();
    }
  }
}
