package io.github.jaubert.bert;

import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Tensor;
import java.util.Arrays;
import java.util.function.IntPredicate;

/**
 * Which tokens of packed documents {@link MaxSim} looks at. It lies in the Java heap.
 *
 * @param rows the rows of each document, {@code [documents × longest]}; a shorter one is filled up
 *     with its first row, which changes no maximum
 * @param documents how many there are
 * @param longest the most rows of one, rounded up
 */
public record ScoredTokens(int[] rows, int documents, int longest) {
  /** What the most rows are rounded up to, so that recorded steps fit more than one batch. */
  private static final int ROUNDING = 8;

  /**
   * The tokens that are scored.
   *
   * @param scored says of a token id whether it is, such as {@link MultiVectorTokens#isScored}
   * @throws IllegalArgumentException if nothing of a document is
   */
  public static ScoredTokens of(TokenBatch documents, IntPredicate scored) {
    PackedSequences lengths = documents.lengths();
    int[] starts = lengths.cuSeqlens();
    int[][] kept = new int[lengths.count()][];
    for (int i = 0; i < kept.length; i++) {
      int[] rows = new int[lengths.length(i)];
      int count = 0;
      for (int row = starts[i]; row < starts[i + 1]; row++) {
        if (scored.test(documents.inputIds()[row])) {
          rows[count++] = row;
        }
      }
      if (count == 0) {
        throw new IllegalArgumentException("document " + i + " has no token that is scored");
      }
      kept[i] = Arrays.copyOf(rows, count);
    }
    int longest = Arrays.stream(kept).mapToInt(rows -> rows.length).max().orElse(0);
    longest = (longest + ROUNDING - 1) / ROUNDING * ROUNDING;
    int[] all = new int[kept.length * longest];
    for (int i = 0; i < kept.length; i++) {
      Arrays.fill(all, i * longest, (i + 1) * longest, kept[i][0]);
      System.arraycopy(kept[i], 0, all, i * longest, kept[i].length);
    }
    return new ScoredTokens(all, kept.length, longest);
  }

  /** Its rows as {@link MaxSim} reads them, I32 {@code [documents, longest]}. */
  public Tensor tensor(Device device) {
    return Tensor.of(rows, documents, longest).to(device);
  }
}
