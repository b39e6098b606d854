package io.github.jaubert.serve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.pipeline.Embeddings;
import io.github.jaubert.bert.pipeline.Pipeline;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Vectors of texts; of an object with {@code source_sentence} and {@code sentences} how alike they
 * are, as cosines.
 */
record VectorTask(Embeddings embed) implements ServedTask {
  @Override
  public String name() {
    return "feature-extraction";
  }

  @Override
  public Answering<?> prepare(Inputs inputs) {
    inputs.only();
    if (inputs.inputs().isObject()) {
      return similarities(inputs);
    }
    return new Answering<>(
        embed.prepare(inputs.texts()), ServedTask.answers(inputs, VectorTask::json));
  }

  private Answering<?> similarities(Inputs inputs) {
    JsonNode object = Inputs.object(inputs.inputs(), Set.of("source_sentence", "sentences"));
    List<String> texts = new ArrayList<>();
    texts.add(Inputs.text(object, "source_sentence"));
    texts.addAll(inputs.texts(object, "sentences"));
    return new Answering<>(
        embed.prepare(texts),
        vectors -> {
          float[] source = vectors.get(0);
          ArrayNode list = JsonFiles.object().arrayNode();
          vectors.subList(1, vectors.size()).forEach(other -> list.add(cosine(source, other)));
          return list;
        });
  }

  private static JsonNode json(float[] vector) {
    ArrayNode list = JsonFiles.object().arrayNode(vector.length);
    for (float value : vector) {
      list.add(value);
    }
    return list;
  }

  /** 0 if one of them is 0. */
  private static float cosine(float[] a, float[] b) {
    double product = 0;
    double lengthA = 0;
    double lengthB = 0;
    for (int i = 0; i < a.length; i++) {
      product += (double) a[i] * b[i];
      lengthA += (double) a[i] * a[i];
      lengthB += (double) b[i] * b[i];
    }
    double lengths = Math.sqrt(lengthA) * Math.sqrt(lengthB);
    return lengths == 0 ? 0 : (float) (product / lengths);
  }

  @Override
  public JsonNode example() {
    ObjectNode inputs = JsonFiles.object().put("source_sentence", "A man plays the guitar.");
    inputs.putArray("sentences").add("Someone makes music.").add("The train is late.");
    return ServedTask.example(inputs);
  }

  @Override
  public List<Pipeline<?, ?>> pipelines() {
    return List.of(embed);
  }
}
