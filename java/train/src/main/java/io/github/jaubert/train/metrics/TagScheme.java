package io.github.jaubert.train.metrics;

import java.util.ArrayList;
import java.util.List;

/**
 * How the tags of words say where entities (chunks, spans) begin and end: a letter and a type, as
 * in {@code B-PER}, or {@code O} for a word outside.
 *
 * <p>The rules are those of <a href="https://github.com/chakki-works/seqeval">seqeval</a> 1.2.
 */
public enum TagScheme {
  /**
   * Takes any mixture of IOB1, IOB2 and IOBES and repairs what is inconsistent, as CoNLL's {@code
   * conlleval} and seqeval do by default: an I- after O or after another type begins an entity. It
   * knows nothing of L- and U-: neighbours of one type that have them count as one entity.
   */
  CONLLEVAL(""),
  /** B- begins every entity and I- continues it; an I- with no B- before it is no entity. */
  IOB2("BIO"),
  /** B-, any number of I-, and E- at the end, or S- alone; what is incomplete is no entity. */
  IOBES("BIOES"),
  /** The same with L- (last) and U- (unit) for E- and S-. */
  BILOU("BILOU");

  /** The letters that are taken, or none if all are. */
  private final String letters;

  TagScheme(String letters) {
    this.letters = letters;
  }

  /**
   * An entity: its type, {@code _} if the tags name none, its first word and its last.
   *
   * @param type what stands behind the letter
   * @param first the place of its first word in the sentence, from 0
   * @param last the place of its last word
   */
  public record Entity(String type, int first, int last) {}

  /**
   * The entities of a sentence, in order.
   *
   * @param tags one for each word
   * @throws IllegalArgumentException if a tag is empty or does not belong to the scheme
   */
  public List<Entity> entities(List<String> tags) {
    for (String tag : tags) {
      if (tag.isEmpty()) {
        throw new IllegalArgumentException("tags " + tags + ": one is empty");
      }
      if (!letters.isEmpty() && letters.indexOf(tag.charAt(0)) < 0) {
        throw new IllegalArgumentException(
            "tag '%s' is none of %s: its tags begin with one of %s"
                .formatted(tag, this, String.join(", ", letters.split(""))));
      }
    }
    return this == CONLLEVAL ? repaired(tags) : complete(tags);
  }

  // ---- what is complete ----

  private List<Entity> complete(List<String> tags) {
    List<Entity> entities = new ArrayList<>();
    for (int i = 0; i < tags.size(); ) {
      int end = i + 1;
      boolean whole = "SU".indexOf(tags.get(i).charAt(0)) >= 0;
      if (tags.get(i).charAt(0) == 'B') {
        String type = strictType(tags.get(i));
        while (end < tags.size() && isPart(tags.get(end), 'I', type)) {
          end++;
        }
        whole = this == IOB2;
        if (end < tags.size() && !whole && isPart(tags.get(end), this == IOBES ? 'E' : 'L', type)) {
          whole = true;
          end++;
        }
      }
      if (whole) {
        entities.add(new Entity(strictType(tags.get(i)), i, end - 1));
      }
      i = end;
    }
    return entities;
  }

  private static boolean isPart(String tag, char letter, String type) {
    return tag.charAt(0) == letter && strictType(tag).equals(type);
  }

  private static String strictType(String tag) {
    String type = tag.substring(1).replaceAll("^-+|-+$", "");
    return type.isEmpty() ? "_" : type;
  }

  // ---- what can be repaired ----

  private static List<Entity> repaired(List<String> tags) {
    List<Entity> entities = new ArrayList<>();
    int first = 0;
    char letter = 'O';
    String type = "_";
    for (int i = 0; i <= tags.size(); i++) {
      String tag = i < tags.size() ? tags.get(i) : "O";
      char nextLetter = tag.charAt(0);
      String nextType = type(tag);
      boolean changes = !type.equals(nextType);
      if (is(letter, "ES")
          || is(letter, "BI") && is(nextLetter, "BSO")
          || !is(letter, "O.") && changes) {
        entities.add(new Entity(type, first, i - 1));
      }
      if (is(nextLetter, "BS")
          || is(nextLetter, "EI") && is(letter, "ESO")
          || !is(nextLetter, "O.") && changes) {
        first = i;
      }
      letter = nextLetter;
      type = nextType;
    }
    return entities;
  }

  private static boolean is(char letter, String letters) {
    return letters.indexOf(letter) >= 0;
  }

  /** What stands behind the first hyphen after the letter, or behind the letter. */
  private static String type(String tag) {
    String rest = tag.substring(1);
    String type = rest.substring(rest.indexOf('-') + 1);
    return type.isEmpty() ? "_" : type;
  }
}
