package io.github.jaubert.measure.bias;

import io.github.jaubert.bert.tokenizer.Encoding;
import java.util.stream.IntStream;

/**
 * A text with something put in, and which of its tokens are that; tokenizers that have a blank in
 * front of a word's token, as RoBERTa's, know a word in its place only.
 *
 * @param filling what was put in
 * @param places of its tokens, in order
 */
record FilledText(Encoding encoding, String filling, int[] places) {
  static FilledText of(MaskedScorer scorer, String before, String filling, String after) {
    Encoding encoding = scorer.encode(before + filling + after);
    return new FilledText(
        encoding, filling, places(encoding, before.length(), before.length() + filling.length()));
  }

  /**
   * The tokens that come from a part of the text.
   *
   * @throws IllegalArgumentException if there are none
   */
  static int[] places(Encoding encoding, int from, int to) {
    int[][] offsets = encoding.offsets();
    int[] places =
        IntStream.range(0, offsets.length)
            .filter(i -> offsets[i][0] < to && offsets[i][1] > from)
            .toArray();
    if (places.length == 0) {
      throw new IllegalArgumentException(
          "the tokenizer has no token for characters %d to %d of a text".formatted(from, to));
    }
    return places;
  }
}
