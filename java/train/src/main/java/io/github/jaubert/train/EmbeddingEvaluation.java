package io.github.jaubert.train;

import io.github.jaubert.nn.F;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.metrics.PearsonCorrelation;
import io.github.jaubert.train.metrics.RetrievalMetrics;
import io.github.jaubert.train.metrics.SpearmanCorrelation;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Judges the vectors of sentences by their cosines: of pairs with scores by the correlation, of
 * others by how high the positives of an anchor rank among all positives and negatives.
 */
final class EmbeddingEvaluation implements Evaluation {
  private static final List<String> SCORES = List.of("spearman_cosine", "pearson_cosine");

  private final EmbeddingTraining task;
  private final EmbeddingBatches examples;
  private final SpearmanCorrelation spearman = new SpearmanCorrelation();
  private final PearsonCorrelation pearson = new PearsonCorrelation();

  /** The vectors, of length 1, of each text by its number; null until it was there. */
  private float[][] vectors;

  EmbeddingEvaluation(EmbeddingTraining task, EmbeddingBatches examples) {
    this.task = task;
    this.examples = examples;
  }

  @Override
  public Examples examples() {
    return examples;
  }

  @Override
  public List<String> metrics() {
    return examples.data().hasScores() ? SCORES : RetrievalMetrics.NAMES;
  }

  @Override
  public void reset() {
    spearman.reset();
    pearson.reset();
    vectors = new float[examples.size() * examples.data().texts()][];
  }

  @Override
  public void add(Inputs inputs, int[] rows) {
    List<Tensor> columns = task.columns(inputs);
    if (examples.data().hasScores()) {
      float[] cosines = F.cosineSimilarity(columns.get(0), columns.get(1)).toFloats();
      for (int i = 0; i < rows.length; i++) {
        float score = examples.data().rows().get(rows[i]).score();
        spearman.update(cosines[i], score);
        pearson.update(cosines[i], score);
      }
      return;
    }
    for (int column = 0; column < columns.size(); column++) {
      float[] all = F.normalize(columns.get(column)).toFloats();
      int width = all.length / rows.length;
      for (int i = 0; i < rows.length; i++) {
        vectors[examples.texts().of(column, rows[i])] =
            Arrays.copyOfRange(all, i * width, (i + 1) * width);
      }
    }
  }

  @Override
  public Map<String, Double> result() {
    Map<String, Double> values = new LinkedHashMap<>();
    if (examples.data().hasScores()) {
      values.put(SCORES.get(0), spearman.result());
      values.put(SCORES.get(1), pearson.result());
      return values;
    }
    TextRetrieval retrieval = new TextRetrieval(examples.data(), examples.texts());
    try (Scope scope = Scope.open()) {
      Tensor documents = matrix(retrieval.documents()).t();
      return retrieval.judge(
          block -> {
            try (Scope inside = Scope.open()) {
              return matrix(block).matmul(documents).toFloats();
            }
          });
    }
  }

  private Tensor matrix(List<Integer> texts) {
    int width = vectors[texts.get(0)].length;
    float[] all = new float[texts.size() * width];
    for (int i = 0; i < texts.size(); i++) {
      System.arraycopy(vectors[texts.get(i)], 0, all, i * width, width);
    }
    return Tensor.of(all, texts.size(), width);
  }
}
