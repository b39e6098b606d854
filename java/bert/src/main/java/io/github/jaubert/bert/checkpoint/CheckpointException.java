package io.github.jaubert.bert.checkpoint;

import java.io.IOException;

/**
 * A model file or folder cannot be read, does not fit, or cannot be written. The message names the
 * file and the reason.
 */
public final class CheckpointException extends RuntimeException {
  private static final long serialVersionUID = 1;

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
    super(file + ": " + reason, cause);
    this.file = file;
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
