package io.github.jaubert.benchmarks.comparison;

import io.github.jaubert.benchmarks.measure.Measurement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * All that a run gave: works by who measured them in the order they came, what failed, what was
 * left out. A peer that pads may take sentences as they come, or sort them first, where we do
 * neither: a work whose name ends so is its other one, {@code PyTorch, by length}.
 *
 * @param versions of the programs that measured something, by name
 * @param failures programs that failed, in words
 * @param leftOut what is not measured, and why
 */
record Results(
    Map<String, Map<String, Series>> byWork,
    Map<String, Set<String>> versions,
    List<String> failures,
    List<String> leftOut) {
  private static final Pattern WAY = Pattern.compile("(.*)(, in file order|, by length)");

  Results() {
    this(new LinkedHashMap<>(), new LinkedHashMap<>(), new ArrayList<>(), new ArrayList<>());
  }

  /** What one program measured of one work: a measurement a round, at least one. */
  record Series(List<Measurement> rounds) {
    private static final Map<String, Double> TIMES =
        Map.of("s", 1.0, "ms", 1e-3, "us", 1e-6, "ns", 1e-9);

    /** The median over the rounds of what each round gave. */
    double value() {
      return Measurement.median(rounds.stream().mapToDouble(Measurement::value).toArray());
    }

    String unit() {
      return rounds.get(0).unit();
    }

    /** Whether more is better, as of sentences a second, or less, as of milliseconds. */
    boolean moreIsBetter() {
      return unit().endsWith("/s");
    }

    /** Seconds of a call; not a number if the unit is no time. */
    double seconds() {
      return value() * TIMES.getOrDefault(unit(), Double.NaN);
    }

    /**
     * In GF/s or GB/s, also of calls that were measured as times; 0 where there is no such rate.
     */
    double rate(String rate) {
      Measurement one = rounds.get(0);
      double amount = rate.equals("GF/s") ? one.flops() : one.bytes();
      double others = TIMES.containsKey(unit()) ? amount / seconds() / 1e9 : 0;
      return unit().equals(rate) ? value() : others;
    }

    double[] samplesOfFirstRound() {
      return rounds.get(0).samples();
    }
  }

  /** Adds what a program measured in a round. */
  void add(String program, Iterable<Measurement> measured) {
    for (Measurement one : measured) {
      Matcher way = WAY.matcher(one.work());
      String work = way.matches() ? way.group(1) : one.work();
      String who = way.matches() ? program + way.group(2) : program;
      Series series =
          byWork
              .computeIfAbsent(work, name -> new LinkedHashMap<>())
              .computeIfAbsent(who, name -> new Series(new ArrayList<>()));
      if (!series.rounds.isEmpty() && !series.unit().equals(one.unit())) {
        throw new IllegalArgumentException(
            "%s measured %s in %s and in %s".formatted(who, work, series.unit(), one.unit()));
      }
      series.rounds.add(one);
      versions.computeIfAbsent(program, name -> new TreeSet<>()).add(one.peer());
    }
  }

  /** What somebody measured of a work, if they did. */
  Optional<Series> find(String who, String work) {
    return Optional.ofNullable(byWork.getOrDefault(work, Map.of()).get(who));
  }

  /** The names of the works that have a match. */
  List<String> works(String pattern) {
    return byWork.keySet().stream().filter(Pattern.compile(pattern).asPredicate()).toList();
  }

  /** Our works whose name has a match. */
  Map<String, Series> ours(String pattern) {
    Map<String, Series> found = new LinkedHashMap<>();
    works(pattern).forEach(work -> find(Program.JAUBERT, work).ifPresent(s -> found.put(work, s)));
    return found;
  }

  /** Everyone who measured one of these works, we first. */
  List<String> whoMeasured(List<String> works) {
    return works.stream()
        .flatMap(work -> byWork.get(work).keySet().stream())
        .distinct()
        .sorted(Comparator.comparing(who -> !who.equals(Program.JAUBERT)))
        .toList();
  }
}
