package io.github.jaubert.serve;

/** A request that is not answered, with the HTTP status that says why. */
public final class RequestException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;

  RequestException(int status, String message) {
    super(message);
    this.status = status;
  }

  static RequestException bad(String message, Object... values) {
    return new RequestException(400, message.formatted(values));
  }

  /**
   * 400 for what cannot be understood, 413 for too much, 429 if the queue is full, 503 if the model
   * is being closed, 504 if it took too long, 500 if the model failed.
   */
  public int status() {
    return status;
  }

  /** Whether the same request may be answered later: its answer then has a Retry-After. */
  boolean isTemporary() {
    return status == 429 || status == 503;
  }
}
