package io.github.jaubert.bert.pipeline;

import io.github.jaubert.bert.EncoderModel;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A model and its tokenizer, which belong to it: what all pipelines share.
 *
 * <p>Safe from any number of threads. An interrupt of the thread ends many texts between two
 * batches; a single text is always labelled.
 *
 * @param <P> the pipeline itself
 * @param <M> the model
 */
public abstract class Pipeline<P extends Pipeline<P, M>, M extends EncoderModel<M>>
    implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Pipeline.class);

  private final M model;
  private final Tokenizer tokenizer;
  private int batchTokens = 2048;
  private volatile boolean closed;

  /** Puts the model into evaluation mode. */
  Pipeline(M model, Tokenizer tokenizer) {
    this.model = model;
    this.tokenizer = tokenizer;
    model.eval();
    int rows = model.config().vocabSize();
    if (tokenizer.vocabularySize() > rows) {
      LOG.warn(
          "the tokenizer has {} tokens, from '{}' on, for which the model has no embedding; a text with one of them is refused",
          tokenizer.vocabularySize() - rows,
          tokenizer.token(rows));
    }
  }

  final M model() {
    return model;
  }

  final Tokenizer tokenizer() {
    return tokenizer;
  }

  /**
   * Chooses what the encoder computes in, see {@link EncoderModel#computeType(DType)}; to be called
   * before other threads use the pipeline.
   *
   * @return this pipeline
   */
  @SuppressWarnings("unchecked") // a pipeline gives itself as P
  public final P computeType(DType dtype) {
    model.computeType(dtype);
    return (P) this;
  }

  /**
   * Chooses how many tokens a batch has at most, 2,048 by default: enough to fill the matrix
   * products, few enough to stay in a processor's caches; a GPU may be faster with more. A longer
   * text is a batch of its own. Answers differ by rounding only. To be called before other threads
   * use the pipeline.
   *
   * @return this pipeline
   * @throws IllegalArgumentException if it is not positive
   */
  @SuppressWarnings("unchecked") // a pipeline gives itself as P
  public final P batchTokens(int tokens) {
    if (tokens < 1) {
      throw new IllegalArgumentException("batchTokens: " + tokens + " is not positive");
    }
    batchTokens = tokens;
    return (P) this;
  }

  /**
   * The results of all texts, in order, from one batch after another.
   *
   * @param label gives the results of a batch
   * @throws CancellationException if the thread is interrupted between two batches; its flag
   *     remains set
   */
  final <R> List<R> inBatches(List<Encoding> encodings, Function<List<Encoding>, List<R>> label) {
    List<R> results = new ArrayList<>();
    List<Encoding> batch = new ArrayList<>();
    int tokens = 0;
    for (Encoding encoding : encodings) {
      if (!batch.isEmpty() && tokens + encoding.length() > batchTokens) {
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

  final void requireOpen() {
    if (closed) {
      throw new IllegalStateException("this " + getClass().getSimpleName() + " is closed");
    }
  }

  /** Frees what else a pipeline owns; nothing, as here. */
  void closeParts() {}

  /** Frees the model and the tokenizer; from then on it labels nothing. */
  @Override
  public final void close() {
    closed = true;
    closeParts();
    model.close();
    tokenizer.close();
  }
}
