package io.github.jaubert.bert.tokenizer.training;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * Byte pair encoding: begins with the characters of words and makes the most frequent pair of
 * neighbouring tokens a token of its own, again and again (Sennrich, Haddow, Birch: Neural Machine
 * Translation of Rare Words with Subword Units, 2016, <a
 * href="https://arxiv.org/abs/1508.07909">arXiv:1508.07909</a>). Of pairs that are as frequent the
 * one with the smaller ids comes first.
 *
 * <p>All ids are those that BpeTrainer of Hugging Face's tokenizers (0.23) gives, so what may look
 * odd is so there: a pair keeps its count when it was merged, and the words of a pair that comes up
 * again later stand in the queue beside the earlier ones. But that trainer numbers characters that
 * continue a word, {@code ##a}, as it meets them in a hash map with random order, and with ties no
 * two of its runs give the same vocabulary. Here they are numbered by their code points.
 */
public final class PairMerges {
  private final String prefix;
  private final List<String> tokens = new ArrayList<>();
  private final Map<String, Integer> ids = new HashMap<>();

  private int[] symbols = new int[1 << 10]; // the words as tokens, one word behind the other
  private final int[] starts;
  private final int[] lengths; // they shrink
  private final long[] counts;

  private final Map<Long, Pair> pairs = new HashMap<>();
  private final List<Pair> grown = new ArrayList<>(); // pairs in words where they were not before
  private final PriorityQueue<Entry> queue;
  private long entries;
  private final Map<Pair, Integer> merged = new LinkedHashMap<>();

  /** Two tokens that are neighbours in words. */
  private static final class Pair {
    private static final int[] NONE = {};

    final int left;
    final int right;
    long count;
    int[] words = NONE; // those where it is new
    int newWords;

    Pair(int left, int right) {
      this.left = left;
      this.right = right;
    }

    /** Words come in order, so that one that is there is the last. */
    boolean isNewIn(int word) {
      return newWords == 0 || words[newWords - 1] != word;
    }

    void addWord(int word) {
      if (newWords == words.length) {
        words = Arrays.copyOf(words, Math.max(4, newWords + newWords / 2));
      }
      words[newWords++] = word;
    }
  }

  /**
   * A pair in some words.
   *
   * @param count of the pair when this was put into the queue; in all words, not only these
   */
  private record Entry(Pair pair, long count, int[] words, long number) {}

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
    // In order: of equal entries the number decides, which comes from the order of the words.
    String[] strings =
        IntStream.range(0, words.size()).mapToObj(words::string).toArray(String[]::new);
    int[] order =
        IntStream.range(0, strings.length)
            .boxed()
            .sorted(Comparator.comparing(i -> strings[i]))
            .mapToInt(i -> i)
            .toArray();
    int[] continuing = prefix.isEmpty() ? first : continuing(strings, first);
    starts = new int[order.length];
    lengths = new int[order.length];
    counts = new long[order.length];
    int end = 0;
    for (int w = 0; w < order.length; w++) {
      int[] word = strings[order[w]].codePoints().toArray();
      starts[w] = end;
      counts[w] = words.count(order[w]);
      if (symbols.length < end + word.length) {
        symbols = Arrays.copyOf(symbols, Math.max(end + word.length, 2 * symbols.length));
      }
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
                .thenComparingInt(e -> e.pair.right)
                .thenComparingLong(e -> e.number));
    countPairs();
  }

  /** The tokens of characters that continue a word. */
  private int[] continuing(String[] words, int[] first) {
    boolean[] found = new boolean[first.length];
    for (String word : words) {
      word.codePoints().skip(1).forEach(c -> found[c] = true);
    }
    int[] continuing = new int[first.length];
    for (int c = 0; c < found.length; c++) {
      continuing[c] = found[c] && first[c] >= 0 ? id(prefix + Character.toString(c)) : -1;
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
    enqueueGrown();
  }

  private Pair pair(int left, int right) {
    return pairs.computeIfAbsent((long) left << 32 | right, key -> new Pair(left, right));
  }

  private void add(int left, int right, int word) {
    Pair pair = pair(left, right);
    pair.count += counts[word];
    if (pair.newWords == 0) {
      grown.add(pair);
    }
    if (pair.isNewIn(word)) {
      pair.addWord(word);
    }
  }

  private void enqueueGrown() {
    for (Pair pair : grown) {
      if (pair.count > 0) {
        enqueue(pair, Arrays.copyOf(pair.words, pair.newWords));
      }
      pair.words = Pair.NONE;
      pair.newWords = 0;
    }
    grown.clear();
  }

  private void enqueue(Pair pair, int[] words) {
    queue.add(new Entry(pair, pair.count, words, entries++));
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
        enqueue(top.pair, top.words);
        continue;
      }
      if (top.count < Math.max(1, minFrequency)) {
        return;
      }
      merge(top.pair, top.words);
      progress.accept(tokens.size());
    }
  }

  private void merge(Pair pair, int[] words) {
    String right = tokens.get(pair.right);
    int token =
        id(
            tokens.get(pair.left)
                + (right.startsWith(prefix) ? right.substring(prefix.length()) : right));
    merged.remove(pair); // of two times the later one counts
    merged.put(pair, token);
    for (int word : words) {
      mergeIn(word, pair.left, pair.right, token);
    }
    enqueueGrown();
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
    return merged.keySet().stream()
        .map(pair -> List.of(tokens.get(pair.left), tokens.get(pair.right)))
        .toList();
  }
}
