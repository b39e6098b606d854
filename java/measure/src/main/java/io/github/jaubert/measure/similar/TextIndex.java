package io.github.jaubert.measure.similar;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;

/**
 * The distinct texts of a data set by their normal forms, with what is needed to find those that
 * are alike. About 130 bytes a distinct text stay in memory, at most {@link #MOST} of them; the
 * texts themselves lie in a temporary file. Not for several threads.
 *
 * <p>That two are equal is told by 64 bits of SHA-256: among n texts two different ones are taken
 * for equal with a probability of n² / 2^65.
 */
public final class TextIndex implements AutoCloseable {
  /** More distinct texts are not looked at. */
  public static final int MOST = 4_000_000;

  /** Texts that share a band are each compared with so many of those before it. */
  private static final int COMPARISONS = 16;

  private static final int NONE = -1;

  private final TextStore store = new TextStore();
  private final Pieces pieces = new Pieces(store);
  private int[] slots = new int[1 << 12]; // number + 1 of a text, 0 for none
  private int size;
  private long[] keys = new long[1024];
  private long[] exact = new long[1024];
  private long[] lines = new long[1024];
  private int[] rows = new int[1024]; // that have it
  private int[] labels = new int[1024];
  private int[] sizes = new int[1024]; // how many different pieces a text has
  private int[][] bands = new int[MinHash.BANDS][1024];
  private long repeated;
  private long identical;
  private long conflicting;
  private long notSearched;

  /** Adds the text of a row; a label is known by a hash of it. */
  public void add(ReadText text, long line, int label) {
    int found = find(text.key());
    if (found != NONE) {
      rows[found]++;
      repeated++;
      identical += exact[found] == text.exact() ? 1 : 0;
      conflicting += labels[found] != label ? 1 : 0;
      return;
    }
    if (size == MOST) {
      notSearched++;
      return;
    }
    if (size == keys.length) {
      grow();
    }
    keys[size] = text.key();
    exact[size] = text.exact();
    lines[size] = line;
    rows[size] = 1;
    labels[size] = label;
    sizes[size] = text.pieces();
    for (int band = 0; band < MinHash.BANDS; band++) {
      bands[band][size] = text.bands()[band];
    }
    store.add(text.shown(), text.normal());
    size++;
    insert(size - 1);
  }

  private void grow() {
    int more = 2 * size;
    keys = Arrays.copyOf(keys, more);
    exact = Arrays.copyOf(exact, more);
    lines = Arrays.copyOf(lines, more);
    rows = Arrays.copyOf(rows, more);
    labels = Arrays.copyOf(labels, more);
    sizes = Arrays.copyOf(sizes, more);
    for (int band = 0; band < MinHash.BANDS; band++) {
      bands[band] = Arrays.copyOf(bands[band], more);
    }
    slots = new int[4 * more];
    for (int number = 0; number < size; number++) {
      insert(number);
    }
  }

  private void insert(int number) {
    int slot = (int) keys[number] & slots.length - 1;
    while (slots[slot] != 0) {
      slot = slot + 1 & slots.length - 1;
    }
    slots[slot] = number + 1;
  }

  private int find(long key) {
    int slot = (int) key & slots.length - 1;
    while (slots[slot] != 0) {
      if (keys[slots[slot] - 1] == key) {
        return slots[slot] - 1;
      }
      slot = slot + 1 & slots.length - 1;
    }
    return NONE;
  }

  // ---- what was found ----

  /** How many distinct texts there are. */
  public int size() {
    return size;
  }

  /** Rows whose normal form an earlier row has. */
  public long repeated() {
    return repeated;
  }

  /** Those among them that are equal to the first row with it to the last character. */
  public long identical() {
    return identical;
  }

  /** Those among them that have another label than the first row with it. */
  public long conflicting() {
    return conflicting;
  }

  /** Rows that were left out since there were more than {@link #MOST} distinct texts. */
  public long notSearched() {
    return notSearched;
  }

  /** The line of the first row that has a text. */
  public long line(int number) {
    return lines[number];
  }

  /** How many rows have a text. */
  public int rows(int number) {
    return rows[number];
  }

  /** What is shown of a text. */
  public String shown(int number) {
    return store.shown(number);
  }

  /** The texts that most rows have, more than one each. */
  public int[] commonest(int most) {
    List<Integer> numbers = new ArrayList<>();
    for (int number = 0; number < size; number++) {
      if (rows[number] > 1) {
        numbers.add(number);
      }
    }
    return numbers.stream()
        .sorted((a, b) -> rows[a] != rows[b] ? rows[b] - rows[a] : a - b)
        .limit(most)
        .mapToInt(Integer::intValue)
        .toArray();
  }

  /** Texts of one data set, all connected by steps from one to a similar one, in order. */
  public record Group(int[] texts, double[] similarity) {}

  /**
   * The groups of similar texts: two are in one if a chain of texts leads from one to the other,
   * each with Jaccard's index of at least {@code threshold} to the next. The similarity of a group
   * is that to its first text.
   */
  public List<Group> similar(double threshold) {
    int[] parents = new int[size];
    Arrays.setAll(parents, i -> i);
    Compared compared = new Compared();
    for (int[] band : bands) {
      long[] order = order(band);
      for (int start = 0, end; start < size; start = end) {
        end = start + 1;
        while (end < size && order[end] >>> 32 == order[start] >>> 32) {
          end++;
        }
        for (int i = start + 1; i < end; i++) {
          join(order, Math.max(start, i - COMPARISONS), i, threshold, parents, compared);
        }
      }
    }
    Map<Integer, List<Integer>> members = new HashMap<>();
    for (int number = 0; number < size; number++) {
      int root = root(parents, number);
      if (root != number) {
        members.computeIfAbsent(root, first -> new ArrayList<>(List.of(first))).add(number);
      }
    }
    return members.values().stream()
        .map(all -> all.stream().mapToInt(Integer::intValue).sorted().toArray())
        .sorted((a, b) -> a.length != b.length ? b.length - a.length : a[0] - b[0])
        .map(all -> new Group(all, null))
        .toList();
  }

  /** The same group with the similarity of its first {@code most} texts to the first. */
  public Group measured(Group group, int most) {
    int[] texts = Arrays.copyOf(group.texts(), Math.min(most, group.texts().length));
    String first = store.normal(texts[0]);
    double[] similarity =
        Arrays.stream(texts).mapToDouble(i -> MinHash.jaccard(first, store.normal(i))).toArray();
    return new Group(texts, similarity);
  }

  private void join(
      long[] order, int from, int at, double threshold, int[] parents, Compared compared) {
    int number = (int) order[at];
    for (int i = from; i < at; i++) {
      int other = (int) order[i];
      int a = root(parents, number);
      int b = root(parents, other);
      if (a != b
          && canBe(sizes[number], sizes[other], threshold)
          && compared.add(other, number)
          && MinHash.jaccard(pieces.of(number), pieces.of(other)) >= threshold) {
        parents[Math.max(a, b)] = Math.min(a, b);
      }
    }
  }

  /** Whether texts of so many pieces can be so similar. */
  private static boolean canBe(int one, int other, double threshold) {
    return Math.min(one, other) >= threshold * Math.max(one, other);
  }

  /** Pairs that were compared and found not similar; of two that fall together one is kept. */
  private static final class Compared {
    private final long[] pairs = new long[1 << 20];

    /** Whether a pair is not known yet. */
    boolean add(int one, int other) {
      long pair = (long) one << 32 | other;
      int place = (int) (MinHash.mix(pair) >>> 44);
      boolean fresh = pairs[place] != pair;
      pairs[place] = pair;
      return fresh;
    }
  }

  private static int root(int[] parents, int number) {
    while (parents[number] != number) {
      parents[number] = parents[parents[number]];
      number = parents[number];
    }
    return number;
  }

  /** The texts by the number of their band. */
  private long[] order(int[] band) {
    long[] order = new long[size];
    for (int number = 0; number < size; number++) {
      order[number] = (long) band[number] << 32 | number;
    }
    Arrays.sort(order);
    return order;
  }

  // ---- two data sets ----

  /**
   * A text that is in another data set, too.
   *
   * @param text its number here
   * @param other its number there
   * @param similarity 1 if their normal forms are equal
   * @param sameLabel whether the first rows that have them agree in the label
   */
  public record Shared(int text, int other, double similarity, boolean sameLabel) {}

  /**
   * Which texts of this data set are in another one, equal or similar: each with the first that is
   * equal, or else the most similar of those that were compared.
   */
  public List<Shared> shared(TextIndex other, double threshold) {
    int[] best = new int[size];
    double[] similarity = new double[size];
    BitSet open = new BitSet(size);
    for (int number = 0; number < size; number++) {
      best[number] = other.find(keys[number]);
      similarity[number] = best[number] == NONE ? 0 : 1;
      open.set(number, best[number] == NONE);
    }
    for (int band = 0; band < MinHash.BANDS; band++) {
      long[] order = other.order(other.bands[band]);
      for (int number = open.nextSetBit(0); number >= 0; number = open.nextSetBit(number + 1)) {
        int own = number;
        forEach(
            order,
            bands[band][number],
            candidate -> {
              if (!canBe(sizes[own], other.sizes[candidate], threshold)) {
                return;
              }
              double found = MinHash.jaccard(pieces.of(own), other.pieces.of(candidate));
              if (found >= threshold && found > similarity[own]) {
                similarity[own] = found;
                best[own] = candidate;
              }
            });
      }
    }
    List<Shared> all = new ArrayList<>();
    for (int number = 0; number < size; number++) {
      if (best[number] != NONE) {
        all.add(
            new Shared(
                number,
                best[number],
                similarity[number],
                labels[number] == other.labels[best[number]]));
      }
    }
    return all;
  }

  /** Hands over the first texts of a band with a number. */
  private static void forEach(long[] order, int band, IntConsumer action) {
    int from = Arrays.binarySearch(order, (long) band << 32);
    from = from < 0 ? -from - 1 : from;
    for (int i = from; i < Math.min(order.length, from + COMPARISONS); i++) {
      if ((int) (order[i] >> 32) != band) {
        return;
      }
      action.accept((int) order[i]);
    }
  }

  /** Deletes the temporary file. */
  @Override
  public void close() {
    store.close();
  }
}
