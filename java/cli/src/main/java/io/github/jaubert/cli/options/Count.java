package io.github.jaubert.cli.options;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A large number, as 5000, 30k, 200M or 1.5B. */
final class Count implements ITypeConverter<Long> {
  private static final Pattern FORM = Pattern.compile("(\\d{1,12})(?:\\.(\\d{1,3}))?([kKmMbB]?)");

  @Override
  public Long convert(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches() || matcher.group(2) != null && matcher.group(3).isEmpty()) {
      throw new TypeConversionException(
          "'" + text + "' is no whole number, as 5000, 30k, 200M or 1.5B");
    }
    long unit =
        switch (matcher.group(3)) {
          case "k", "K" -> 1_000;
          case "m", "M" -> 1_000_000;
          case "b", "B" -> 1_000_000_000;
          default -> 1;
        };
    String digits = matcher.group(2) == null ? "" : matcher.group(2);
    long fraction = digits.isEmpty() ? 0 : Long.parseLong((digits + "00").substring(0, 3));
    return Long.parseLong(matcher.group(1)) * unit + fraction * unit / 1_000;
  }
}
