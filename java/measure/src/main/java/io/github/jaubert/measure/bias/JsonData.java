package io.github.jaubert.measure.bias;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.jaubert.train.data.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files of JSON that are data. */
final class JsonData {
  private static final JsonMapper JSON = new JsonMapper();

  private JsonData() {}

  /**
   * The content of a file.
   *
   * @throws DataException if it cannot be read, or is no JSON
   */
  static JsonNode read(Path file) {
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(file);
    } catch (IOException e) {
      String reason = Files.exists(file) ? "cannot be read: " + e.getMessage() : "no such file";
      throw new DataException(file.toString(), reason, e);
    }
    return parse(file.toString(), bytes);
  }

  static JsonNode parse(String source, byte[] bytes) {
    try {
      JsonNode json = JSON.readTree(bytes);
      if (json.isMissingNode()) {
        throw new DataException(source, "the file is empty");
      }
      return json;
    } catch (JsonProcessingException e) {
      throw new DataException(
          source,
          e.getLocation() == null ? 1 : e.getLocation().getLineNr(),
          "not JSON: " + e.getOriginalMessage().lines().findFirst().orElse(""));
    } catch (IOException e) {
      throw new DataException(source, "cannot be read: " + e.getMessage(), e);
    }
  }
}
