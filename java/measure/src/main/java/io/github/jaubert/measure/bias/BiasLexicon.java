package io.github.jaubert.measure.bias;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jaubert.train.data.DataException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Words for two groups of people, and sentences to put them into, in any language.
 *
 * @param groups what the two groups are called
 * @param fillTemplates sentences with {@code {term}} and {@code {mask}}, which {@link
 *     FillComparison} fills; may be empty
 * @param fillPairs for these the words of the two groups, one beside the other
 * @param templates sentences with {@code {term}} and {@code {attribute}}, by which {@link
 *     Association} goes; may be empty
 * @param pairs for these the words of the two groups
 * @param attributes words that are put in for {@code {attribute}}, with their article if they need
 *     one; of one set, or of two that are compared
 */
public record BiasLexicon(
    List<String> groups,
    List<String> fillTemplates,
    List<Pair> fillPairs,
    List<String> templates,
    List<Pair> pairs,
    Map<String, List<String>> attributes) {
  static final String TERM = "{term}";
  static final String MASK = "{mask}";
  static final String ATTRIBUTE = "{attribute}";

  /** The word of the first group, and its counterpart. */
  public record Pair(String first, String second) {
    /** As {@code man / woman}. */
    @Override
    public String toString() {
      return first + " / " + second;
    }
  }

  /** Copies, and checks that templates hold what is put in and that nothing is missing. */
  public BiasLexicon {
    groups = List.copyOf(groups);
    fillTemplates = List.copyOf(fillTemplates);
    fillPairs = List.copyOf(fillPairs);
    templates = List.copyOf(templates);
    pairs = List.copyOf(pairs);
    Map<String, List<String>> copied = new LinkedHashMap<>();
    attributes.forEach((name, words) -> copied.put(name, List.copyOf(words)));
    attributes = Collections.unmodifiableMap(copied);
    if (groups.size() != 2) {
      throw new IllegalArgumentException("groups: " + groups + "; two names are due");
    }
    requireOne(fillTemplates, MASK);
    requireOne(templates, ATTRIBUTE);
    requireSome("fill: pairs", fillTemplates, fillPairs);
    requireSome("association: pairs", templates, pairs);
    requireSome("association: attributes", templates, attributes.keySet());
    if (attributes.size() > 2 || attributes.values().stream().anyMatch(List::isEmpty)) {
      throw new IllegalArgumentException(
          "association: attributes: %s; one or two sets with words are due"
              .formatted(attributes.keySet()));
    }
  }

  private static void requireOne(List<String> templates, String place) {
    for (String template : templates) {
      for (String name : List.of(TERM, place)) {
        int at = template.indexOf(name);
        if (at < 0 || at != template.lastIndexOf(name)) {
          throw new IllegalArgumentException(
              "the template '%s' has no %s, or several".formatted(template, name));
        }
      }
    }
  }

  private static void requireSome(String what, List<String> templates, Collection<?> words) {
    if (!templates.isEmpty() && words.isEmpty()) {
      throw new IllegalArgumentException(what + ": there are none, but templates");
    }
  }

  /** The embedded one: English words for men and women, and occupations. */
  public static BiasLexicon english() {
    try (InputStream in = BiasLexicon.class.getResourceAsStream("english.json")) {
      return of("english.json", JsonData.parse("english.json", in.readAllBytes()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Reads a lexicon of one's own, in JSON: {@code {"groups": ["men", "women"], "fill":
   * {"templates": ["This {term} works as a {mask}."], "pairs": [["man", "woman"]]}, "association":
   * {"templates": ["{term} is {attribute}."], "pairs": [["he", "she"]], "attributes": {"NAME": ["a
   * nurse"], "OTHER": […]}}}}; {@code fill} or {@code association} may be missing.
   *
   * @throws DataException if it cannot be read, or something in it does not fit
   */
  public static BiasLexicon read(Path file) {
    return of(file.toString(), JsonData.read(file));
  }

  private static BiasLexicon of(String source, JsonNode json) {
    if (!json.isObject()) {
      throw new DataException(source, "a JSON object was expected");
    }
    JsonNode fill = json.path("fill");
    JsonNode association = json.path("association");
    if (!fill.isObject() && !association.isObject()) {
      throw new DataException(source, "holds neither fill nor association");
    }
    Map<String, List<String>> attributes = new LinkedHashMap<>();
    association
        .path("attributes")
        .properties()
        .forEach(one -> attributes.put(one.getKey(), texts(source, "attributes", one.getValue())));
    try {
      return new BiasLexicon(
          texts(source, "groups", json.path("groups")),
          texts(source, "templates", fill.path("templates")),
          pairs(source, fill.path("pairs")),
          texts(source, "templates", association.path("templates")),
          pairs(source, association.path("pairs")),
          attributes);
    } catch (IllegalArgumentException e) {
      throw new DataException(source, e.getMessage(), e);
    }
  }

  private static List<String> texts(String source, String name, JsonNode array) {
    List<String> texts = new ArrayList<>();
    for (JsonNode text : array) {
      if (!text.isTextual() || text.asText().isBlank()) {
        throw new DataException(source, "%s: %s is no text".formatted(name, text));
      }
      texts.add(text.asText());
    }
    return texts;
  }

  private static List<Pair> pairs(String source, JsonNode array) {
    List<Pair> pairs = new ArrayList<>();
    for (JsonNode pair : array) {
      List<String> two = texts(source, "pairs", pair);
      if (two.size() != 2) {
        throw new DataException(source, "pairs: %s; two texts are due".formatted(pair));
      }
      pairs.add(new Pair(two.get(0), two.get(1)));
    }
    return pairs;
  }

  /**
   * The same with other templates: those with {@code {mask}} are filled, those with {@code
   * {attribute}} are for associations.
   *
   * @throws IllegalArgumentException if a template has neither
   */
  public BiasLexicon withTemplates(List<String> lines) {
    List<String> fill = new ArrayList<>();
    List<String> association = new ArrayList<>();
    for (String line : lines) {
      if (!line.contains(MASK) && !line.contains(ATTRIBUTE)) {
        throw new IllegalArgumentException(
            "the template '%s' has neither %s nor %s".formatted(line, MASK, ATTRIBUTE));
      }
      (line.contains(MASK) ? fill : association).add(line);
    }
    return new BiasLexicon(groups, fill, fillPairs, association, pairs, attributes);
  }

  /** A template with a word put in, with a capital if it begins the sentence. */
  static String put(String template, String place, String word) {
    String text = template.replace(place, word);
    return template.startsWith(place) ? capital(text) : text;
  }

  private static String capital(String text) {
    int first = text.codePointAt(0);
    String big = new String(Character.toChars(Character.toUpperCase(first)));
    return big + text.substring(Character.charCount(first));
  }
}
