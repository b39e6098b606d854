package io.github.jaubert.train;

import io.github.jaubert.bert.MaxSim;
import io.github.jaubert.bert.MultiVectorTokens;
import io.github.jaubert.bert.ScoredTokens;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.metrics.RetrievalMetrics;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** Judges late interaction by how high the documents of a query rank among those of all rows. */
final class MultiVectorEvaluation implements Evaluation {
  /** Tokens of documents whose vectors are on the device at a time. */
  private static final int TOKENS = 16_384;

  private final MultiVectorTraining task;
  private final MultiVectorBatches examples;
  private final MultiVectorTokens tokens;

  /** The vectors of each query's tokens, end to end, by its number; null until it was there. */
  private float[][] queries;

  private float[][] documents; // the same of documents' tokens that are scored
  private Device device;

  /**
   * Not begun.
   *
   * @param tokens says what is scored; it may be closed
   */
  MultiVectorEvaluation(
      MultiVectorTraining task, MultiVectorBatches examples, MultiVectorTokens tokens) {
    this.task = task;
    this.examples = examples;
    this.tokens = tokens;
  }

  @Override
  public Examples examples() {
    return examples;
  }

  @Override
  public List<String> metrics() {
    return RetrievalMetrics.NAMES;
  }

  @Override
  public void reset() {
    int texts = examples.size() * examples.data().texts();
    queries = new float[texts][];
    documents = new float[texts][];
  }

  // ---- the vectors ----

  @Override
  public void add(Inputs inputs, int[] rows) {
    TokenInputs asked = inputs.text(MultiVectorBatches.QUERIES);
    Tensor vectors = task.model().queries(asked);
    device = vectors.device();
    float[][] split = split(vectors, asked, id -> true);
    for (int i = 0; i < rows.length; i++) {
      queries[examples.texts().of(0, rows[i])] = split[i];
    }
    TokenInputs read = inputs.text(MultiVectorBatches.DOCUMENTS);
    split = split(task.model().forward(read), read, tokens::isScored);
    for (int i = 0; i < split.length; i++) {
      int row = rows[i % rows.length];
      documents[examples.texts().of(1 + i / rows.length, row)] = split[i];
    }
  }

  /** The vectors of each sequence, of those tokens alone that are scored. */
  private static float[][] split(Tensor vectors, TokenInputs inputs, IntPredicate scored) {
    float[] all = vectors.toFloats();
    int[] ids = inputs.inputIds().toInts();
    int[] starts = inputs.lengths().cuSeqlens();
    int width = (int) vectors.size(1);
    float[][] split = new float[inputs.lengths().count()][];
    for (int i = 0; i < split.length; i++) {
      int[] rows =
          IntStream.range(starts[i], starts[i + 1]).filter(row -> scored.test(ids[row])).toArray();
      split[i] = new float[rows.length * width];
      for (int k = 0; k < rows.length; k++) {
        System.arraycopy(all, rows[k] * width, split[i], k * width, width);
      }
    }
    return split;
  }

  // ---- the scores ----

  @Override
  public Map<String, Double> result() {
    TextRetrieval retrieval = new TextRetrieval(examples.data(), examples.texts());
    float[][] corpus =
        retrieval.documents().stream().map(text -> documents[text]).toArray(float[][]::new);
    return retrieval.judge(
        block -> scores(block.stream().map(text -> queries[text]).toArray(float[][]::new), corpus));
  }

  private float[] scores(float[][] asked, float[][] corpus) {
    float[] scores = new float[asked.length * corpus.length];
    int most = TOKENS * task.model().dimensions();
    try (Scope scope = Scope.open()) {
      PackedSequences lengths = lengths(asked);
      Tensor vectors = tensor(asked);
      for (int from = 0, to; from < corpus.length; from = to) {
        int numbers = corpus[from].length;
        for (to = from + 1; to < corpus.length && numbers + corpus[to].length <= most; to++) {
          numbers += corpus[to].length;
        }
        float[] part = scores(vectors, lengths, Arrays.copyOfRange(corpus, from, to));
        int width = to - from;
        for (int i = 0; i < asked.length; i++) {
          System.arraycopy(part, i * width, scores, i * corpus.length + from, width);
        }
      }
    }
    return scores;
  }

  private float[] scores(Tensor queries, PackedSequences lengths, float[][] block) {
    try (Scope scope = Scope.open()) {
      PackedSequences read = lengths(block);
      int[] ids = new int[read.tokens()];
      ScoredTokens all = ScoredTokens.of(new TokenBatch(ids, ids, read), id -> true);
      return MaxSim.scores(queries, lengths, tensor(block), all).toFloats();
    }
  }

  private PackedSequences lengths(float[][] texts) {
    int width = task.model().dimensions();
    return PackedSequences.of(Arrays.stream(texts).mapToInt(one -> one.length / width).toArray());
  }

  /** The vectors of texts end to end. */
  private Tensor tensor(float[][] texts) {
    int width = task.model().dimensions();
    float[] all = new float[Arrays.stream(texts).mapToInt(one -> one.length).sum()];
    int at = 0;
    for (float[] one : texts) {
      System.arraycopy(one, 0, all, at, one.length);
      at += one.length;
    }
    return Tensor.of(all, all.length / width, width).to(device);
  }
}
