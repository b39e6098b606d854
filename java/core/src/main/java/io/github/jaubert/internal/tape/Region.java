package io.github.jaubert.internal.tape;

import io.github.jaubert.internal.memory.CallSite;
import io.github.jaubert.internal.memory.Leak;
import java.util.Arrays;

/**
 * A stretch of a thread's work whose results are freed together; what {@code Scope} shows to the
 * user.
 */
public final class Region implements AutoCloseable {
  private static final ThreadLocal<Region> CURRENT = new ThreadLocal<>();

  private final Thread thread = Thread.currentThread();
  private final Region parent = CURRENT.get();
  private final int tapeStart = Tape.length();
  private final CallSite openedAt; // null inside an operation of the library
  private final Leak leak; // likewise

  private TensorHandle[] members = new TensorHandle[8]; // null once closed
  private int count;
  private boolean keptDifferentiable;

  private Region(CallSite openedAt) {
    this.openedAt = openedAt;
    leak = openedAt == null ? null : new Leak(this, "a scope", null, openedAt);
  }

  /**
   * Opens a region that the user sees; if it is never closed, the log names the line that opened
   * it.
   */
  public static Region open() {
    Region region = new Region(CallSite.current());
    CURRENT.set(region);
    return region;
  }

  /** Opens a region inside one operation of the library, which surely closes it. */
  public static Region openInternal() {
    Region region = new Region(null);
    CURRENT.set(region);
    return region;
  }

  /** The innermost open region of this thread, or null. */
  static Region current() {
    return CURRENT.get();
  }

  int add(TensorHandle tensor) {
    if (count == members.length) {
      members = Arrays.copyOf(members, count * 2);
    }
    members[count] = tensor;
    return count++;
  }

  void remove(int index) {
    members[index] = null;
    // Tensors that are closed in reverse order of their making leave no gaps behind, so that a
    // long-lived region does not grow with each of them.
    while (count > 0 && members[count - 1] == null) {
      count--;
    }
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
    if (members == null) {
      throw new IllegalStateException("this scope, opened at " + openedAt + ", is closed");
    }
    if (thread != Thread.currentThread()) {
      throw new IllegalStateException(
          "this scope belongs to thread "
              + thread.getName()
              + ", not to "
              + Thread.currentThread().getName());
    }
  }

  /** What freed its tensors, for messages. */
  String closing() {
    return openedAt == null
        ? "when the operation that made it ended"
        : "when the scope opened at " + openedAt + " closed";
  }

  @Override
  public void close() {
    if (members == null) {
      return;
    }
    requireOpen();
    if (CURRENT.get() != this) {
      throw new IllegalStateException(
          "scopes close in the reverse order of opening: one inside this one is still open");
    }
    CURRENT.set(parent);
    if (!keptDifferentiable) {
      Tape.truncate(tapeStart);
    }
    TensorHandle[] freed = members;
    members = null;
    for (int i = count - 1; i >= 0; i--) {
      if (freed[i] != null) {
        freed[i].free();
      }
    }
    if (leak != null) {
      leak.done();
    }
  }
}
