package io.github.jaubert.bert;

import io.github.jaubert.nn.F;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.IntUnaryOperator;

/**
 * Self-attention of several heads within each sequence, whose scores get a bias by how far apart
 * query and key are (Shaw et al. 2018, Raffel et al. 2020). The fused kernel takes none, so here
 * the scores are there in memory, F32: sequences of about one length are padded to the longest of
 * them. Of 32 sequences of 512 tokens and 12 heads they take 400 MB, up to four times while a layer
 * computes.
 *
 * <p>What it needs to know of a batch is made once, by {@link Encoder#inputs}, and belongs to the
 * {@link TokenInputs}; it comes from Java, so that steps cannot be captured.
 */
public final class PaddedAttention implements AutoCloseable {
  /** Shorter sequences are padded together: their tables are small anyway. */
  private static final int SHORT = 16;

  /**
   * Sequences that are padded to one length.
   *
   * @param count how many they are
   * @param width the length of the longest
   * @param rows of the packed batch, I32 {@code [count × width]}; behind the end of a sequence any
   *     of it; null: all rows in their order
   * @param padding F32 {@code [count, 1, 1, width]}, {@link SpanRows#OUTSIDE} for a key behind the
   *     end; null: there is none
   * @param buckets the row in the table of biases for each query and key, I32 {@code [width ×
   *     width]}
   */
  private record Group(int count, int width, Tensor rows, Tensor padding, Tensor buckets) {}

  private final List<Group> groups = new ArrayList<>();
  private final Tensor places; // of each token in all groups end to end; null: in their order
  private final int tail; // rows of padding behind the last sequence

  /**
   * What is to be known of a batch.
   *
   * @param buckets the row in the table of biases for the place of the key less that of the query
   */
  PaddedAttention(PackedSequences lengths, Device device, IntUnaryOperator buckets) {
    TreeMap<Integer, List<Integer>> byLength = new TreeMap<>();
    for (int i = 0; i < lengths.count(); i++) {
      if (lengths.length(i) > 0) {
        int bits = Integer.SIZE - Integer.numberOfLeadingZeros(lengths.length(i) - 1);
        byLength.computeIfAbsent(Math.max(SHORT, 1 << bits), bound -> new ArrayList<>()).add(i);
      }
    }
    int[] starts = lengths.cuSeqlens();
    int[] place = new int[starts[lengths.count()]];
    tail = lengths.tokens() - place.length;
    int before = 0;
    boolean inOrder = true;
    for (List<Integer> sequences : byLength.values()) {
      int width = sequences.stream().mapToInt(lengths::length).max().orElseThrow();
      int[] rows = new int[sequences.size() * width];
      float[] padding = new float[rows.length];
      for (int i = 0; i < sequences.size(); i++) {
        int start = starts[sequences.get(i)];
        int length = lengths.length(sequences.get(i));
        for (int j = 0; j < width; j++) {
          int at = i * width + j;
          rows[at] = start + j % length; // spread, as in SpanRows
          padding[at] = j < length ? 0 : SpanRows.OUTSIDE;
          if (j < length) {
            place[start + j] = before + at;
            inOrder &= start + j == before + at;
          }
        }
      }
      boolean full = sequences.stream().allMatch(s -> lengths.length(s) == width);
      boolean whole = full && rows.length == lengths.tokens();
      groups.add(
          new Group(
              sequences.size(),
              width,
              whole ? null : Tensor.of(rows).to(device),
              full ? null : Tensor.of(padding, sequences.size(), 1, 1, width).to(device),
              Tensor.of(buckets(width, buckets)).to(device)));
      before += rows.length;
    }
    places = inOrder && before == place.length ? null : Tensor.of(place).to(device);
  }

  private static int[] buckets(int width, IntUnaryOperator bucket) {
    int[] table = new int[width * width];
    for (int query = 0; query < width; query++) {
      for (int key = 0; key < width; key++) {
        table[query * width + key] = bucket.applyAsInt(key - query);
      }
    }
    return table;
  }

  /**
   * What the tokens take from each other: {@code softmax(query key^T / sqrt(headSize) + bias)
   * value}. Computed in F32, whatever the operands are.
   *
   * @param query {@code [tokens, hidden]}; so are key and value
   * @param biases {@code [buckets, heads]}
   * @param dropout probability that a weight is dropped, 0 in inference
   * @return {@code [tokens, hidden]} of the type of {@code query}; 0 for rows of padding
   */
  public Tensor forward(
      Tensor query, Tensor key, Tensor value, int heads, Tensor biases, float dropout) {
    if (groups.isEmpty()) {
      return value.mul(0).to(query.dtype());
    }
    long hidden = query.size(1);
    float scale = (float) (1 / Math.sqrt((double) hidden / heads));
    Tensor q = query.to(DType.F32).mul(scale);
    Tensor k = key.to(DType.F32);
    Tensor v = value.to(DType.F32);
    List<Tensor> parts = new ArrayList<>();
    for (Group group : groups) {
      try (Scope scope = Scope.open()) { // the scores of one group at a time
        Tensor weights = weights(group, q, k, heads, biases);
        Tensor sums = F.dropout(weights, dropout).matmul(split(group, v, heads, 0, 2, 1, 3));
        long rows = (long) group.count * group.width;
        parts.add(scope.keep(sums.permute(0, 2, 1, 3).reshape(rows, hidden)));
      }
    }
    Tensor attended =
        parts.size() == 1 ? parts.get(0) : Tensor.concat(0, parts.toArray(Tensor[]::new));
    if (places != null) {
      attended = attended.indexSelect(0, places);
    }
    if (tail > 0) {
      Tensor zeros = Tensor.zeros(tail, hidden).to(attended.device());
      attended = Tensor.concat(0, attended, zeros);
    }
    return attended.to(query.dtype());
  }

  /** {@code [count, heads, width, width]}. */
  private static Tensor weights(Group group, Tensor q, Tensor k, int heads, Tensor biases) {
    Tensor bias = biases.indexSelect(0, group.buckets).t().reshape(heads, group.width, group.width);
    Tensor scores =
        split(group, q, heads, 0, 2, 1, 3).matmul(split(group, k, heads, 0, 2, 3, 1)).add(bias);
    return (group.padding == null ? scores : scores.add(group.padding)).softmax(-1);
  }

  /** {@code [count, width, heads, headSize]} of the packed rows, its axes in another order. */
  private static Tensor split(Group group, Tensor x, int heads, int... axes) {
    Tensor rows = group.rows == null ? x : x.indexSelect(0, group.rows);
    return rows.reshape(group.count, group.width, heads, x.size(1) / heads).permute(axes);
  }

  /**
   * Takes the tensors out of their scope; the caller closes this.
   *
   * @return this
   */
  PaddedAttention unscoped() {
    tensors().forEach(Tensor::unscoped);
    return this;
  }

  private List<Tensor> tensors() {
    List<Tensor> all = new ArrayList<>();
    all.add(places);
    for (Group group : groups) {
      all.add(group.rows);
      all.add(group.padding);
      all.add(group.buckets);
    }
    all.removeIf(tensor -> tensor == null);
    return all;
  }

  /** Frees the tensors. */
  @Override
  public void close() {
    tensors().forEach(Tensor::close);
  }
}
