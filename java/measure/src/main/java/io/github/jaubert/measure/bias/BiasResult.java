package io.github.jaubert.measure.bias;

import java.util.List;

/** What one measurement found, in a form that can be shown; the records hold the figures. */
public interface BiasResult {
  /** What JSON calls it, such as {@code crows_pairs}. */
  String key();

  /** Its heading. */
  String title();

  /** What exactly was measured, in a few sentences. */
  String measures();

  /** What the figures do not say, each in a sentence or two. */
  List<String> caveats();

  /** The figures. */
  List<BiasTable> tables();
}
