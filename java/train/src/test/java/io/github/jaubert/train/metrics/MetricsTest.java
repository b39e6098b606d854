package io.github.jaubert.train.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.Labels;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Against values worked out by hand, and against the plain two-pass formulas on random numbers. */
class MetricsTest {
  private static double of(Metric metric, double[] predicted, double[] actual) {
    for (int i = 0; i < predicted.length; i++) {
      metric.update(predicted[i], actual[i]);
    }
    return metric.result();
  }

  private static double[] v(double... values) {
    return values;
  }

  @Test
  void accuracyIsTheShareOfRightDecisions() {
    assertEquals(0.75, of(new Accuracy(), v(1, 0, 2, 2), v(1, 0, 2, 1)));
  }

  @Test
  void f1CountsClassOneOrAllClasses() {
    double[] predicted = v(1, 1, 0, 1, 0);
    double[] actual = v(1, 0, 1, 1, 0);
    // Class 1: 2 of 3 predicted are right, 2 of 3 true ones are found. Class 0: 1 of 2, 1 of 2.
    assertEquals(2 / 3.0, of(new F1(), predicted, actual), 1e-15);
    assertEquals((2 / 3.0 + 0.5) / 2, of(new F1(F1.Average.MACRO), predicted, actual), 1e-15);
    assertEquals(0.6, of(new F1(F1.Average.MICRO), predicted, actual), 1e-15);
    assertEquals(0, of(new F1(), v(0, 0), v(0, 0)));
    // Class 2 is predicted and never true: it counts with 0.
    assertEquals((1 + 0 + 0) / 3.0, of(new F1(F1.Average.MACRO), v(0, 2), v(0, 1)), 1e-15);
  }

  @Test
  void oneClassIsFoundByItsName() {
    double[] predicted = v(1, 1, 0, 1, 0);
    double[] actual = v(1, 0, 1, 1, 1);
    Labels labels = Labels.of("ham", "spam");
    List<Metric> second = List.of(new F1(), new Precision(), new Recall());
    List<Metric> first = List.of(new F1("ham"), new Precision("ham"), new Recall("ham"));
    // spam: 2 of 3 predicted are right, 2 of 4 true ones are found. ham: none of 2, none of 1.
    List<Double> spam = List.of(4 / 7.0, 2 / 3.0, 0.5);
    List<String> names = List.of("f1", "precision", "recall");
    for (int i = 0; i < 3; i++) {
      assertEquals(names.get(i), second.get(i).name());
      assertEquals(names.get(i) + " (ham)", first.get(i).name());
      first.get(i).labels(labels);
      second.get(i).labels(labels);
      assertEquals(names.get(i) + " (spam)", second.get(i).name());
      assertEquals(names.get(i) + " (ham)", first.get(i).name());
      assertEquals(spam.get(i), of(second.get(i), predicted, actual), 1e-15);
      assertEquals(0, of(first.get(i), predicted, actual));
    }
    assertEquals(0.5, of(new Precision(), v(1, 1), v(1, 0)));
    assertEquals(0, of(new Precision(), v(0, 0), v(1, 0)));
    assertEquals(0, of(new Recall(), v(1, 0), v(0, 0)));
    // The majority's: 99 of 100 are ham, and all are called so.
    double[] ham = new double[100];
    double[] one = ham.clone();
    one[7] = 1;
    Metric flattering = new F1("ham");
    flattering.labels(labels);
    assertEquals(0.995, of(flattering, ham, one), 1e-4);
    assertEquals(0, of(new F1(), ham, one));
  }

  @Test
  void aClassThatIsNotThereIsRefused() {
    Metric f1 = new F1("toxic");
    assertEquals(
        "f1 of 'toxic': the labels are [ham, spam]",
        assertThrows(IllegalArgumentException.class, () -> f1.labels(Labels.of("ham", "spam")))
            .getMessage());
    assertEquals(
        "recall of 'a': one class of several is needed, and the model predicts MULTI_LABEL [a, b]",
        assertThrows(
                IllegalArgumentException.class,
                () -> new Recall("a").labels(Labels.multi("a", "b")))
            .getMessage());
    Metric each = new F1();
    each.labels(Labels.multi("a", "b"));
    assertEquals("f1", each.name());
  }

  @Test
  void aNamedClassNeedsTheLabels() {
    for (Metric metric : List.of(new F1("ham"), new Precision("ham"), new Recall("ham"))) {
      metric.update(0, 0);
      assertEquals(
          metric.name()
              + ": which of the classes this is, is not known;"
              + " call labels(…) first, with those of the model",
          assertThrows(IllegalStateException.class, metric::result).getMessage());
      metric.labels(Labels.of("ham", "spam"));
      assertEquals(1, metric.result());
    }
  }

  @Test
  void matthewsOfTwoClassesIsTheFormulaOfTheTable() {
    // TP 3, FP 1, FN 2, TN 4
    double[] predicted = v(1, 1, 1, 1, 0, 0, 0, 0, 0, 0);
    double[] actual = v(1, 1, 1, 0, 1, 1, 0, 0, 0, 0);
    assertEquals(
        (3 * 4 - 1 * 2) / Math.sqrt(4.0 * 5 * 5 * 6),
        of(new MatthewsCorrelation(), predicted, actual),
        1e-15);
    assertEquals(1, of(new MatthewsCorrelation(), actual, actual), 1e-15);
    assertEquals(-1, of(new MatthewsCorrelation(), v(0, 1), v(1, 0)), 1e-15);
  }

  @Test
  void matthewsOfAConstantIsZero() {
    assertEquals(0, of(new MatthewsCorrelation(), v(1, 1, 1), v(1, 0, 1)));
    assertEquals(0, of(new MatthewsCorrelation(), v(1, 0), v(1, 1)));
    assertEquals(0, of(new MatthewsCorrelation(), v(1, 1), v(1, 1)));
  }

  @Test
  void matthewsOfManyClassesIsTheCorrelationOfIndicators() {
    Random random = new Random(1);
    double[] predicted = random.ints(200, 0, 4).asDoubleStream().toArray();
    double[] actual =
        IntStream.range(0, 200)
            .mapToDouble(i -> random.nextInt(3) == 0 ? random.nextInt(4) : predicted[i])
            .toArray();
    // Gorodkin's definition: the sum over classes of the indicators' covariances, normalised.
    double xy = 0;
    double xx = 0;
    double yy = 0;
    for (int k = 0; k < 4; k++) {
      int c = k;
      double[] x = Arrays.stream(predicted).map(p -> p == c ? 1 : 0).toArray();
      double[] y = Arrays.stream(actual).map(a -> a == c ? 1 : 0).toArray();
      xy += covariance(x, y);
      xx += covariance(x, x);
      yy += covariance(y, y);
    }
    assertEquals(xy / Math.sqrt(xx * yy), of(new MatthewsCorrelation(), predicted, actual), 1e-12);
  }

  @Test
  void pearsonAgreesWithTwoPassesAndSurvivesALargeMean() {
    Random random = new Random(2);
    double[] x = random.doubles(1000).map(u -> 1e8 + u).toArray();
    double[] y = Arrays.stream(x).map(a -> 3 * (a - 1e8) + random.nextDouble()).toArray();
    double expected = covariance(x, y) / Math.sqrt(covariance(x, x) * covariance(y, y));
    assertEquals(expected, of(new PearsonCorrelation(), x, y), 1e-9);
    assertEquals(-1, of(new PearsonCorrelation(), v(1, 2, 4), v(-1, -2, -4)), 1e-15);
    assertTrue(Double.isNaN(of(new PearsonCorrelation(), v(1, 1, 1), v(1, 2, 3))));
  }

  @Test
  void spearmanSharesRanksAmongTies() {
    // Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: covariance 4.5 / sqrt(4.5 * 5).
    assertEquals(
        4.5 / Math.sqrt(4.5 * 5),
        of(new SpearmanCorrelation(), v(1, 5, 5, 9), v(10, 20, 30, 40)),
        1e-15);
    double[] x = new Random(3).doubles(700).toArray();
    assertEquals(
        1, of(new SpearmanCorrelation(), x, Arrays.stream(x).map(Math::exp).toArray()), 1e-12);
  }

  @Test
  void meanSquaredErrorIsWhatItSays() {
    Metric mse = new MeanSquaredError();
    assertEquals((1 + 4) / 2.0, of(mse, v(1, 4), v(2, 2)));
    assertFalse(mse.greaterIsBetter());
  }

  @Test
  void resetForgetsAndNothingIsNaN() {
    List<Supplier<Metric>> all =
        List.of(
            Accuracy::new,
            F1::new,
            () -> new F1(F1.Average.MACRO),
            () -> new F1(F1.Average.MICRO),
            Precision::new,
            Recall::new,
            MatthewsCorrelation::new,
            PearsonCorrelation::new,
            SpearmanCorrelation::new,
            MeanSquaredError::new);
    double[] x = v(0, 1, 1, 0, 1);
    double[] y = v(0, 1, 0, 0, 1);
    for (Supplier<Metric> kind : all) {
      Metric metric = kind.get();
      assertTrue(Double.isNaN(metric.result()), metric.name());
      double first = of(metric, x, y);
      assertTrue(Double.isFinite(first), metric.name());
      metric.reset();
      assertTrue(Double.isNaN(metric.result()), metric.name());
      assertEquals(first, of(metric, x, y), metric.name());
    }
    assertEquals(all.size(), all.stream().map(kind -> kind.get().name()).distinct().count());
  }

  private static double covariance(double[] x, double[] y) {
    double mx = Arrays.stream(x).average().orElseThrow();
    double my = Arrays.stream(y).average().orElseThrow();
    return IntStream.range(0, x.length).mapToDouble(i -> (x[i] - mx) * (y[i] - my)).sum();
  }
}
