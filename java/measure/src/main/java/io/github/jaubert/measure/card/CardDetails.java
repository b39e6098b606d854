package io.github.jaubert.measure.card;

import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * What a card says that no program can measure. Each may be null, or empty, for "not given".
 *
 * @param license of the model, as the Hub writes them: {@code apache-2.0}, {@code cc-by-4.0}
 * @param dataLicense of the training data, likewise
 * @param languages by their codes of ISO 639-1, such as {@code en}
 * @param datasets the training data as data sets of the Hub, {@code owner/name}
 * @param benchmark the data to judge by as a benchmark of the Hub, {@code owner/name:task}
 * @param author who made the model
 * @param intendedUse what it is for
 * @param outOfScopeUse what it is not for
 * @param gramsPerKilowattHour of CO2 for a kilowatt-hour where the model was trained; NaN for the
 *     average of the world
 */
public record CardDetails(
    String license,
    String dataLicense,
    List<String> languages,
    List<String> datasets,
    String benchmark,
    String author,
    String intendedUse,
    String outOfScopeUse,
    double gramsPerKilowattHour) {
  private static final Pattern BENCHMARK = Pattern.compile("[\\w.-]+/[\\w.-]+:[\\w.-]+");

  private static final CardDetails NONE =
      new CardDetails(null, null, List.of(), List.of(), null, null, null, null, Double.NaN);

  /**
   * @throws IllegalArgumentException if grams of CO2 are negative or infinite, or the benchmark is
   *     not of its form
   */
  public CardDetails {
    languages = List.copyOf(Objects.requireNonNull(languages, "languages"));
    datasets = List.copyOf(Objects.requireNonNull(datasets, "datasets"));
    if (benchmark != null && !BENCHMARK.matcher(benchmark).matches()) {
      throw new IllegalArgumentException(
          "benchmark %s: OWNER/NAME:TASK, as cais/hle:default".formatted(benchmark));
    }
    if (gramsPerKilowattHour < 0 || Double.isInfinite(gramsPerKilowattHour)) {
      throw new IllegalArgumentException(
          "grams of CO2 per kilowatt-hour: %s; from 0".formatted(gramsPerKilowattHour));
    }
  }

  /** Nothing is given. */
  public static CardDetails none() {
    return NONE;
  }
}
