package io.github.jaubert.train;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntConsumer;

/**
 * Tells a listener how far tokenising is, from the threads that do it. None of them waits for a
 * listener, which may itself wait for the pool that they are of; it may miss a number then, but not
 * the last.
 */
final class TokenizingProgress implements IntConsumer {
  private final TrainingListener listener;
  private final String source;
  private final int all;
  private final AtomicInteger done = new AtomicInteger();
  private final ReentrantLock telling = new ReentrantLock();

  TokenizingProgress(TrainingListener listener, String source, int all) {
    this.listener = listener;
    this.source = source;
    this.all = all;
  }

  /** So many more texts were tokenised. */
  @Override
  public void accept(int count) {
    done.addAndGet(count);
    if (telling.tryLock()) {
      try {
        if (done.get() < all) {
          listener.tokenized(source, done.get(), all);
        }
      } finally {
        telling.unlock();
      }
    }
  }

  /** All were. */
  void done() {
    listener.tokenized(source, all, all);
  }
}
