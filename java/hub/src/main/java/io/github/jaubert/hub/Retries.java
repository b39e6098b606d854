package io.github.jaubert.hub;

import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpHeaders;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLHandshakeException;

/** Whether, and when, something that failed is tried again: after 1, 2, 4, 8 and 8 seconds. */
final class Retries {
  static final int USUAL = 5;

  /** A host that does not take connections seldom takes one a little later. */
  private static final int OF_CONNECTING = 2;

  private static final Set<Integer> PASSING = Set.of(408, 429, 500, 502, 503, 504);
  private static final long LONGEST_SECONDS = 8;

  /** The longest that a server may have a client wait. */
  private static final Duration LONGEST_ASKED = Duration.ofMinutes(5);

  /** Of Hugging Face's own header: seconds until more requests are taken. */
  private static final Pattern RATE_LIMIT = Pattern.compile("\\br=0\\b.*\\bt=(\\d{1,9})\\b");

  private final Waits waits;
  private final int limit;
  private int failures;

  Retries(Waits waits, int limit) {
    this.waits = waits;
    this.limit = limit;
  }

  /** Something came before the failure, so that it counts as the first. */
  void progressed() {
    failures = 0;
  }

  /** Waits if it is worth another try. */
  boolean again(int status, HttpHeaders headers) {
    if (!PASSING.contains(status) || failures >= limit) {
      return false;
    }
    Duration asked = asked(headers, Instant.now()).orElse(null);
    if (asked != null && asked.compareTo(LONGEST_ASKED) > 0) {
      return false;
    }
    pause(asked);
    return true;
  }

  /** The same where no answer came. */
  boolean again(IOException e) {
    boolean connecting = e instanceof ConnectException || e instanceof HttpConnectTimeoutException;
    if (e instanceof SSLHandshakeException
        || failures >= (connecting ? Math.min(limit, OF_CONNECTING) : limit)) {
      return false;
    }
    pause(null);
    return true;
  }

  private void pause(Duration asked) {
    Duration time = Duration.ofSeconds(Math.min(1L << failures, LONGEST_SECONDS));
    failures++;
    try {
      waits.sleep(asked == null ? time : asked);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HubException(HubFault.INTERRUPTED, "interrupted while waiting to try again", e);
    }
  }

  /** How long the server asks to wait: seconds, or until a time. */
  static Optional<Duration> asked(HttpHeaders headers, Instant now) {
    String after = headers.firstValue("Retry-After").orElse("").strip();
    if (after.matches("\\d{1,9}")) {
      return Optional.of(Duration.ofSeconds(Long.parseLong(after)));
    }
    if (!after.isEmpty()) {
      try {
        Instant then = ZonedDateTime.parse(after, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
        return Optional.of(then.isBefore(now) ? Duration.ZERO : Duration.between(now, then));
      } catch (DateTimeParseException e) {
        return Optional.empty();
      }
    }
    Matcher limit = RATE_LIMIT.matcher(headers.firstValue("RateLimit").orElse(""));
    return limit.find()
        ? Optional.of(Duration.ofSeconds(Long.parseLong(limit.group(1))))
        : Optional.empty();
  }
}
