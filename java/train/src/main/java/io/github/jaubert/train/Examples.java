package io.github.jaubert.train;

import java.util.function.Function;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/** A number of examples, in order, as batches of some of them. Immutable. */
public interface Examples {
  /** How many there are. */
  int size();

  /** How many tokens an example has, by which batches are made even; 1 if it has no text. */
  int tokens(int example);

  /**
   * Some examples as a batch, also one alone.
   *
   * @param rows their numbers, from 0; each may be there more than once
   */
  Batch batch(int[] rows);

  /** The tokens of each, one where there is none. */
  static int[] lengths(Examples examples) {
    return IntStream.range(0, examples.size())
        .map(row -> Math.max(1, examples.tokens(row)))
        .toArray();
  }

  /**
   * Examples of functions.
   *
   * @param tokens how many tokens an example has
   * @param batch makes a batch of some examples
   */
  static Examples of(int size, IntUnaryOperator tokens, Function<int[], Batch> batch) {
    return new Examples() {
      @Override
      public int size() {
        return size;
      }

      @Override
      public int tokens(int example) {
        return tokens.applyAsInt(example);
      }

      @Override
      public Batch batch(int[] rows) {
        return batch.apply(rows);
      }
    };
  }
}
