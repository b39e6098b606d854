package io.github.jaubert.train.data;

import java.text.Normalizer;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What the written form of a label says: which number it is, and which others look like it. */
public final class LabelText {
  private static final Pattern INTEGER = Pattern.compile("[-+]?\\d+");
  private static final Pattern WHOLE = Pattern.compile("([-+]?\\d+)(\\.0+)?");

  /** Java also reads 1d and 0x1p3, which nobody means as a score. */
  private static final Pattern NUMBER =
      Pattern.compile("[-+]?(\\d+\\.?\\d*|\\.\\d+)([eE][-+]?\\d+)?");

  private static final Pattern WITH_COMMA = Pattern.compile("[-+]?\\d[\\d.]*,[\\d.,]*\\d");
  private static final Pattern PERCENT = Pattern.compile("[-+]?\\d+([.,]\\d+)?\\h*[%‰]");
  private static final Pattern LIST =
      Pattern.compile(
          "\\[.*\\]|\\(.*,.*\\)|\\{.*\\}|(tensor|array|list|set|frozenset|tuple)\\([\\[({].*\\)",
          Pattern.DOTALL);

  /**
   * A number with any digits, with a currency, a sign of typesetting, thousands apart, or the
   * suffix that a programming language has for a type; or of Java's hexadecimal kind.
   */
  private static final Pattern ODD_NUMBER =
      Pattern.compile(
          "(?U)[-+\u2212]?\\p{Sc}?\\s?"
              + "(\\d{1,3}([ \u00A0\u2009\u202F'\u2019_]\\d{3})+|\\d+)([.,]\\d+)?([eE][-+]?\\d+)?"
              + "([dDfFlL]|\\s?\\p{Sc})?"
              + "|[-+]?0[xX][0-9a-fA-F]+(\\.[0-9a-fA-F]*)?([pP][-+]?[0-9]+)?");

  private static final Pattern ENCLOSED = Pattern.compile("\"(.*)\"|'(.*)'", Pattern.DOTALL);
  private static final Pattern ZEROS = Pattern.compile("\\+?(-?)0*([0-9]+)");

  /** Letters of Cyrillic and Greek that print as Latin ones, and these. */
  private static final String PRINT_ALIKE =
      "\u0430\u0435\u043E\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u03BF\u03B1\u03BD";

  private static final String LATIN = "aeopcyxijsoav";
  private static final int LONGEST_SHOWN = 60;

  /** What pandas, SQL, R and spreadsheets write where there is no value, and "-" of SNLI. */
  private static final Set<String> MISSING =
      Set.of("-", "nan", "NaN", "null", "NULL", "None", "N/A", "n/a", "NA", "<NA>", "#N/A", "\\N");

  private LabelText() {}

  /** Digits with or without a sign. */
  public static boolean isInteger(String label) {
    return INTEGER.matcher(label).matches();
  }

  /** An integer, or one as pandas writes it once a cell of its column was empty: 1.0. */
  public static boolean isWhole(String label) {
    return WHOLE.matcher(label).matches();
  }

  /** A whole number without its fraction of zeros; any other label as it is. */
  public static String withoutFraction(String label) {
    return WHOLE.matcher(label).matches() ? WHOLE.matcher(label).replaceFirst("$1") : label;
  }

  /** A finite number as most programs write it, with a point before the fraction. */
  public static boolean isNumber(String label) {
    return NUMBER.matcher(label).matches();
  }

  /** A number with a comma, before its fraction or between thousands. */
  public static boolean isNumberWithComma(String label) {
    return WITH_COMMA.matcher(label).matches();
  }

  /** A number with a percent sign. */
  public static boolean isPercentage(String label) {
    return PERCENT.matcher(label).matches();
  }

  /** A list, tuple or object as Python or JSON prints it: {@code ['a', 'b']}. */
  public static boolean isPrintedList(String label) {
    return LIST.matcher(label).matches();
  }

  /** Whether a label that is no number would be read as one by some programs and people. */
  public static boolean isOddNumber(String label) {
    return !isNumber(label) && ODD_NUMBER.matcher(label).matches();
  }

  /** Whether a label stands in quotes, as one that was read without the quoting of CSV. */
  public static boolean isQuoted(String label) {
    return label.length() > 2 && ENCLOSED.matcher(label).matches();
  }

  /** Whether a label is what programs write for none. */
  public static boolean saysMissing(String label) {
    return MISSING.contains(label);
  }

  /**
   * What is left of a label without case, Unicode form, kind of space, invisible characters, quotes
   * around it, letters of another script that print the same, and the ways to write a whole number:
   * two labels for which it is the same look alike.
   */
  static String plain(String label) {
    String plain =
        Normalizer.normalize(label, Normalizer.Form.NFKC)
            .toLowerCase(Locale.ROOT)
            .replaceAll("\\p{Cf}", "")
            .replaceAll("[\\s\\p{Z}]+", " ")
            .strip();
    if (isQuoted(plain)) {
      plain = plain.substring(1, plain.length() - 1).strip();
    }
    for (int i = 0; i < LATIN.length(); i++) {
      plain = plain.replace(PRINT_ALIKE.charAt(i), LATIN.charAt(i));
    }
    Matcher whole = ZEROS.matcher(withoutFraction(plain));
    return whole.matches() ? whole.group(1) + whole.group(2) : plain;
  }

  /** The pairs among some labels that look alike, each label with one before it. */
  public static Map<String, String> alike(Collection<String> labels) {
    Map<String, String> first = new LinkedHashMap<>();
    Map<String, String> pairs = new LinkedHashMap<>();
    for (String label : labels) {
      String other = first.putIfAbsent(plain(label), label);
      if (other != null && !other.equals(label)) {
        pairs.put(label, other);
      }
    }
    return pairs;
  }

  /** Labels with commas between, the first {@code most} of them, as {@code a, b, …}. */
  public static String listed(Collection<String> labels, int most) {
    return labels.stream().limit(most).map(LabelText::shown).collect(Collectors.joining(", "))
        + (labels.size() > most ? ", …" : "");
  }

  /** A label without its end if it is too long to be a name. */
  public static String shown(String label) {
    return label.length() <= LONGEST_SHOWN
        ? label
        : label.substring(0, label.offsetByCodePoints(0, LONGEST_SHOWN / 2))
            + "… (%,d characters)".formatted(label.length());
  }

  /** A label with all but printable ASCII by code, as {@code caf<U+00E9>}. */
  public static String escaped(String label) {
    StringBuilder text = new StringBuilder();
    label
        .codePoints()
        .forEach(
            c -> {
              if (c >= ' ' && c <= '~') {
                text.appendCodePoint(c);
              } else {
                text.append("<U+%04X>".formatted(c));
              }
            });
    return text.toString();
  }
}
