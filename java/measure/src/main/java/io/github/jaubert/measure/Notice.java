package io.github.jaubert.measure;

/** A line that whoever is about to learn from data should read. */
public record Notice(Subject subject, String text) {
  /** What it is about, the gravest first. */
  public enum Subject {
    /** Texts that are learnt from and judged by. */
    LEAK,
    /** Equal texts with different labels. */
    CONTRADICTIONS,
    /** Equal and similar texts. */
    DUPLICATES,
    /** Labels that differ only in case or space. */
    ALIKE_LABELS,
    /** Labels of which some are rare. */
    IMBALANCE,
    /** Rows without a label. */
    NO_LABEL,
    /** Rows without a text. */
    NO_TEXT,
    /** Texts that are longer than a model reads. */
    TRUNCATION,
    /** Addresses and numbers of persons. */
    PERSONAL_DATA,
    /** Texts in more than one language. */
    LANGUAGES
  }

  @Override
  public String toString() {
    return text;
  }
}
