package io.github.jaubert.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A hub on this machine that speaks the API of Hugging Face's as it is documented: listings, files
 * with their headers, large files on another host, uploads. Next to that it fails as it is told.
 * {@link #main} serves it to other programs.
 */
final class FakeHub implements AutoCloseable {
  static {
    System.setProperty("sun.net.httpserver.nodelay", "true"); // or each answer takes 40 ms
  }

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern API =
      Pattern.compile(
          "/api/models/((?:[^/]+/)?[^/]+?)(?:/(revision|tree|preupload|commit)/([^/]+))?");
  private static final Pattern FILE = Pattern.compile("/((?:[^/]+/)?[^/]+)/resolve/([^/]+)/(.+)");
  private static final Pattern BATCH = Pattern.compile("/(.+)\\.git/info/lfs/objects/batch");

  /** Of a request: what tests look at. */
  record Seen(String host, String method, String path, String token, String range) {}

  /** Answers in place of the hub, once. */
  interface Fault {
    void answer(HttpExchange exchange) throws IOException;
  }

  private record Planned(String method, String part, Fault fault) {}

  final Map<String, FakeRepository> repositories = new ConcurrentHashMap<>();
  final List<Seen> seen = new CopyOnWriteArrayList<>();

  /** What was uploaded to the other host, by hash. */
  final Map<String, byte[]> uploaded = new ConcurrentHashMap<>();

  /** Commits, line by line. */
  final List<JsonNode> committed = new CopyOnWriteArrayList<>();

  /** Below it, large files are sent in parts of this many bytes; 0 for never. */
  int partSize;

  private final FakeUploads uploads = new FakeUploads(this);
  private final List<Planned> faults = new CopyOnWriteArrayList<>();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpServer hub;
  private final HttpServer store;

  FakeHub() {
    this(0);
  }

  private FakeHub(int port) {
    hub = server("hub", port, this::answer);
    store = server("store", 0, this::answerStore);
  }

  private HttpServer server(String host, int port, Fault handler) {
    try {
      HttpServer server =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
      server.setExecutor(threads);
      server.createContext("/", exchange -> handle(host, exchange, handler));
      server.start();
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  FakeRepository repository(String name) {
    return repositories.computeIfAbsent(name, FakeRepository::new);
  }

  String address() {
    return "http://127.0.0.1:" + hub.getAddress().getPort();
  }

  String storeAddress() {
    return "http://127.0.0.1:" + store.getAddress().getPort();
  }

  /** The next request of this kind fails so. */
  FakeHub next(String method, String part, Fault fault) {
    faults.add(new Planned(method, part, fault));
    return this;
  }

  /** The next requests of this kind fail so. */
  FakeHub next(int times, String method, String part, Fault fault) {
    for (int i = 0; i < times; i++) {
      next(method, part, fault);
    }
    return this;
  }

  long count(String method, String part) {
    return seen.stream().filter(s -> s.method().equals(method) && s.path().contains(part)).count();
  }

  private void handle(String host, HttpExchange exchange, Fault handler) throws IOException {
    String path = exchange.getRequestURI().getRawPath();
    seen.add(
        new Seen(
            host,
            exchange.getRequestMethod(),
            path,
            exchange.getRequestHeaders().getFirst("Authorization"),
            exchange.getRequestHeaders().getFirst("Range")));
    try (exchange) {
      for (Planned planned : faults) {
        if (exchange.getRequestMethod().equals(planned.method())
            && path.contains(planned.part())
            && faults.remove(planned)) {
          planned.fault().answer(exchange);
          return;
        }
      }
      handler.answer(exchange);
    } catch (IOException e) {
      // whoever asked has gone, or the fault is that the answer is cut short
    }
  }

  // ---- what faults are made of ----

  static Fault status(int status, String... headers) {
    return exchange -> {
      for (int i = 0; i < headers.length; i += 2) {
        exchange.getResponseHeaders().set(headers[i], headers[i + 1]);
      }
      exchange.sendResponseHeaders(status, -1);
    };
  }

  static Fault json(int status, String text) {
    return exchange -> send(exchange, status, text.getBytes(StandardCharsets.UTF_8));
  }

  /** The first bytes of a content, and then nothing more. */
  static Fault cut(byte[] content, int after) {
    return exchange -> {
      int from = from(exchange);
      if (from > 0) {
        exchange
            .getResponseHeaders()
            .set(
                "Content-Range",
                "bytes %d-%d/%d".formatted(from, content.length - 1, content.length));
      }
      exchange.sendResponseHeaders(from > 0 ? 206 : 200, content.length - from);
      exchange.getResponseBody().write(content, from, after - from);
      exchange.getResponseBody().flush();
    };
  }

  static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.getResponseHeaders().set("Content-Length", Integer.toString(body.length));
      exchange.sendResponseHeaders(status, -1);
      return;
    }
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
  }

  private static int from(HttpExchange exchange) {
    String range = exchange.getRequestHeaders().getFirst("Range");
    return range == null ? 0 : Integer.parseInt(range.replaceAll("bytes=(\\d+)-", "$1"));
  }

  private static void sendRange(HttpExchange exchange, byte[] content) throws IOException {
    int from = from(exchange);
    if (from >= content.length && from > 0) {
      exchange.getResponseHeaders().set("Content-Range", "bytes */" + content.length);
      exchange.sendResponseHeaders(416, -1);
      return;
    }
    if (from > 0) {
      exchange
          .getResponseHeaders()
          .set(
              "Content-Range",
              "bytes %d-%d/%1$d"
                  .formatted(from, content.length - 1)
                  .replaceAll("/\\d+$", "/" + content.length));
    }
    send(exchange, from > 0 ? 206 : 200, Arrays.copyOfRange(content, from, content.length));
  }

  // ---- the hub ----

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getRawPath();
    Matcher file = FILE.matcher(path);
    Matcher batch = BATCH.matcher(path);
    Matcher api = API.matcher(path);
    if (path.equals("/api/repos/create")) {
      uploads.create(exchange);
    } else if (batch.matches()) {
      uploads.announced(exchange);
    } else if (path.startsWith("/complete/")) {
      uploads.complete(exchange);
    } else if (path.startsWith("/verify/")) {
      exchange.sendResponseHeaders(200, -1);
    } else if (api.matches()) {
      FakeRepository repository = shown(exchange, api.group(1));
      if (repository != null) {
        api(exchange, repository, api.group(2), decoded(api.group(3)));
      }
    } else if (file.matches()) {
      FakeRepository repository = shown(exchange, file.group(1));
      if (repository != null) {
        file(exchange, repository, decoded(file.group(2)), decoded(file.group(3)));
      }
    } else {
      exchange.sendResponseHeaders(404, -1);
    }
  }

  private static String decoded(String text) {
    return text == null
        ? null
        : URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  private FakeRepository shown(HttpExchange exchange, String name) throws IOException {
    FakeRepository repository = repositories.get(name);
    boolean known = "Bearer secret".equals(exchange.getRequestHeaders().getFirst("Authorization"));
    if (repository == null || repository.isPrivate && !known) {
      status(
              known ? 404 : 401,
              "X-Error-Code",
              "RepoNotFound",
              "X-Error-Message",
              "Repository not found")
          .answer(exchange);
      return null;
    }
    if (repository.gated
        && !known
        && FILE.matcher(exchange.getRequestURI().getRawPath()).matches()) {
      status(403, "X-Error-Code", "GatedRepo", "X-Error-Message", "Access to it is restricted.")
          .answer(exchange);
      return null;
    }
    return repository;
  }

  private void api(HttpExchange exchange, FakeRepository repository, String kind, String revision)
      throws IOException {
    if (revision != null && !repository.has(revision)) {
      status(
              404,
              "X-Error-Code",
              "RevisionNotFound",
              "X-Error-Message",
              "Invalid rev id: " + revision)
          .answer(exchange);
      return;
    }
    switch (kind == null ? "revision" : kind) {
      case "preupload" -> uploads.preupload(exchange);
      case "commit" -> uploads.commit(exchange, repository);
      case "tree" -> tree(exchange, repository);
      default -> listing(exchange, repository);
    }
  }

  private void listing(HttpExchange exchange, FakeRepository repository) throws IOException {
    ObjectNode json = JSON.createObjectNode();
    json.put("id", repository.name).put("modelId", repository.name).put("sha", repository.commit());
    json.put("private", repository.isPrivate).put("gated", repository.gated);
    ArrayNode files = json.putArray("siblings");
    boolean sizes = "blobs=true".equals(exchange.getRequestURI().getQuery());
    repository.files.forEach(
        (path, content) -> {
          ObjectNode file = files.addObject().put("rfilename", path);
          if (sizes) {
            file.put("size", content.length).put("blobId", FakeRepository.gitBlob(content));
            if (repository.large.contains(path)) {
              file.putObject("lfs")
                  .put("sha256", repository.etag(path))
                  .put("size", content.length)
                  .put("pointerSize", 134);
            }
          }
        });
    send(exchange, 200, JSON.writeValueAsBytes(json));
  }

  private static void tree(HttpExchange exchange, FakeRepository repository) throws IOException {
    ArrayNode files = JSON.createArrayNode();
    repository.files.forEach(
        (path, content) -> {
          ObjectNode file = files.addObject().put("type", "file").put("path", path);
          file.put("size", content.length).put("oid", FakeRepository.gitBlob(content));
          if (repository.large.contains(path)) {
            file.putObject("lfs")
                .put("oid", repository.etag(path))
                .put("size", content.length)
                .put("pointerSize", 134);
          }
        });
    send(exchange, 200, JSON.writeValueAsBytes(files));
  }

  private void file(HttpExchange exchange, FakeRepository repository, String revision, String path)
      throws IOException {
    exchange.getResponseHeaders().set("X-Repo-Commit", repository.commit());
    byte[] content = repository.files.get(path);
    if (!repository.has(revision) || content == null) {
      String code = repository.has(revision) ? "EntryNotFound" : "RevisionNotFound";
      status(404, "X-Error-Code", code).answer(exchange);
    } else if (repository.large.contains(path)) {
      String etag = repository.etag(path);
      uploaded.put(etag, content);
      status(
              302,
              "Location",
              storeAddress() + "/" + etag + "?name=\"a b\"",
              "X-Linked-Etag",
              '"' + etag + '"',
              "X-Linked-Size",
              Integer.toString(content.length))
          .answer(exchange);
    } else {
      exchange.getResponseHeaders().set("ETag", '"' + repository.etag(path) + '"');
      sendRange(exchange, content);
    }
  }

  private void answerStore(HttpExchange exchange) throws IOException {
    String[] steps = exchange.getRequestURI().getPath().substring(1).split("/");
    if (exchange.getRequestMethod().equals("PUT")) {
      String key = String.join("/", steps);
      uploaded.put(key, exchange.getRequestBody().readAllBytes());
      exchange.getResponseHeaders().set("ETag", "\"part " + key + '"');
      exchange.sendResponseHeaders(200, -1);
      return;
    }
    byte[] content = uploaded.get(steps[0]);
    if (content == null) {
      exchange.sendResponseHeaders(403, -1);
      return;
    }
    exchange.getResponseHeaders().set("ETag", "\"of the store\"");
    sendRange(exchange, content);
  }

  @Override
  public void close() {
    hub.stop(0);
    store.stop(0);
    threads.shutdownNow();
  }

  /**
   * Serves models of folders until it is stopped.
   *
   * @param arguments a port, and then names and folders by turns
   */
  public static void main(String[] arguments) throws IOException {
    FakeHub hub = new FakeHub(Integer.parseInt(arguments[0]));
    for (int i = 1; i < arguments.length; i += 2) {
      FakeRepository repository = hub.repository(arguments[i]);
      for (UploadFiles.Item file : UploadFiles.of(java.nio.file.Path.of(arguments[i + 1]))) {
        if (file.size() > 1_000_000) {
          repository.large(file.path(), file.content());
        } else {
          repository.file(file.path(), file.content());
        }
      }
      System.out.println(repository.name + " " + repository.commit());
    }
    System.out.println(hub.address());
  }
}
