package io.github.jaubert.train;

import io.github.jaubert.tensor.Rng;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.EmbeddingDataset;
import io.github.jaubert.train.data.EmbeddingDataset.Row;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.TextDataset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** Makes pairs of labelled texts: 1 for two with a label in common, 0 for two without. */
final class ContrastivePairs {
  /** Of so many texts there are half a million pairs. */
  static final int MOST_TEXTS = 1000;

  private ContrastivePairs() {}

  /**
   * The pairs of some texts, in random order.
   *
   * @throws DataException if there are too many texts, or only pairs of one kind
   */
  static EmbeddingDataset of(TextDataset data, SetFit.Sampling sampling, long seed) {
    List<Example> rows = data.rows();
    if (rows.size() > MOST_TEXTS) {
      throw new DataException(
          data.source(),
          "%,d examples make %,d pairs: SetFit is for few, at most %,d; sampleEach(…) draws some of each label"
              .formatted(rows.size(), rows.size() * (rows.size() - 1L) / 2, MOST_TEXTS));
    }
    List<Row> same = new ArrayList<>();
    List<Row> different = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      for (int j = i + 1; j < rows.size(); j++) {
        boolean common = !Collections.disjoint(rows.get(i).labels(), rows.get(j).labels());
        (common ? same : different)
            .add(Row.of(rows.get(i).text(), rows.get(j).text(), common ? 1 : 0));
      }
    }
    if (same.isEmpty()) { // one example of each label: it belongs to itself
      rows.forEach(row -> same.add(Row.of(row.text(), row.text(), 1)));
    }
    if (different.isEmpty()) {
      throw new DataException(
          data.source(), "all examples have a label in common; there is nothing to tell apart");
    }
    int larger = Math.max(same.size(), different.size());
    int smaller = Math.min(same.size(), different.size());
    Rng rng = Rng.of(seed);
    List<Row> pairs = new ArrayList<>();
    for (List<Row> kind : List.of(same, different)) {
      int count =
          switch (sampling) {
            case OVERSAMPLING -> larger;
            case UNDERSAMPLING -> smaller;
            case UNIQUE -> kind.size();
          };
      pairs.addAll(drawn(kind, count, rng));
    }
    return EmbeddingDataset.of("pairs of " + data.source(), drawn(pairs, pairs.size(), rng));
  }

  /** Some in random order; none comes once more before all others came. */
  private static List<Row> drawn(List<Row> rows, int count, Rng rng) {
    List<Row> drawn = new ArrayList<>();
    while (drawn.size() < count) {
      int[] order = IntStream.range(0, rows.size()).toArray();
      rng.shuffle(order);
      for (int i = 0; i < order.length && drawn.size() < count; i++) {
        drawn.add(rows.get(order[i]));
      }
    }
    return drawn;
  }
}
