package io.github.jaubert.benchmarks.comparison;

import io.github.jaubert.benchmarks.comparison.Results.Series;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Who measures, and how where that differs: a peer that pads may take sentences as they come, or
 * sort them first, where we do neither. A column of a table, a bar of a picture.
 *
 * @param how the end of the work's name that says it; empty for the work as we do it
 */
record Column(String who, String how) {
  /** A peer's batches take sentences as they come. */
  static final String FILE_ORDER = ", in file order";

  /** A peer's batches are of sentences of similar length. */
  static final String BY_LENGTH = ", by length";

  /** Everyone who measured one of these works in some way, we first. */
  static List<Column> of(Results results, List<String> works) {
    return results.programs().keySet().stream()
        .flatMap(who -> Stream.of("", FILE_ORDER, BY_LENGTH).map(how -> new Column(who, how)))
        .filter(column -> works.stream().anyMatch(work -> column.find(results, work).isPresent()))
        .toList();
  }

  /** The works without those that are a peer's way to another of them. */
  static List<String> works(List<String> works) {
    return works.stream()
        .filter(
            work ->
                Stream.of(FILE_ORDER, BY_LENGTH)
                    .filter(work::endsWith)
                    .map(how -> work.substring(0, work.length() - how.length()))
                    .noneMatch(works::contains))
        .toList();
  }

  /** What was measured of a work in this way. */
  Optional<Series> find(Results results, String work) {
    return results.find(who, work + how);
  }

  /** As a legend has it: {@code PyTorch, by length}. */
  @Override
  public String toString() {
    return who + how;
  }
}
