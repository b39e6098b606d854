package io.github.jaubert.measure.bias;

/** Hears how far a measurement is. */
@FunctionalInterface
public interface BiasListener {
  /** Hears nothing. */
  BiasListener NONE = (work, done, all) -> {};

  /**
   * Called after every batch.
   *
   * @param work what is done, such as {@code CrowS-Pairs}
   * @param done how many of {@code all} texts, masked copies counted, are done
   */
  void advanced(String work, int done, int all);
}
