package io.github.jaubert.serve;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Small models, and requests to them. */
final class Served {
  private static final Path GOLDEN = Path.of("../bert/src/test/resources/golden");
  static final Path ZERO_SHOT = GOLDEN.resolve("zero-shot");
  static final Path FILL_MASK = GOLDEN.resolve("masked-language/fill-mask");
  static final Path TOKENS = GOLDEN.resolve("token-classifier");
  static final Path QUESTIONS = GOLDEN.resolve("question-answering/pipeline");

  /** Words of the vocabulary of {@link #ZERO_SHOT}. */
  static final List<String> WORDS = words();

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private Served() {}

  private static List<String> words() {
    try {
      return Files.readAllLines(ZERO_SHOT.resolve("vocab.txt")).stream()
          .filter(word -> word.matches("[a-z]+"))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static JsonNode json(String text) {
    try {
      return MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(text, e);
    }
  }

  static JsonNode tree(Object value) {
    return json(MAPPER.valueToTree(value).toString()); // numbers as they are read
  }

  static HttpRequest.Builder to(ModelServer server, String path) {
    return HttpRequest.newBuilder(URI.create(server.address() + path));
  }

  static HttpRequest post(ModelServer server, String path, String body) {
    return to(server, path)
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(body))
        .build();
  }

  static HttpResponse<String> send(HttpClient client, HttpRequest request) {
    try {
      return client.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
