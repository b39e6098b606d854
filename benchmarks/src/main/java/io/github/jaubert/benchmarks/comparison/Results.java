package io.github.jaubert.benchmarks.comparison;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** All that was measured: works by program, in the order they came. */
public final class Results {
  private final Map<String, Map<String, List<Reading>>> byWork = new LinkedHashMap<>();
  private final Map<String, Set<String>> versions = new LinkedHashMap<>();

  /** Adds what a program measured in a round. */
  public void add(String who, Collection<Reading> measured) {
    for (Reading m : measured) {
      byWork
          .computeIfAbsent(m.work(), work -> new LinkedHashMap<>())
          .computeIfAbsent(who, program -> new ArrayList<>())
          .add(m);
      versions.computeIfAbsent(who, program -> new TreeSet<>()).add(m.peer());
    }
  }

  /** What a program measured of a work, if it did. */
  public Optional<Series> find(String who, String work) {
    return Optional.ofNullable(byWork.getOrDefault(work, Map.of()).get(who)).map(Series::new);
  }

  /** The works whose name has a match. */
  public List<String> works(Pattern pattern) {
    return byWork.keySet().stream().filter(work -> pattern.matcher(work).find()).toList();
  }

  /** Our works whose name has a match. */
  public List<String> ourWorks(Pattern pattern) {
    return works(pattern).stream()
        .filter(work -> byWork.get(work).containsKey(Program.JAUBERT))
        .toList();
  }

  /** Everyone who measured something, we first. */
  public List<String> programs() {
    Set<String> names = new LinkedHashSet<>();
    if (versions.containsKey(Program.JAUBERT)) {
      names.add(Program.JAUBERT);
    }
    names.addAll(versions.keySet());
    return List.copyOf(names);
  }

  /** Names and versions that a program told. */
  public Set<String> versions(String who) {
    return versions.getOrDefault(who, Set.of());
  }
}
