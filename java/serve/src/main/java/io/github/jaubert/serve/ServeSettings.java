package io.github.jaubert.serve;

import java.time.Duration;

/**
 * How requests are batched, and what is refused.
 *
 * @param batchTokens a batch is full with so many tokens; a longer text is a batch by itself
 * @param batchWait how long a text waits for others at most while its batch is not full
 * @param queueTokens tokens that may wait for one model; what comes then is refused
 * @param maxTexts texts of a request, pairs or choices
 * @param maxBodyBytes bytes of a request's body
 * @param timeout how long a request may take, from its first byte to its answer
 * @param maxConnections connections at a time; further ones wait until others close
 * @param idleTimeout how long a connection may say nothing
 */
public record ServeSettings(
    int batchTokens,
    Duration batchWait,
    int queueTokens,
    int maxTexts,
    int maxBodyBytes,
    Duration timeout,
    int maxConnections,
    Duration idleTimeout) {
  private static final ServeSettings USUAL =
      new ServeSettings(
          2048,
          Duration.ofMillis(2),
          65_536,
          256,
          1 << 20,
          Duration.ofSeconds(30),
          4096,
          Duration.ofSeconds(30));

  /**
   * Checks that all are positive.
   *
   * @throws IllegalArgumentException naming the one that is not
   */
  public ServeSettings {
    positive("batchTokens", batchTokens);
    positive("queueTokens", queueTokens);
    positive("maxTexts", maxTexts);
    positive("maxBodyBytes", maxBodyBytes);
    positive("timeout", timeout.toMillis());
    positive("maxConnections", maxConnections);
    positive("idleTimeout", idleTimeout.toMillis());
    if (batchWait.isNegative()) {
      throw new IllegalArgumentException("batchWait " + batchWait + ": not less than 0");
    }
  }

  private static void positive(String name, long value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " " + value + ": a number from 1");
    }
  }

  /**
   * Batches of 2,048 tokens after 2 ms at most; 65,536 tokens in the queue; requests of 256 texts,
   * 1 MiB and 30 seconds; 4,096 connections, which may say nothing for 30 seconds.
   */
  public static ServeSettings usual() {
    return USUAL;
  }

  /** The same with other batches. */
  public ServeSettings withBatches(int tokens, Duration wait) {
    return new ServeSettings(
        tokens, wait, queueTokens, maxTexts, maxBodyBytes, timeout, maxConnections, idleTimeout);
  }

  /** The same with another queue. */
  public ServeSettings withQueueTokens(int tokens) {
    return new ServeSettings(
        batchTokens,
        batchWait,
        tokens,
        maxTexts,
        maxBodyBytes,
        timeout,
        maxConnections,
        idleTimeout);
  }

  /** The same with other bounds for a request. */
  public ServeSettings withRequests(int texts, int bodyBytes, Duration time) {
    return new ServeSettings(
        batchTokens, batchWait, queueTokens, texts, bodyBytes, time, maxConnections, idleTimeout);
  }

  /** The same with other bounds for connections. */
  public ServeSettings withConnections(int count, Duration idle) {
    return new ServeSettings(
        batchTokens, batchWait, queueTokens, maxTexts, maxBodyBytes, timeout, count, idle);
  }
}
