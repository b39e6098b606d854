package io.github.jaubert.train;

import io.github.jaubert.bert.MultiVectorTokens;
import io.github.jaubert.bert.SpanRows;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.train.data.RankingDataset;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Queries with all their passages, and what a teacher says of these, as batches. */
final class TaughtPassages implements Examples {
  /** What the teacher gives each passage, F32 {@code [passages]}. */
  static final String SCORES = "scores";

  /** Where the score of a passage with its query stands among all of the batch, row by row. */
  static final String OWN = "own";

  /** See {@link SpanRows}: a table of the passages of each query. */
  static final String TABLE = "table";

  static final String PADDING = "padding";

  private final RankingDataset data;
  private final MultiVectorTokens tokens;
  private final List<Encoding> queries; // in the order of data.queries()
  private final List<Encoding> passages; // by row

  /**
   * Tokenises.
   *
   * @param tokens may be closed afterwards
   */
  TaughtPassages(RankingDataset data, MultiVectorTokens tokens, TrainingListener listener) {
    this.data = data;
    this.tokens = tokens;
    TokenizingProgress progress =
        new TokenizingProgress(listener, data.source(), data.queries().size() + data.size());
    queries =
        tokens.queries(
            data.queries().stream().map(rows -> data.rows().get(rows[0]).query()).toList(),
            progress);
    passages =
        tokens.documents(data.rows().stream().map(RankingDataset.Row::passage).toList(), progress);
    progress.done();
  }

  @Override
  public int size() {
    return queries.size();
  }

  @Override
  public int tokens(int example) {
    return queries.get(example).length()
        + Arrays.stream(data.queries().get(example)).map(row -> passages.get(row).length()).sum();
  }

  @Override
  public Batch batch(int[] numbers) {
    int[] counts = Arrays.stream(numbers).map(one -> data.queries().get(one).length).toArray();
    int[] rows =
        Arrays.stream(numbers).mapToObj(data.queries()::get).flatMapToInt(Arrays::stream).toArray();
    int[] own = new int[rows.length];
    float[] scores = new float[rows.length];
    for (int query = 0, at = 0; query < counts.length; query++) {
      for (int i = 0; i < counts[query]; i++, at++) {
        own[at] = query * rows.length + at;
        scores[at] = data.rows().get(rows[at]).score();
      }
    }
    PackedSequences groups = PackedSequences.of(counts);
    SpanRows table = SpanRows.of(groups, groups.maxLength());
    return MultiVectorBatches.batch(
            TokenBatch.of(Arrays.stream(numbers).mapToObj(queries::get).toList()),
            TokenBatch.of(IntStream.of(rows).mapToObj(passages::get).toList()),
            tokens)
        .with(SCORES, scores)
        .with(OWN, own)
        .with(TABLE, table.rows())
        .with(PADDING, table.padding(), numbers.length, table.width());
  }

  /** What the teacher gives the passages of a query. */
  float[] scores(int example) {
    int[] rows = data.queries().get(example);
    float[] scores = new float[rows.length];
    for (int i = 0; i < rows.length; i++) {
      scores[i] = data.rows().get(rows[i]).score();
    }
    return scores;
  }
}
