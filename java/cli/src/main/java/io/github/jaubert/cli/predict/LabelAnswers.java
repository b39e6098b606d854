package io.github.jaubert.cli.predict;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.pipeline.LabelScore;
import io.github.jaubert.bert.pipeline.Pipeline;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** The labels that a pipeline gives to texts, with their scores. */
public final class LabelAnswers implements Answers {
  private final Pipeline<?, ?> pipeline;
  private final Function<List<String>, List<List<LabelScore>>> label;
  private final int top;
  private final boolean json;

  /**
   * Of a pipeline, which belongs to it.
   *
   * @param label has it label texts
   * @param top how many labels are shown
   * @param json whether an answer is an object, with all labels
   */
  public LabelAnswers(
      Pipeline<?, ?> pipeline,
      Function<List<String>, List<List<LabelScore>>> label,
      int top,
      boolean json) {
    this.pipeline = pipeline;
    this.label = label;
    this.top = top;
    this.json = json;
  }

  @Override
  public Pipeline<?, ?> pipeline() {
    return pipeline;
  }

  @Override
  public List<String> lines(List<String> texts, List<String> second) {
    List<List<LabelScore>> results = label.apply(texts);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      lines.add(
          json
              ? TextAnswers.asJson(texts.get(i), null, results.get(i)).toString()
              : TextAnswers.asText(results.get(i), top));
    }
    return lines;
  }

  @Override
  public List<ObjectNode> cells(List<String> texts, List<String> second) {
    List<ObjectNode> rows = new ArrayList<>();
    for (List<LabelScore> result : label.apply(texts)) {
      LabelScore best = result.get(0);
      ObjectNode row =
          JsonFiles.object().put("prediction", best.label()).put("score", best.score());
      rows.add(json ? TextAnswers.withScores(row, result, null) : row);
    }
    return rows;
  }
}
