package io.github.jaubert.measure.signing;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import java.io.IOException;

/**
 * A key, a signature or a model cannot be read or used, or the signature does not hold. The message
 * names the file and the reason.
 */
public final class SigningException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** A complaint about a file or folder. */
  public SigningException(String file, String reason) {
    this(file, reason, null);
  }

  /** The same with the exception that brought it to light. */
  public SigningException(String file, String reason, Throwable cause) {
    super(file + ": " + CheckpointException.shortened(reason), cause);
  }

  /** Something that the operating system would not read. */
  static SigningException unreadable(Object file, IOException cause) {
    return new SigningException(
        file.toString(), "cannot be read: " + CheckpointException.describe(cause), cause);
  }
}
