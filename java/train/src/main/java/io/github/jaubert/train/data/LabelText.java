package io.github.jaubert.train.data;

import java.text.Normalizer;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
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
      Pattern.compile("\\[.*\\]|\\(.*,.*\\)|\\{.*\\}", Pattern.DOTALL);

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

  /** Whether a label is what programs write for none. */
  public static boolean saysMissing(String label) {
    return MISSING.contains(label);
  }

  /**
   * What is left of a label without case, Unicode form, kind of space and invisible characters: two
   * labels for which it is the same look alike.
   */
  static String plain(String label) {
    return Normalizer.normalize(label, Normalizer.Form.NFKC)
        .toLowerCase(Locale.ROOT)
        .replaceAll("\\p{Cf}", "")
        .replaceAll("[\\s\\p{Z}]+", " ")
        .strip();
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
    return labels.stream().limit(most).collect(Collectors.joining(", "))
        + (labels.size() > most ? ", …" : "");
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
