package io.github.jaubert.measure.text;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** The closed class: words that hold sentences together, of which a language gets no new ones. */
public final class FunctionWords {
  private static final Map<String, Set<String>> BY_LANGUAGE = read();

  private FunctionWords() {}

  private static Map<String, Set<String>> read() {
    Map<String, Set<String>> all = new LinkedHashMap<>();
    try (InputStream in = FunctionWords.class.getResourceAsStream("function-words.txt")) {
      new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#") && !line.isBlank())
          .map(line -> line.split(" "))
          .forEach(words -> all.put(words[0], Set.of(tail(words))));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return all;
  }

  private static String[] tail(String[] words) {
    return java.util.Arrays.copyOfRange(words, 1, words.length);
  }

  /** Those of each language that there is a list for, by its ISO 639 code. */
  static Map<String, Set<String>> byLanguage() {
    return BY_LANGUAGE;
  }

  /** Whether there is a list for a language. */
  public static boolean isKnown(String language) {
    return BY_LANGUAGE.containsKey(language);
  }

  /**
   * Whether a word is one of a language, or a number up to 99.
   *
   * @param language one without a list has those of English
   */
  public static boolean contains(String language, String word) {
    return word.length() <= 2 && word.chars().allMatch(c -> c >= '0' && c <= '9')
        || BY_LANGUAGE.getOrDefault(language, BY_LANGUAGE.get("en")).contains(word);
  }
}
