package io.github.jaubert.train;

import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.nn.F;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * The passages with the largest cosines to each of some queries, found by comparing all to all. The
 * vectors of the passages are made and forgotten some thousand at a time.
 */
final class NearestPassages {
  private static final int PASSAGES = 4096; // whose vectors there are at a time
  private static final int QUERIES = 256; // of one matrix product
  private static final int TOLD = 256; // texts after which the listener is told

  private final Function<List<String>, List<float[]>> vectors;
  private final List<String> queries;
  private final List<List<Integer>> positives;
  private final List<Integer> own;
  private final HardNegatives.Progress progress;
  private final Best[] best; // by queries
  private final float[][] positiveScores; // by queries, in the order of their positives
  private int done;

  /** A passage by its place, and its cosine to the query. */
  record Found(int passage, float score) {}

  /** The passages with the highest scores, the first of them first; of equal ones the earlier. */
  private static final class Best {
    private final int[] passages;
    private final float[] scores;
    private int count;

    Best(int most) {
      passages = new int[most];
      scores = new float[most];
    }

    void add(int passage, float score) {
      if (count == scores.length && !(score > scores[count - 1])) {
        return;
      }
      int at = count == scores.length ? count - 1 : count++;
      for (; at > 0 && score > scores[at - 1]; at--) {
        scores[at] = scores[at - 1];
        passages[at] = passages[at - 1];
      }
      scores[at] = score;
      passages[at] = passage;
    }
  }

  /**
   * Nothing found yet.
   *
   * @param positives the places of the passages of which the score is kept in any case
   * @param own for each query the place of the passage that is the same text, which is not found;
   *     -1 for none
   * @param most how many are found for each
   */
  NearestPassages(
      Function<List<String>, List<float[]>> vectors,
      List<String> queries,
      List<List<Integer>> positives,
      List<Integer> own,
      int most,
      HardNegatives.Progress progress) {
    this.vectors = vectors;
    this.queries = queries;
    this.positives = positives;
    this.own = own;
    this.progress = progress;
    best = new Best[queries.size()];
    Arrays.setAll(best, query -> new Best(most));
    positiveScores = new float[queries.size()][];
    Arrays.setAll(positiveScores, query -> new float[positives.get(query).size()]);
  }

  void search(List<String> corpus) {
    int all = queries.size() + corpus.size();
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      List<Tensor> blocks = new ArrayList<>();
      for (int from = 0; from < queries.size(); from += QUERIES) {
        blocks.add(matrix(queries.subList(from, Math.min(queries.size(), from + QUERIES)), all));
      }
      for (int from = 0; from < corpus.size(); from += PASSAGES) {
        List<String> passages = corpus.subList(from, Math.min(corpus.size(), from + PASSAGES));
        try (Scope inside = Scope.open()) {
          Tensor columns = matrix(passages, all).t();
          for (int block = 0; block < blocks.size(); block++) {
            try (Scope product = Scope.open()) {
              float[] cosines = blocks.get(block).matmul(columns).toFloats();
              compare(block * QUERIES, cosines, from, passages.size());
            }
          }
        }
      }
    }
  }

  /**
   * Vectors of length 1, a row for each text.
   *
   * @param all how many texts there are altogether
   */
  private Tensor matrix(List<String> texts, int all) {
    List<float[]> rows = new ArrayList<>();
    for (int from = 0; from < texts.size(); from += TOLD) {
      List<String> some = texts.subList(from, Math.min(texts.size(), from + TOLD));
      rows.addAll(vectors.apply(some));
      done += some.size();
      progress.advanced(done, all);
    }
    int width = rows.get(0).length;
    float[] values = new float[texts.size() * width];
    for (int i = 0; i < texts.size(); i++) {
      System.arraycopy(rows.get(i), 0, values, i * width, width);
    }
    return F.normalize(Tensor.of(values, texts.size(), width));
  }

  /**
   * Takes in the cosines of a block.
   *
   * @param first the first query
   * @param from the first passage
   */
  private void compare(int first, float[] cosines, int from, int passages) {
    for (int row = 0; row < cosines.length / passages; row++) {
      int query = first + row;
      int same = own.get(query);
      for (int i = 0; i < passages; i++) {
        if (from + i != same) {
          best[query].add(from + i, cosines[row * passages + i]);
        }
      }
      for (int i = 0; i < positiveScores[query].length; i++) {
        int passage = positives.get(query).get(i) - from;
        if (passage >= 0 && passage < passages) {
          positiveScores[query][i] = cosines[row * passages + passage];
        }
      }
    }
  }

  /** The nearest of a query, the first the nearest. */
  List<Found> of(int query) {
    List<Found> found = new ArrayList<>();
    for (int i = 0; i < best[query].count; i++) {
      found.add(new Found(best[query].passages[i], best[query].scores[i]));
    }
    return found;
  }

  /** The cosines of a query's positives, in their order. */
  float[] positiveScores(int query) {
    return positiveScores[query];
  }
}
