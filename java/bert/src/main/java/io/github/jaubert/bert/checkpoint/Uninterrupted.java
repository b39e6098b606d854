package io.github.jaubert.bert.checkpoint;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Runs operations of a {@link java.nio.channels.FileChannel} so that an interrupt does not break
 * them. A channel is closed under whoever uses it with the interrupt flag set ({@link
 * java.nio.channels.InterruptibleChannel}), so a model could neither be loaded nor saved by a
 * thread that was told to stop. They run in a thread of their own, which nobody interrupts; the
 * caller waits, and its flag stays as it is.
 *
 * <p>Streams of {@link java.nio.file.Files} need none of this: the JDK opens them uninterruptible.
 */
final class Uninterrupted {
  private Uninterrupted() {}

  /** Something to do with a channel. */
  @FunctionalInterface
  interface Operation<T> {
    T run() throws IOException;
  }

  /** Runs it and gives its result, or throws what it throws. */
  static <T> T call(Operation<T> operation) throws IOException {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                result.complete(operation.run());
              } catch (Throwable e) {
                result.completeExceptionally(e);
              }
            },
            "jaubert-files");
    thread.setDaemon(true);
    thread.start();
    try {
      return result.join(); // does not answer to interrupts
    } catch (CompletionException e) {
      if (e.getCause() instanceof IOException failure) {
        throw failure;
      } else if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      } else if (e.getCause() instanceof Error failure) {
        throw failure;
      }
      throw e;
    }
  }
}
