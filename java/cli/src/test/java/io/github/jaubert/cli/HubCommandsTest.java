package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.pipeline.Pipelines;
import io.github.jaubert.bert.pipeline.TextClassification;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the commands do with names of models; the client itself is tested in java/hub. */
class HubCommandsTest extends CommandFixture {
  private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
  private final Map<String, byte[]> files = new TreeMap<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final Map<String, byte[]> uploaded = new TreeMap<>();
  private HttpServer server;

  @BeforeEach
  void serveTheModel() throws IOException {
    System.setProperty("sun.net.httpserver.nodelay", "true");
    for (String file : List.of("config.json", "model.safetensors", "vocab.txt", "README.md")) {
      if (Files.exists(model.resolve(file))) {
        files.put(file, Files.readAllBytes(model.resolve(file)));
      }
    }
    files.put("tokenizer_config.json", "{}".getBytes(StandardCharsets.UTF_8));
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
    System.setProperty("HF_ENDPOINT", "http://127.0.0.1:" + server.getAddress().getPort());
    System.setProperty("HF_HUB_CACHE", folder.resolve("hub").toString());
    System.setProperty("HF_TOKEN", "secret");
    System.clearProperty("HF_HUB_OFFLINE");
  }

  @AfterEach
  void stop() {
    server.stop(0);
    List.of("HF_ENDPOINT", "HF_HUB_CACHE", "HF_TOKEN", "HF_HUB_OFFLINE")
        .forEach(System::clearProperty);
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    requests.add(exchange.getRequestMethod() + " " + path);
    try (exchange) {
      if (path.startsWith("/api/models/owner/tiny/")) {
        byte[] body = api(path, exchange.getRequestBody().readAllBytes());
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        return;
      }
      byte[] file = files.get(path.replace("/owner/tiny/resolve/" + COMMIT + "/", ""));
      if (file == null) {
        exchange.getResponseHeaders().set("X-Error-Code", "RepoNotFound");
        exchange.sendResponseHeaders(404, -1);
        return;
      }
      exchange.getResponseHeaders().set("X-Repo-Commit", COMMIT);
      exchange.getResponseHeaders().set("ETag", "\"" + Integer.toHexString(path.hashCode()) + "\"");
      if (exchange.getRequestMethod().equals("HEAD")) {
        exchange.getResponseHeaders().set("Content-Length", Integer.toString(file.length));
        exchange.sendResponseHeaders(200, -1);
      } else {
        exchange.sendResponseHeaders(200, file.length);
        exchange.getResponseBody().write(file);
      }
    }
  }

  private byte[] api(String path, byte[] body) throws IOException {
    ObjectNode answer = new JsonMapper().createObjectNode().put("sha", COMMIT);
    if (path.contains("/preupload/")) {
      ArrayNode list = answer.putArray("files");
      for (JsonNode file : new JsonMapper().readTree(body).path("files")) {
        list.addObject().put("path", file.path("path").asText()).put("uploadMode", "regular");
      }
    } else if (path.contains("/commit/")) {
      for (String line : new String(body, StandardCharsets.UTF_8).split("\n")) {
        JsonNode value = new JsonMapper().readTree(line).path("value");
        uploaded.put(
            value.path("path").asText("summary: " + value.path("summary").asText()),
            Base64.getDecoder().decode(value.path("content").asText()));
      }
    } else {
      ArrayNode list = answer.putArray("siblings");
      files.keySet().forEach(file -> list.addObject().put("rfilename", file));
    }
    return answer.toString().getBytes(StandardCharsets.UTF_8);
  }

  private Path snapshot() {
    return folder.resolve("hub/models--owner--tiny/snapshots").resolve(COMMIT);
  }

  @Test
  void aNameIsAsGoodAsAFolder() {
    String expected = jaubert("predict", "--model", model, "a good film").succeeded().out();

    assertEquals(
        expected, jaubert("predict", "--model", "owner/tiny", "a good film").succeeded().out());
    assertTrue(Files.exists(snapshot().resolve("model.safetensors")));

    requests.clear();
    assertEquals(
        expected,
        jaubert("predict", "--offline", "--model", "owner/tiny@" + COMMIT, "a good film")
            .succeeded()
            .out());
    assertEquals(List.of(), requests);
  }

  @Test
  void theLibraryTakesNames() {
    try (TextClassification byFolder = Pipelines.textClassification(model);
        TextClassification byName = Pipelines.textClassification("owner/tiny");
        Tokenizer tokenizer = Tokenizer.fromPretrained("owner/tiny");
        SequenceClassifier again = SequenceClassifier.fromPretrained(snapshot().toString())) {
      assertEquals(byFolder.of("a good film"), byName.of("a good film"));
      assertTrue(tokenizer.maxLength() > 0 && again.labels().size() == 3);
    }
  }

  @Test
  void anAdapterNamesItsBaseByItsName() throws IOException {
    Path out = folder.resolve("adapter");
    Object[] words = {
      "finetune",
      "--model",
      "owner/tiny",
      "--train",
      train,
      "--eval",
      eval,
      "--epochs",
      "1",
      "--new-head",
      "--lora-rank",
      "2",
      "--adapter-only",
      "--out",
      out
    };
    jaubert(words).succeeded();
    String config = Files.readString(out.resolve("adapter_config.json"));
    assertTrue(config.matches("(?s).*\"base_model_name_or_path\" ?: ?\"owner/tiny\".*"), config);
    requests.clear();
    jaubert("predict", "--model", out, "a good film").succeeded();
    assertEquals(List.of(), requests, "a folder causes no connection");
  }

  @Test
  void downloadFillsTheCacheOrAFolder() throws IOException {
    String said = jaubert("download", "owner/tiny").succeeded().out();
    assertEquals("owner/tiny%nin %s%n".formatted(snapshot()), said);
    Path out = folder.resolve("copy");
    jaubert("download", "owner/tiny", "--revision", "v1", "--out", out).succeeded();
    assertFalse(Files.isSymbolicLink(out.resolve("config.json")));
    assertSameBytes(model, out, "config.json", "model.safetensors", "vocab.txt");
    assertEquals(
        out + " holds something already; choose another folder with --out",
        jaubert("download", "owner/tiny", "--out", out).failure(2));
  }

  @Test
  void modelsListsTheCache() throws IOException {
    assertTrue(jaubert("models").succeeded().out().startsWith("0 models, 0.0 MB, in "));
    jaubert("download", "owner/tiny").succeeded();
    List<String> lines = jaubert("models").succeeded().out().lines().toList();
    assertEquals(2, lines.size());
    assertTrue(
        lines.get(0).matches("owner/tiny +\\d\\.\\d MB  \\d{4}-\\d\\d-\\d\\d  main"), lines.get(0));
    JsonNode json = new JsonMapper().readTree(jaubert("models", "--json").succeeded().out());
    assertEquals("owner/tiny", json.path("model").asText());
    assertEquals(COMMIT, json.at("/revisions/main").asText());
    assertTrue(json.path("complete").asBoolean() && json.path("bytes").asLong() > 10_000);
  }

  @Test
  void uploadPutsAFolderOnTheHub() throws IOException {
    Files.writeString(model.resolve("README.md"), "# card");
    String said = jaubert("upload", model, "owner/tiny").succeeded().out();
    assertTrue(said.startsWith("uploaded " + model + ": http://127.0.0.1:"), said);
    assertTrue(uploaded.keySet().containsAll(List.of("README.md", "model.safetensors")));
    assertTrue(uploaded.containsKey("summary: Upload of tiny with Jaubert"));
    assertEquals(
        "'a/b/c' is no name of a model: OWNER/NAME or NAME, of letters, digits, '-', '_' and '.'",
        jaubert("upload", model, "a/b/c").failure(2));
    assertTrue(jaubert("upload", train, "owner/tiny").failure(1).endsWith("train.tsv: a file"));
    assertTrue(
        jaubert("upload", "--private", model, "owner/tiny").failure(1).contains("is public"));
  }

  @Test
  void whatIsNeitherAFolderNorAModel() {
    String said = jaubert("predict", "--model", "no/such", "t").failure(2);
    assertTrue(said.startsWith("--model no/such: no such folder; on the Hub, no/such: "), said);
    assertTrue(said.contains("has no such model"), said);

    requests.clear();
    said = jaubert("finetune", "--offline", "--model", "google/bert_uncased").failure(2);
    assertTrue(
        said.startsWith(
            "--model google/bert_uncased: no such folder; on the Hub,"
                + " google/bert_uncased: connections are forbidden (--offline, HF_HUB_OFFLINE)"),
        said);
    assertTrue(said.endsWith("jaubert download google/bert_uncased"), said);
    assertTrue(jaubert("download", "--offline", "gpt").failure(1).startsWith("gpt: connections"));
    System.clearProperty("HF_HUB_OFFLINE");
    for (String path : List.of("./no", "src/no", folder + "/no", "a/b/c", "no such", "a--b")) {
      assertEquals(
          "--model " + Path.of(path) + ": no such folder",
          jaubert("predict", "--model", path, "t").failure(2));
    }
    assertEquals(List.of(), requests);

    System.setProperty("HF_ENDPOINT", "somewhere");
    assertEquals(
        "HF_ENDPOINT somewhere: an address such as https://huggingface.co",
        jaubert("predict", "--model", "owner/tiny", "t").failure(2));
  }

  /** A signature goes along; a download leaves out what no model needs. */
  @Test
  void aSignedModelThereAndBack() throws IOException {
    Path key = folder.resolve("key.pem");
    jaubert("sign", "--generate-key", key).succeeded();
    Files.writeString(model.resolve("report.html"), "stays");
    Files.writeString(model.resolve("NOTES.txt"), "is sent, and not fetched");
    jaubert("sign", model, "--key", key, "--for-upload").succeeded();
    jaubert("upload", model, "owner/tiny").succeeded();
    files.clear();
    files.putAll(uploaded);
    Path fetched = folder.resolve("fetched");
    jaubert("download", "owner/tiny", "--out", fetched).succeeded();

    Result result = jaubert("verify", fetched, "--key", key + ".pub");
    result.failure(1);
    assertTrue(result.out().contains("missing: NOTES.txt"), result.out());
    assertFalse(result.out().contains("report.html"), result.out());
    jaubert("verify", fetched, "--key", key + ".pub", "--allow-missing-files").succeeded();
    Files.writeString(fetched.resolve("config.json"), "{}");
    result = jaubert("verify", fetched, "--key", key + ".pub", "--allow-missing-files");
    result.failure(1);
    assertTrue(result.out().contains("changed: config.json"), result.out());
  }
}
