package io.github.jaubert.bert.pipeline;

import io.github.jaubert.bert.EncoderModel;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.DType;
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
