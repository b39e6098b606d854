package io.github.jaubert.benchmarks.comparison;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Who measures and how it goes about a work: a peer that pads may take sentences as they come, or
 * sort them first, where we have one way only.
 *
 * @param suffix of the work's name, which says how; empty for the work as we do it
 */
record Way(String who, String suffix) {
  /** A peer's batches take sentences as they come. */
  static final String FILE_ORDER = ", in file order";

  /** A peer's batches are of sentences of similar length. */
  static final String BY_LENGTH = ", by length";

  private static final List<String> SUFFIXES = List.of("", FILE_ORDER, BY_LENGTH);

  /** Everyone who measured one of these works in some way, we first. */
  static List<Way> of(Results results, List<String> works) {
    return results.programs().stream()
        .flatMap(who -> SUFFIXES.stream().map(suffix -> new Way(who, suffix)))
        .filter(way -> works.stream().anyMatch(work -> way.find(results, work).isPresent()))
        .toList();
  }

  /** The works without those that are a peer's way to another of them. */
  static List<String> works(List<String> works) {
    return works.stream()
        .filter(
            work ->
                Stream.of(FILE_ORDER, BY_LENGTH)
                    .noneMatch(
                        suffix ->
                            work.endsWith(suffix)
                                && works.contains(
                                    work.substring(0, work.length() - suffix.length()))))
        .toList();
  }

  /** What was measured of a work in this way. */
  Optional<Series> find(Results results, String work) {
    return results.find(who, work + suffix);
  }

  /** As a legend has it: {@code PyTorch, by length}. */
  @Override
  public String toString() {
    return who + suffix;
  }
}
