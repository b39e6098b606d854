package io.github.jaubert.hub;

/**
 * A model cannot be fetched or uploaded. The message names the repository, the file and the host,
 * and what can be done.
 */
public final class HubException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final HubFault fault;

  /** Says what went wrong. */
  public HubException(HubFault fault, String message) {
    this(fault, message, null);
  }

  /** The same with the exception that brought it to light. */
  public HubException(HubFault fault, String message, Throwable cause) {
    super(message, cause);
    this.fault = fault;
  }

  /** The kind of fault. */
  public HubFault fault() {
    return fault;
  }
}
