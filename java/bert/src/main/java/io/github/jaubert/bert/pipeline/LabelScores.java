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
   * The probabilities of all labels, or the score.
   *
   * @param logits {@code [rows, labels]}
   */
  static float[] of(Labels labels, Tensor logits) {
    return switch (labels.problemType()) {
      case SINGLE_LABEL -> logits.softmax(-1).toFloats();
      case MULTI_LABEL -> logits.sigmoid().toFloats();
      case REGRESSION -> logits.toFloats();
    };
  }

  /** For each row the labels with their probabilities, the most probable first, or the score. */
  static List<List<LabelScore>> sorted(Labels labels, List<float[]> rows) {
    List<List<LabelScore>> results = new ArrayList<>();
    for (float[] scores : rows) {
      List<LabelScore> result = new ArrayList<>();
      for (int i = 0; i < labels.size(); i++) {
        result.add(new LabelScore(labels.name(i), scores[i]));
      }
      if (labels.problemType() != ProblemType.REGRESSION) {
        result.sort(Comparator.comparing(LabelScore::score).reversed());
      }
      results.add(List.copyOf(result));
    }
    return results;
  }
}
