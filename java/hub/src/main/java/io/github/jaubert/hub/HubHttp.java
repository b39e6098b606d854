package io.github.jaubert.hub;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.ResponseInfo;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * Talks to the Hub. The token goes to the Hub's own address only, whatever it redirects to; from
 * https no redirect leads to http.
 */
final class HubHttp {
  /** Nothing moved for so long: the line is dead. */
  static final Duration STALLED = Duration.ofSeconds(60);

  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final int MOST_REDIRECTS = 10;
  private static final String AGENT =
      "jaubert (Java %s)".formatted(System.getProperty("java.specification.version"));

  private final HubSettings settings;
  private final Waits waits;
  private final Duration stalled;
  private HttpClient client; // made with the first connection

  HubHttp(HubSettings settings, Waits waits, Duration stalled) {
    this.settings = settings;
    this.waits = waits;
    this.stalled = stalled;
  }

  /**
   * What is asked for.
   *
   * @param body gives the body anew for every try, null for none
   * @param withToken whether the Hub is told who asks
   * @param everywhere whether a redirect to another host is followed; else it is the answer
   */
  record Call(
      String method,
      URI uri,
      Map<String, String> headers,
      Supplier<BodyPublisher> body,
      boolean withToken,
      boolean everywhere) {
    static Call get(URI uri) {
      return new Call("GET", uri, Map.of(), null, true, true);
    }

    static Call head(URI uri) {
      return new Call("HEAD", uri, Map.of(), null, true, false);
    }

    static Call post(URI uri, String type, Supplier<BodyPublisher> body) {
      return new Call("POST", uri, Map.of("Content-Type", type), body, true, false);
    }

    static Call put(URI uri, Supplier<BodyPublisher> body) {
      return new Call("PUT", uri, Map.of(), body, false, false);
    }

    Call with(String header, String value) {
      Map<String, String> more = new LinkedHashMap<>(headers);
      more.put(header, value);
      return new Call(method, uri, more, body, withToken, everywhere);
    }

    Call to(URI other) {
      return new Call(method, other, headers, body, withToken, everywhere);
    }
  }

  /**
   * What came.
   *
   * @param headers of the last of the redirects
   * @param text the body of an answer that is no success
   * @param fromHub what the Hub's own answers on the way said of the file
   */
  record Answer(
      int status, HttpHeaders headers, URI uri, String text, Map<String, String> fromHub) {
    boolean isSuccess() {
      return status / 100 == 2;
    }

    boolean isRedirect() {
      return status / 100 == 3;
    }

    /** A header of the last answer, or null. */
    String header(String name) {
      return headers.firstValue(name).orElse(null);
    }
  }

  /** Headers that stand in the answer that redirects, not in that of the place it leads to. */
  private static final String[] KEPT = {"X-Repo-Commit", "X-Linked-Etag", "X-Linked-Size"};

  /** The tries of one task. */
  Retries retries() {
    return new Retries(waits, Retries.USUAL);
  }

  /**
   * Asks until there is an answer that another try would not change.
   *
   * @throws IOException if there is none
   */
  Answer ask(Call call, Sink sink, Retries retries) throws IOException {
    while (true) {
      try {
        Answer answer = send(call, sink);
        if (!retries.again(answer.status(), answer.headers())) {
          return answer;
        }
      } catch (IOException e) {
        if (!retries.again(e)) {
          throw e;
        }
      }
    }
  }

  /**
   * Asks once, and follows redirects.
   *
   * @throws IOException if no answer came, or not all of it
   */
  Answer send(Call call, Sink sink) throws IOException {
    if (settings.offline()) {
      throw new HubException(HubFault.OFFLINE, "connections are forbidden");
    }
    Map<String, String> kept = new LinkedHashMap<>();
    URI uri = call.uri();
    for (int i = 0; i <= MOST_REDIRECTS; i++) {
      Answer answer = sendOnce(call.to(uri), sink, kept);
      String location = answer.header("Location");
      boolean again = call.body() == null || answer.status() == 307 || answer.status() == 308;
      if (!answer.isRedirect() || location == null || answer.status() == 304 || !again) {
        return answer;
      }
      for (String name : KEPT) {
        if (isHub(uri) && answer.header(name) != null) {
          kept.putIfAbsent(name, answer.header(name));
        }
      }
      URI next = redirected(uri, location);
      if (!call.everywhere() && !isHub(next)) {
        return answer;
      }
      uri = next;
    }
    throw new HubException(
        HubFault.PROTOCOL, "%s: more than %d redirects".formatted(call.uri(), MOST_REDIRECTS));
  }

  /** Whether an address is of the Hub itself: the same scheme, host and port. */
  private boolean isHub(URI uri) {
    URI hub = settings.endpoint();
    return hub.getScheme().equalsIgnoreCase(uri.getScheme())
        && hub.getHost().equalsIgnoreCase(uri.getHost())
        && port(hub) == port(uri);
  }

  private static int port(URI uri) {
    return uri.getPort() >= 0
        ? uri.getPort()
        : uri.getScheme().equalsIgnoreCase("https") ? 443 : 80;
  }

  private static URI redirected(URI from, String location) {
    URI to;
    try {
      to = from.resolve(escaped(location));
    } catch (IllegalArgumentException e) {
      throw new HubException(
          HubFault.PROTOCOL, "%s redirects to what is no address".formatted(host(from)), e);
    }
    return checked(from, to);
  }

  /** An address that a server gave, if it may be gone to. */
  static URI checked(URI from, URI to) {
    String scheme = String.valueOf(to.getScheme()).toLowerCase(Locale.ROOT);
    if (!scheme.matches("https?") || to.getHost() == null || to.getUserInfo() != null) {
      throw new HubException(
          HubFault.REFUSED, "%s leads to %s:, which is not followed".formatted(host(from), scheme));
    }
    if (from.getScheme().equalsIgnoreCase("https") && scheme.equals("http")) {
      throw new HubException(
          HubFault.REFUSED,
          "%s leads from https to plain http on %s, which is not followed"
              .formatted(host(from), host(to)));
    }
    return to;
  }

  /** Servers write addresses with characters that should have been escaped. */
  static String escaped(String location) {
    StringBuilder text = new StringBuilder();
    for (byte b : location.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xFF);
      boolean legal = c > ' ' && c < 127 && "\"<>\\^`{|}".indexOf(c) < 0;
      text.append(legal ? String.valueOf(c) : "%%%02X".formatted((int) c));
    }
    return text.toString();
  }

  static String host(URI uri) {
    return uri.getPort() < 0 ? uri.getHost() : uri.getHost() + ":" + uri.getPort();
  }

  private Answer sendOnce(Call call, Sink sink, Map<String, String> kept) throws IOException {
    AtomicLong moved = new AtomicLong();
    BodyPublisher body =
        call.body() == null
            ? BodyPublishers.noBody()
            : new CountingPublisher(call.body().get(), moved::addAndGet);
    HttpRequest.Builder request =
        HttpRequest.newBuilder(call.uri())
            .method(call.method(), body)
            .header("User-Agent", AGENT)
            .header("Accept-Encoding", "identity");
    call.headers().forEach(request::header);
    if (call.withToken() && settings.token() != null && isHub(call.uri())) {
      request.header("Authorization", "Bearer " + settings.token());
    }
    Sink.Beginning complaint = new Sink.Beginning();
    CompletableFuture<HttpResponse<Void>> pending =
        client().sendAsync(request.build(), info -> subscriber(info, sink, complaint, moved));
    HttpResponse<Void> response = waitFor(pending, moved, call.uri());
    return new Answer(
        response.statusCode(), response.headers(), call.uri(), complaint.text(), kept);
  }

  private static BodySubscriber<Void> subscriber(
      ResponseInfo info, Sink sink, Sink complaint, AtomicLong moved) {
    boolean wanted = info.statusCode() / 100 == 2;
    return new SinkSubscriber(wanted ? sink : complaint, info, moved);
  }

  private HttpResponse<Void> waitFor(
      CompletableFuture<HttpResponse<Void>> pending, AtomicLong moved, URI uri) throws IOException {
    try {
      long before = 0;
      while (true) {
        try {
          return pending.get(stalled.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
          if (moved.get() == before) {
            pending.cancel(true);
            throw new InterruptedIOException(
                "nothing came from %s for %d s".formatted(host(uri), stalled.toSeconds()));
          }
          before = moved.get();
        }
      }
    } catch (InterruptedException e) {
      pending.cancel(true);
      Thread.currentThread().interrupt();
      throw new HubException(HubFault.INTERRUPTED, "interrupted", e);
    } catch (ExecutionException e) {
      for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
        if (cause instanceof HubException refused) {
          throw refused; // by a sink
        }
      }
      throw e.getCause() instanceof IOException failed ? failed : new IOException(e.getCause());
    }
  }

  private synchronized HttpClient client() {
    if (client == null) {
      client =
          HttpClient.newBuilder()
              .version(HttpClient.Version.HTTP_1_1)
              .followRedirects(HttpClient.Redirect.NEVER)
              .connectTimeout(CONNECT)
              .build();
    }
    return client;
  }
}
