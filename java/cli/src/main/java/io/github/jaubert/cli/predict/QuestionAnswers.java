package io.github.jaubert.cli.predict;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.pipeline.Answer;
import io.github.jaubert.bert.pipeline.Pipeline;
import io.github.jaubert.bert.pipeline.QuestionAnsweringPipeline;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Answers to questions about contexts. */
public final class QuestionAnswers implements Answers {
  /** What is said of a question without an answer. */
  public static final String NONE = "none";

  private final QuestionAnsweringPipeline pipeline;
  private final boolean json;

  /**
   * Of a pipeline, which belongs to it.
   *
   * @param json whether an answer is an object
   */
  public QuestionAnswers(QuestionAnsweringPipeline pipeline, boolean json) {
    this.pipeline = pipeline;
    this.json = json;
  }

  @Override
  public Pipeline<?, ?> pipeline() {
    return pipeline;
  }

  @Override
  public List<String> lines(List<String> questions, List<String> contexts) {
    List<List<Answer>> all = pipeline.ofAll(questions, contexts);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      lines.add(json ? asJson(questions.get(i), all.get(i)) : asText(all.get(i)));
    }
    return lines;
  }

  /** As {@code in 1856 0.913; 1856 0.044}. */
  public static String asText(List<Answer> answers) {
    return answers.isEmpty()
        ? NONE
        : answers.stream()
            .map(
                answer ->
                    String.format(
                        Locale.ROOT,
                        "%s %.3f",
                        answer.answer().isEmpty() ? NONE : answer.answer(),
                        answer.score()))
            .collect(Collectors.joining("; "))
            .replaceAll("[\r\n]+", " ");
  }

  private static String asJson(String question, List<Answer> answers) {
    ObjectNode node = JsonFiles.object();
    node.put("question", question);
    ArrayNode array = node.putArray("answers");
    for (Answer answer : answers) {
      array
          .addObject()
          .put("score", answer.score())
          .put("start", answer.start())
          .put("end", answer.end())
          .put("answer", answer.answer());
    }
    return node.toString();
  }
}
