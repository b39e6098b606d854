package io.github.jaubert.train.data;

import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.PackedSequences;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.stream.Collectors;

/**
 * The texts of a data set as token ids, in memory or, of a data set whose rows are in files, in
 * files. Immutable.
 */
public final class EncodedDataset {
  private final Store store;
  private final int[] lengths;
  private final long tokens;
  private final Counts counts;

  /** Where the tokens of rows are. */
  interface Store {
    /** Copies the ids of a row's first tokens. */
    void ids(int row, int count, int[] into, int at);

    /** Copies their types to where there are zeros. */
    void types(int row, int count, int[] into, int at);
  }

  /** What is known of all tokens together. */
  record Counts(long cut, long unknown, int maxId, int maxType) {}

  private record InMemory(int[][] allIds, int[][] allTypes) implements Store {
    @Override
    public void ids(int row, int count, int[] into, int at) {
      System.arraycopy(allIds[row], 0, into, at, count);
    }

    @Override
    public void types(int row, int count, int[] into, int at) {
      System.arraycopy(allTypes[row], 0, into, at, count);
    }
  }

  EncodedDataset(Store store, int[] lengths, Counts counts) {
    this.store = store;
    this.lengths = lengths;
    this.counts = counts;
    tokens = Arrays.stream(lengths).asLongStream().sum();
  }

  /**
   * Tokenises with all cores; texts are cut to the tokenizer's maximum length.
   *
   * @param progress told how many examples were done since it was last called, from any thread
   */
  public static EncodedDataset of(TextDataset data, Tokenizer tokenizer, IntConsumer progress) {
    if (data.cache() != null) {
      return StoredTokens.of(data, tokenizer, progress);
    }
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
    int[][] types = encodings.stream().map(Encoding::typeIds).toArray(int[][]::new);
    return new EncodedDataset(
        new InMemory(ids, types),
        Arrays.stream(ids).mapToInt(row -> row.length).toArray(),
        new Counts(
            encodings.stream().filter(Encoding::isCut).count(),
            Arrays.stream(ids).flatMapToInt(Arrays::stream).filter(id -> id == unknownId).count(),
            most(ids),
            most(types)));
  }

  private static int most(int[][] values) {
    return Arrays.stream(values).flatMapToInt(Arrays::stream).max().orElse(0);
  }

  /** The number of examples. */
  public int size() {
    return lengths.length;
  }

  /** The number of tokens of all examples together. */
  public long tokens() {
    return tokens;
  }

  /** The number of examples that had more tokens, and were cut. */
  public long cut() {
    return counts.cut();
  }

  /** The number of tokens that stand for what the vocabulary lacks. */
  public long unknown() {
    return counts.unknown();
  }

  /** The greatest id of a token; 0 if there is none. */
  public int maxId() {
    return counts.maxId();
  }

  /** The greatest type of a token; 0 if there is none. */
  public int maxType() {
    return counts.maxType();
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
    int[] ids = new int[packed.tokens()];
    int[] types = new int[packed.tokens()];
    int at = 0;
    for (int row : rows) {
      store.ids(row, lengths[row], ids, at);
      store.types(row, lengths[row], types, at);
      at += lengths[row];
    }
    return new TokenBatch(ids, types, packed);
  }
}
