package io.github.jaubert.benchmarks.comparison;

import java.util.Optional;

/** Gives suites by their names. */
@FunctionalInterface
interface SuiteSource {
  /** The suite of one of the names; empty if it is left out. */
  Optional<Suite> named(String name);
}
