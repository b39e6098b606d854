package io.github.jaubert.demo;

import io.github.jaubert.train.data.DataException;
import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * What WordNet 3.1 says of its nouns, verbs, adjectives and adverbs, as text to pre-train on: one
 * text for each meaning, in the order of WordNet's files, such as {@code mouse: any of numerous
 * small rodents …}. See {@link WordNetGlosses} for where it comes from.
 */
public final class WordNetTexts {
  private static final List<String> FILES =
      List.of("data.noun", "data.verb", "data.adj", "data.adv");

  private static final int HEXADECIMAL = 16;

  private WordNetTexts() {}

  /**
   * All 117,791 texts, 1.6 million words.
   *
   * @throws DataException if WordNet's jar is not on the class path
   */
  public static List<String> load() {
    List<String> texts = new ArrayList<>();
    for (String file : FILES) {
      try (BufferedReader lines = WordNetGlosses.open(file)) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          if (!line.startsWith(WordNetGlosses.LICENCE_INDENT)) {
            texts.add(text(line));
          }
        }
      } catch (IOException e) {
        throw new DataException(file, "cannot be read: " + e.getMessage(), e);
      }
    }
    return texts;
  }

  /**
   * The words of a meaning and its gloss: {@code 02330245 05 n 01 mouse 0 … | any of …} gives
   * {@code mouse: any of …}. Words of adjectives may have a marker behind them, as {@code
   * galore(ip)}.
   */
  static String text(String line) {
    String[] fields = line.substring(0, line.indexOf('|')).split(" ");
    int words = Integer.parseInt(fields[3], HEXADECIMAL);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < words; i++) {
      String word = fields[4 + 2 * i].replace('_', ' ').replaceFirst("\\(.*\\)$", "");
      text.append(i == 0 ? "" : ", ").append(word);
    }
    return text + ": " + line.substring(line.indexOf('|') + 1).strip();
  }
}
