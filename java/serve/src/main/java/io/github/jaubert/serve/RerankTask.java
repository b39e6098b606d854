package io.github.jaubert.serve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.pipeline.Pipeline;
import io.github.jaubert.bert.pipeline.RankedPassage;
import io.github.jaubert.bert.pipeline.Reranker;
import java.util.List;
import java.util.Set;

/** Passages in the order in which they answer a query. */
record RerankTask(Reranker rank) implements ServedTask {
  @Override
  public String name() {
    return "text-ranking";
  }

  @Override
  public Answering<?> prepare(Inputs inputs) {
    JsonNode object = Inputs.object(inputs.only("top_k").inputs(), Set.of("query", "texts"));
    int top = inputs.count("top_k", Integer.MAX_VALUE);
    return new Answering<>(
        rank.prepare(Inputs.text(object, "query"), inputs.texts(object, "texts")),
        ranked ->
            ServedTask.list(ranked.subList(0, Math.min(top, ranked.size())), RerankTask::json));
  }

  private static JsonNode json(RankedPassage passage) {
    return JsonFiles.object().put("index", passage.index()).put("score", passage.score());
  }

  @Override
  public JsonNode example() {
    ObjectNode inputs = JsonFiles.object().put("query", "What is the capital of France?");
    inputs.putArray("texts").add("Bread is made of flour.").add("Paris is France's capital.");
    return ServedTask.example(inputs);
  }

  @Override
  public List<Pipeline<?, ?>> pipelines() {
    return List.of(rank);
  }
}
