package io.github.jaubert.train;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.stream.IntStream;

/** What golden_classification.py computed. */
final class ClassificationGoldens {
  private ClassificationGoldens() {}

  static JsonNode get(String name) {
    try {
      return JsonFiles.readObject(
              Path.of(
                  ClassificationGoldens.class.getResource("/golden/classification.json").toURI()))
          .get(name);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  static float[] floats(JsonNode numbers) {
    float[] floats = new float[numbers.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) numbers.get(i).asDouble();
    }
    return floats;
  }

  static int[] ints(JsonNode numbers) {
    return IntStream.range(0, numbers.size()).map(i -> numbers.get(i).asInt()).toArray();
  }
}
