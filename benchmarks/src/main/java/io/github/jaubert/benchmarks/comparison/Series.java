package io.github.jaubert.benchmarks.comparison;

import java.util.List;

/**
 * What one program measured of one work, in all rounds.
 *
 * @param rounds one reading a round, at least one
 */
public record Series(List<Reading> rounds) {
  /** At least one round, all in one unit. */
  public Series {
    rounds = List.copyOf(rounds);
    if (rounds.stream().map(Reading::unit).distinct().count() != 1) {
      throw new IllegalArgumentException("rounds in different units, or none: " + rounds);
    }
  }

  /** The median over the rounds of what each round gave. */
  public double value() {
    return Statistics.median(rounds.stream().map(Reading::value).toList());
  }

  /** Of the values. */
  public String unit() {
    return rounds.get(0).unit();
  }

  /** Whether more is better, as of sentences a second, or less, as of milliseconds. */
  public boolean moreIsBetter() {
    return unit().endsWith("/s");
  }

  /**
   * Seconds of a call.
   *
   * @throws IllegalStateException if the unit is no time
   */
  public double seconds() {
    return value()
        * switch (unit()) {
          case "s" -> 1;
          case "ms" -> 1e-3;
          case "us" -> 1e-6;
          case "ns" -> 1e-9;
          default -> throw new IllegalStateException(unit() + " is no time");
        };
  }

  /** Whether the unit is a time. */
  public boolean isTime() {
    return List.of("s", "ms", "us", "ns").contains(unit());
  }

  /** GF/s of the calls; 0 if they have no FLOPs or no time. */
  public double gigaflops() {
    return isTime() ? rounds.get(0).flops() / seconds() / 1e9 : 0;
  }

  /** GB/s of the calls; 0 if their bytes or their time are not known. */
  public double gigabytes() {
    return isTime() ? rounds.get(0).bytes() / seconds() / 1e9 : 0;
  }
}
