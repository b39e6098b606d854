package io.github.jaubert.measure.signing;

import com.fasterxml.jackson.databind.JsonNode;

/** Fields of the JSON of a signature, which anyone may have written. */
final class Json {
  private Json() {}

  /**
   * A text.
   *
   * @throws SigningException if it is not there, or is something else
   */
  static String text(String file, JsonNode node, String field) {
    JsonNode value = node.path(field);
    if (!value.isTextual()) {
      throw new SigningException(file, "has no text '" + field + "'");
    }
    return value.asText();
  }

  /**
   * Checks a text of which only one value is known.
   *
   * @throws SigningException if it is another
   */
  static void expect(String file, JsonNode node, String field, String expected) {
    String value = text(file, node, field);
    if (!value.equals(expected)) {
      throw new SigningException(
          file, "'%s' is '%s', not %s".formatted(field, plain(value), expected));
    }
  }

  /** A foreign text for a message: without what would steer a terminal, and not without end. */
  static String plain(String text) {
    String cut = text.length() > 300 ? text.substring(0, 300) + "…" : text;
    return cut.replaceAll("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}\\p{Cs}]", "?");
  }
}
