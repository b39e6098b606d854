package io.github.jaubert.bert.pipeline;

import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.SentenceEncoder;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.Scope;
import java.util.ArrayList;
import java.util.Arrays;
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
    requireOpen();
    return vectors(List.of(tokenizer().encode(model().prompt() + text))).get(0);
  }

  /**
   * The vectors of texts, in order.
   *
   * @throws CancellationException if the thread is interrupted meanwhile; its flag remains set
   */
  public List<float[]> ofAll(List<String> texts) {
    requireOpen();
    List<String> prompted = texts.stream().map(text -> model().prompt() + text).toList();
    return EncodingBatches.map(tokenizer().encodeAll(prompted), this::vectors);
  }

  private List<float[]> vectors(List<Encoding> encodings) {
    float[] all;
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      all = model().forward(TokenBatch.of(encodings)).toFloats();
    }
    int width = all.length / encodings.size();
    List<float[]> vectors = new ArrayList<>();
    for (int i = 0; i < encodings.size(); i++) {
      vectors.add(Arrays.copyOfRange(all, i * width, (i + 1) * width));
    }
    return vectors;
  }
}
