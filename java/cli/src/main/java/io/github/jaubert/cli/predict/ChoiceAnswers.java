package io.github.jaubert.cli.predict;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.pipeline.ChoiceScore;
import io.github.jaubert.bert.pipeline.MultipleChoicePipeline;
import io.github.jaubert.bert.pipeline.Pipeline;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** How probable choices are, a line for each prompt. */
public final class ChoiceAnswers implements Answers {
  /** What stands between the choices of a prompt. */
  public static final String SEPARATOR = "\t";

  private final MultipleChoicePipeline pipeline;
  private final Integer top;
  private final boolean json;

  /**
   * Of a pipeline, which belongs to it.
   *
   * @param top how many choices are shown; null for all
   * @param json whether an answer is an object
   */
  public ChoiceAnswers(MultipleChoicePipeline pipeline, Integer top, boolean json) {
    this.pipeline = pipeline;
    this.top = top;
    this.json = json;
  }

  @Override
  public Pipeline<?, ?> pipeline() {
    return pipeline;
  }

  @Override
  public List<String> lines(List<String> prompts, List<String> choices) {
    List<List<ChoiceScore>> all =
        pipeline.ofAll(
            prompts, choices.stream().map(own -> Arrays.asList(own.split(SEPARATOR, -1))).toList());
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      List<ChoiceScore> shown =
          all.get(i).subList(0, top == null ? all.get(i).size() : Math.min(top, all.get(i).size()));
      lines.add(
          json
              ? asJson(prompts.get(i), shown)
              : shown.stream()
                  .map(ChoiceScore::toString)
                  .collect(Collectors.joining("; "))
                  .replaceAll("[\r\n]+", " "));
    }
    return lines;
  }

  private static String asJson(String prompt, List<ChoiceScore> scores) {
    ObjectNode node = JsonFiles.object().put("prompt", prompt);
    ArrayNode array = node.putArray("choices");
    for (ChoiceScore score : scores) {
      array
          .addObject()
          .put("index", score.index())
          .put("choice", score.choice())
          .put("score", score.score());
    }
    return node.toString();
  }
}
