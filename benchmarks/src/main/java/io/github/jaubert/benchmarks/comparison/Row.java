package io.github.jaubert.benchmarks.comparison;

import java.util.List;
import java.util.Optional;

/**
 * A goal and what came out.
 *
 * @param comparisons all that the goal is about; none if it was not measured
 */
public record Row(Goal goal, List<Comparison> comparisons) {
  /** Looks among the results for what the goal is about. */
  static Row of(Goal goal, Results results) {
    return new Row(goal, goal.rule().compare(results));
  }

  /** Whether there is anything to judge by. */
  public boolean isMeasured() {
    return !comparisons.isEmpty();
  }

  /** Whether every comparison keeps to the bound. */
  public boolean isMet() {
    return isMeasured() && comparisons.stream().allMatch(goal::isMetBy);
  }

  /** The comparison that decides: the worst one. */
  public Optional<Comparison> decisive() {
    return goal.decisive(comparisons);
  }
}
