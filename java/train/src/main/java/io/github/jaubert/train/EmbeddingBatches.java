package io.github.jaubert.train;

import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.train.data.EmbeddingDataset;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Rows of texts as batches: all anchors first, then all positives, and so on, in packed parts of
 * some sequences each, so that the parts can be computed one by one.
 */
final class EmbeddingBatches implements Examples {
  static final String SCORES = "scores";
  private static final String GUIDE = "guide.";

  private final EmbeddingDataset data;
  private final List<List<Encoding>> columns;
  private final EqualTexts texts;
  private final int part; // sequences of a part; 0: all of a batch are one
  private final EmbeddingLoss loss; // null: for evaluation
  private final boolean duplicates;
  private List<List<Encoding>> guides = List.of(); // columns as a guide reads them; none without

  /**
   * Tokenises.
   *
   * @param part how many sequences a part of a batch has; 0 for all
   * @param loss what they are for; null for evaluation
   * @param duplicates whether a batch may have a text twice
   */
  EmbeddingBatches(
      EmbeddingDataset data,
      Tokenizer cutting,
      TrainingListener listener,
      int part,
      EmbeddingLoss loss,
      boolean duplicates) {
    this.data = data;
    this.part = part;
    this.loss = loss;
    this.duplicates = duplicates;
    texts = new EqualTexts(data);
    columns = encoded(cutting, listener);
  }

  /** Whether a text of a batch is for the guide. */
  static boolean isGuides(String name) {
    return name.startsWith(GUIDE);
  }

  /** The same texts as a guide reads them, from now on a part of every batch. */
  EmbeddingBatches guided(Tokenizer cutting, TrainingListener listener) {
    guides = encoded(cutting, listener);
    return this;
  }

  private List<List<Encoding>> encoded(Tokenizer cutting, TrainingListener listener) {
    List<List<Encoding>> encoded = new ArrayList<>();
    TokenizingProgress progress =
        new TokenizingProgress(listener, data.source(), data.size() * data.texts());
    for (int column = 0; column < data.texts(); column++) {
      int at = column;
      List<String> all = data.rows().stream().map(row -> row.texts().get(at)).toList();
      encoded.add(cutting.encodeAll(all, null, progress));
    }
    progress.done();
    return encoded;
  }

  @Override
  public int size() {
    return data.size();
  }

  @Override
  public int tokens(int example) {
    return columns.stream().mapToInt(column -> column.get(example).length()).sum();
  }

  @Override
  public IntFunction<int[]> distinct() {
    return duplicates ? null : texts::of;
  }

  @Override
  public Batch batch(int[] rows) {
    Batch batch = Batch.of(rows.length);
    add(batch, Batch.TEXT + ".", columns, rows);
    add(batch, GUIDE, guides, rows);
    if (data.hasScores()) {
      float[] scores = new float[rows.length];
      for (int i = 0; i < rows.length; i++) {
        scores[i] = data.rows().get(rows[i]).score();
      }
      batch.with(SCORES, scores);
    }
    if (loss != null && loss.data().hasInBatchNegatives()) {
      texts.addPositives(batch, rows);
    }
    return batch;
  }

  /** The sequences of some rows, column by column, in parts. */
  private void add(Batch batch, String name, List<List<Encoding>> columns, int[] rows) {
    List<Encoding> sequences = new ArrayList<>();
    for (List<Encoding> column : columns) {
      for (int row : rows) {
        sequences.add(column.get(row));
      }
    }
    int size = part == 0 ? sequences.size() : part;
    for (int from = 0, index = 0; from < sequences.size(); from += size, index++) {
      batch.text(
          name + index,
          TokenBatch.of(sequences.subList(from, Math.min(sequences.size(), from + size))));
    }
  }

  EqualTexts texts() {
    return texts;
  }

  EmbeddingDataset data() {
    return data;
  }
}
