package io.github.jaubert.measure.card;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The parts of a card that are written anew, between comments that a reader does not see: {@code
 * <!-- jaubert NAME -->} and {@code <!-- /jaubert NAME -->}. What stands between the parts is
 * people's own.
 */
final class Blocks {
  private Blocks() {}

  /** A part with its marks. */
  static String of(String name, String text) {
    return "<!-- jaubert " + name + " -->\n" + text.strip() + "\n<!-- /jaubert " + name + " -->\n";
  }

  private static Pattern pattern(String name) {
    String quoted = Pattern.quote(name);
    return Pattern.compile(
        "<!-- jaubert " + quoted + " -->.*?<!-- /jaubert " + quoted + " -->\n?", Pattern.DOTALL);
  }

  /** Whether a text has any of the parts. */
  static boolean anyIn(String body, Map<String, String> blocks) {
    return blocks.keySet().stream().anyMatch(name -> pattern(name).matcher(body).find());
  }

  /** The text with the parts that it has replaced; one that somebody took out stays out. */
  static String replace(String body, Map<String, String> blocks) {
    String text = body;
    for (Map.Entry<String, String> block : blocks.entrySet()) {
      text =
          pattern(block.getKey())
              .matcher(text)
              .replaceAll(Matcher.quoteReplacement(of(block.getKey(), block.getValue())));
    }
    return text;
  }
}
