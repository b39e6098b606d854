package io.github.jaubert.serve;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.MimeTypes;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers what comes over HTTP. No thread waits: neither for a body nor for a model nor for who
 * reads an answer slowly.
 */
final class ModelHandler extends Handler.Abstract.NonBlocking {
  private static final Logger LOG = LoggerFactory.getLogger(ModelServer.class);
  private static final String MODELS = "/models";
  private static final String JSON = "application/json";

  /** Of bodies that are being read or answered, so many bytes at a time. */
  private static final long MOST_HELD = 256L << 20;

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final Map<String, ServedModel> models;
  private final ServeSettings settings;
  private final Metrics metrics;
  private final byte[] page;
  private final AtomicLong held = new AtomicLong();

  ModelHandler(List<ServedModel> models, ServeSettings settings) {
    this.models = models.stream().collect(Collectors.toMap(ServedModel::name, Function.identity()));
    this.settings = settings;
    metrics = new Metrics(models);
    page = page();
  }

  private static byte[] page() {
    try (InputStream in = ModelHandler.class.getResourceAsStream("page.html")) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  // ---- what is asked ----

  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    Exchange exchange = new Exchange(request, response, callback);
    String path = Request.getPathInContext(request);
    String method = request.getMethod();
    try {
      if (path.startsWith(MODELS + "/")) {
        ServedModel model = models.get(path.substring(MODELS.length() + 1));
        if (model == null) {
          throw new RequestException(404, "no such model; there are: " + names());
        }
        exchange.route = MODELS + "/" + model.name();
        if (exchange.reads()) {
          exchange.send(describe(model));
        } else if (method.equals("POST")) {
          answer(exchange, model);
        } else {
          exchange.refuseMethod("GET, HEAD, POST");
        }
        return true;
      }
      switch (path) {
        case "/", "/health", "/metrics", MODELS -> {
          exchange.route = path;
          if (!exchange.reads()) {
            exchange.refuseMethod("GET, HEAD");
            return true;
          }
        }
        default ->
            throw new RequestException(
                404, "nothing is here; there are /, /health, /metrics, /models and /models/NAME");
      }
      switch (path) {
        case "/" -> exchange.send(200, "text/html; charset=utf-8", page);
        case "/health" -> exchange.send(JsonFiles.object().put("status", "ok"));
        case "/metrics" -> exchange.send(200, Metrics.contentType(), metrics.text());
        default -> exchange.send(describeAll());
      }
    } catch (RequestException e) {
      exchange.fail(e);
    }
    return true;
  }

  private String names() {
    return models.keySet().stream().sorted().collect(Collectors.joining(", "));
  }

  private ArrayNode describeAll() {
    ArrayNode all = JsonFiles.object().arrayNode();
    models.keySet().stream().sorted().forEach(name -> all.add(describe(models.get(name))));
    return all;
  }

  private static ObjectNode describe(ServedModel model) {
    ObjectNode object = JsonFiles.object().put("name", model.name()).put("task", model.task());
    return object.set("example", model.example());
  }

  private void answer(Exchange exchange, ServedModel model) {
    Request request = exchange.request;
    String type = request.getHeaders().get(HttpHeader.CONTENT_TYPE);
    if (type == null || !JSON.equals(MimeTypes.getContentTypeWithoutCharset(type))) {
      throw new RequestException(
          415,
          "the Content-Type is %s; it must be %s"
              .formatted(type == null ? "not given" : type, JSON));
    }
    boolean asks = request.getHeaders().contains(HttpHeader.EXPECT);
    if (asks && request.getLength() > settings.maxBodyBytes()) {
      // The client waits to be told to go on: nothing of the body has come.
      throw new RequestException(
          413, "the body is larger than %d bytes".formatted(settings.maxBodyBytes()));
    }
    BodyReader reader = new BodyReader(request, settings.maxBodyBytes(), held, MOST_HELD);
    reader
        .read()
        .orTimeout(settings.timeout().toMillis(), TimeUnit.MILLISECONDS)
        .exceptionallyCompose(e -> CompletableFuture.failedFuture(unread(e)))
        .thenCompose(body -> model.answer(parse(body)))
        .whenComplete(
            (answer, e) -> {
              reader.release();
              if (e == null) {
                exchange.send(answer);
              } else {
                exchange.fail(e instanceof CompletionException ? e.getCause() : e);
              }
            });
  }

  /** What is said of a body that did not come; if the client has gone, nobody hears it. */
  private RequestException unread(Throwable e) {
    Throwable cause = e instanceof CompletionException ? e.getCause() : e;
    if (cause instanceof RequestException known) {
      return known;
    }
    return cause instanceof TimeoutException
        ? new RequestException(
            408, "the body did not come in %d ms".formatted(settings.timeout().toMillis()))
        : RequestException.bad("the body ends too early, or cannot be read");
  }

  private static JsonNode parse(byte[] body) {
    try {
      return MAPPER.readTree(body);
    } catch (JsonProcessingException e) {
      throw RequestException.bad(
          "the body is not JSON: %s%s",
          e.getOriginalMessage().replaceFirst(" ?\\(start marker at .*", ""),
          e.getLocation() == null
              ? ""
              : " (line %d, column %d)"
                  .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  // ---- what is answered ----

  /** A request and its answer. */
  private final class Exchange {
    final Request request;
    final Response response;
    final Callback callback;
    final long start = System.nanoTime();
    String route = "other";

    Exchange(Request request, Response response, Callback callback) {
      this.request = request;
      this.response = response;
      this.callback = callback;
      metrics.begun();
    }

    boolean reads() {
      return request.getMethod().equals("GET") || request.getMethod().equals("HEAD");
    }

    void refuseMethod(String allowed) {
      response.getHeaders().put(HttpHeader.ALLOW, allowed);
      throw new RequestException(
          405, "the method is %s; it must be one of %s".formatted(request.getMethod(), allowed));
    }

    void send(JsonNode answer) {
      send(200, JSON, bytes(answer));
    }

    void fail(Throwable e) {
      RequestException known =
          e instanceof RequestException one
              ? one
              : new RequestException(500, "the server failed: " + e);
      if (known.status() == 500) {
        LOG.warn("{} {} 500 {}", request.getMethod(), route, known.getMessage(), e);
      }
      if (known.isTemporary()) {
        response.getHeaders().put(HttpHeader.RETRY_AFTER, "1");
      }
      if (known.status() == 408 || known.status() == 413) {
        response.getHeaders().put(HttpHeader.CONNECTION, "close");
      }
      send(known.status(), JSON, bytes(JsonFiles.object().put("error", known.getMessage())));
    }

    void send(int status, String type, byte[] body) {
      long nanos = System.nanoTime() - start;
      metrics.ended(route, reads() ? "GET" : "POST", status, nanos);
      LOG.debug("{} {} {} {} ms", request.getMethod(), route, status, nanos / 1000 / 1e3);
      response.setStatus(status);
      response.getHeaders().put(HttpHeader.CONTENT_TYPE, type);
      response.getHeaders().put("X-Content-Type-Options", "nosniff");
      response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
      response.getHeaders().put(HttpHeader.CONTENT_LENGTH, body.length);
      response.write(true, ByteBuffer.wrap(body), callback);
    }

    private static byte[] bytes(JsonNode answer) {
      try {
        return MAPPER.writeValueAsBytes(answer);
      } catch (JsonProcessingException e) {
        throw new IllegalStateException(e); // a tree of plain nodes always has a text
      }
    }
  }
}
