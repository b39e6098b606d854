package io.github.jaubert.measure.card;

import io.github.jaubert.measure.card.PowerMeter.Source;
import java.util.Locale;

/**
 * What a run took.
 *
 * @param watts on average
 * @param source how they are known
 * @param seconds of the run
 */
record Energy(double watts, Source source, double seconds) {
  /** Of a kilowatt-hour of the world's electricity in 2024: IEA, Electricity 2025. */
  static final double WORLD_GRAMS = 445;

  private static final double JOULES = 3.6e6; // of a kilowatt-hour

  double kilowattHours() {
    return watts * seconds / JOULES;
  }

  /** Of CO2. */
  double grams(double gramsPerKilowattHour) {
    return kilowattHours()
        * (Double.isNaN(gramsPerKilowattHour) ? WORLD_GRAMS : gramsPerKilowattHour);
  }

  /** In words, with what is behind the figure. */
  String words() {
    return String.format(
        Locale.ROOT,
        "%s kWh (%.0f W for %s): %s",
        significant(kilowattHours()),
        watts,
        duration(seconds),
        source.words());
  }

  /** In words, with the factor. */
  String emissions(double gramsPerKilowattHour) {
    boolean world = Double.isNaN(gramsPerKilowattHour);
    return String.format(
        Locale.ROOT,
        "%s g of CO2 at %.0f g/kWh, %s",
        significant(grams(gramsPerKilowattHour)),
        world ? WORLD_GRAMS : gramsPerKilowattHour,
        world ? "the average of the world in 2024 (IEA, Electricity 2025)" : "as given");
  }

  /** Two significant digits, without an exponent. */
  static String significant(double value) {
    if (value == 0) {
      return "0";
    }
    int digits = Math.max(0, 1 - (int) Math.floor(Math.log10(value)));
    return String.format(Locale.ROOT, "%,." + Math.min(digits, 12) + "f", value);
  }

  /** Such as {@code 1 h 02 min} or {@code 42 s}. */
  static String duration(double seconds) {
    long whole = Math.round(seconds);
    return whole < 120
        ? whole + " s"
        : whole < 7200
            ? String.format(Locale.ROOT, "%d min %02d s", whole / 60, whole % 60)
            : String.format(Locale.ROOT, "%d h %02d min", whole / 3600, whole / 60 % 60);
  }
}
