package io.github.jaubert.serve;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jaubert.bert.pipeline.Pipeline;
import io.github.jaubert.bert.pipeline.SentenceClassification;
import java.util.List;

/** Labels of texts by a classifier of their vectors. */
record SentenceLabelTask(SentenceClassification classify) implements ServedTask {
  @Override
  public String name() {
    return "text-classification";
  }

  @Override
  public Answering<?> prepare(Inputs inputs) {
    return LabelTask.labelled(inputs, classify.prepare(inputs.only("top_k").texts()));
  }

  @Override
  public JsonNode example() {
    return ServedTask.example("A film that one likes to see again.");
  }

  @Override
  public List<Pipeline<?, ?>> pipelines() {
    return List.of(classify);
  }
}
