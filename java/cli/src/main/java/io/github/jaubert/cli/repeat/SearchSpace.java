package io.github.jaubert.cli.repeat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Options of finetune, each with the values that are tried. Immutable. */
public final class SearchSpace {
  private static final Pattern RANGE = Pattern.compile("([^,]+?)\\.\\.([^,]+)");
  private static final Pattern WHOLE = Pattern.compile("\\d+");

  private final Map<String, Values> options; // by name, as --epochs

  /** What an option can be. */
  private sealed interface Values {
    public String draw(Random random);
  }

  private record Listed(List<String> values) implements Values {
    @Override
    public String draw(Random random) {
      return values.get(random.nextInt(values.size()));
    }
  }

  /** Log-uniform, so that each order of magnitude is as likely as any other. */
  private record Range(double least, double most, boolean whole) implements Values {
    @Override
    public String draw(Random random) {
      // Whole numbers are those that their halves round to, so that the ends are as likely.
      double low = whole ? least - 0.5 : least;
      double high = whole ? most + 0.5 : most;
      double drawn = low * Math.pow(high / low, random.nextDouble());
      return whole
          ? Long.toString(Math.round(Math.max(least, Math.min(most, drawn))))
          : String.format(Locale.ROOT, "%.3g", drawn);
    }
  }

  private SearchSpace(Map<String, Values> options) {
    this.options = options;
  }

  /**
   * Reads what is to be tried.
   *
   * @param values by name of the option: {@code 1,2,3} or {@code 1e-5..1e-3}
   * @throws IllegalArgumentException naming option and values
   */
  public static SearchSpace of(Map<String, String> values) {
    Map<String, Values> options = new LinkedHashMap<>();
    values.forEach((name, text) -> options.put(name, values(name, text)));
    return new SearchSpace(options);
  }

  private static Values values(String name, String text) {
    Matcher range = RANGE.matcher(text);
    if (!range.matches()) {
      List<String> all = List.of(text.split(",", -1));
      if (all.contains("") || new LinkedHashSet<>(all).size() < all.size()) {
        throw new IllegalArgumentException(
            "%s=%s: a value is %s"
                .formatted(name, text, all.contains("") ? "empty" : "there twice"));
      }
      return new Listed(all);
    }
    double least;
    double most;
    try {
      least = Double.parseDouble(range.group(1));
      most = Double.parseDouble(range.group(2));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "%s=%s: a range has two numbers, as 1e-5..1e-3".formatted(name, text), e);
    }
    if (!(least > 0 && least < most && most < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "%s=%s: a range goes up from a number above 0".formatted(name, text));
    }
    boolean whole =
        WHOLE.matcher(range.group(1)).matches() && WHOLE.matcher(range.group(2)).matches();
    return new Range(least, most, whole);
  }

  /** The names of the options. */
  public Set<String> names() {
    return options.keySet();
  }

  /** Whether a grid would have no end. */
  public boolean hasRange() {
    return options.values().stream().anyMatch(Range.class::isInstance);
  }

  /** Every combination, the last option changing first. */
  public List<Map<String, String>> grid() {
    List<Map<String, String>> all = List.of(Map.of());
    for (Map.Entry<String, Values> option : options.entrySet()) {
      List<Map<String, String>> longer = new ArrayList<>();
      for (Map<String, String> before : all) {
        for (String value : ((Listed) option.getValue()).values()) {
          Map<String, String> one = new LinkedHashMap<>(before);
          one.put(option.getKey(), value);
          longer.add(one);
        }
      }
      all = longer;
    }
    return all;
  }

  /** Different combinations drawn by chance; fewer if there are no more. */
  public List<Map<String, String>> draw(int count, long seed) {
    if (!hasRange() && grid().size() <= count) {
      return grid();
    }
    Random random = new Random(seed);
    Set<Map<String, String>> drawn = new LinkedHashSet<>();
    for (int tries = 0; drawn.size() < count && tries < 1000L * count; tries++) {
      Map<String, String> one = new LinkedHashMap<>();
      options.forEach((name, values) -> one.put(name, values.draw(random)));
      drawn.add(one);
    }
    return List.copyOf(drawn);
  }
}
