package io.github.jaubert.train;

import io.github.jaubert.train.data.EmbeddingDataset;
import io.github.jaubert.train.metrics.RetrievalMetrics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Every distinct anchor is searched for among all distinct other texts of rows. */
final class TextRetrieval {
  private static final int BLOCK = 256; // queries whose scores there are at a time

  private final Map<Integer, Integer> corpus = new LinkedHashMap<>(); // places by numbers of texts
  private final Map<Integer, BitSet> relevant = new LinkedHashMap<>(); // places by anchors' numbers

  /** Scores documents. */
  @FunctionalInterface
  interface Scorer {
    /**
     * The scores of some queries with all documents, row by row.
     *
     * @param queries the numbers of their texts
     */
    float[] scores(List<Integer> queries);
  }

  TextRetrieval(EmbeddingDataset data, EqualTexts texts) {
    for (int row = 0; row < data.size(); row++) {
      for (int column = 1; column < data.texts(); column++) {
        corpus.putIfAbsent(texts.of(column, row), corpus.size());
      }
      relevant
          .computeIfAbsent(texts.of(0, row), anchor -> new BitSet())
          .set(corpus.get(texts.of(1, row)));
    }
  }

  /** The numbers of the texts that are searched, in order. */
  List<Integer> documents() {
    return List.copyOf(corpus.keySet());
  }

  /** How high the positives of the anchors rank. */
  Map<String, Double> judge(Scorer scorer) {
    RetrievalMetrics metrics = new RetrievalMetrics();
    List<Integer> queries = new ArrayList<>(relevant.keySet());
    int width = corpus.size();
    for (int from = 0; from < queries.size(); from += BLOCK) {
      List<Integer> block = queries.subList(from, Math.min(queries.size(), from + BLOCK));
      float[] scores = scorer.scores(block);
      for (int i = 0; i < block.size(); i++) {
        float[] row = Arrays.copyOfRange(scores, i * width, (i + 1) * width);
        BitSet own = relevant.get(block.get(i));
        Integer itself = corpus.get(block.get(i));
        if (itself != null && !own.get(itself)) {
          row[itself] = Float.NEGATIVE_INFINITY; // a text is no answer to itself
        }
        metrics.update(row, own);
      }
    }
    return metrics.result();
  }
}
