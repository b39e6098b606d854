package io.github.jaubert.measure.bias;

import io.github.jaubert.train.data.DataException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Words and their counterparts, such as he and she, by which a text is turned into one about
 * another group. Whole words are exchanged, in both directions, and keep their capitals. Of a word
 * that is in several pairs the first one counts: in the embedded list {@code her} becomes {@code
 * his}, also where {@code him} would be right.
 */
public final class WordSwaps {
  private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{M}\\p{N}]+");

  private final Map<String, String> partners = new HashMap<>();

  private WordSwaps(String source, List<String> lines) {
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      String[] words = line.split("\\s*[\t,]\\s*", -1);
      if (words.length != 2
          || !WORD.matcher(words[0]).matches()
          || !WORD.matcher(words[1]).matches()) {
        throw new DataException(
            source, i + 1, "'%s': two words with a tab or comma between are due".formatted(line));
      }
      String first = words[0].toLowerCase(Locale.ROOT);
      String second = words[1].toLowerCase(Locale.ROOT);
      partners.putIfAbsent(first, second);
      partners.putIfAbsent(second, first);
    }
    if (partners.isEmpty()) {
      throw new DataException(source, "holds no pair of words");
    }
  }

  /** The embedded list: English words for men and women. */
  public static WordSwaps english() {
    try (InputStream in = WordSwaps.class.getResourceAsStream("english-swaps.tsv")) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return new WordSwaps("english-swaps.tsv", text.lines().toList());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Reads a list of one's own: on each line two words, with a tab or a comma between; a line that
   * begins with # says something to the reader.
   *
   * @throws DataException if it cannot be read, or a line holds something else
   */
  public static WordSwaps read(Path file) {
    try {
      return new WordSwaps(file.toString(), Files.readAllLines(file, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new DataException(
          file.toString(), Files.exists(file) ? "is no text in UTF-8" : "no such file", e);
    }
  }

  /** The text with all words exchanged; the same text if there are none. */
  public String swap(String text) {
    return WORD.matcher(text).replaceAll(match -> Matcher.quoteReplacement(partner(match.group())));
  }

  private String partner(String word) {
    String other = partners.get(word.toLowerCase(Locale.ROOT));
    if (other == null) {
      return word;
    }
    boolean first = Character.isUpperCase(word.codePointAt(0));
    boolean all = word.length() > 1 && word.equals(word.toUpperCase(Locale.ROOT));
    return all && first
        ? other.toUpperCase(Locale.ROOT)
        : first ? BiasLexicon.put("{}", "{}", other) : other;
  }
}
