package io.github.jaubert.bert.tokenizer;

/**
 * Is told how far the training of a vocabulary is, in the thread that trains, a few times a second
 * or less. What it throws ends the training.
 */
public interface VocabularyListener {
  /**
   * Words are being counted.
   *
   * @param texts how many texts were read so far
   * @param characters how many characters these have
   */
  default void counted(long texts, long characters) {}

  /**
   * Tokens are being made.
   *
   * @param tokens how many there are so far
   * @param wanted how many there shall be
   */
  default void learned(int tokens, int wanted) {}
}
