package io.github.jaubert.bert.tokenizer.training;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.IntConsumer;

/**
 * Byte pair encoding: begins with the characters of words and makes the most frequent pair of
 * neighbouring tokens a token of its own, again and again (Sennrich, Haddow, Birch: Neural Machine
 * Translation of Rare Words with Subword Units, 2016, <a
 * href="https://arxiv.org/abs/1508.07909">arXiv:1508.07909</a>). Of pairs that are as frequent the
 * one with the smaller ids comes first.
 *
 * <p>All ids are those that BpeTrainer of Hugging Face's tokenizers (0.23) gives, but for
 * characters that continue a word, {@code ##a}. It numbers them as it meets them in a hash map with
 * random order, so that with ties no two of its runs give the same vocabulary. Here they are
 * numbered by their code points.
 */
public final class PairMerges {
  private final String prefix;
  private final List<String> tokens = new ArrayList<>();
  private final Map<String, Integer> ids = new HashMap<>();

  private final int[] symbols; // the words as tokens, one word behind the other
  private final int[] starts;
  private final int[] lengths; // they shrink
  private final long[] counts;

  private final Map<Long, Pair> pairs = new HashMap<>();
  private final List<Pair> found = new ArrayList<>(); // new ones
  private final PriorityQueue<Entry> queue;
  private final List<Pair> merged = new ArrayList<>();

  /** Two tokens that are neighbours in words. */
  private static final class Pair {
    private static final int[] NONE = {};

    final int left;
    final int right;
    long count;
    private int[] words = NONE;
    private int size;

    Pair(int left, int right) {
      this.left = left;
      this.right = right;
    }

    /** Adds a word that has this pair. They come in order: one that is there is the last. */
    void addWord(int word) {
      if (size > 0 && words[size - 1] == word) {
        return;
      }
      if (size == words.length) {
        words = Arrays.copyOf(words, Math.max(4, size + size / 2));
      }
      words[size++] = word;
    }

    /** The words that had it when it was found; it is not found again. */
    int[] takeWords() {
      int[] taken = Arrays.copyOf(words, size);
      words = NONE;
      size = 0;
      return taken;
    }
  }

  /**
   * A pair in the queue.
   *
   * @param count of the pair when it was put there; it may be less by now
   */
  private record Entry(Pair pair, long count) {}

  /**
   * Cuts words into characters.
   *
   * @param special the first tokens
   * @param alphabet the characters that count, which are the next tokens; words lose all others
   * @param prefix what marks a token that continues a word, or "" if nothing does
   */
  public PairMerges(StringCounts words, List<String> special, int[] alphabet, String prefix) {
    this.prefix = prefix;
    special.forEach(this::id);
    int[] first = new int[Character.MAX_CODE_POINT + 1];
    Arrays.fill(first, -1);
    for (int c : alphabet) {
      first[c] = id(Character.toString(c));
    }
    int[] continuing = prefix.isEmpty() ? first : continuing(words, first);
    symbols = new int[words.characters()];
    starts = new int[words.size()];
    lengths = new int[words.size()];
    counts = new long[words.size()];
    int end = 0;
    for (int w = 0; w < starts.length; w++) {
      int[] word = words.string(w).codePoints().toArray();
      starts[w] = end;
      counts[w] = words.count(w);
      for (int i = 0; i < word.length; i++) {
        if (first[word[i]] >= 0) {
          symbols[end++] = (i == 0 ? first : continuing)[word[i]];
        }
      }
      lengths[w] = end - starts[w];
    }
    queue =
        new PriorityQueue<>(
            Comparator.comparingLong((Entry e) -> -e.count)
                .thenComparingInt(e -> e.pair.left)
                .thenComparingInt(e -> e.pair.right));
    countPairs();
  }

  /** The tokens of characters that continue a word. */
  private int[] continuing(StringCounts words, int[] first) {
    boolean[] inside = new boolean[first.length];
    for (int w = 0; w < words.size(); w++) {
      words.string(w).codePoints().skip(1).forEach(c -> inside[c] = true);
    }
    int[] continuing = new int[first.length];
    for (int c = 0; c < inside.length; c++) {
      continuing[c] = inside[c] && first[c] >= 0 ? id(prefix + Character.toString(c)) : -1;
    }
    return continuing;
  }

  private int id(String token) {
    Integer known = ids.putIfAbsent(token, tokens.size());
    if (known == null) {
      tokens.add(token);
      return tokens.size() - 1;
    }
    return known;
  }

  // ---- pairs ----

  private void countPairs() {
    for (int w = 0; w < starts.length; w++) {
      for (int i = starts[w] + 1; i < starts[w] + lengths[w]; i++) {
        add(symbols[i - 1], symbols[i], w);
      }
    }
    enqueueFound();
  }

  private Pair pair(int left, int right) {
    return pairs.computeIfAbsent((long) left << 32 | right, key -> new Pair(left, right));
  }

  private void add(int left, int right, int word) {
    Pair pair = pair(left, right);
    pair.count += counts[word];
    if (pair.size == 0) {
      found.add(pair);
    }
    pair.addWord(word);
  }

  private void enqueueFound() {
    found.forEach(pair -> queue.add(new Entry(pair, pair.count)));
    found.clear();
  }

  // ---- merges ----

  /**
   * Makes tokens of pairs until there are {@code size} tokens, or no pair is left that occurs
   * {@code minFrequency} times.
   *
   * @param progress told the number of tokens after every merge
   */
  public void learn(int size, long minFrequency, IntConsumer progress) {
    while (tokens.size() < size && !queue.isEmpty()) {
      Entry top = queue.remove();
      if (top.count != top.pair.count) {
        queue.add(new Entry(top.pair, top.pair.count));
        continue;
      }
      if (top.count < Math.max(1, minFrequency)) {
        return;
      }
      merge(top.pair);
      progress.accept(tokens.size());
    }
  }

  private void merge(Pair pair) {
    String right = tokens.get(pair.right);
    int token =
        id(
            tokens.get(pair.left)
                + (right.startsWith(prefix) ? right.substring(prefix.length()) : right));
    merged.add(pair);
    for (int word : pair.takeWords()) {
      mergeIn(word, pair.left, pair.right, token);
    }
    enqueueFound();
  }

  private void mergeIn(int word, int left, int right, int token) {
    int start = starts[word];
    int end = start + lengths[word];
    int to = start;
    for (int from = start; from < end; ) {
      if (symbols[from] != left || from + 1 == end || symbols[from + 1] != right) {
        symbols[to++] = symbols[from++];
        continue;
      }
      from += 2;
      if (to > start) {
        pair(symbols[to - 1], left).count -= counts[word];
        add(symbols[to - 1], token, word);
      }
      if (from < end) {
        pair(right, symbols[from]).count -= counts[word];
        add(token, symbols[from], word);
      }
      symbols[to++] = token;
    }
    lengths[word] = to - start;
  }

  // ---- results ----

  /** The tokens by id. */
  public List<String> tokens() {
    return Collections.unmodifiableList(tokens);
  }

  /** The merges in order, each as the texts of two tokens. */
  public List<List<String>> merges() {
    return merged.stream()
        .map(pair -> List.of(tokens.get(pair.left), tokens.get(pair.right)))
        .toList();
  }
}
