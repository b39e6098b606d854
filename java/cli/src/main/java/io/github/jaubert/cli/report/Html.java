package io.github.jaubert.cli.report;

import java.util.Set;

/**
 * Text of a page. Whatever is given as a text or as the value of an attribute is escaped, so that
 * nothing of a data set becomes a part of the page.
 */
final class Html {
  /** Behind these a line break would be a space. */
  private static final Set<String> INLINE = Set.of("span", "b", "i");

  private final StringBuilder out = new StringBuilder();

  /**
   * Opens an element.
   *
   * @param attributes a name, its value, and so on
   */
  Html open(String tag, Object... attributes) {
    out.append('<').append(tag);
    for (int i = 0; i < attributes.length; i += 2) {
      out.append(' ').append(attributes[i]).append("=\"");
      escape(String.valueOf(attributes[i + 1]));
      out.append('"');
    }
    out.append('>');
    return this;
  }

  Html close(String tag) {
    out.append("</").append(tag).append('>');
    if (!INLINE.contains(tag)) {
      out.append('\n');
    }
    return this;
  }

  Html text(Object text) {
    escape(String.valueOf(text));
    return this;
  }

  /** An element that holds a text. */
  Html element(String tag, Object text, Object... attributes) {
    return open(tag, attributes).text(text).close(tag);
  }

  /** What is part of the page itself. */
  Html raw(String markup) {
    out.append(markup);
    return this;
  }

  /** Characters that a page must not have are shown as a replacement character. */
  private void escape(String text) {
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '"' -> out.append("&quot;");
                case '\'' -> out.append("&#39;");
                case '\n', '\t' -> out.appendCodePoint(c);
                default -> {
                  boolean none = c < 32 || c >= 127 && c < 160 || c >= 0xd800 && c < 0xe000;
                  out.appendCodePoint(none ? 0xfffd : c);
                }
              }
            });
  }

  @Override
  public String toString() {
    return out.toString();
  }
}
