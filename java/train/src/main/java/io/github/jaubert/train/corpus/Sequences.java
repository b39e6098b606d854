package io.github.jaubert.train.corpus;

import io.github.jaubert.bert.tokenizer.Frame;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import java.util.Arrays;

/**
 * The documents of a corpus, cut into sequences of at most so many tokens, with special tokens
 * around each. Every token of the corpus is in one of them, and none is in two; none goes from one
 * document into the next, and nothing is padded. Immutable, and safe from any number of threads.
 *
 * <p>A sequence is as long as it may be, but ends with a sentence if one ends in the last eighth.
 * What would be left of a document as a piece of less than {@value #SHORTEST} tokens shares what is
 * there with the piece before. So only a document that is short itself makes a short sequence.
 *
 * <p>Takes 8 bytes of memory a sequence: 64 MB for a thousand million tokens cut at 128.
 */
public final class Sequences {
  /** Shorter pieces are not cut off, special tokens not counted. */
  static final int SHORTEST = 8;

  private final TokenizedCorpus corpus;
  private final Frame frame;
  private final long[] starts; // the first token of each, and the end of the last

  private Sequences(TokenizedCorpus corpus, Frame frame, long[] starts) {
    this.corpus = corpus;
    this.frame = frame;
    this.starts = starts;
  }

  /**
   * Cuts a corpus.
   *
   * @param tokenizer the one of the corpus
   * @param maxLength the most tokens of a sequence, special ones included
   * @throws IllegalArgumentException if that leaves less than 16 to the text
   */
  public static Sequences of(TokenizedCorpus corpus, Tokenizer tokenizer, int maxLength) {
    Frame frame = Frame.ofText(tokenizer);
    int room = room(maxLength, frame);
    LongList starts = new LongList();
    long sentence = 0;
    for (long document = 0; document < corpus.documents(); document++) {
      long at = corpus.documentStart(document);
      long end = corpus.documentStart(document + 1);
      starts.add(at);
      while (end - at > room) {
        long cut = at + room;
        while (corpus.sentenceStart(sentence + 1) <= cut) {
          sentence++;
        }
        long sentenceEnd = corpus.sentenceStart(sentence);
        if (sentenceEnd > cut - room / 8) {
          cut = sentenceEnd;
        }
        if (end - cut < SHORTEST) {
          cut = at + (end - at + 1) / 2;
        }
        starts.add(cut);
        at = cut;
      }
    }
    starts.add(corpus.tokens());
    return new Sequences(corpus, frame, starts.toArray());
  }

  /** What the special tokens leave to the text. */
  static int room(int maxLength, Frame frame) {
    int room = maxLength - frame.length();
    if (room < 2 * SHORTEST) {
      throw new IllegalArgumentException(
          "sequences of at most %d tokens, %d of them special; at least %d are needed"
              .formatted(maxLength, frame.length(), 2 * SHORTEST + frame.length()));
    }
    return room;
  }

  /** How many there are. */
  public int size() {
    return starts.length - 1;
  }

  /** The tokens of one, special ones included. */
  public int length(int sequence) {
    return (int) (starts[sequence + 1] - starts[sequence]) + frame.length();
  }

  /** The tokens of all, special ones included. */
  public long tokens() {
    return corpus.tokens() + (long) size() * frame.length();
  }

  /** The first token of one in the corpus; for {@link #size}, the number of tokens there. */
  public long start(int sequence) {
    return starts[sequence];
  }

  /** The ids of one, special ones included. */
  public int[] ids(int sequence) {
    int[] before = frame.ids()[0];
    int[] after = frame.ids()[1];
    int[] ids = Arrays.copyOf(before, length(sequence));
    int count = ids.length - frame.length();
    corpus.copy(starts[sequence], count, ids, before.length);
    System.arraycopy(after, 0, ids, before.length + count, after.length);
    return ids;
  }

  /** As {@code 120,345 sequences of 14,806,069 tokens}. */
  @Override
  public String toString() {
    return "%,d sequences of %,d tokens".formatted(size(), tokens());
  }
}
