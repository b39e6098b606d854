package io.github.jaubert.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jaubert.bert.pipeline.Aggregation;
import io.github.jaubert.bert.pipeline.FillMask;
import io.github.jaubert.bert.pipeline.LabelScore;
import io.github.jaubert.bert.pipeline.Pipelines;
import io.github.jaubert.bert.pipeline.QuestionAnsweringPipeline;
import io.github.jaubert.bert.pipeline.TextClassification;
import io.github.jaubert.bert.pipeline.TokenClassification;
import io.github.jaubert.bert.pipeline.ZeroShotClassification;
import io.github.jaubert.fixture.Seeds;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A server and what clients do to it, over loopback. */
class ModelServerTest {
  private static final ServeSettings SETTINGS =
      ServeSettings.usual().withRequests(20, 100_000, ServeSettings.usual().timeout());
  private static ModelServer server;
  private static HttpClient client;

  @BeforeAll
  static void start() throws IOException {
    server =
        ModelServer.start(
            "127.0.0.1",
            0,
            SETTINGS,
            List.of(
                ServedModel.open(Served.ZERO_SHOT, SETTINGS),
                ServedModel.open(Served.FILL_MASK, SETTINGS),
                ServedModel.open("tokens", Served.TOKENS, SETTINGS),
                ServedModel.open("questions", Served.QUESTIONS, SETTINGS)));
    client = HttpClient.newHttpClient();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static HttpResponse<String> post(String model, String body) {
    return Served.send(client, Served.post(server, "/models/" + model, body));
  }

  private static JsonNode answer(String model, String body) {
    HttpResponse<String> response = post(model, body);
    assertEquals(200, response.statusCode(), response.body());
    assertEquals("application/json", response.headers().firstValue("Content-Type").orElseThrow());
    return Served.json(response.body());
  }

  private static HttpResponse<String> get(String path) {
    return Served.send(client, Served.to(server, path).build());
  }

  /** The error of a request that is refused. */
  private static String refused(int status, HttpResponse<String> response) {
    assertEquals(status, response.statusCode(), response.body());
    JsonNode answer = Served.json(response.body());
    assertEquals(1, answer.size());
    return answer.get("error").asText();
  }

  // ---- answers ----

  @Test
  void labelsAreThoseOfThePipeline() {
    try (TextClassification classify = Pipelines.textClassification(Served.ZERO_SHOT)) {
      assertEquals(
          Served.tree(classify.of("the team")), answer("zero-shot", "{\"inputs\": \"the team\"}"));
      assertEquals(
          Served.tree(classify.ofAll(List.of("a", "the"), List.of("b", "to be"))),
          answer(
              "zero-shot",
              """
              {"inputs": [{"text": "a", "text_pair": "b"}, {"text": "the", "text_pair": "to be"}]}
              """));
      assertEquals(
          Served.tree(List.of(classify.of("to").subList(0, 2))),
          answer("zero-shot", "{\"inputs\": [\"to\"], \"parameters\": {\"top_k\": 2}}"));
    }
    try (ZeroShotClassification classify = Pipelines.zeroShotClassification(Served.ZERO_SHOT)) {
      classify.hypothesisTemplate("It is {}.").multiLabel(true);
      String parameters =
          "\"parameters\": {\"candidate_labels\": %s, \"hypothesis_template\": \"It is {}.\","
              + " \"multi_label\": true}";
      JsonNode expected = Served.tree(classify.of("the team", List.of("a", "the")));
      assertEquals(
          expected,
          answer(
              "zero-shot",
              "{\"inputs\": \"the team\", " + parameters.formatted("[\"a\", \"the\"]") + "}"));
      assertEquals(
          expected,
          answer(
              "zero-shot",
              "{\"inputs\": \"the team\", " + parameters.formatted("\"a, the\"") + "}"));
    }
  }

  @Test
  void fillsAreThoseOfThePipeline() {
    try (FillMask fill = Pipelines.fillMask(Served.FILL_MASK)) {
      JsonNode answer = answer("fill-mask", "{\"inputs\": \"anna went to [MASK] in [MASK]\"}");
      var expected = fill.of("anna went to [MASK] in [MASK]");
      for (int mask = 0; mask < 2; mask++) {
        for (int i = 0; i < 5; i++) {
          JsonNode one = answer.get(mask).get(i);
          assertEquals(expected.get(mask).get(i).token(), one.get("token").asInt());
          assertEquals(expected.get(mask).get(i).score(), one.get("score").floatValue());
          assertEquals(expected.get(mask).get(i).word(), one.get("token_str").asText());
          assertEquals(expected.get(mask).get(i).sequence(), one.get("sequence").asText());
        }
      }
      JsonNode targets =
          answer(
              "fill-mask",
              "{\"inputs\": \"[MASK]\", \"parameters\": {\"targets\": [\"anna\"], \"top_k\": 3}}");
      assertEquals(1, targets.size());
      assertEquals("anna", targets.get(0).get("token_str").asText());
    }
  }

  /** Python counts characters, Java halves of some. */
  @Test
  void placesAreCountedInCharacters() {
    String text = "\uD83D\uDE00 anna went to berlin";
    try (TokenClassification find = Pipelines.tokenClassification(Served.TOKENS)) {
      var expected = find.aggregation(Aggregation.NONE).ignoreLabels("O").of(text);
      JsonNode answer =
          answer(
              "tokens",
              "{\"inputs\": [\"%s\"], \"parameters\": {\"aggregation_strategy\": \"none\"}}"
                  .formatted(text));
      assertEquals(expected.size(), answer.get(0).size());
      assertTrue(expected.size() > 0);
      for (int i = 0; i < expected.size(); i++) {
        JsonNode one = answer.get(0).get(i);
        assertEquals(expected.get(i).label(), one.get("entity").asText());
        assertEquals(expected.get(i).score(), one.get("score").floatValue());
        int shift = expected.get(i).start() > 0 ? 1 : 0;
        assertEquals(expected.get(i).start() - shift, one.get("start").asInt());
        assertEquals(expected.get(i).end() - 1, one.get("end").asInt());
      }
    }
    try (QuestionAnsweringPipeline ask = Pipelines.questionAnswering(Served.QUESTIONS)) {
      var expected = ask.topK(3).of("who went", text);
      JsonNode answers =
          answer(
              "questions",
              """
              {"inputs": {"question": "who went", "context": "%s"}, "parameters": {"top_k": 3}}
              """
                  .formatted(text));
      assertEquals(expected.size(), answers.size());
      for (int i = 0; i < expected.size(); i++) {
        assertEquals(expected.get(i).answer(), answers.get(i).get("answer").asText());
        assertEquals(expected.get(i).score(), answers.get(i).get("score").asDouble());
        assertEquals(
            expected.get(i).answer(),
            text.substring(
                text.offsetByCodePoints(0, answers.get(i).get("start").asInt()),
                text.offsetByCodePoints(0, answers.get(i).get("end").asInt())));
      }
      assertTrue(
          answer("questions", "{\"inputs\": {\"question\": \"who\", \"context\": \"anna\"}}")
              .isObject());
    }
  }

  /** By label, as those that are nearly alike may be in another order. */
  private static void assertScores(List<LabelScore> expected, JsonNode answer, String message) {
    assertEquals(expected.size(), answer.size(), message);
    for (LabelScore score : expected) {
      for (JsonNode one : answer) {
        if (one.get("label").asText().equals(score.label())) {
          assertEquals(score.score(), one.get("score").floatValue(), 1e-5, message);
        }
      }
    }
  }

  @Test
  void manyThreadsGetTheAnswersOfTheirOwnTexts() throws Exception {
    long seed = Seeds.SEED;
    ExecutorService threads = Executors.newFixedThreadPool(16);
    try (TextClassification classify = Pipelines.textClassification(Served.ZERO_SHOT)) {
      List<Callable<Void>> calls = new ArrayList<>();
      for (int thread = 0; thread < 16; thread++) {
        Random random = new Random(seed + thread);
        calls.add(
            () -> {
              for (int i = 0; i < 12; i++) {
                List<String> words = new ArrayList<>();
                for (int k = random.nextInt(40); k >= 0; k--) {
                  words.add(Served.WORDS.get(random.nextInt(Served.WORDS.size())));
                }
                String text = String.join(" ", words);
                List<LabelScore> expected = classify.of(text);
                JsonNode answer = answer("zero-shot", "{\"inputs\": \"" + text + "\"}");
                assertScores(expected, answer, "seed " + seed + ": " + text);
              }
              return null;
            });
      }
      for (Future<Void> call : threads.invokeAll(calls)) {
        call.get();
      }
    } finally {
      threads.shutdown();
    }
  }

  // ---- what else it says ----

  @Test
  void saysHowItIs() {
    assertEquals(Served.json("{\"status\": \"ok\"}"), Served.json(get("/health").body()));
    JsonNode models = Served.json(get("/models").body());
    assertEquals(4, models.size());
    for (JsonNode model : models) { // its example can be tried
      assertEquals(model, Served.json(get("/models/" + model.get("name").asText()).body()));
      answer(model.get("name").asText(), model.get("example").toString());
    }
    String page = get("/").body();
    assertTrue(page.startsWith("<!DOCTYPE html>"));
    assertTrue(!page.contains("http:") && !page.contains("https:"), "the page loads nothing");
    HttpResponse<String> head =
        Served.send(
            client,
            Served.to(server, "/health")
                .method("HEAD", HttpRequest.BodyPublishers.noBody())
                .build());
    assertEquals(200, head.statusCode());
    assertEquals("", head.body());
    String metrics = get("/metrics").body();
    assertTrue(
        metrics.contains(
            "http_server_request_duration_seconds_count{method=\"POST\",route=\"/models/tokens\",status=\"200\"}"),
        metrics);
    assertTrue(metrics.contains("jaubert_texts_total{model=\"questions\"} "), metrics);
    assertTrue(metrics.contains("jaubert_queue_tokens{model=\"tokens\"} "), metrics);
    assertTrue(metrics.contains("\njvm_memory_used_bytes{"), metrics);
  }

  // ---- what is refused ----

  @Test
  void whatCannotBeUnderstoodIsRefused() {
    String[][] bodies = {
      {"{", "the body is not JSON: Unexpected end-of-input"},
      {"", "the body is nothing; an object with \"inputs\""},
      {"[]", "the body is an empty list; an object with \"inputs\""},
      {"{\"inputs\": \"a\"} b", "the body is not JSON: Unrecognized token 'b'"},
      {"{\"inputs\": \"a\", \"inputs\": \"b\"}", "the body is not JSON: Duplicate"},
      {"{\"text\": \"a\"}", "unknown field 'text'; known: inputs, options, parameters"},
      {"{\"parameters\": {}}", "there are no \"inputs\""},
      {"{\"inputs\": 3}", "inputs: the number 3; an object with text and text_pair"},
      {"{\"inputs\": {\"text\": \"a\"}}", "text_pair: nothing; a text"},
      {"{\"inputs\": [\"a\", {\"text\": \"a\", \"text_pair\": \"b\"}]}", "inputs: texts and pairs"},
      {"{\"inputs\": \"a\", \"parameters\": 1}", "parameters: the number 1; an object"},
      {
        "{\"inputs\": \"a\", \"parameters\": {\"topk\": 1}}",
        "unknown parameter 'topk'; known: top_k"
      },
      {"{\"inputs\": \"a\", \"parameters\": {\"top_k\": 0}}", "top_k: 0; a whole number from 1"},
      {"{\"inputs\": \"a\", \"parameters\": {\"top_k\": 1.5}}", "top_k: 1.5; a whole number"},
      {"{\"inputs\": \"a\", \"parameters\": {\"top_k\": 99999999999}}", "top_k: 99999999999; a"},
      {
        "{\"inputs\": \"a\", \"parameters\": {\"candidate_labels\": [\" \"]}}",
        "a candidate label is blank"
      },
      {
        "{\"inputs\": \"a\", \"parameters\": {\"candidate_labels\": \"a\","
            + " \"hypothesis_template\": \"b\"}}",
        "hypothesisTemplate 'b': {} must stand once"
      },
      {"[".repeat(5000), "the body is not JSON: "},
    };
    for (String[] body : bodies) {
      String error = refused(400, post("zero-shot", body[0]));
      assertTrue(error.startsWith(body[1]), body[0] + ": " + error);
    }
    assertTrue(
        refused(400, post("fill-mask", "{\"inputs\": \"anna\"}")).startsWith("there is no [MASK]"));
    assertEquals(Served.json("[]"), answer("zero-shot", "{\"inputs\": []}"));
  }

  @Test
  void tooMuchIsRefused() {
    String many = "\"a\", ".repeat(20) + "\"a\"";
    assertEquals(
        "21 texts; a request may have 20",
        refused(413, post("zero-shot", "{\"inputs\": [" + many + "]}")));
    assertEquals(
        "22 texts; a request may have 20",
        refused(
            413,
            post(
                "zero-shot",
                "{\"inputs\": [\"a\", \"b\"], \"parameters\": {\"candidate_labels\": [%s]}}"
                    .formatted("\"a\", ".repeat(10) + "\"a\""))));
    assertEquals(
        "21 texts; a request may have 20",
        refused(413, post("fill-mask", "{\"inputs\": \"" + "[MASK] ".repeat(21) + "\"}")));
    String large = "{\"inputs\": \"" + "a ".repeat(500_000) + "\"}";
    assertEquals("the body is larger than 100000 bytes", refused(413, post("zero-shot", large)));
  }

  /** 10 MB are more than it reads, so that it hangs up; who asks is told before. */
  @Test
  void farTooMuchIsNotRead() throws IOException {
    String head = HEAD.replace("100", "10000000");
    try (Socket socket = connect()) {
      say(socket, head.replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n"));
      String answer = heard(socket);
      assertTrue(answer.startsWith("HTTP/1.1 413 "), answer);
    }
    try (Socket socket = connect()) {
      socket.setSoTimeout(60_000);
      say(socket, head);
      String part = "a".repeat(100_000);
      for (int i = 0; i < 100; i++) {
        say(socket, part);
      }
      heard(socket);
    } catch (SocketException e) {
      // it was faster
    }
    answer("tokens", "{\"inputs\": \"anna\"}");
  }

  @Test
  void otherAddressesMethodsAndTypesAreRefused() {
    assertEquals(
        "no such model; there are: fill-mask, questions, tokens, zero-shot",
        refused(404, post("films", "{}")));
    assertTrue(refused(404, get("/model")).startsWith("nothing is here; "));
    refused(404, get("/models/zero-shot/x"));
    HttpResponse<String> put =
        Served.send(
            client,
            Served.to(server, "/models/tokens")
                .PUT(HttpRequest.BodyPublishers.ofString("{}"))
                .build());
    assertEquals("the method is PUT; it must be one of GET, HEAD, POST", refused(405, put));
    assertEquals("GET, HEAD, POST", put.headers().firstValue("Allow").orElseThrow());
    refused(405, Served.send(client, Served.post(server, "/health", "{}")));
    String body = "{\"inputs\": \"a\"}";
    for (String type : List.of("text/plain", "application/x-www-form-urlencoded")) {
      HttpRequest request =
          Served.to(server, "/models/tokens")
              .header("Content-Type", type)
              .POST(HttpRequest.BodyPublishers.ofString(body))
              .build();
      assertEquals(
          "the Content-Type is %s; it must be application/json".formatted(type),
          refused(415, Served.send(client, request)));
    }
    HttpRequest charset =
        Served.to(server, "/models/tokens")
            .header("Content-Type", "application/json; charset=utf-8")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    assertEquals(200, Served.send(client, charset).statusCode());
  }

  @Test
  void aServerNeedsModelsWithDifferentNames() {
    assertThrows(
        IllegalArgumentException.class,
        () -> ModelServer.start("127.0.0.1", 0, SETTINGS, List.of()));
    assertThrows(
        IllegalArgumentException.class, () -> ServedModel.open("a/b", Served.ZERO_SHOT, SETTINGS));
    try (ServedModel one = ServedModel.open("one", Served.ZERO_SHOT, SETTINGS)) {
      assertThrows(
          IllegalArgumentException.class,
          () -> ModelServer.start("127.0.0.1", 0, SETTINGS, List.of(one, one)));
      assertThrows(
          IOException.class,
          () -> ModelServer.start("127.0.0.1", server.port(), SETTINGS, List.of(one)));
    }
  }

  // ---- clients that do what they should not ----

  private static Socket connect() throws IOException {
    return new Socket("127.0.0.1", server.port());
  }

  private static void say(Socket socket, String what) throws IOException {
    OutputStream out = socket.getOutputStream();
    out.write(what.getBytes(StandardCharsets.ISO_8859_1));
    out.flush();
  }

  /** All that comes until the server hangs up. */
  private static String heard(Socket socket) throws IOException {
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
  }

  private static final String HEAD =
      "POST /models/tokens HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
          + "Content-Length: 100\r\n\r\n";

  @Test
  void clientsThatSayNothingOrHalfHarmNobody() throws IOException {
    List<Socket> open = new ArrayList<>();
    try {
      for (int i = 0; i < 1000; i++) {
        open.add(connect());
      }
      for (int i = 0; i < 100; i++) {
        say(open.get(i), HEAD.substring(0, 1 + i % HEAD.length()));
        say(open.get(100 + i), HEAD + "{\"inputs\": \"");
      }
      answer("tokens", "{\"inputs\": \"anna\"}");
      for (int i = 0; i < 200; i += 2) {
        open.get(i).close(); // in the middle of a request
      }
      answer("tokens", "{\"inputs\": \"anna\"}");
    } finally {
      for (Socket socket : open) {
        socket.close();
      }
    }
  }

  @Test
  void clientsThatHangUpOrTalkNonsenseHarmNobody() throws IOException {
    String body = "{\"inputs\": [%s]}".formatted("\"anna went to berlin\", ".repeat(19) + "\"\"");
    String whole = HEAD.replace("100", Integer.toString(body.length())) + body;
    for (int i = 0; i < 50; i++) {
      try (Socket socket = connect()) {
        say(socket, whole); // and does not wait for the answer
      }
    }
    for (String nonsense : List.of("\u0016\u0003\u0001\r\n\r\n", "GET\r\n\r\n", "\0\0\0\r\n\r\n")) {
      try (Socket socket = connect()) {
        say(socket, nonsense);
        String answer = heard(socket);
        assertTrue(answer.startsWith("HTTP/1.1 400 "), answer);
        assertTrue(!answer.contains("Exception"), answer);
      }
    }
    try (Socket socket = connect()) {
      say(socket, "GET /health HTTP/1.1\r\nHost: a\r\nX: " + "a".repeat(20_000) + "\r\n\r\n");
      String answer = heard(socket);
      assertTrue(answer.startsWith("HTTP/1.1 431 "), answer);
    }
    answer("tokens", "{\"inputs\": \"anna\"}");
  }
}
