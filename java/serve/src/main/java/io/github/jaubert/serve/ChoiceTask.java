package io.github.jaubert.serve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.pipeline.ChoiceScore;
import io.github.jaubert.bert.pipeline.MultipleChoicePipeline;
import io.github.jaubert.bert.pipeline.Pipeline;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Which of several choices goes with a prompt; the hub has no API for it. */
record ChoiceTask(MultipleChoicePipeline choose) implements ServedTask {
  @Override
  public String name() {
    return "multiple-choice";
  }

  @Override
  public Answering<?> prepare(Inputs inputs) {
    List<String> prompts = new ArrayList<>();
    List<List<String>> choices = new ArrayList<>();
    for (JsonNode one : inputs.only().all()) {
      Inputs.object(one, Set.of("prompt", "choices"));
      prompts.add(Inputs.text(one, "prompt"));
      choices.add(inputs.texts(one, "choices"));
    }
    inputs.requireFew(choices.stream().mapToLong(List::size).sum());
    return new Answering<>(
        choose.prepare(prompts, choices),
        ServedTask.answers(inputs, scores -> ServedTask.list(scores, ChoiceTask::json)));
  }

  private static JsonNode json(ChoiceScore choice) {
    return JsonFiles.object()
        .put("index", choice.index())
        .put("choice", choice.choice())
        .put("score", choice.score());
  }

  @Override
  public JsonNode example() {
    ObjectNode inputs = JsonFiles.object().put("prompt", "She eats the soup");
    inputs.putArray("choices").add("with a spoon.").add("with a hammer.");
    return ServedTask.example(inputs);
  }

  @Override
  public List<Pipeline<?, ?>> pipelines() {
    return List.of(choose);
  }
}
