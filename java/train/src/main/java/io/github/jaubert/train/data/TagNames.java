package io.github.jaubert.train.data;

import java.util.List;

/** The names of tags that a file gives as numbers. */
final class TagNames {
  private static final int LISTED = 20;

  private TagNames() {}

  /**
   * The name of a tag.
   *
   * @param names what the numbers stand for; empty: tags are names
   * @throws DataException if it is no number where one is due, or has no name
   */
  static String named(String source, long line, String tag, List<String> names) {
    if (names.isEmpty()) {
      return tag;
    }
    int number = tag.matches("\\d{1,9}") ? Integer.parseInt(tag) : -1;
    if (number < 0 || number >= names.size()) {
      throw new DataException(
          source,
          line,
          "tag %s is no number from 0 to %d (%s)"
              .formatted(tag, names.size() - 1, LabelText.listed(names, LISTED)));
    }
    return names.get(number);
  }
}
