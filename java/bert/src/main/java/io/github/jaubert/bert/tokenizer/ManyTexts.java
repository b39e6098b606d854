package io.github.jaubert.bert.tokenizer;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** Tokenises many texts with all cores. */
final class ManyTexts {
  /** In between the thread looks whether it was interrupted. */
  private static final int CHUNK = 1024;

  private ManyTexts() {}

  /**
   * What a function makes of each, in order.
   *
   * @param things what they are, in messages
   * @param progress told how many were done since it was last called, from any thread
   * @throws CancellationException if the thread is interrupted; its flag remains set
   */
  static <T> List<T> map(int count, String things, IntFunction<T> function, IntConsumer progress) {
    List<T> all = new ArrayList<>();
    for (int from = 0; from < count; from += CHUNK) {
      if (from > 0 && Thread.currentThread().isInterrupted()) {
        throw new CancellationException(
            "tokenising was interrupted after %d of %d %s".formatted(from, count, things));
      }
      all.addAll(
          IntStream.range(from, Math.min(count, from + CHUNK))
              .parallel()
              .mapToObj(
                  i -> {
                    T made = function.apply(i);
                    progress.accept(1);
                    return made;
                  })
              .toList());
    }
    return all;
  }
}
