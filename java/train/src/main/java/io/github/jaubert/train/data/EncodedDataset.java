package io.github.jaubert.train.data;

import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.PackedSequences;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.stream.Collectors;

/** The texts of a data set as token ids, in memory. Immutable. */
public final class EncodedDataset {
  private final int[][] ids;
  private final int[][] typeIds;
  private final int[] lengths;
  private final long tokens;
  private final long cut;
  private final long unknown;

  private EncodedDataset(int[][] ids, int[][] typeIds, long cut, long unknown) {
    this.ids = ids;
    this.typeIds = typeIds;
    this.cut = cut;
    this.unknown = unknown;
    this.lengths = new int[ids.length];
    long sum = 0;
    for (int i = 0; i < ids.length; i++) {
      lengths[i] = ids[i].length;
      sum += lengths[i];
    }
    this.tokens = sum;
  }

  /**
   * Tokenises with all cores; texts are cut to the tokenizer's maximum length.
   *
   * @param progress told how many examples were done since it was last called, from any thread
   */
  public static EncodedDataset of(TextDataset data, Tokenizer tokenizer, IntConsumer progress) {
    List<String> texts = data.rows().stream().map(Example::text).toList();
    List<String> pairs = data.rows().stream().map(Example::secondText).collect(Collectors.toList());
    return of(texts, pairs, tokenizer, progress);
  }

  /** The same of pairs of texts in lists. */
  public static EncodedDataset of(
      List<String> texts, List<String> pairs, Tokenizer tokenizer, IntConsumer progress) {
    return of(tokenizer.encodeAll(texts, pairs, progress), tokenizer.unknownId());
  }

  /** Of texts that are encoded already. */
  static EncodedDataset of(List<Encoding> encodings, int unknownId) {
    int[][] ids = encodings.stream().map(Encoding::ids).toArray(int[][]::new);
    return new EncodedDataset(
        ids,
        encodings.stream().map(Encoding::typeIds).toArray(int[][]::new),
        encodings.stream().filter(Encoding::isCut).count(),
        Arrays.stream(ids).flatMapToInt(Arrays::stream).filter(id -> id == unknownId).count());
  }

  /** The number of examples. */
  public int size() {
    return ids.length;
  }

  /** The number of tokens of all examples together. */
  public long tokens() {
    return tokens;
  }

  /** The number of examples that had more tokens, and were cut. */
  public long cut() {
    return cut;
  }

  /** The number of tokens that stand for what the vocabulary lacks. */
  public long unknown() {
    return unknown;
  }

  /** The number of tokens of each example. */
  public int[] lengths() {
    return lengths.clone();
  }

  /** Some examples end to end. */
  public TokenBatch batch(int[] rows) {
    int[] picked = new int[rows.length];
    for (int i = 0; i < rows.length; i++) {
      picked[i] = lengths[rows[i]];
    }
    PackedSequences packed = PackedSequences.of(picked);
    return new TokenBatch(join(ids, rows, packed), join(typeIds, rows, packed), packed);
  }

  private static int[] join(int[][] parts, int[] rows, PackedSequences packed) {
    int[] joined = new int[packed.tokens()];
    int at = 0;
    for (int row : rows) {
      System.arraycopy(parts[row], 0, joined, at, parts[row].length);
      at += parts[row].length;
    }
    return joined;
  }
}
