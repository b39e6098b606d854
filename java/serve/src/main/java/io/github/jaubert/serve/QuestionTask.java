package io.github.jaubert.serve;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.pipeline.Answer;
import io.github.jaubert.bert.pipeline.Pipeline;
import io.github.jaubert.bert.pipeline.QuestionAnsweringPipeline;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** Answers to questions in contexts. */
record QuestionTask(QuestionAnsweringPipeline answer) implements ServedTask {
  private static final int USUAL_LENGTH = 15;

  @Override
  public String name() {
    return "question-answering";
  }

  @Override
  public Answering<?> prepare(Inputs inputs) {
    inputs.only("top_k", "max_answer_len", "handle_impossible_answer");
    List<String> questions = new ArrayList<>();
    List<String> contexts = new ArrayList<>();
    for (JsonNode one : inputs.all()) {
      Inputs.object(one, Set.of("question", "context"));
      questions.add(Inputs.text(one, "question"));
      contexts.add(Inputs.text(one, "context"));
    }
    int top = inputs.count("top_k", 1);
    Function<List<List<Answer>>, JsonNode> json =
        all -> {
          List<JsonNode> answers = new ArrayList<>();
          for (int i = 0; i < contexts.size(); i++) {
            answers.add(json(all.get(i), contexts.get(i), top));
          }
          return ServedTask.<JsonNode>answers(inputs, list -> list).apply(answers);
        };
    return new Answering<>(
        answer.prepare(
            questions,
            contexts,
            top,
            inputs.count("max_answer_len", USUAL_LENGTH),
            inputs.flag("handle_impossible_answer")),
        json);
  }

  /** The only answer that was asked for, or a list; no answer is an empty one. */
  private static JsonNode json(List<Answer> answers, String context, int top) {
    if (top > 1) {
      return ServedTask.list(answers, one -> json(one, context));
    }
    return json(answers.isEmpty() ? new Answer(0, 0, 0, "") : answers.get(0), context);
  }

  private static JsonNode json(Answer answer, String context) {
    return JsonFiles.object()
        .put("answer", answer.answer())
        .put("score", answer.score())
        .put("start", ServedTask.codePoints(context, answer.start()))
        .put("end", ServedTask.codePoints(context, answer.end()));
  }

  @Override
  public JsonNode example() {
    return ServedTask.example(
        JsonFiles.object()
            .put("question", "Where was Marie Curie born?")
            .put("context", "Marie Curie was born in Warsaw and worked in Paris."));
  }

  @Override
  public List<Pipeline<?, ?>> pipelines() {
    return List.of(answer);
  }
}
