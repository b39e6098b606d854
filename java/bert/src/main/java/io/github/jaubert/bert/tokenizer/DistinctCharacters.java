package io.github.jaubert.bert.tokenizer;

import java.util.BitSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds groups of a regular expression such as {@code (?:[a-z]|[0-9])}: a few alternatives of one
 * character each, no character in two of them. There is one way at most to match them, as with a
 * single set of characters. Only plain sets and Unicode's main categories, which are disjoint, are
 * compared, and those not with each other.
 */
final class DistinctCharacters {
  /** A plain character, a set of such, or a main category of Unicode. */
  private static final Pattern ONE_OF =
      Pattern.compile("\\w|\\[(\\w(-\\w)?){1,100}\\]|\\\\p\\{[LMNPSZC]\\}");

  /** Letters of either case are then the same. */
  private static final Pattern CASELESS = Pattern.compile("\\(\\?[a-z-]*i");

  /** Each is tried on its own, which multiplies the time. */
  private static final int MOST = 4;

  private DistinctCharacters() {}

  /**
   * Where such alternatives end.
   *
   * @param at where they begin, behind the parenthesis that opens the group
   * @return where the parenthesis is that closes it, or -1 if there is something else in it
   */
  static int end(String regex, int at) {
    if (CASELESS.matcher(regex).find()) {
      return -1;
    }
    BitSet plain = new BitSet();
    BitSet categories = new BitSet();
    int start = at;
    for (int count = 1; count <= MOST; count++) {
      Matcher set = ONE_OF.matcher(regex).region(start, regex.length());
      if (!set.lookingAt() || set.end() == regex.length()) {
        return -1;
      }
      boolean category = set.group().startsWith("\\");
      BitSet before = category ? categories : plain;
      BitSet characters = characters(category ? set.group().substring(3, 4) : set.group());
      if (characters.intersects(before)) {
        return -1;
      }
      before.or(characters);
      char next = regex.charAt(set.end());
      if (next != '|') {
        return next == ')' && (plain.isEmpty() || categories.isEmpty()) ? set.end() : -1;
      }
      start = set.end() + 1;
    }
    return -1;
  }

  /** Those of a character, or of a set of characters and ranges; one from z to a is empty. */
  private static BitSet characters(String set) {
    BitSet characters = new BitSet();
    for (int i = set.startsWith("[") ? 1 : 0; i < set.length() && set.charAt(i) != ']'; i++) {
      int from = set.charAt(i);
      int to = from;
      if (set.startsWith("-", i + 1)) {
        i += 2;
        to = set.charAt(i);
      }
      characters.set(Math.min(from, to + 1), to + 1);
    }
    return characters;
  }
}
