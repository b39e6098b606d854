package io.github.jaubert.cli.predict;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.ProblemType;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.pipeline.LabelScore;
import io.github.jaubert.bert.pipeline.Pipeline;
import io.github.jaubert.bert.pipeline.TextClassification;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Labels of whole texts. */
public final class TextAnswers implements Answers {
  /** So many labels are shown unless said otherwise. */
  public static final int USUAL_TOP = 3;

  /** What is said of a text none of whose labels holds. */
  private static final String NONE = "none";

  private final TextClassification classify;
  private final Integer top; // null: the usual number, or all labels that hold by thresholds
  private final boolean json;

  /**
   * Of a pipeline, which belongs to it.
   *
   * @param top how many labels are shown; null: the usual number
   * @param json whether an answer is an object, with all labels
   */
  public TextAnswers(TextClassification classify, Integer top, boolean json) {
    this.classify = classify;
    this.top = top;
    this.json = json;
  }

  @Override
  public Pipeline<?, ?> pipeline() {
    return classify;
  }

  @Override
  public List<String> lines(List<String> texts, List<String> second) {
    List<List<LabelScore>> results = classify.ofAll(texts, second);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      List<LabelScore> result = results.get(i);
      lines.add(
          json ? json(texts.get(i), second == null ? null : second.get(i), result) : text(result));
    }
    return lines;
  }

  /** The label and its score, or all labels that hold with theirs, or a score. */
  @Override
  public List<ObjectNode> cells(List<String> texts, List<String> second) {
    List<ObjectNode> rows = new ArrayList<>();
    for (List<LabelScore> result : classify.ofAll(texts, second)) {
      ObjectNode row = JsonFiles.object();
      if (classify.labels().problemType() == ProblemType.REGRESSION) {
        rows.add(row.put("prediction", result.get(0).score()));
        continue;
      }
      List<LabelScore> held = classify.holding(result);
      if (classify.labels().problemType() == ProblemType.MULTI_LABEL) {
        ArrayNode labels = row.putArray("prediction");
        ArrayNode scores = row.putArray("score");
        held.forEach(score -> labels.add(score.label()));
        held.forEach(score -> scores.add(score.score()));
      } else {
        LabelScore best = held.isEmpty() ? result.get(0) : held.get(0);
        row.put("prediction", best.label()).put("score", best.score());
      }
      rows.add(json || top != null ? withScores(row, result, top) : row);
    }
    return rows;
  }

  /** A row with the scores of the first labels, or of all. */
  static ObjectNode withScores(ObjectNode row, List<LabelScore> result, Integer top) {
    ObjectNode scores = row.putObject("scores");
    result.stream()
        .limit(top == null ? Integer.MAX_VALUE : top)
        .forEach(score -> scores.put(score.label(), score.score()));
    return row;
  }

  private String text(List<LabelScore> result) {
    if (classify.labels().problemType() == ProblemType.REGRESSION) {
      return String.format(Locale.ROOT, "%.4f", result.get(0).score());
    }
    return classify.thresholds().isChosen()
        ? holding(result)
        : asText(result, top == null ? USUAL_TOP : top);
  }

  /** As {@code spam 0.412 > 0.350}, or {@code none}. */
  private String holding(List<LabelScore> result) {
    Map<String, Float> thresholds = classify.thresholds().byLabel();
    String answer =
        classify.holding(result).stream()
            .limit(top == null ? Integer.MAX_VALUE : top)
            .map(
                score ->
                    thresholds.containsKey(score.label())
                        ? String.format(
                            Locale.ROOT, "%s > %.3f", score, thresholds.get(score.label()))
                        : score.toString())
            .collect(Collectors.joining(", "));
    return answer.isEmpty() ? NONE : answer.replaceAll("[\r\n]+", " ");
  }

  private String json(String text, String pair, List<LabelScore> result) {
    ObjectNode node = asJson(text, pair, result);
    if (classify.thresholds().isChosen()) {
      ArrayNode labels = node.putArray("labels");
      classify.holding(result).forEach(score -> labels.add(score.label()));
      ObjectNode thresholds = node.putObject("thresholds");
      classify.thresholds().byLabel().forEach(thresholds::put);
    }
    return node.toString();
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
}
