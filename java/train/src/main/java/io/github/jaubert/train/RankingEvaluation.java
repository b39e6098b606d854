package io.github.jaubert.train;

import io.github.jaubert.train.data.RankingDataset;
import io.github.jaubert.train.metrics.PearsonCorrelation;
import io.github.jaubert.train.metrics.RankingMetrics;
import io.github.jaubert.train.metrics.SpearmanCorrelation;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Judges a cross-encoder by the order of each query's passages; where no query has two, by how its
 * scores correlate with those of the data.
 */
final class RankingEvaluation implements Evaluation {
  private static final List<String> CORRELATIONS = List.of("spearman", "pearson");

  private final Reranking task;
  private final RankingDataset data;
  private final RankingBatches examples;
  private final RankingMetrics metrics; // null: correlations
  private final List<int[]> queries; // those with a relevant passage
  private float[] scores;

  RankingEvaluation(
      Reranking task,
      RankingDataset data,
      RankingBatches examples,
      RankingMetrics metrics,
      List<int[]> queries) {
    this.task = task;
    this.data = data;
    this.examples = examples;
    this.metrics = metrics;
    this.queries = queries;
  }

  @Override
  public Examples examples() {
    return examples;
  }

  @Override
  public List<String> metrics() {
    return metrics == null ? CORRELATIONS : metrics.names();
  }

  @Override
  public void reset() {
    scores = new float[data.size()];
  }

  @Override
  public void add(Inputs inputs, int[] rows) {
    float[] logits = task.model().forward(inputs.text()).toFloats();
    for (int i = 0; i < rows.length; i++) {
      scores[rows[i]] = logits[i];
    }
  }

  @Override
  public Map<String, Double> result() {
    if (metrics == null) {
      return correlations();
    }
    metrics.reset();
    for (int[] rows : queries) {
      float[] given = new float[rows.length];
      float[] grades = new float[rows.length];
      for (int i = 0; i < rows.length; i++) {
        given[i] = scores[rows[i]];
        grades[i] = data.rows().get(rows[i]).score();
      }
      metrics.update(given, grades);
    }
    return metrics.result();
  }

  private Map<String, Double> correlations() {
    SpearmanCorrelation spearman = new SpearmanCorrelation();
    PearsonCorrelation pearson = new PearsonCorrelation();
    for (int row = 0; row < scores.length; row++) {
      double score = task.model().scoreActivation().of(scores[row]);
      spearman.update(score, data.rows().get(row).score());
      pearson.update(score, data.rows().get(row).score());
    }
    Map<String, Double> values = new LinkedHashMap<>();
    values.put(CORRELATIONS.get(0), spearman.result());
    values.put(CORRELATIONS.get(1), pearson.result());
    return values;
  }
}
