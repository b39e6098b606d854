package io.github.jaubert.train.data;

import io.github.jaubert.bert.checkpoint.CheckpointException;

/**
 * Something is wrong with a data set. The message is one line and says which file, where in it (a
 * line counted from 1, or a byte offset) and why.
 */
public final class DataException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** A fault of the data set as a whole. */
  public DataException(String source, String reason) {
    super(source + ": " + oneLine(reason));
  }

  /** A fault of one line, counted from 1. */
  public DataException(String source, long line, String reason) {
    super(source + ":" + line + ": " + oneLine(reason));
  }

  /** A fault of a row, by its {@linkplain Source line}. */
  public DataException(Source source, long line, String reason) {
    super(source.place(line) + ": " + oneLine(reason));
  }

  /** A fault of the data set as a whole, and what it was caused by. */
  public DataException(String source, String reason, Throwable cause) {
    super(source + ": " + oneLine(reason), cause);
  }

  /** One line of a length that people read: reasons quote cells, which may hold anything. */
  private static String oneLine(String reason) {
    return CheckpointException.shortened(reason.replace("\r", "\\r").replace("\n", "\\n"));
  }
}
