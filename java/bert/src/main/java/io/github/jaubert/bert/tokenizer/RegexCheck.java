package io.github.jaubert.bert.tokenizer;

/**
 * Tells which regular expressions the native library can search any text for. Its matcher
 * (Oniguruma) tries one way after another and panics after ten million of them, so that an
 * expression may have at most one repetition without end that is tried again when something behind
 * it fails: the ways then grow no faster than the text. The patterns of published tokenizers are of
 * this kind.
 *
 * <p>An expression that this class cannot follow (back references, calls, conditions, callouts) is
 * refused as well.
 */
final class RegexCheck {
  private static final int LONGEST = 10_000;

  /** From here on a count is no different from one without end. */
  private static final int ENDLESS = 100;

  /** Ways of optional and alternative parts, multiplied. */
  private static final double MOST_WAYS = 1000;

  /** Characters after all counted repetitions are written out, which is how they are compiled. */
  private static final double LARGEST = 20_000;

  private static final int DEEPEST = 50;

  private final String regex;
  private int at;
  private int depth;

  private RegexCheck(String regex) {
    this.regex = regex;
  }

  /** What is wrong with an expression, or null. */
  static String problem(String regex) {
    if (regex.length() > LONGEST) {
      return "a regular expression of more than " + LONGEST + " characters";
    }
    try {
      Part whole = new RegexCheck(regex).whole();
      if (whole.loops(false) > 1) {
        return "a regular expression with repetitions behind or inside each other, which takes too long";
      }
      if (whole.ways(false) > MOST_WAYS || whole.size() > LARGEST) {
        return "a regular expression with too many alternatives or repetitions";
      }
      return null;
    } catch (Unclear e) {
      return "a regular expression with " + e.getMessage() + ", which is not supported";
    }
  }

  /** Whether an expression without a problem matches between two characters, too. */
  static boolean matchesNothing(String regex) {
    try {
      return new RegexCheck(regex).whole().empty();
    } catch (Unclear e) {
      return true;
    }
  }

  /** Something that cannot be judged. */
  private static final class Unclear extends Exception {
    private static final long serialVersionUID = 1;

    Unclear(String what) {
      super(what, null, false, false);
    }
  }

  /**
   * What a part of an expression costs.
   *
   * @param loopsBefore repetitions without end that are tried again if what follows the part fails
   * @param loopsInside those that are tried again whatever follows
   * @param waysBefore the ways to match that are tried if what follows fails
   * @param waysInside those that are tried whatever follows
   * @param mayFail whether it fails at some places, so that what is before it is tried again
   * @param empty whether it matches no character, too
   * @param size the characters it is compiled to
   */
  private record Part(
      int loopsBefore,
      int loopsInside,
      double waysBefore,
      double waysInside,
      boolean mayFail,
      boolean empty,
      double size) {
    static final Part NOTHING = new Part(0, 0, 1, 1, false, true, 0);
    static final Part CHARACTER = new Part(0, 0, 1, 1, true, false, 1);
    static final Part PLACE = new Part(0, 0, 1, 1, true, true, 1);

    int loops(boolean followed) {
      return followed ? Math.max(loopsBefore, loopsInside) : loopsInside;
    }

    double ways(boolean followed) {
      return followed ? Math.max(waysBefore, waysInside) : waysInside;
    }

    Part then(Part next) {
      return new Part(
          loopsBefore + next.loopsBefore,
          Math.max(loopsInside, loops(next.mayFail) + next.loopsInside),
          waysBefore * next.waysBefore,
          Math.max(waysInside, ways(next.mayFail) * next.waysInside),
          mayFail || next.mayFail,
          empty && next.empty,
          size + next.size);
    }

    Part or(Part other) {
      return new Part(
          Math.max(loopsBefore, other.loopsBefore),
          Math.max(loopsInside, other.loopsInside),
          waysBefore + other.waysBefore,
          waysInside + other.waysInside,
          mayFail && other.mayFail,
          empty || other.empty,
          size + other.size);
    }

    /** Once matched it is not tried in another way. */
    Part atomic(boolean looksAround) {
      return new Part(0, loopsInside, 1, waysInside, true, looksAround || empty, size);
    }

    boolean isFixed() {
      return loopsBefore == 0 && waysBefore == 1;
    }
  }

  private Part whole() throws Unclear {
    Part part = alternatives();
    if (at < regex.length()) {
      throw new Unclear("a closing parenthesis too many");
    }
    return part;
  }

  private Part alternatives() throws Unclear {
    if (++depth > DEEPEST) {
      throw new Unclear("groups nested too deep");
    }
    Part part = sequence();
    while (at < regex.length() && regex.charAt(at) == '|') {
      at++;
      part = part.or(sequence());
    }
    depth--;
    return part;
  }

  private Part sequence() throws Unclear {
    Part part = Part.NOTHING;
    while (at < regex.length() && regex.charAt(at) != '|' && regex.charAt(at) != ')') {
      part = part.then(repeated(atom()));
    }
    return part;
  }

  // ---- repetitions ----

  private Part repeated(Part body) throws Unclear {
    Part part = body;
    for (int count = 0; at < regex.length(); count++) {
      int min;
      int max;
      char c = regex.charAt(at);
      if (c == '*' || c == '+' || c == '?') {
        min = c == '+' ? 1 : 0;
        max = c == '?' ? 1 : Integer.MAX_VALUE;
        at++;
      } else if (c == '{' && regex.substring(at).matches("(?s)\\{(\\d+(,\\d*)?|,\\d+)\\}.*")) {
        String[] bounds = regex.substring(at + 1, regex.indexOf('}', at)).split(",", -1);
        min = bounds[0].isEmpty() ? 0 : number(bounds[0]);
        max =
            bounds.length == 1 ? min : bounds[1].isEmpty() ? Integer.MAX_VALUE : number(bounds[1]);
        at = regex.indexOf('}', at) + 1;
      } else {
        return part;
      }
      if (count > 0) {
        throw new Unclear("a repetition of a repetition");
      }
      boolean possessive = at < regex.length() && regex.charAt(at) == '+' && c != '{';
      boolean lazy = at < regex.length() && regex.charAt(at) == '?';
      at += possessive || lazy ? 1 : 0;
      part = repeat(part, min, max);
      if (possessive) {
        part = new Part(0, part.loopsInside, 1, part.waysInside, min > 0, part.empty, part.size);
      }
    }
    return part;
  }

  private static int number(String digits) {
    return digits.length() > 6 ? Integer.MAX_VALUE : Integer.parseInt(digits);
  }

  private static Part repeat(Part body, int min, int max) throws Unclear {
    boolean endless = max > ENDLESS && max > min;
    double written = body.size * Math.max(1, max == Integer.MAX_VALUE ? min : max);
    if (max == 1 && min <= 1) {
      return new Part(
          body.loopsBefore,
          body.loopsInside,
          min == 1 ? body.waysBefore : body.waysBefore + 1,
          body.waysInside,
          min == 1 && body.mayFail,
          min == 0 || body.empty,
          written);
    }
    if (body.isFixed() && body.loopsInside == 0 && body.waysInside == 1) {
      return new Part(
          endless ? 1 : 0,
          0,
          endless ? 1 : Math.max(1, max - min + 1),
          1,
          min > 0 && body.mayFail,
          min == 0 || body.empty,
          written);
    }
    if (endless || body.loopsBefore > 0 || body.loopsInside > 0) {
      throw new Unclear("a repetition of something that varies");
    }
    double ways = Math.pow(Math.max(body.waysBefore, body.waysInside), Math.min(max, ENDLESS));
    return new Part(
        0,
        0,
        ways * (max - min + 1),
        ways,
        min > 0 && body.mayFail,
        min == 0 || body.empty,
        written);
  }

  // ---- what is repeated ----

  private Part atom() throws Unclear {
    char c = regex.charAt(at);
    switch (c) {
      case '(' -> {
        return group();
      }
      case '[' -> {
        skipClass();
        return Part.CHARACTER;
      }
      case '\\' -> {
        return escape();
      }
      case '^', '$' -> {
        at++;
        return Part.PLACE;
      }
      default -> {
        at += Character.charCount(regex.codePointAt(at));
        return Part.CHARACTER;
      }
    }
  }

  private Part group() throws Unclear {
    at++;
    boolean atomic = false;
    boolean looksAround = false;
    if (regex.startsWith("?", at)) {
      at++;
      if (take("<=") || take("<!") || take("=") || take("!")) {
        looksAround = true;
      } else if (take(">")) {
        atomic = true;
      } else if (regex.substring(at).matches("(?s)<[A-Za-z_]\\w*>.*")) {
        at = regex.indexOf('>', at) + 1;
      } else {
        int start = at;
        while (at < regex.length() && "im-".indexOf(regex.charAt(at)) >= 0) {
          at++;
        }
        if (at > start && take(")")) {
          return Part.NOTHING; // an option for what follows
        }
        if (!take(":")) {
          throw new Unclear("a group of a rare kind");
        }
      }
    } else if (regex.startsWith("*", at)) {
      throw new Unclear("a callout");
    }
    int end = DistinctCharacters.end(regex, at);
    Part part = end < 0 ? alternatives() : Part.CHARACTER;
    at = Math.max(at, end);
    if (!take(")")) {
      throw new Unclear("a parenthesis that is not closed");
    }
    return atomic || looksAround ? part.atomic(looksAround) : part;
  }

  private boolean take(String text) {
    if (!regex.startsWith(text, at)) {
      return false;
    }
    at += text.length();
    return true;
  }

  private Part escape() throws Unclear {
    if (at + 1 >= regex.length()) {
      throw new Unclear("a backslash at its end");
    }
    int c = regex.codePointAt(at + 1);
    if (c >= '1' && c <= '9' || c == 'k' || c == 'g' || c == 'K') {
      throw new Unclear("a back reference or a call");
    }
    at += 1 + Character.charCount(c);
    if ((c == 'p' || c == 'P' || c == 'x' || c == 'o') && regex.startsWith("{", at)) {
      int end = regex.indexOf('}', at);
      if (end < 0) {
        throw new Unclear("a brace that is not closed");
      }
      at = end + 1;
    }
    return "bBAzZGyY".indexOf(c) >= 0 ? Part.PLACE : Part.CHARACTER;
  }

  /** A set of characters, which may hold other sets. */
  private void skipClass() throws Unclear {
    int open = 0;
    boolean first = false; // a bracket at the beginning closes nothing
    while (at < regex.length()) {
      char c = regex.charAt(at);
      if (c == '\\') {
        escapeInClass();
        first = false;
        continue;
      }
      at++;
      if (c == '[') {
        if (open > 0 && regex.startsWith(":", at) && regex.indexOf(":]", at) > 0) {
          at = regex.indexOf(":]", at) + 2;
        } else {
          open++;
          first = true;
          at += regex.startsWith("^", at) ? 1 : 0;
          continue;
        }
      } else if (c == ']' && !first && --open == 0) {
        return;
      }
      first = false;
    }
    throw new Unclear("a bracket that is not closed");
  }

  private void escapeInClass() throws Unclear {
    if (at + 1 >= regex.length()) {
      throw new Unclear("a backslash at its end");
    }
    at += 1 + Character.charCount(regex.codePointAt(at + 1));
  }
}
