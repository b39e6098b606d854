package io.github.jaubert.measure.bias;

import io.github.jaubert.bert.pipeline.LabelScore;
import io.github.jaubert.bert.pipeline.TextClassification;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** What a classifier says of texts. */
public final class Labelled {
  private static final int CHUNK = 256;

  private Labelled() {}

  /** The scores of texts, chunk by chunk, so that someone can be told how far it is. */
  static List<List<LabelScore>> scores(
      TextClassification model,
      List<String> texts,
      List<String> seconds,
      String work,
      BiasListener listener) {
    List<List<LabelScore>> scores = new ArrayList<>();
    for (int from = 0; from < texts.size(); from += CHUNK) {
      int to = Math.min(texts.size(), from + CHUNK);
      scores.addAll(
          model.ofAll(texts.subList(from, to), seconds == null ? null : seconds.subList(from, to)));
      listener.advanced(work, to, texts.size());
    }
    return scores;
  }

  /** The label that holds, or those that do, with a comma between. */
  static String said(TextClassification model, List<LabelScore> scores) {
    return model.holding(scores).stream()
        .map(LabelScore::label)
        .sorted()
        .collect(Collectors.joining(", "));
  }

  /**
   * Labels rows whose label and group are known, for {@link GroupFairness}.
   *
   * @param seconds the second texts of pairs; null if there are none
   * @param labels what the data say of each text
   * @param groups the group of each text
   */
  public static List<Judged> judge(
      TextClassification model,
      List<String> texts,
      List<String> seconds,
      List<String> labels,
      List<String> groups,
      BiasListener listener) {
    List<List<LabelScore>> scores = scores(model, texts, seconds, "labelling", listener);
    List<Judged> judged = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      judged.add(new Judged(labels.get(i), said(model, scores.get(i)), groups.get(i)));
    }
    return judged;
  }
}
