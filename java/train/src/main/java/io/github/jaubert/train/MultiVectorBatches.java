package io.github.jaubert.train;

import io.github.jaubert.bert.MaxSim;
import io.github.jaubert.bert.MultiVectorTokens;
import io.github.jaubert.bert.ScoredTokens;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.train.data.EmbeddingDataset;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/** Rows of a query and documents as batches: all queries, and all documents column by column. */
final class MultiVectorBatches implements Examples {
  static final String QUERIES = "queries";
  static final String DOCUMENTS = "documents";

  /** See {@link MaxSim}. */
  static final String COUNTS = "counts";

  static final String ROWS = "rows";

  private final EmbeddingDataset data;
  private final EqualTexts texts;
  private final MultiVectorTokens tokens;
  private final List<Encoding> queries;
  private final List<List<Encoding>> documents = new ArrayList<>(); // by column behind the first
  private final boolean learnt;
  private final boolean duplicates;

  /**
   * Tokenises.
   *
   * @param tokens may be closed afterwards
   * @param learnt whether it is learnt from; otherwise it is judged by
   * @param duplicates whether a batch may have a text twice
   */
  MultiVectorBatches(
      EmbeddingDataset data,
      MultiVectorTokens tokens,
      TrainingListener listener,
      boolean learnt,
      boolean duplicates) {
    this.data = data;
    this.tokens = tokens;
    this.learnt = learnt;
    this.duplicates = duplicates;
    texts = new EqualTexts(data);
    TokenizingProgress progress =
        new TokenizingProgress(listener, data.source(), data.size() * data.texts());
    queries = tokens.queries(column(0), progress);
    for (int column = 1; column < data.texts(); column++) {
      documents.add(tokens.documents(column(column), progress));
    }
    progress.done();
  }

  private List<String> column(int column) {
    return data.rows().stream().map(row -> row.texts().get(column)).toList();
  }

  @Override
  public int size() {
    return data.size();
  }

  @Override
  public int tokens(int example) {
    return queries.get(example).length()
        + documents.stream().mapToInt(column -> column.get(example).length()).sum();
  }

  @Override
  public IntFunction<int[]> distinct() {
    return duplicates ? null : texts::of;
  }

  @Override
  public Batch batch(int[] rows) {
    List<Encoding> asked = new ArrayList<>();
    for (int row : rows) {
      asked.add(queries.get(row));
    }
    List<Encoding> read = new ArrayList<>();
    for (List<Encoding> column : documents) {
      for (int row : rows) {
        read.add(column.get(row));
      }
    }
    Batch batch = batch(TokenBatch.of(asked), TokenBatch.of(read), tokens);
    if (learnt) {
      texts.addPositives(batch, rows);
    }
    return batch;
  }

  /** Queries and documents, and what {@link MaxSim} must know of them. */
  static Batch batch(TokenBatch queries, TokenBatch documents, MultiVectorTokens tokens) {
    ScoredTokens scored = ScoredTokens.of(documents, tokens::isScored);
    return Batch.of(queries.count())
        .text(QUERIES, queries)
        .text(DOCUMENTS, documents)
        .with(COUNTS, MaxSim.counts(queries.lengths()), queries.count(), 1)
        .with(ROWS, scored.rows(), scored.documents(), scored.longest());
  }

  EqualTexts texts() {
    return texts;
  }

  EmbeddingDataset data() {
    return data;
  }
}
