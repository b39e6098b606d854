package io.github.jaubert.measure.signing;

/** Is told how far the hashing of a model is. */
@FunctionalInterface
public interface HashListener {
  /**
   * A part of a file was hashed.
   *
   * @param file its name within the model
   * @param bytes how much of it so far
   * @param size of the file in bytes
   */
  void hashed(String file, long bytes, long size);
}
