package io.github.jaubert.bert.pipeline;

import io.github.jaubert.bert.tokenizer.Encoding;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.Function;

/** Labels many texts batch by batch. */
final class EncodingBatches {
  /** Tokens of a batch: enough to fill the matrix products, few enough to stay in the caches. */
  private static final int TOKENS = 2048;

  private EncodingBatches() {}

  /**
   * The results of all texts, in order.
   *
   * @param label gives the results of a batch
   * @throws CancellationException if the thread is interrupted between two batches; its flag
   *     remains set
   */
  static <R> List<R> map(List<Encoding> encodings, Function<List<Encoding>, List<R>> label) {
    List<R> results = new ArrayList<>();
    List<Encoding> batch = new ArrayList<>();
    int tokens = 0;
    for (Encoding encoding : encodings) {
      if (!batch.isEmpty() && tokens + encoding.length() > TOKENS) {
        results.addAll(label.apply(batch));
        if (Thread.currentThread().isInterrupted()) {
          throw new CancellationException(
              "labelling was interrupted after %d of %d texts"
                  .formatted(results.size(), encodings.size()));
        }
        batch.clear();
        tokens = 0;
      }
      batch.add(encoding);
      tokens += encoding.length();
    }
    if (!batch.isEmpty()) {
      results.addAll(label.apply(batch));
    }
    return results;
  }
}
