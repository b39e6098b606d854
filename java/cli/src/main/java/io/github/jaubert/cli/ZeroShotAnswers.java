package io.github.jaubert.cli;

import io.github.jaubert.bert.pipeline.LabelScore;
import io.github.jaubert.bert.pipeline.ZeroShotClassification;
import io.github.jaubert.tensor.DType;
import java.util.ArrayList;
import java.util.List;

/** Which of some labels fit whole texts. */
final class ZeroShotAnswers implements Answers {
  private final ZeroShotClassification classify;
  private final List<String> labels;
  private final int top;
  private final boolean json;

  /**
   * Of a pipeline, which belongs to it.
   *
   * @param top how many labels are shown
   * @param json whether an answer is an object, with all labels
   */
  ZeroShotAnswers(ZeroShotClassification classify, List<String> labels, int top, boolean json) {
    this.classify = classify;
    this.labels = labels;
    this.top = top;
    this.json = json;
  }

  @Override
  public void computeType(DType dtype) {
    classify.computeType(dtype);
  }

  @Override
  public List<String> lines(List<String> texts, List<String> second) {
    List<List<LabelScore>> results = classify.ofAll(texts, labels);
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
  public void close() {
    classify.close();
  }
}
