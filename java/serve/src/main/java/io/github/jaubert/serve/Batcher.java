package io.github.jaubert.serve;

import io.github.jaubert.bert.pipeline.Prepared;
import io.github.jaubert.bert.tokenizer.Encoding;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers many callers with one model: a thread of its own takes texts from a queue, in the order
 * in which they came and whoever asked, and runs the model on as many as fill a batch. A batch that
 * is not full goes when its oldest text has waited long enough.
 *
 * <p>An answer does not depend on what else is in its batch, but for the rounding of its last bits:
 * kernels cut the work for a few tokens otherwise than that for many.
 */
public final class Batcher implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Batcher.class);

  /** What runs a model on a batch. */
  interface Engine {
    List<float[]> outputs(Prepared<?> first, List<Encoding> batch);
  }

  /** Told of each batch, in the thread of the model. */
  interface Listener {
    void computed(int texts, int tokens, long nanos);
  }

  /** A caller's question. Only the thread of the model writes its outputs. */
  private static final class Job<R> {
    final Prepared<R> prepared;
    final long since = System.nanoTime();
    final CompletableFuture<R> answer = new CompletableFuture<>();
    final float[][] outputs;
    int missing;

    Job(Prepared<R> prepared) {
      this.prepared = prepared;
      missing = prepared.encodings().size();
      outputs = new float[missing][];
    }

    void answer() {
      try {
        answer.complete(prepared.answers(Arrays.asList(outputs)));
      } catch (RuntimeException | Error e) {
        answer.completeExceptionally(e);
      }
    }
  }

  /** One of a caller's texts. */
  private record Item(Job<?> job, int index) {
    Encoding encoding() {
      return job.prepared.encodings().get(index);
    }

    int tokens() {
      return encoding().length();
    }
  }

  private final int batchTokens;
  private final int queueTokens;
  private final long waitNanos;
  private final Executor executor;
  private final Engine engine;
  private final Thread thread;
  private volatile Listener listener = (texts, tokens, nanos) -> {};

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<Item> queue = new ArrayDeque<>();
  private int queued; // tokens
  private boolean closed;

  /**
   * Starts the thread.
   *
   * @param name of the thread
   * @param settings of which those of batches and queue count
   * @param executor makes answers of what the model says, such as text of token ids
   */
  public Batcher(String name, ServeSettings settings, Executor executor) {
    this(name, settings, executor, Prepared::outputs);
  }

  Batcher(String name, ServeSettings settings, Executor executor, Engine engine) {
    batchTokens = settings.batchTokens();
    queueTokens = settings.queueTokens();
    Duration wait = settings.batchWait();
    waitNanos = wait.toNanos();
    this.executor = executor;
    this.engine = engine;
    thread = new Thread(this::work, name);
    thread.setDaemon(true);
    thread.start();
  }

  // ---- for callers ----

  /**
   * Queues what a pipeline prepared. Who no longer wants the answer cancels it: texts that still
   * wait are then left out.
   *
   * @throws RejectedExecutionException if the queue is full
   * @throws IllegalStateException if this is closed
   */
  public <R> CompletableFuture<R> submit(Prepared<R> prepared) {
    Job<R> job = new Job<>(prepared);
    int texts = prepared.encodings().size();
    int tokens = prepared.tokens();
    lock.lock();
    try {
      if (closed) {
        throw new IllegalStateException(thread.getName() + " is closed");
      }
      if (queued > 0 && queued + (long) tokens > queueTokens) {
        throw new RejectedExecutionException(
            "%d tokens wait already, and %d more are too many: at most %d"
                .formatted(queued, tokens, queueTokens));
      }
      for (int i = 0; i < texts; i++) {
        queue.add(new Item(job, i));
      }
      queued += tokens;
      changed.signal();
    } finally {
      lock.unlock();
    }
    if (texts == 0) {
      job.answer();
    }
    return job.answer;
  }

  void listener(Listener told) {
    listener = told;
  }

  /** Tokens that wait. */
  public int queuedTokens() {
    lock.lock();
    try {
      return queued;
    } finally {
      lock.unlock();
    }
  }

  /** Answers what waits, and ends the thread. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  // ---- the model's thread ----

  private void work() {
    List<Item> batch;
    while ((batch = take()) != null) {
      compute(batch);
    }
  }

  /** The next batch, or null if there will be none. */
  private List<Item> take() {
    lock.lock();
    try {
      while (queue.isEmpty()) {
        if (closed) {
          return null;
        }
        changed.awaitUninterruptibly();
      }
      long left = queue.element().job.since + waitNanos - System.nanoTime();
      while (left > 0 && queued < batchTokens && !closed) {
        left = await(left);
      }
      return fill();
    } finally {
      lock.unlock();
    }
  }

  private long await(long nanos) {
    try {
      return changed.awaitNanos(nanos);
    } catch (InterruptedException e) {
      return 0; // nobody is to interrupt this thread: the batch goes at once
    }
  }

  private List<Item> fill() {
    List<Item> batch = new ArrayList<>();
    int tokens = 0;
    for (Item next = queue.peek(); next != null; next = queue.peek()) {
      boolean wanted = !next.job.answer.isDone();
      if (wanted && !batch.isEmpty()) {
        boolean full = tokens + next.tokens() > batchTokens;
        if (full || !next.job.prepared.fits(batch.get(0).job.prepared)) {
          break;
        }
      }
      queue.remove();
      queued -= next.tokens();
      if (wanted) {
        batch.add(next);
        tokens += next.tokens();
      }
    }
    return batch;
  }

  private void compute(List<Item> batch) {
    if (batch.isEmpty()) {
      return;
    }
    long start = System.nanoTime();
    List<Encoding> encodings = batch.stream().map(Item::encoding).toList();
    List<float[]> outputs;
    try {
      outputs = engine.outputs(batch.get(0).job.prepared, encodings);
    } catch (RuntimeException | Error e) {
      failed(batch, e);
      return;
    }
    int tokens = encodings.stream().mapToInt(Encoding::length).sum();
    listener.computed(batch.size(), tokens, System.nanoTime() - start);
    for (int i = 0; i < batch.size(); i++) {
      Item item = batch.get(i);
      item.job.outputs[item.index] = outputs.get(i);
      if (--item.job.missing == 0) {
        hand(item.job);
      }
    }
  }

  private void hand(Job<?> job) {
    try {
      executor.execute(job::answer);
    } catch (RejectedExecutionException e) {
      job.answer(); // its threads have ended, or are too busy
    }
  }

  /** Of several texts each is tried by itself, so that one fails alone. */
  private void failed(List<Item> batch, Throwable e) {
    if (batch.size() > 1) {
      batch.forEach(item -> compute(List.of(item)));
    } else {
      LOG.debug("a text of {} tokens: {}", batch.get(0).tokens(), e.toString());
      batch.get(0).job.answer.completeExceptionally(e);
    }
  }
}
