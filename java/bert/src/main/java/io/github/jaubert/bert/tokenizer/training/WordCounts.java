package io.github.jaubert.bert.tokenizer.training;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Counts the words of texts with all cores. What a word is says a tokenizer, which is slow; so
 * texts are cut into chunks first, which repeat, and the tokenizer sees each chunk once.
 *
 * <p>A chunk begins with a blank and ends before the next one that follows anything but blanks, so
 * that no rule for words looks across its borders: neither BERT's, where blanks separate, nor that
 * of GPT-2, where a blank belongs to the word behind it.
 */
public final class WordCounts {
  /** A longer word is noise, such as an encoded picture, and would take most of the time. */
  public static final int LONGEST_WORD = 1000;

  /** A longer chunk will hardly come again. */
  private static final int LONGEST_CHUNK = 200;

  private static final int LONG_TEXT = 4000;

  /** They take some hundred bytes each. */
  private static final int MOST_CHUNKS = 1 << 21;

  private final Function<String, String[]> tokenizer;
  private final int mostChunks; // of a part
  private final Part[] parts;

  /** What one thread counted. */
  private static final class Part {
    StringCounts chunks = new StringCounts();
    final StringCounts words = new StringCounts();
    long leftOut;
    int longest;
  }

  /**
   * @param tokenizer the words of a chunk; called from many threads
   */
  public WordCounts(Function<String, String[]> tokenizer) {
    this(tokenizer, Runtime.getRuntime().availableProcessors(), MOST_CHUNKS);
  }

  /**
   * The same with other limits.
   *
   * @param mostChunks how many chunks are kept until they are turned into words
   */
  public WordCounts(Function<String, String[]> tokenizer, int cores, int mostChunks) {
    this.tokenizer = tokenizer;
    this.mostChunks = mostChunks / cores;
    parts = Stream.generate(Part::new).limit(cores).toArray(Part[]::new);
  }

  /** Counts the words of some texts. */
  public void add(List<String> texts) {
    inParallel(
        p -> {
          for (int i = p; i < texts.size(); i += parts.length) {
            addChunks(parts[p], texts.get(i));
          }
        });
    if (Arrays.stream(parts).anyMatch(p -> p.chunks.size() > mostChunks)) {
      chunksToWords();
    }
  }

  private void inParallel(IntConsumer part) {
    IntStream.range(0, parts.length).parallel().forEach(part);
  }

  private void addChunks(Part part, String text) {
    int start = 0;
    for (int i = 1; i <= text.length(); i++) {
      if (i == text.length() || isBlank(text.charAt(i)) && isVisible(text.charAt(i - 1))) {
        if (i - start <= LONGEST_CHUNK) {
          part.chunks.add(text, start, i, 1);
        } else {
          addWords(part, text.substring(start, i), 1);
        }
        start = i;
      }
    }
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
  }

  /** Whether it is no blank by any rule; of half a pair, the whole is none. */
  private static boolean isVisible(char c) {
    if (c < 0x7F) {
      return c > ' ';
    }
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SPACE_SEPARATOR,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.UNASSIGNED ->
          false;
      default -> true;
    };
  }

  private void addWords(Part part, String chunk, long times) {
    for (String word : tokenizer.apply(chunk)) {
      if (word.length() <= LONGEST_WORD) {
        part.words.add(word, times);
      } else {
        part.leftOut += times;
        part.longest = Math.max(part.longest, word.length());
      }
    }
  }

  private void chunksToWords() {
    StringCounts all = parts[0].chunks;
    for (Part part : parts) {
      if (part != parts[0]) {
        all.addAll(part.chunks);
      }
      part.chunks = new StringCounts();
    }
    inParallel(
        p -> {
          // Chunks that come as often make one text again: the tokenizer likes few calls.
          Map<Long, StringBuilder> texts = new HashMap<>();
          for (int i = p; i < all.size(); i += parts.length) {
            String chunk = all.string(i);
            if (!isBlank(chunk.charAt(0)) || !isVisible(chunk.charAt(chunk.length() - 1))) {
              addWords(parts[p], chunk, all.count(i));
              continue;
            }
            StringBuilder text = texts.computeIfAbsent(all.count(i), c -> new StringBuilder());
            text.append(chunk);
            if (text.length() > LONG_TEXT) {
              addWords(parts[p], text.toString(), all.count(i));
              text.setLength(0);
            }
          }
          texts.forEach((count, text) -> addWords(parts[p], text.toString(), count));
        });
  }

  /** The words so far, but for those that are too long. */
  public StringCounts words() {
    chunksToWords();
    StringCounts words = new StringCounts();
    for (Part part : parts) {
      words.addAll(part.words);
    }
    return words;
  }

  /** How many words were too long. */
  public long leftOut() {
    return Arrays.stream(parts).mapToLong(part -> part.leftOut).sum();
  }

  /** The characters of the longest of these. */
  public int longest() {
    return Arrays.stream(parts).mapToInt(part -> part.longest).max().orElse(0);
  }
}
