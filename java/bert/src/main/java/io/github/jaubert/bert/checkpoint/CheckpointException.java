package io.github.jaubert.bert.checkpoint;

import java.io.IOException;

/**
 * A model file or folder cannot be read, does not fit, or cannot be written. The message names the
 * file and the reason.
 */
public final class CheckpointException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Reasons quote values of the file, which may be of any length. */
  private static final int LONGEST_REASON = 1600;

  private final String file;

  /**
   * A complaint about a file.
   *
   * @param file the file or folder as the user knows it
   * @param reason what is wrong, with the place in the file and the values
   */
  public CheckpointException(String file, String reason) {
    this(file, reason, null);
  }

  /** The same with the exception that brought it to light. */
  public CheckpointException(String file, String reason, Throwable cause) {
    super(file + ": " + shortened(reason), cause);
    this.file = file;
  }

  /** A text without its middle if it is too long for a message, such as one that quotes a file. */
  public static String shortened(String text) {
    if (text == null || text.length() <= LONGEST_REASON) {
      return text;
    }
    int head = LONGEST_REASON * 3 / 4;
    int tail = text.length() - LONGEST_REASON / 4;
    head -= Character.isHighSurrogate(text.charAt(head - 1)) ? 1 : 0;
    tail += Character.isLowSurrogate(text.charAt(tail)) ? 1 : 0;
    return text.substring(0, head) + " … " + text.substring(tail);
  }

  /** A file that the operating system would not read. */
  static CheckpointException unreadable(String file, IOException cause) {
    return new CheckpointException(file, "cannot be read: " + describe(cause), cause);
  }

  /** What an I/O exception says, whose message alone is often only a path. */
  public static String describe(IOException exception) {
    if (exception instanceof java.nio.file.NoSuchFileException) {
      return "no such file";
    }
    if (exception instanceof java.nio.file.AccessDeniedException) {
      return "access denied";
    }
    if (exception instanceof java.nio.file.FileSystemException e && e.getReason() != null) {
      return e.getReason();
    }
    return exception.getMessage() == null
        ? exception.getClass().getSimpleName()
        : exception.getMessage();
  }

  /** The file or folder it is about. */
  public String file() {
    return file;
  }
}
