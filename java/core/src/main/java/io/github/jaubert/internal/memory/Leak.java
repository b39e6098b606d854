package io.github.jaubert.internal.memory;

import java.lang.ref.Cleaner;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The note that something must be closed: if its owner becomes unreachable before {@link #done},
 * the log names the line that made it. The note must not lead to the owner.
 */
public final class Leak implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger("io.github.jaubert.Memory");
  private static final Cleaner CLEANER = Cleaner.create();

  private final String what;
  private final Object which;
  private final Cleaner.Cleanable cleanable;
  private volatile CallSite madeAt; // null once closed

  /**
   * A note.
   *
   * @param owner what must be closed
   * @param what it is, in words
   * @param which of them, as the shape of a tensor, or null; it must not lead to the owner
   * @param madeAt the line that made it
   */
  public Leak(Object owner, String what, Object which, CallSite madeAt) {
    this.what = what;
    this.which = which;
    this.madeAt = madeAt;
    cleanable = CLEANER.register(owner, this);
  }

  /** It was closed, or is now closed by someone else. */
  public void done() {
    madeAt = null;
    cleanable.clean();
  }

  /** Called by the cleaner once the owner is gone, and by {@link #done}. */
  @Override
  public void run() {
    CallSite site = madeAt;
    if (site != null) {
      String name = which == null ? what : what + " " + which;
      LOG.warn("{} made at {} was never closed; its memory is lost to this process", name, site);
    }
  }
}
