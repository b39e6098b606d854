package io.github.jaubert.serve;

import java.io.ByteArrayOutputStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.jetty.io.Content;

/**
 * Reads a body as it comes, without a thread that waits for it. What is over the limit is read and
 * dropped, as a client that still writes does not look for an answer, but not for ever.
 */
final class BodyReader implements Runnable {
  /** Of a body that is too large, so many times the limit is read before its connection ends. */
  private static final int PATIENCE = 32;

  private final Content.Source source;
  private final int limit;
  private final AtomicLong held;
  private final long mostHeld;
  private final AtomicLong own = new AtomicLong(); // of the bytes that are held
  private final CompletableFuture<byte[]> body = new CompletableFuture<>();
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private long received;
  private RequestException refused;

  /**
   * @param held the bytes of all bodies that are held
   * @param mostHeld how many these may be
   */
  BodyReader(Content.Source source, int limit, AtomicLong held, long mostHeld) {
    this.source = source;
    this.limit = limit;
    this.held = held;
    this.mostHeld = mostHeld;
  }

  /** Begins; the body, or a {@link RequestException}. */
  CompletableFuture<byte[]> read() {
    run();
    return body;
  }

  /** No longer counts what was read, of which there is no more use; of a body that comes, none. */
  void release() {
    held.addAndGet(-own.getAndSet(0));
  }

  /** More has come. */
  @Override
  public void run() {
    while (!body.isDone()) {
      Content.Chunk chunk = source.read();
      if (chunk == null) {
        source.demand(this);
        return;
      }
      if (Content.Chunk.isFailure(chunk)) {
        body.completeExceptionally(chunk.getFailure());
        break;
      }
      take(chunk);
      boolean last = chunk.isLast();
      chunk.release();
      if (refused != null && (last || received > (long) PATIENCE * limit)) {
        body.completeExceptionally(refused);
      } else if (last) {
        body.complete(bytes.toByteArray());
        return; // who asked for it releases it
      }
    }
    release();
  }

  private void take(Content.Chunk chunk) {
    int count = chunk.remaining();
    received += count;
    if (refused != null) {
      return;
    }
    own.addAndGet(count);
    long all = held.addAndGet(count);
    if (received > limit) {
      refused = new RequestException(413, "the body is larger than %d bytes".formatted(limit));
    } else if (all > mostHeld) {
      refused = new RequestException(503, "too many requests are being read; try again");
    }
    if (refused == null) {
      byte[] copy = new byte[count];
      chunk.getByteBuffer().get(copy);
      bytes.writeBytes(copy);
    } else {
      bytes.reset();
      release();
    }
  }
}
