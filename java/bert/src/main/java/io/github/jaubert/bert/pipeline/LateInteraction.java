package io.github.jaubert.bert.pipeline;

import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.MaxSim;
import io.github.jaubert.bert.MultiVectorEncoder;
import io.github.jaubert.bert.MultiVectorTokens;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Makes a vector of each token of queries and documents, and scores documents by them, see {@link
 * MaxSim}, as {@code MultiVectorEncoder} of sentence-transformers does. The vectors of documents
 * can be kept: only the query's are new when it is asked.
 */
public final class LateInteraction extends Pipeline<LateInteraction, MultiVectorEncoder> {
  private final MultiVectorTokens tokens;

  LateInteraction(MultiVectorEncoder model, Tokenizer tokenizer) {
    super(model, tokenizer);
    tokens = model.tokens(tokenizer);
  }

  /** How many numbers a vector has. */
  public int dimensions() {
    return model().dimensions();
  }

  /** The vectors of a query's tokens, {@code [tokens][dimensions]}, of length 1. */
  public float[][] query(String text) {
    return queries(List.of(text)).get(0);
  }

  /**
   * The vectors of queries, in order.
   *
   * @throws CancellationException if the thread is interrupted meanwhile; its flag remains set
   */
  public List<float[][]> queries(List<String> texts) {
    requireOpen();
    return inBatches(tokens.queries(texts, done -> {}), this::queryVectors);
  }

  /**
   * The vectors of documents' tokens that are scored, in order, {@code [tokens][dimensions]} each.
   *
   * @throws CancellationException if the thread is interrupted meanwhile; its flag remains set
   */
  public List<float[][]> documents(List<String> texts) {
    requireOpen();
    return inBatches(tokens.documents(texts, done -> {}), this::documentVectors);
  }

  /** How well a document answers a query, by the vectors of both. */
  public static float score(float[][] query, float[][] document) {
    double sum = 0;
    for (float[] token : query) {
      float largest = Float.NEGATIVE_INFINITY;
      for (float[] other : document) {
        float product = 0;
        for (int k = 0; k < token.length; k++) {
          product += token[k] * other[k];
        }
        largest = Math.max(largest, product);
      }
      sum += largest;
    }
    return (float) sum;
  }

  /**
   * The documents, the best first; of equal scores, that which was given first.
   *
   * @throws CancellationException if the thread is interrupted meanwhile; its flag remains set
   */
  public List<RankedPassage> rank(String query, List<String> documents) {
    float[][] asked = query(query);
    List<float[][]> vectors = documents(documents);
    return IntStream.range(0, documents.size())
        .mapToObj(i -> new RankedPassage(i, score(asked, vectors.get(i))))
        .sorted(Comparator.comparing(RankedPassage::score).reversed())
        .toList();
  }

  /**
   * How well each document answers its query, in order. A text that is there more than once is read
   * once.
   *
   * @throws IllegalArgumentException if there are not as many documents as queries
   * @throws CancellationException if the thread is interrupted meanwhile; its flag remains set
   */
  public List<Float> scores(List<String> queries, List<String> documents) {
    if (queries.size() != documents.size()) {
      throw new IllegalArgumentException(
          queries.size() + " queries for " + documents.size() + " documents");
    }
    List<String> asked = List.copyOf(new LinkedHashSet<>(queries));
    List<String> read = List.copyOf(new LinkedHashSet<>(documents));
    Map<String, float[][]> ofQueries = byText(asked, queries(asked));
    Map<String, float[][]> ofDocuments = byText(read, documents(read));
    return IntStream.range(0, queries.size())
        .mapToObj(i -> score(ofQueries.get(queries.get(i)), ofDocuments.get(documents.get(i))))
        .toList();
  }

  private static Map<String, float[][]> byText(List<String> texts, List<float[][]> vectors) {
    return IntStream.range(0, texts.size())
        .boxed()
        .collect(Collectors.toMap(texts::get, vectors::get));
  }

  private List<float[][]> queryVectors(List<Encoding> encodings) {
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      TokenBatch batch = TokenBatch.of(encodings);
      float[] all = model().queries(model().encoder().inputs(batch)).toFloats();
      return split(all, batch, false);
    }
  }

  private List<float[][]> documentVectors(List<Encoding> encodings) {
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      TokenBatch batch = TokenBatch.of(encodings);
      return split(model().forward(batch).toFloats(), batch, true);
    }
  }

  private List<float[][]> split(float[] all, TokenBatch batch, boolean scoredAlone) {
    int width = dimensions();
    int[] starts = batch.lengths().cuSeqlens();
    List<float[][]> vectors = new ArrayList<>();
    for (int i = 0; i < batch.count(); i++) {
      vectors.add(
          IntStream.range(starts[i], starts[i + 1])
              .filter(row -> !scoredAlone || tokens.isScored(batch.inputIds()[row]))
              .mapToObj(row -> Arrays.copyOfRange(all, row * width, (row + 1) * width))
              .toArray(float[][]::new));
    }
    return vectors;
  }

  @Override
  void closeParts() {
    tokens.close();
  }
}
