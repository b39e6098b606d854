package io.github.jaubert.train;

import io.github.jaubert.bert.SpanRows;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Rng;
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
  private final int most; // rows of an example that a pass reads; 0: all

  /**
   * Rows that were tokenised.
   *
   * @param over what a batch is made for
   * @param examples the rows of each example: one each, or those of a query
   * @param most how many rows of an example a pass reads, from 2: one of those with the highest
   *     score, and others that have lower ones, drawn anew in each pass; 0 for all
   */
  RankingBatches(
      RankingDataset data,
      EncodedDataset encoded,
      RankingLoss.Over over,
      List<int[]> examples,
      int most) {
    this.data = data;
    this.encoded = encoded;
    this.over = over;
    this.examples = examples;
    this.most = most;
    lengths = encoded.lengths();
  }

  /** Each row by itself. */
  static RankingBatches ofRows(RankingDataset data, EncodedDataset encoded) {
    return new RankingBatches(
        data,
        encoded,
        RankingLoss.Over.PASSAGES,
        IntStream.range(0, data.size()).mapToObj(row -> new int[] {row}).toList(),
        0);
  }

  @Override
  public int size() {
    return examples.size();
  }

  @Override
  public int tokens(int example) {
    return tokens(examples.get(example));
  }

  private int tokens(int[] rows) {
    return Arrays.stream(rows).map(row -> lengths[row]).sum();
  }

  @Override
  public int[] lengths(int pass) {
    return IntStream.range(0, size()).map(example -> tokens(drawn(example, pass))).toArray();
  }

  /** The rows of an example that a pass reads. */
  private int[] drawn(int example, int pass) {
    int[] rows = examples.get(example);
    if (most == 0 || rows.length <= most) {
      return rows;
    }
    Rng rng = Rng.of(example);
    rng.restore(example, pass);
    int[] order = rows.clone();
    rng.shuffle(order);
    float best = (float) Arrays.stream(order).mapToDouble(this::score).max().orElseThrow();
    int first = Arrays.stream(order).filter(row -> score(row) == best).findFirst().orElseThrow();
    IntStream lower = Arrays.stream(order).filter(row -> score(row) < best).limit(most - 1L);
    return IntStream.concat(IntStream.of(first), lower).toArray();
  }

  private float score(int row) {
    return data.rows().get(row).score();
  }

  /** All rows of the examples. */
  @Override
  public Batch batch(int[] numbers) {
    return batch(Arrays.stream(numbers).mapToObj(examples::get).toList());
  }

  @Override
  public Batch batch(int[] numbers, int pass) {
    return batch(Arrays.stream(numbers).mapToObj(example -> drawn(example, pass)).toList());
  }

  private Batch batch(List<int[]> drawn) {
    int[] rows = drawn.stream().flatMapToInt(Arrays::stream).toArray();
    float[] scores = new float[rows.length];
    for (int i = 0; i < rows.length; i++) {
      scores[i] = score(rows[i]);
    }
    Batch batch = Batch.of(drawn.size()).text(Batch.TEXT, encoded.batch(rows)).with(SCORES, scores);
    PackedSequences passages =
        PackedSequences.of(drawn.stream().mapToInt(one -> one.length).toArray());
    return switch (over) {
      case PASSAGES -> batch;
      case PAIRS -> withPairs(batch, passages, scores);
      case QUERIES -> {
        SpanRows table = SpanRows.of(passages, passages.maxLength());
        yield batch
            .with(ROWS, table.rows())
            .with(PADDING, table.padding(), drawn.size(), table.width());
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
