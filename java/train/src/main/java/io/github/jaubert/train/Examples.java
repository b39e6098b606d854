package io.github.jaubert.train;

import java.util.function.Function;
import java.util.function.IntFunction;
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

  /**
   * The same in one of several passes over all examples, for examples that are drawn anew in each,
   * such as texts of which other tokens are masked. They must follow from the arguments alone, so
   * that a run which is resumed draws alike. As {@link #batch(int[])} unless said otherwise.
   *
   * @param pass from 0; an epoch of training is one
   */
  default Batch batch(int[] rows, int pass) {
    return batch(rows);
  }

  /**
   * How many tokens each has in one of several passes, at least 1, for examples of which there are
   * others in each pass, such as pairs of texts that are drawn anew. As {@link #size} and {@link
   * #tokens} have it unless said otherwise.
   *
   * @param pass as of {@link #batch(int[], int)}, whose rows are those of this array
   */
  default int[] lengths(int pass) {
    return IntStream.range(0, size()).map(row -> Math.max(1, tokens(row))).toArray();
  }

  /**
   * What an example has that no other of its batch may have, as numbers by the number of the
   * example: such as its texts, if each is to be told from all others of the batch. Null, as it is
   * unless said otherwise, if any may stand together.
   */
  default IntFunction<int[]> distinct() {
    return null;
  }

  /**
   * What tells these examples apart from any others, if that is known without reading them all;
   * null, as it is unless said otherwise, to have all of them read.
   */
  default String fingerprint() {
    return null;
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
