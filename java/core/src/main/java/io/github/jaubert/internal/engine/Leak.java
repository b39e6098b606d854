package io.github.jaubert.internal.engine;

import io.github.jaubert.tensor.Shape;
import java.lang.ref.Cleaner;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The note that something must be closed: if its owner becomes unreachable before {@link #done},
 * the log names the line that made it. The note must not lead to the owner.
 */
final class Leak implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger("io.github.jaubert.Memory");
  private static final Cleaner CLEANER = Cleaner.create();

  private final Object what;
  private final Cleaner.Cleanable cleanable;
  private volatile CallSite madeAt; // null once closed

  private Leak(Object owner, Object what, CallSite madeAt) {
    this.what = what;
    this.madeAt = madeAt;
    cleanable = CLEANER.register(owner, this);
  }

  static Leak ofTensor(TensorHandle tensor) {
    return new Leak(tensor, tensor.shape(), CallSite.current());
  }

  static Leak ofScope(Region region, CallSite openedAt) {
    return new Leak(region, "a scope", openedAt);
  }

  static Leak ofGraph(CapturedGraph graph, CallSite capturedAt) {
    return new Leak(graph, "a captured step", capturedAt);
  }

  /** It was closed, or is now closed by someone else. */
  void done() {
    madeAt = null;
    cleanable.clean();
  }

  /** Called by the cleaner once the owner is gone, and by {@link #done}. */
  @Override
  public void run() {
    CallSite site = madeAt;
    if (site != null) {
      String name = what instanceof Shape ? "tensor " + what : what.toString();
      LOG.warn("{} made at {} was never closed; its memory is lost to this process", name, site);
    }
  }
}
