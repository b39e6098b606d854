package io.github.jaubert.train;

import io.github.jaubert.bert.SpanRows;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.train.data.EncodedDataset;
import io.github.jaubert.train.data.RankingDataset;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Queries with their passages as batches. */
final class RankingBatches implements Examples {
  static final String SCORES = "scores";
  static final String HIGHER = "higher";
  static final String LOWER = "lower";
  static final String ROWS = "rows";
  static final String PADDING = "padding";

  private final RankingDataset data;
  private final EncodedDataset encoded;
  private final int[] lengths; // of rows
  private final RankingLoss.Over over;
  private final List<int[]> examples; // the rows of each

  /**
   * Rows that were tokenised.
   *
   * @param over what a batch is made for
   * @param examples the rows of each example: one each, or those of a query
   */
  RankingBatches(
      RankingDataset data, EncodedDataset encoded, RankingLoss.Over over, List<int[]> examples) {
    this.data = data;
    this.encoded = encoded;
    this.over = over;
    this.examples = examples;
    lengths = encoded.lengths();
  }

  /** Each row by itself. */
  static RankingBatches ofRows(RankingDataset data, EncodedDataset encoded) {
    return new RankingBatches(
        data,
        encoded,
        RankingLoss.Over.PASSAGES,
        IntStream.range(0, data.size()).mapToObj(row -> new int[] {row}).toList());
  }

  @Override
  public int size() {
    return examples.size();
  }

  @Override
  public int tokens(int example) {
    return Arrays.stream(examples.get(example)).map(row -> lengths[row]).sum();
  }

  @Override
  public Batch batch(int[] numbers) {
    int[] rows = Arrays.stream(numbers).flatMap(i -> Arrays.stream(examples.get(i))).toArray();
    float[] scores = new float[rows.length];
    for (int i = 0; i < rows.length; i++) {
      scores[i] = data.rows().get(rows[i]).score();
    }
    Batch batch =
        Batch.of(numbers.length).text(Batch.TEXT, encoded.batch(rows)).with(SCORES, scores);
    PackedSequences passages =
        PackedSequences.of(Arrays.stream(numbers).map(i -> examples.get(i).length).toArray());
    return switch (over) {
      case PASSAGES -> batch;
      case PAIRS -> withPairs(batch, passages, scores);
      case QUERIES -> {
        SpanRows table = SpanRows.of(passages, passages.maxLength());
        yield batch
            .with(ROWS, table.rows())
            .with(PADDING, table.padding(), numbers.length, table.width());
      }
    };
  }

  private static Batch withPairs(Batch batch, PackedSequences queries, float[] scores) {
    IntStream.Builder higher = IntStream.builder();
    IntStream.Builder lower = IntStream.builder();
    int[] starts = queries.cuSeqlens();
    for (int query = 0; query < queries.count(); query++) {
      for (int i = starts[query]; i < starts[query + 1]; i++) {
        for (int k = starts[query]; k < starts[query + 1]; k++) {
          if (scores[i] > scores[k]) {
            higher.add(i);
            lower.add(k);
          }
        }
      }
    }
    return batch.with(HIGHER, higher.build().toArray()).with(LOWER, lower.build().toArray());
  }
}
