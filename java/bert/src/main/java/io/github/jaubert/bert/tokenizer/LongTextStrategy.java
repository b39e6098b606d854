package io.github.jaubert.bert.tokenizer;

import java.util.Locale;

/**
 * How a single text is read that has more tokens than a model is given: its first ones, its first
 * and its last, or all of them in windows that overlap. Immutable.
 */
public final class LongTextStrategy {
  /** The kinds. */
  public enum Kind {
    /** The tokenizer cuts the text, behind its first tokens unless its files say otherwise. */
    CUT,
    /** The first and the last tokens are read as one text (Sun et al. 2019, section 5.3.1). */
    HEAD_TAIL,
    /**
     * All tokens are read, in windows; the logits of a text are the mean of those of its windows.
     */
    WINDOWS;

    /** Such as {@code head-tail}. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** That of Sun et al., who keep 128 of 510 tokens in front. */
  public static final double USUAL_HEAD_SHARE = 0.25;

  private static final LongTextStrategy CUT = new LongTextStrategy(Kind.CUT, 0, 0);
  private static final int UNSAID = -1;

  private final Kind kind;
  private final double headShare;
  private final int stride; // UNSAID: a quarter of the maximum length

  private LongTextStrategy(Kind kind, double headShare, int stride) {
    this.kind = kind;
    this.headShare = headShare;
    this.stride = stride;
  }

  /** Texts are cut. */
  public static LongTextStrategy cut() {
    return CUT;
  }

  /**
   * The first and the last tokens (Sun et al. 2019, "How to Fine-Tune BERT for Text
   * Classification?").
   *
   * @param headShare the share of the tokens, special ones aside, that are the first, between 0 and
   *     1; rounded to whole tokens
   * @throws IllegalArgumentException if it is not between 0 and 1
   */
  public static LongTextStrategy headTail(double headShare) {
    if (!(headShare > 0 && headShare < 1)) {
      throw new IllegalArgumentException(
          "headShare " + headShare + ": a number between 0 and 1, both excluded");
    }
    return new LongTextStrategy(Kind.HEAD_TAIL, headShare, 0);
  }

  /** Windows that have a quarter of the maximum length in common. */
  public static LongTextStrategy windows() {
    return new LongTextStrategy(Kind.WINDOWS, 0, UNSAID);
  }

  /**
   * Windows.
   *
   * @param stride how many tokens two neighbours have in common, from 0, as transformers has it
   * @throws IllegalArgumentException if it is less than 0
   */
  public static LongTextStrategy windows(int stride) {
    if (stride < 0) {
      throw new IllegalArgumentException("windowStride " + stride + ": a whole number from 0");
    }
    return new LongTextStrategy(Kind.WINDOWS, 0, stride);
  }

  /** The kind. */
  public Kind kind() {
    return kind;
  }

  /** The share of the tokens that are the first; of {@link Kind#HEAD_TAIL} alone. */
  public double headShare() {
    return headShare;
  }

  /**
   * How many tokens two neighbouring windows have in common; of {@link Kind#WINDOWS} alone.
   *
   * @param maxLength the most tokens of a window
   */
  public int stride(int maxLength) {
    return stride == UNSAID ? maxLength / 4 : stride;
  }

  /** Whether the stride is a number of tokens, not a share of the maximum length. */
  public boolean isStrideSaid() {
    return stride != UNSAID;
  }

  /** The same with the stride that it has at a maximum length. */
  public LongTextStrategy at(int maxLength) {
    return kind == Kind.WINDOWS ? windows(stride(maxLength)) : this;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LongTextStrategy that
        && kind == that.kind
        && headShare == that.headShare
        && stride == that.stride;
  }

  @Override
  public int hashCode() {
    return 31 * (31 * kind.hashCode() + Double.hashCode(headShare)) + stride;
  }

  /** Such as {@code windows(stride 32)}. */
  @Override
  public String toString() {
    return switch (kind) {
      case CUT -> kind.toString();
      case HEAD_TAIL -> kind + "(head share " + headShare + ")";
      case WINDOWS -> kind + (stride == UNSAID ? "" : "(stride " + stride + ")");
    };
  }
}
