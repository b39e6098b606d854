package io.github.jaubert.cli.predict;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.pipeline.Embeddings;
import io.github.jaubert.bert.pipeline.Pipeline;
import java.util.ArrayList;
import java.util.List;

/** Vectors of texts, a JSON object a line. */
public final class VectorAnswers implements Answers {
  private final Embeddings embeddings;

  /** Of a pipeline, which belongs to it. */
  public VectorAnswers(Embeddings embeddings) {
    this.embeddings = embeddings;
  }

  @Override
  public Pipeline<?, ?> pipeline() {
    return embeddings;
  }

  @Override
  public List<String> lines(List<String> texts, List<String> second) {
    List<float[]> vectors = embeddings.ofAll(texts);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      ObjectNode node = JsonFiles.object();
      node.put("text", texts.get(i));
      ArrayNode numbers = node.putArray("embedding");
      for (float number : vectors.get(i)) {
        numbers.add(number);
      }
      lines.add(node.toString());
    }
    return lines;
  }
}
