package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.net.URISyntaxException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Against scikit-learn; golden_logistic_regression.py computed the figures. */
class LogisticRegressionTest {
  private static JsonNode golden() throws URISyntaxException {
    return JsonFiles.readObject(
        Path.of(
            LogisticRegressionTest.class.getResource("/golden/logistic-regression.json").toURI()));
  }

  private static float[][] rows(JsonNode matrix) {
    float[][] rows = new float[matrix.size()][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = ClassificationGoldens.floats(matrix.get(i));
    }
    return rows;
  }

  private static double[] logits(LogisticRegression head, float[] x, int labels) {
    double[] logits = new double[labels];
    for (int i = 0; i < labels; i++) {
      logits[i] = head.bias()[i];
      for (int k = 0; k < x.length; k++) {
        logits[i] += (double) head.weight()[i * x.length + k] * x[k];
      }
    }
    return logits;
  }

  @Test
  void oneOfSeveralClasses() throws URISyntaxException {
    float[][] x = rows(golden().get("x"));
    for (JsonNode one : golden().get("cases")) {
      int classes = one.get("classes").asInt();
      Labels labels = classes == 2 ? Labels.of("a", "b") : Labels.of("a", "b", "c");
      boolean[][] truth = new boolean[x.length][classes];
      for (int i = 0; i < x.length; i++) {
        truth[i][one.get("y").get(i).asInt()] = true;
      }
      LogisticRegression head = LogisticRegression.fit(labels, x, truth, one.get("c").asDouble());
      for (int i = 0; i < x.length; i++) {
        double[] logits = logits(head, x[i], classes);
        double sum = 0;
        for (double logit : logits) {
          sum += Math.exp(logit);
        }
        for (int k = 0; k < classes; k++) {
          assertEquals(
              one.get("probabilities").get(i).get(k).asDouble(), Math.exp(logits[k]) / sum, 1e-5);
        }
      }
      for (int k = 0; one.has("weight") && k < head.weight().length; k++) {
        double expected = one.get("weight").get(k / 7).get(k % 7).asDouble();
        assertEquals(expected, head.weight()[k], 1e-5 * Math.max(1, Math.abs(expected)));
      }
    }
  }

  @Test
  void anyNumberOfLabels() throws URISyntaxException {
    float[][] x = rows(golden().get("x"));
    JsonNode several = golden().get("several");
    boolean[][] truth = new boolean[x.length][2];
    for (int i = 0; i < x.length; i++) {
      for (int k = 0; k < 2; k++) {
        truth[i][k] = several.get("y").get(i).get(k).asInt() == 1;
      }
    }
    LogisticRegression head = LogisticRegression.fit(Labels.multi("a", "b"), x, truth, 1);
    for (int i = 0; i < x.length; i++) {
      double[] logits = logits(head, x[i], 2);
      for (int k = 0; k < 2; k++) {
        double expected = several.get("probabilities").get(i).get(k).asDouble();
        assertEquals(expected, 1 / (1 + Math.exp(-logits[k])), 1e-5);
      }
    }
  }

  /** What can be told apart without an error, and where a label never holds. */
  @Test
  void extremesEndToo() {
    float[][] x = {{1, 0}, {0.9f, 0.1f}, {-1, 0}, {-0.8f, -0.1f}};
    boolean[][] truth = {{true, false}, {true, false}, {false, false}, {false, false}};
    LogisticRegression head = LogisticRegression.fit(Labels.multi("a", "b"), x, truth, 1e6);
    for (int i = 0; i < 4; i++) {
      double[] logits = logits(head, x[i], 2);
      assertEquals(i < 2, logits[0] > 3);
      assertEquals(i < 2 ? 1 : 0, 1 / (1 + Math.exp(-logits[0])), 0.05);
      assertEquals(0, 1 / (1 + Math.exp(-logits[1])), 1e-3);
    }
  }
}
