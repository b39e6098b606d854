package io.github.jaubert.train.corpus;

import io.github.jaubert.bert.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Chooses the tokens that a masked language model is to tell, anew at every step (Liu et al. 2019,
 * "RoBERTa"), as a function of seed, step and sequence alone: a run that is resumed masks alike.
 * Immutable.
 *
 * <p>A share {@link #rate} of the tokens is chosen, 0.15 if nothing is said (Devlin et al. 2019,
 * "BERT"). Of these 80 % become the mask token, 10 % a token drawn from the whole vocabulary, and
 * 10 % stay ({@link #split}). Special tokens and the unknown token are neither chosen nor drawn.
 *
 * <p>How many are chosen is fixed by the length, as in BERT, and not left to a draw for each token,
 * as in Hugging Face's collator: batches then have the same number of rows to compute, and no short
 * sequence is computed for nothing. Where BERT rounds, the part of a token is here a chance, so
 * that the rate is met on average at any length; and at least one token is chosen (of a sequence of
 * less than 1 / rate tokens, that is more than the rate).
 */
public final class Masking {
  private static final String CONTINUED = "##";

  /** How byte-level BPE and SentencePiece mark the tokens that begin a word. */
  private static final String BEGUN = "\u0120\u2581";

  private final String[] tokens; // null: none of that id
  private final boolean[] special;
  private final int[] drawn; // the ids that may replace one
  private final int maskId;
  private final boolean[] startsWord; // null: every token is a word
  private final double rate;
  private final double masked;
  private final double replaced;

  private Masking(
      Masking other, boolean[] startsWord, double rate, double masked, double replaced) {
    this.tokens = other.tokens;
    this.special = other.special;
    this.drawn = other.drawn;
    this.maskId = other.maskId;
    this.startsWord = startsWord;
    this.rate = rate;
    this.masked = masked;
    this.replaced = replaced;
  }

  private Masking(Tokenizer tokenizer) {
    tokens = new String[tokenizer.vocabularySize()];
    Arrays.setAll(tokens, tokenizer::token);
    special = new boolean[tokens.length];
    tokenizer.specialIds().forEach(id -> special[id] = true);
    maskId = tokenizer.maskId();
    if (maskId < 0) {
      throw new IllegalArgumentException("the tokenizer has no mask token, such as [MASK]");
    }
    drawn =
        IntStream.range(0, tokens.length)
            .filter(id -> !special[id] && tokens[id] != null)
            .toArray();
    startsWord = null;
    rate = 0.15;
    masked = 0.8;
    replaced = 0.1;
  }

  /**
   * Masks for the sequences of a tokenizer.
   *
   * @throws IllegalArgumentException if it has no mask token
   */
  public static Masking of(Tokenizer tokenizer) {
    return new Masking(tokenizer);
  }

  /**
   * Another share of the tokens.
   *
   * @param share above 0, at most 1
   */
  public Masking rate(double share) {
    if (!(share > 0 && share <= 1)) {
      throw new IllegalArgumentException("a masking rate of " + share + "; above 0, at most 1");
    }
    return new Masking(this, startsWord, share, masked, replaced);
  }

  /**
   * Other shares of what becomes of the chosen tokens; the rest of them stay as they are.
   *
   * @param toMask how many become the mask token
   * @param toRandom how many become any token
   */
  public Masking split(double toMask, double toRandom) {
    if (!(toMask >= 0 && toRandom >= 0 && toMask + toRandom <= 1 + 1e-9)) {
      throw new IllegalArgumentException(
          "%s of the chosen tokens masked, %s replaced: shares of 1 are due"
              .formatted(toMask, toRandom));
    }
    return new Masking(this, startsWord, rate, toMask, toRandom);
  }

  /**
   * Chooses whole words (Devlin's "whole word masking" of 2019), whose pieces are then all masked,
   * all replaced, or all kept. The share of the tokens is the same.
   *
   * @throws IllegalArgumentException if the vocabulary does not mark where words begin or go on
   */
  public Masking wholeWords() {
    boolean[] starts = new boolean[tokens.length];
    boolean continued = false;
    boolean begun = false;
    for (int id : drawn) {
      continued |= tokens[id].length() > CONTINUED.length() && tokens[id].startsWith(CONTINUED);
      begun |= BEGUN.indexOf(tokens[id].charAt(0)) >= 0;
    }
    if (!continued && !begun) {
      throw new IllegalArgumentException(
          "the vocabulary marks no tokens that go on with a word (##) or begin one (\u0120, \u2581)");
    }
    for (int id : drawn) {
      starts[id] =
          continued ? !tokens[id].startsWith(CONTINUED) : BEGUN.indexOf(tokens[id].charAt(0)) >= 0;
    }
    return wholeWords(starts);
  }

  /**
   * The same with words of one's own.
   *
   * @param starts by id, whether a token begins a word; the next ones that do not belong to it
   */
  public Masking wholeWords(boolean[] starts) {
    if (starts.length != tokens.length) {
      throw new IllegalArgumentException(
          "starts of words for %d ids; the vocabulary has %d"
              .formatted(starts.length, tokens.length));
    }
    return new Masking(this, starts.clone(), rate, masked, replaced);
  }

  /** The id of the mask token. */
  public int maskId() {
    return maskId;
  }

  /**
   * Masks a sequence.
   *
   * @param ids with special tokens, as {@link Sequences#ids} gives them; they stay as they are
   * @param seed of the run
   * @param step the step or epoch: each masks the sequence otherwise
   * @param sequence its number
   * @throws IllegalArgumentException if an id is not in the vocabulary
   */
  public Masked mask(int[] ids, long seed, long step, long sequence) {
    SplitMix random = new SplitMix(seed, step, sequence);
    int[] words = new int[ids.length + 1]; // where each begins; those of one token often
    int[] ends = new int[ids.length];
    int count = 0;
    int maskable = 0;
    boolean inWord = false;
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0 || ids[i] >= special.length) {
        throw new IllegalArgumentException(
            "sequence %d: the id %d is not in the vocabulary of %d"
                .formatted(sequence, ids[i], special.length));
      }
      if (special[ids[i]]) {
        inWord = false;
        continue;
      }
      if (!inWord || startsWord == null || startsWord[ids[i]]) {
        words[count++] = i;
      }
      ends[count - 1] = i + 1;
      inWord = true;
      maskable++;
    }
    return choose(ids, words, ends, count, rate * maskable, random);
  }

  /**
   * Takes words in a random order until there are as many tokens as are due; the word that would go
   * beyond that only with the chance that makes it right on average.
   */
  private Masked choose(
      int[] ids, int[] words, int[] ends, int count, double due, SplitMix random) {
    int[] changed = ids.clone();
    int[] rows = new int[ids.length];
    int taken = 0;
    for (int k = 0; k < count && taken < due; k++) {
      int picked = k + random.nextInt(count - k);
      int start = words[picked];
      int end = ends[picked];
      words[picked] = words[k];
      ends[picked] = ends[k];
      int length = end - start;
      if (k > 0 && taken + length > due && random.nextDouble() * length >= due - taken) {
        break;
      }
      change(changed, start, end, random);
      for (int i = start; i < end; i++) {
        rows[taken++] = i;
      }
    }
    rows = Arrays.copyOf(rows, taken);
    Arrays.sort(rows);
    int[] labels = new int[taken];
    for (int i = 0; i < taken; i++) {
      labels[i] = ids[rows[i]];
    }
    return new Masked(changed, rows, labels);
  }

  private void change(int[] ids, int start, int end, SplitMix random) {
    double fate = random.nextDouble();
    for (int i = start; i < end; i++) {
      if (fate < masked) {
        ids[i] = maskId;
      } else if (fate < masked + replaced) {
        ids[i] = drawn[random.nextInt(drawn.length)];
      }
    }
  }

  /** As {@code 0.15 of the tokens, 0.8 masked, 0.1 replaced, whole words}. */
  @Override
  public String toString() {
    return rate
        + (" of the tokens, " + masked + " masked, " + replaced + " replaced")
        + (startsWord == null ? "" : ", whole words");
  }
}
