package io.github.jaubert.bert;

import io.github.jaubert.autograd.Checkpoint;
import io.github.jaubert.nn.F;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Tensor;
import java.util.List;

/**
 * The score of late interaction: each token of a query takes the document's token that is nearest
 * to it, and the products of these pairs add up (Khattab and Zaharia 2020, "ColBERT"):
 *
 * <pre>{@code
 * score(q, d) = sum over tokens i of q: max over tokens j of d: q_i · d_j
 * }</pre>
 */
public final class MaxSim {
  /** So many products are kept at a time: 64 MB. */
  private static final long MOST = 1L << 24;

  private MaxSim() {}

  /**
   * The scores of all queries with all documents, F32 {@code [queries, documents]}.
   *
   * @param queries the vectors of all queries' tokens, F32 {@code [query tokens, dimensions]}
   * @param lengths where the queries lie in these
   * @param documents the same of documents, {@code [document tokens, dimensions]}
   * @param scored the tokens of documents that are looked at
   */
  public static Tensor scores(
      Tensor queries, PackedSequences lengths, Tensor documents, ScoredTokens scored) {
    return scores(
        queries,
        lengths,
        Tensor.of(counts(lengths), lengths.count(), 1).to(queries.device()),
        documents,
        scored.tensor(documents.device()));
  }

  /**
   * The same of tensors, so that a recorded step can be replayed with other values in them. Where
   * there are very many products they are computed some rows at a time, and once more for the
   * gradient.
   *
   * @param counts the number of tokens of each query, F32 {@code [queries, 1]}, see {@link #counts}
   * @param rows see {@link ScoredTokens#tensor}
   */
  public static Tensor scores(
      Tensor queries, PackedSequences lengths, Tensor counts, Tensor documents, Tensor rows) {
    return scores(queries, lengths, counts, documents, rows, MOST);
  }

  /**
   * The same.
   *
   * @param products so many are kept at a time, or those of one token
   */
  static Tensor scores(
      Tensor queries,
      PackedSequences lengths,
      Tensor counts,
      Tensor documents,
      Tensor rows,
      long products) {
    Tensor filled = documents.indexSelect(0, rows.flatten());
    int count = (int) rows.size(0);
    long tokens = queries.size(0);
    long most = Math.max(1, products / filled.size(0));
    if (tokens <= most) {
      return sums(nearest(queries, filled, count), lengths, counts);
    }
    int parts = (int) ((tokens + most - 1) / most);
    Tensor[] nearest = new Tensor[parts];
    for (int i = 0; i < parts; i++) {
      long from = i * most;
      Tensor part = queries.narrow(0, from, Math.min(most, tokens - from));
      nearest[i] =
          Checkpoint.run(both -> nearest(both.get(0), both.get(1), count), List.of(part, filled));
    }
    return sums(Tensor.concat(0, nearest), lengths, counts);
  }

  /**
   * For each token of queries the largest product with each document, {@code [tokens, documents]}.
   */
  private static Tensor nearest(Tensor queries, Tensor filled, int documents) {
    return F.linear(queries, filled, null)
        .reshape(queries.size(0), documents, filled.size(0) / documents)
        .max(2, false);
  }

  private static Tensor sums(Tensor nearest, PackedSequences lengths, Tensor counts) {
    return F.segmentMean(nearest, lengths).mul(counts);
  }

  /** The number of tokens of each query. */
  public static float[] counts(PackedSequences lengths) {
    float[] counts = new float[lengths.count()];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = lengths.length(i);
    }
    return counts;
  }
}
