package io.github.jaubert.hub;

/** What kind of thing went wrong. */
public enum HubFault {
  /** There is no such repository, or it is not shown to whoever asks. */
  NO_REPOSITORY,
  /** The repository has no such branch, tag or commit. */
  NO_REVISION,
  /** The repository has no such file. */
  NO_FILE,
  /** The repository holds no model that Jaubert reads. */
  NO_MODEL,
  /** A token is missing, or not accepted. */
  UNAUTHORIZED,
  /** Its owner wants terms to be accepted first. */
  GATED,
  /** The token may not do this, or the repository is closed to all. */
  FORBIDDEN,
  /** Too many requests, for longer than is waited. */
  RATE_LIMIT,
  /** The server failed. */
  SERVER,
  /** The server cannot be reached, or a transfer broke off again and again. */
  CONNECTION,
  /** Connections are forbidden, and the cache has not what is needed. */
  OFFLINE,
  /** What came is not what was announced: its hash or its size. */
  DAMAGED,
  /** What the server wants is not done: a file outside of the cache, a redirect to plain http. */
  REFUSED,
  /** The answer is none of a hub. */
  PROTOCOL,
  /** The cache or a folder cannot be read or written. */
  DISK,
  /** The waiting thread was interrupted. */
  INTERRUPTED
}
