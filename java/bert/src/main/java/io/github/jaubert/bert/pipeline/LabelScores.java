package io.github.jaubert.bert.pipeline;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.ProblemType;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Makes scores of logits. */
final class LabelScores {
  private LabelScores() {}

  /**
   * For each row the labels with their probabilities, the most probable first, or the score.
   *
   * @param logits {@code [rows, labels]}
   */
  static List<List<LabelScore>> of(Labels labels, Tensor logits) {
    float[] scores =
        switch (labels.problemType()) {
          case SINGLE_LABEL -> logits.softmax(-1).toFloats();
          case MULTI_LABEL -> logits.sigmoid().toFloats();
          case REGRESSION -> logits.toFloats();
        };
    List<List<LabelScore>> results = new ArrayList<>();
    for (int from = 0; from < scores.length; from += labels.size()) {
      List<LabelScore> result = new ArrayList<>();
      for (int i = 0; i < labels.size(); i++) {
        result.add(new LabelScore(labels.name(i), scores[from + i]));
      }
      if (labels.problemType() != ProblemType.REGRESSION) {
        result.sort(Comparator.comparing(LabelScore::score).reversed());
      }
      results.add(List.copyOf(result));
    }
    return results;
  }
}
