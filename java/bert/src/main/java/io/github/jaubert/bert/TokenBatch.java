package io.github.jaubert.bert;

import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.tensor.PackedSequences;
import java.util.Arrays;
import java.util.List;

/**
 * Token ids of several sequences end to end, without padding. It lies in the Java heap: a model
 * makes tensors of it in the scope of its forward pass. The arrays are not copied and must not
 * change.
 *
 * @param inputIds token ids {@code [tokens]}
 * @param tokenTypeIds the segment of each token, 0 or 1, {@code [tokens]}
 * @param lengths where the sequences lie
 */
public record TokenBatch(int[] inputIds, int[] tokenTypeIds, PackedSequences lengths) {
  /**
   * Checks that the three agree.
   *
   * @throws IllegalArgumentException if they have different numbers of tokens
   */
  public TokenBatch {
    if (inputIds.length != lengths.tokens() || tokenTypeIds.length != lengths.tokens()) {
      throw new IllegalArgumentException(
          "batch: "
              + inputIds.length
              + " input ids, "
              + tokenTypeIds.length
              + " token type ids and "
              + lengths);
    }
  }

  /** Encoded texts, in order. */
  public static TokenBatch of(List<Encoding> encodings) {
    int[] sizes = encodings.stream().mapToInt(Encoding::length).toArray();
    PackedSequences lengths = PackedSequences.of(sizes);
    int[] ids = new int[lengths.tokens()];
    int[] types = new int[lengths.tokens()];
    int row = 0;
    for (Encoding encoding : encodings) {
      System.arraycopy(encoding.ids(), 0, ids, row, encoding.length());
      System.arraycopy(encoding.typeIds(), 0, types, row, encoding.length());
      row += encoding.length();
    }
    return new TokenBatch(ids, types, lengths);
  }

  /** Encoded texts, in order. */
  public static TokenBatch of(Encoding... encodings) {
    return of(Arrays.asList(encodings));
  }

  /** One of the sequences as a batch of its own. */
  public TokenBatch sequence(int index) {
    int[] starts = lengths.cuSeqlens();
    return new TokenBatch(
        Arrays.copyOfRange(inputIds, starts[index], starts[index + 1]),
        Arrays.copyOfRange(tokenTypeIds, starts[index], starts[index + 1]),
        PackedSequences.of(lengths.length(index)));
  }

  /**
   * The same with tokens of padding behind the sequences, see {@link PackedSequences#padTo}; their
   * id and segment are 0.
   *
   * @throws IllegalArgumentException if there are more than {@code tokens} already, or padding
   */
  public TokenBatch padTo(int tokens) {
    PackedSequences padded = lengths.padTo(tokens);
    return new TokenBatch(
        Arrays.copyOf(inputIds, tokens), Arrays.copyOf(tokenTypeIds, tokens), padded);
  }

  /**
   * Refuses numbers beyond what a model has.
   *
   * @throws IllegalArgumentException naming the number, its row and what the model has
   */
  void requireWithin(EncoderConfig config) {
    if (lengths.maxLength() > config.maxPositionEmbeddings()) {
      throw new IllegalArgumentException(
          "a sequence of "
              + lengths.maxLength()
              + " tokens: the model has "
              + config.maxPositionEmbeddings()
              + " positions");
    }
    checkRange("token id", inputIds, config.vocabSize());
    if (config.readsTypes()) {
      checkRange("token type id", tokenTypeIds, config.typeVocabSize());
    }
  }

  private static void checkRange(String what, int[] values, int bound) {
    for (int i = 0; i < values.length; i++) {
      if (values[i] < 0 || values[i] >= bound) {
        throw new IllegalArgumentException(
            what + " " + values[i] + " at row " + i + ": the model has 0 to " + (bound - 1));
      }
    }
  }

  /** The number of sequences. */
  public int count() {
    return lengths.count();
  }

  /** The number of tokens of all sequences together. */
  public int tokens() {
    return lengths.tokens();
  }

  /** As {@code TokenBatch(4 sequences, 210 tokens, longest 128)}. */
  @Override
  public String toString() {
    return "TokenBatch(" + lengths + ")";
  }
}
