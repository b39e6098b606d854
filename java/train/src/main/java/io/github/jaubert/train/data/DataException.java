package io.github.jaubert.train.data;

/**
 * Something is wrong with a data set. The message is one line and says which file, where in it (a
 * line counted from 1, or a byte offset) and why.
 */
public final class DataException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** A fault of the data set as a whole. */
  public DataException(String source, String reason) {
    super(source + ": " + reason);
  }

  /** A fault of one line, counted from 1. */
  public DataException(String source, long line, String reason) {
    super(source + ":" + line + ": " + reason);
  }

  /** A fault of the data set as a whole, and what it was caused by. */
  public DataException(String source, String reason, Throwable cause) {
    super(source + ": " + reason, cause);
  }
}
