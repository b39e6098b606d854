package io.github.jaubert.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.ProblemType;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.pipeline.LabelScore;
import io.github.jaubert.bert.pipeline.TextClassification;
import io.github.jaubert.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Labels of whole texts. */
final class TextAnswers implements Answers {
  private final TextClassification classify;
  private final int top;
  private final boolean json;

  /**
   * Of a pipeline, which belongs to it.
   *
   * @param top how many labels are shown
   * @param json whether an answer is an object, with all labels
   */
  TextAnswers(TextClassification classify, int top, boolean json) {
    this.classify = classify;
    this.top = top;
    this.json = json;
  }

  @Override
  public void computeType(DType dtype) {
    classify.computeType(dtype);
  }

  @Override
  public List<String> lines(List<String> texts, List<String> second) {
    List<List<LabelScore>> results = classify.ofAll(texts, second);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      List<LabelScore> result = results.get(i);
      lines.add(
          json
              ? asJson(texts.get(i), second == null ? null : second.get(i), result).toString()
              : text(result));
    }
    return lines;
  }

  private String text(List<LabelScore> result) {
    return classify.labels().problemType() == ProblemType.REGRESSION
        ? String.format(Locale.ROOT, "%.4f", result.get(0).score())
        : asText(result, top);
  }

  /** As {@code positive 0.998, negative 0.002}. */
  static String asText(List<LabelScore> result, int top) {
    String answer =
        String.join(", ", result.stream().limit(top).map(LabelScore::toString).toList());
    return answer.replaceAll("[\r\n]+", " "); // a label may hold a line end, an answer must not
  }

  /** The text and the scores of all labels. */
  static ObjectNode asJson(String text, String pair, List<LabelScore> result) {
    ObjectNode node = JsonFiles.object();
    node.put("text", text);
    if (pair != null) {
      node.put("pair", pair);
    }
    ObjectNode scores = node.putObject("scores");
    result.forEach(score -> scores.put(score.label(), score.score()));
    return node;
  }

  @Override
  public void close() {
    classify.close();
  }
}
