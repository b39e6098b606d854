package io.github.jaubert.train;

import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.train.corpus.Masked;
import io.github.jaubert.train.corpus.Masking;
import io.github.jaubert.train.corpus.Sequences;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Sequences of a corpus with other tokens masked in every pass. Immutable.
 *
 * @param numbers which sequences they are
 * @param identity tells the tokens of the sequences apart from any others
 */
record MaskedSequences(
    Sequences sequences, int[] numbers, Masking masking, long seed, String identity)
    implements Examples {
  /** The rows of a batch's tokens that are to be told, I32. */
  static final String ROWS = "rows";

  /** The label of a row that does not count. */
  private static final int IGNORED = -100;

  /** The tokens that stood there, I32. */
  static final String LABELS = "labels";

  @Override
  public int size() {
    return numbers.length;
  }

  @Override
  public int tokens(int example) {
    return sequences.length(numbers[example]);
  }

  @Override
  public Batch batch(int[] rows) {
    return batch(rows, 0);
  }

  @Override
  public Batch batch(int[] rows, int pass) {
    Masked[] masked = new Masked[rows.length];
    Arrays.setAll(
        masked,
        i -> {
          int number = numbers[rows[i]];
          return masking.mask(sequences.ids(number), seed, pass, number);
        });
    return batch(masked, new int[Arrays.stream(masked).mapToInt(m -> m.ids().length).sum()]);
  }

  /**
   * A batch of sequences with masks.
   *
   * @param types of all their tokens
   */
  static Batch batch(Masked[] masked, int[] types) {
    PackedSequences lengths =
        PackedSequences.of(Arrays.stream(masked).mapToInt(m -> m.ids().length).toArray());
    int[] starts = lengths.cuSeqlens();
    int[] ids = Arrays.stream(masked).flatMapToInt(m -> Arrays.stream(m.ids())).toArray();
    int[] places =
        IntStream.range(0, masked.length)
            .flatMap(i -> Arrays.stream(masked[i].rows()).map(row -> starts[i] + row))
            .toArray();
    int[] labels = Arrays.stream(masked).flatMapToInt(m -> Arrays.stream(m.labels())).toArray();
    return Batch.of(new TokenBatch(ids, types, lengths))
        .withPadding(ROWS, places, 0)
        .withPadding(LABELS, labels, IGNORED);
  }

  @Override
  public String fingerprint() {
    return identity;
  }
}
