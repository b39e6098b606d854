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
import java.util.stream.IntStream;

/**
 * Self-attention of several heads within each sequence, whose scores say also how far apart query
 * and key are: by a bias (Shaw et al. 2018, Raffel et al. 2020), or by products with vectors for
 * distances (He et al. 2021). The fused kernel takes none, so here the scores are there in memory,
 * F32: sequences of about one length are padded to the longest of them. Of 32 sequences of 512
 * tokens and 12 heads they take 400 MB, up to four times while a layer computes, and with vectors
 * for distances up to twelve times.
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
   * @param padding F32 {@code [count, 1, width]}, {@link SpanRows#OUTSIDE} for a key behind the
   *     end; null: there is none
   * @param ofQueries I32 {@code [2 × width]}: at {@code d + width} the row of the table of
   *     distances for a key that lies {@code d} places behind its query
   * @param ofKeys the same for a query that lies {@code d} places behind its key
   */
  private record Group(
      int count, int width, Tensor rows, Tensor padding, Tensor ofQueries, Tensor ofKeys) {}

  /** What there is beside the products of queries and keys. */
  private interface Distances {
    /**
     * The scores with all that is added to them.
     *
     * @param q {@code [heads, count, width, headSize]}, scaled; so is k, which is not
     * @param scores {@code [heads, count, width, width]}
     */
    Tensor add(Group group, Tensor q, Tensor k, Tensor scores);
  }

  private final List<Group> groups = new ArrayList<>();
  private final Tensor places; // of each token in all groups end to end; null: in their order
  private final int tail; // rows of padding behind the last sequence
  private final int first; // row of the table of distances that is used
  private final int used; // rows from there on

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
    int[] range =
        IntStream.range(1 - lengths.maxLength(), lengths.maxLength())
            .map(buckets)
            .sorted()
            .toArray();
    first = range.length == 0 ? 0 : range[0];
    used = range.length == 0 ? 0 : range[range.length - 1] - first + 1;
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
              full ? null : Tensor.of(padding, sequences.size(), 1, width).to(device),
              offsets(width, d -> buckets.applyAsInt(d) - first).to(device),
              offsets(width, d -> buckets.applyAsInt(-d) - first).to(device)));
      before += rows.length;
    }
    places = inOrder && before == place.length ? null : Tensor.of(place).to(device);
  }

  /** The first entry is of no pair of tokens: it is that of the next. */
  private static Tensor offsets(int width, IntUnaryOperator row) {
    return Tensor.of(
        IntStream.range(-width, width).map(d -> row.applyAsInt(Math.max(d, 1 - width))).toArray());
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
    Distances bias =
        (group, q, k, scores) -> {
          Tensor byOffset = usedRows(biases).indexSelect(0, group.ofQueries).t();
          Tensor rows = byOffset.unsqueeze(1).expand(heads, group.width, 2 * group.width);
          return scores.add(byPair(rows).unsqueeze(1));
        };
    return forward(query, key, value, heads, 1, bias, dropout);
  }

  /**
   * Disentangled attention (He et al. 2021): scores of a query and a key are {@code query key^T +
   * query positionKey^T + key positionQuery^T}, divided by the root of the size of a head times the
   * number of these products; the vectors of positions are those for the distance of the two.
   *
   * @param query {@code [tokens, hidden]}; so are key and value
   * @param positionKeys {@code [rows, hidden]} of those of {@link #usedRows}; null: the product is
   *     left out
   * @param positionQueries the same
   * @param dropout probability that a weight is dropped, 0 in inference
   * @return {@code [tokens, hidden]} of the type of {@code query}; 0 for rows of padding
   */
  public Tensor disentangled(
      Tensor query,
      Tensor key,
      Tensor value,
      int heads,
      Tensor positionKeys,
      Tensor positionQueries,
      float dropout) {
    int products = 1 + (positionKeys == null ? 0 : 1) + (positionQueries == null ? 0 : 1);
    Distances both =
        (group, q, k, scores) -> {
          Tensor sum = scores;
          if (positionKeys != null) {
            sum = sum.add(byDistance(q, positionKeys.indexSelect(0, group.ofQueries)));
          }
          if (positionQueries != null) {
            Tensor scaled = positionQueries.mul(scale(query, heads, products));
            Tensor ofKeys = byDistance(k, scaled.indexSelect(0, group.ofKeys));
            sum = sum.add(ofKeys.transpose(-2, -1));
          }
          return sum;
        };
    return forward(query, key, value, heads, products, both, dropout);
  }

  /**
   * The rows of a table of distances that the batch has any use for: a contiguous part of it.
   *
   * @param table {@code [rows, width]}, with a row for all that the encoder's buckets give
   */
  public Tensor usedRows(Tensor table) {
    return table.narrow(0, first, used);
  }

  private static float scale(Tensor query, int heads, int products) {
    return (float) (1 / Math.sqrt((double) query.size(1) / heads * products));
  }

  private Tensor forward(
      Tensor query,
      Tensor key,
      Tensor value,
      int heads,
      int products,
      Distances distances,
      float dropout) {
    if (groups.isEmpty()) {
      return value.mul(0).to(query.dtype());
    }
    long hidden = query.size(1);
    Tensor q = query.to(DType.F32).mul(scale(query, heads, products));
    Tensor k = key.to(DType.F32);
    Tensor v = value.to(DType.F32);
    List<Tensor> parts = new ArrayList<>();
    for (Group group : groups) {
      try (Scope scope = Scope.open()) { // the scores of one group at a time
        Tensor weights = weights(group, split(group, q, heads), split(group, k, heads), distances);
        Tensor sums = F.dropout(weights, dropout).matmul(split(group, v, heads));
        long rows = (long) group.count * group.width;
        parts.add(scope.keep(sums.permute(1, 2, 0, 3).reshape(rows, hidden)));
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

  /** {@code [heads, count, width, width]}. */
  private static Tensor weights(Group group, Tensor q, Tensor k, Distances distances) {
    Tensor scores = distances.add(group, q, k, q.matmul(k.transpose(-2, -1)));
    return (group.padding == null ? scores : scores.add(group.padding)).softmax(-1);
  }

  /** {@code [heads, count, width, headSize]} of the packed rows. */
  private static Tensor split(Group group, Tensor x, int heads) {
    Tensor rows = group.rows == null ? x : x.indexSelect(0, group.rows);
    return rows.reshape(group.count, group.width, heads, x.size(1) / heads).permute(2, 0, 1, 3);
  }

  /**
   * The products of each token with the vectors for its distances to all others.
   *
   * @param x {@code [heads, count, width, headSize]}
   * @param offsets {@code [2 × width, hidden]}: the vectors by {@code d + width}
   * @return {@code [heads, count, width, width]}
   */
  private static Tensor byDistance(Tensor x, Tensor offsets) {
    long heads = x.size(0);
    long count = x.size(1);
    long width = x.size(2);
    long headSize = x.size(3);
    // One product a head for all sequences: the vectors are the same for all.
    Tensor vectors = offsets.to(DType.F32).reshape(2 * width, heads, headSize).permute(1, 2, 0);
    Tensor products = x.reshape(heads, count * width, headSize).matmul(vectors);
    return byPair(products.reshape(heads * count, width, 2 * width))
        .reshape(heads, count, width, width);
  }

  /**
   * Entries by distance become those by pair: {@code y[n, i, j] = x[n, i, j - i + width]}. In rows
   * that are shorter by one each begins one place further back, so no index is needed.
   *
   * @param x {@code [n, width, 2 × width]}
   * @return {@code [n, width, width]}
   */
  private static Tensor byPair(Tensor x) {
    long n = x.size(0);
    long width = x.size(1);
    return x.reshape(n, 2 * width * width)
        .narrow(1, width, width * (2 * width - 1))
        .reshape(n, width, 2 * width - 1)
        .narrow(2, 0, width);
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
      all.add(group.ofQueries);
      all.add(group.ofKeys);
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
