package io.github.jaubert.measure.text;

import io.github.jaubert.bert.pipeline.Aggregation;
import io.github.jaubert.bert.pipeline.Entity;
import io.github.jaubert.bert.pipeline.TokenClassification;
import io.github.jaubert.measure.text.PersonalData.Found;
import io.github.jaubert.measure.text.PersonalData.Kind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Names of persons and places in texts, as a token classifier finds them. */
public final class Names {
  /** The types of CoNLL, OntoNotes and of taggers for personal data. */
  private static final Set<String> PERSONS =
      Set.of("PER", "PERS", "PERSON", "NAME", "FIRSTNAME", "LASTNAME", "GIVENNAME", "SURNAME");

  private static final Set<String> PLACES =
      Set.of("LOC", "LOCATION", "GPE", "FAC", "PLACE", "ADDRESS", "STREET", "CITY");

  /** Longer texts are read in parts, as a model reads some hundred tokens. */
  private static final int PART = 800;

  /** A part is divided at white space, if any is so near to its end. */
  private static final int SPACE = 200;

  private final TokenClassification tagger;
  private final Map<String, Kind> kinds = new HashMap<>();

  /** Of longer texts no more is read. */
  private static final int READ = 50_000;

  private record Part(int text, int from) {}

  /**
   * Names that a model finds.
   *
   * @param tagger is not closed
   * @throws IllegalArgumentException if none of its labels is one of persons or places
   */
  public Names(TokenClassification tagger) {
    this.tagger = tagger.aggregation(Aggregation.FIRST);
    for (String label : tagger.labels().names()) {
      String type = label.replaceFirst("^[BILUSE]-", "");
      Kind kind = kind(type);
      if (kind != null) {
        kinds.put(type, kind);
      }
    }
    if (kinds.isEmpty()) {
      throw new IllegalArgumentException(
          "no label is for names of persons or places, such as PER or LOC; the labels are "
              + String.join(", ", tagger.labels().names()));
    }
  }

  private static Kind kind(String type) {
    String name = type.toUpperCase(Locale.ROOT);
    return PERSONS.contains(name) ? Kind.PERSON : PLACES.contains(name) ? Kind.PLACE : null;
  }

  /** The names in each text, in order of place. */
  public List<List<Found>> in(List<String> texts) {
    List<Part> parts = new ArrayList<>();
    List<String> read = new ArrayList<>();
    List<List<Found>> found = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      String text = texts.get(i);
      found.add(new ArrayList<>());
      for (int from = 0; from < Math.min(READ, text.length()); ) {
        int to = end(text, from);
        parts.add(new Part(i, from));
        read.add(text.substring(from, to));
        from = to;
      }
    }
    List<List<Entity>> entities = tagger.ofAll(read);
    for (int i = 0; i < parts.size(); i++) {
      Part part = parts.get(i);
      for (Entity one : entities.get(i)) {
        Kind kind = kinds.get(one.label());
        if (kind != null && one.end() > one.start()) {
          int start = part.from() + one.start();
          int end = part.from() + one.end();
          String name = texts.get(part.text()).substring(start, end);
          found.get(part.text()).add(new Found(kind, start, end, PersonalData.maskedName(name)));
        }
      }
    }
    return found;
  }

  private static int end(String text, int from) {
    int most = from + PART;
    if (most >= text.length()) {
      return text.length();
    }
    for (int i = most; i > most - SPACE; i--) {
      if (Character.isWhitespace(text.charAt(i))) {
        return i;
      }
    }
    return Character.isLowSurrogate(text.charAt(most)) ? most - 1 : most;
  }
}
