package io.github.jaubert.train;

import java.util.List;

/**
 * What a model says of an example that it was judged by. Immutable.
 *
 * @param row the number of the example in the data, from 0
 * @param answer the label, those that hold, the score as a number, the tag of each word, or the
 *     part of the context; none of these may be there
 * @param score how sure the model is, a probability: of the answer, or, of several decisions, of
 *     the surest wrong one if any is wrong, otherwise of the least sure. Of a model that predicts a
 *     score it is how far the answer is off
 * @param right whether the answer is what the data say; a score is right if it is that number
 */
public record Judgement(int row, List<String> answer, double score, boolean right) {
  /** Copies the answer. */
  public Judgement {
    answer = List.copyOf(answer);
  }
}
