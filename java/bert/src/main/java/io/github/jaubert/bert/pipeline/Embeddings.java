package io.github.jaubert.bert.pipeline;

import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.SentenceEncoder;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.Scope;
import java.util.List;
import java.util.concurrent.CancellationException;

/**
 * Makes a vector of each text, as {@code SentenceTransformer.encode} does: pooled and normalised as
 * the model's folder says, and with the prompt before it that the folder names as default.
 */
public final class Embeddings extends Pipeline<Embeddings, SentenceEncoder> {
  Embeddings(SentenceEncoder model, Tokenizer tokenizer) {
    super(model, tokenizer);
  }

  /** How many numbers a vector has. */
  public int dimensions() {
    return model().dimensions();
  }

  /** The vector of a text. */
  public float[] of(String text) {
    return ofAll(List.of(text)).get(0);
  }

  /**
   * The vectors of texts, in order.
   *
   * @throws CancellationException if the thread is interrupted meanwhile; its flag remains set
   */
  public List<float[]> ofAll(List<String> texts) {
    return prepare(texts).run();
  }

  /** Tokenises texts for {@link #ofAll}, and does no more. */
  public Prepared<List<float[]>> prepare(List<String> texts) {
    requireOpen();
    List<String> prompted = texts.stream().map(text -> model().prompt() + text).toList();
    return new Prepared<>(this, tokenizer().encodeAll(prompted), this::vectors, vectors -> vectors);
  }

  private List<float[]> vectors(List<Encoding> batch) {
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      float[] all = model().forward(TokenBatch.of(batch)).toFloats();
      return Prepared.split(all, batch, text -> all.length / batch.size());
    }
  }
}
