package io.github.jaubert.bert.pipeline;

/**
 * How the labels of tokens become entities: {@code aggregation_strategy} of Hugging Face's {@code
 * TokenClassificationPipeline}, with the same results.
 *
 * <p>With all but {@link #NONE}, neighbours of one type are one entity, up to the next {@code B-};
 * its label is the type without {@code B-} or {@code I-}, its score the mean of theirs.
 */
public enum Aggregation {
  /** Every token is by itself, with its whole label. */
  NONE,
  /** Tokens are put together, so that one word may be of two entities. */
  SIMPLE,
  /** A word has the label and the score of its first token. */
  FIRST,
  /** The probabilities of a word are the mean of those of its tokens. */
  AVERAGE,
  /** A word has the label and the score of the token whose best score is the highest. */
  MAX
}
