package io.github.jaubert.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.tokenizer.Encoding;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** A server whose model is held. */
class BusyServerTest {
  private static final String REQUEST = "{\"inputs\": \"the end\"}";

  private final HttpClient client = HttpClient.newHttpClient();
  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch goOn = new CountDownLatch(1);

  /** It goes on if a test fails, too. */
  private interface Release extends AutoCloseable {
    @Override
    void close();
  }

  private final Release release = goOn::countDown;

  /** Knows three probabilities. */
  private List<float[]> held(List<Encoding> batch) {
    begun.countDown();
    try {
      goOn.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return batch.stream().map(text -> new float[] {0, 0, 100}).toList();
  }

  private ServedModel model;

  private ModelServer server(ServeSettings settings) throws IOException {
    model = ServedModel.open("held", Served.ZERO_SHOT, settings, this::held);
    return ModelServer.start("127.0.0.1", 0, settings, List.of(model));
  }

  private CompletableFuture<HttpResponse<String>> ask(ModelServer server) {
    return client.sendAsync(
        Served.post(server, "/models/held", REQUEST), HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void aFullQueueRefusesAndTheRestIsAnswered() throws Exception {
    ServeSettings one = ServeSettings.usual().withBatches(1, Duration.ZERO).withQueueTokens(1);
    try (ModelServer server = server(one);
        release) {
      CompletableFuture<HttpResponse<String>> first = ask(server);
      begun.await();
      CompletableFuture<HttpResponse<String>> second = ask(server);
      while (model.queuedTokens() == 0) {
        Thread.sleep(1);
      }
      HttpResponse<String> third = ask(server).join();
      assertEquals(429, third.statusCode());
      assertEquals("1", third.headers().firstValue("Retry-After").orElseThrow());
      goOn.countDown();
      assertEquals(200, first.join().statusCode());
      assertEquals(200, second.join().statusCode());
    }
  }

  @Test
  void whatTakesTooLongIsRefused() throws IOException {
    ServeSettings impatient = ServeSettings.usual().withRequests(9, 9999, Duration.ofMillis(100));
    try (ModelServer server = server(impatient);
        release) {
      HttpResponse<String> late = ask(server).join();
      while (late.statusCode() == 408) { // on a busy machine even its body comes too late
        late = ask(server).join();
      }
      assertEquals(504, late.statusCode());
      assertEquals("{\"error\":\"held did not answer in 100 ms\"}", late.body());
      try (Socket socket = new Socket("127.0.0.1", server.port())) {
        socket
            .getOutputStream()
            .write(
                ("POST /models/held HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                        + "Content-Length: 9\r\n\r\n{")
                    .getBytes(StandardCharsets.US_ASCII));
        String answer =
            new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        assertTrue(answer.startsWith("HTTP/1.1 408 "), answer);
        assertTrue(answer.endsWith("the body did not come in 100 ms\"}"), answer);
      }
      goOn.countDown();
    }
  }

  @Test
  void silentConnectionsAreClosed() throws IOException {
    ServeSettings impatient = ServeSettings.usual().withConnections(9, Duration.ofMillis(50));
    try (ModelServer server = server(impatient);
        release;
        Socket one = new Socket("127.0.0.1", server.port())) {
      assertEquals(-1, one.getInputStream().read());
    }
  }

  @Test
  void furtherConnectionsWaitUntilOthersClose() throws IOException {
    ServeSettings two = ServeSettings.usual().withConnections(2, Duration.ofMinutes(5));
    try (ModelServer server = server(two);
        release;
        Socket one = new Socket("127.0.0.1", server.port());
        Socket other = new Socket("127.0.0.1", server.port())) {
      goOn.countDown();
      CompletableFuture<HttpResponse<String>> asked = ask(server);
      one.close();
      other.close();
      assertEquals(200, asked.join().statusCode());
    }
  }

  @Test
  void aModelThatFailsSaysSo() throws IOException {
    ServeSettings settings = ServeSettings.usual();
    ServedModel model =
        ServedModel.open(
            "broken",
            Served.ZERO_SHOT,
            settings,
            batch -> {
              throw new UnsupportedOperationException("broken");
            });
    try (ModelServer server = ModelServer.start("127.0.0.1", 0, settings, List.of(model))) {
      HttpResponse<String> answer =
          Served.send(client, Served.post(server, "/models/broken", REQUEST));
      assertEquals(500, answer.statusCode());
      assertTrue(answer.body().contains("broken failed: "), answer.body());
    }
  }

  @Test
  void whatWasAskedIsAnsweredBeforeItStops() throws Exception {
    ModelServer server = server(ServeSettings.usual());
    CompletableFuture<HttpResponse<String>> asked = ask(server);
    begun.await();
    Thread closing = new Thread(server::close);
    closing.start();
    try (release) {
      while (server.port() > 0) { // until the port is closed
        Thread.sleep(1);
      }
      assertFalse(asked.isDone());
    }
    assertEquals(200, asked.join().statusCode());
    assertTrue(asked.join().body().contains("\"entailment\",\"score\":1.0"), asked.join().body());
    closing.join();
  }
}
