package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.Thresholds;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.train.Predictions.Search;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.Targets;
import io.github.jaubert.train.data.TextDataset;
import io.github.jaubert.train.metrics.BestThreshold;
import io.github.jaubert.train.metrics.ClassificationReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Tables by class against scikit-learn, and thresholds against a search of all of them. */
class PredictionsTest extends TrainerFixture {
  private static final Labels CLASSES = Labels.of("a", "b", "c", "d", "e");
  private static final Labels SEVERAL = Labels.multi("w", "x", "y", "z");

  private static Predictions predictions(Labels labels, float[] logits, List<List<String>> truth) {
    List<Example> rows = new ArrayList<>();
    truth.forEach(own -> rows.add(new Example("text", null, own, 0)));
    return Predictions.of(labels, logits, Targets.of(TextDataset.of(rows), labels));
  }

  private static Predictions golden() {
    JsonNode several = ClassificationGoldens.get("several");
    List<List<String>> truth = new ArrayList<>();
    float[] logits = new float[several.get("true").size() * 4];
    for (int row = 0; row < several.get("true").size(); row++) {
      List<String> own = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        double p = several.get("scores").get(row).get(i).asDouble();
        logits[row * 4 + i] = (float) (Math.log(p) - Math.log(1 - p));
        if (several.get("true").get(row).get(i).asInt() == 1) {
          own.add(SEVERAL.name(i));
        }
      }
      truth.add(own);
    }
    return predictions(SEVERAL, logits, truth);
  }

  private static void assertRow(JsonNode wanted, ClassificationReport.Row row) {
    assertEquals(wanted.get("precision").asDouble(), row.precision(), 1e-12, row.name());
    assertEquals(wanted.get("recall").asDouble(), row.recall(), 1e-12, row.name());
    assertEquals(wanted.get("f1-score").asDouble(), row.f1(), 1e-12, row.name());
    assertEquals(wanted.get("support").asLong(), row.support(), row.name());
  }

  private static void assertReport(JsonNode wanted, ClassificationReport report) {
    report.classes().forEach(row -> assertRow(wanted.get(row.name()), row));
    assertRow(wanted.get("macro avg"), report.macro());
    assertRow(wanted.get("weighted avg"), report.weighted());
    assertEquals(report.labels().size() + 5, report.table().size()); // head, gap, averages
  }

  private static long[] longs(JsonNode numbers) {
    long[] longs = new long[numbers.size()];
    for (int i = 0; i < longs.length; i++) {
      longs[i] = numbers.get(i).asLong();
    }
    return longs;
  }

  @Test
  void oneLabelHasTheTableOfScikitLearn() {
    JsonNode one = ClassificationGoldens.get("one");
    int[] said = ClassificationGoldens.ints(one.get("predicted"));
    int[] actual = ClassificationGoldens.ints(one.get("true"));
    float[] logits = new float[said.length * 5];
    List<List<String>> truth = new ArrayList<>();
    Random random = new Random(Seeds.SEED);
    for (int row = 0; row < said.length; row++) {
      for (int i = 0; i < 5; i++) {
        logits[row * 5 + i] = random.nextFloat() + (said[row] == i ? 1 : 0);
      }
      truth.add(List.of(CLASSES.name(actual[row])));
    }
    ClassificationReport report =
        predictions(CLASSES, logits, truth).report(Thresholds.usual(CLASSES));
    assertReport(one.get("report"), report);
    assertEquals(one.get("report").get("accuracy").asDouble(), report.accuracy(), 1e-12);
    assertEquals(report.accuracy(), report.micro().f1(), 1e-12);
    for (int i = 0; i < 5; i++) {
      assertArrayEquals(longs(one.get("confusion").get(i)), report.confusion()[i]);
    }
    List<Example> rows = truth.stream().map(own -> Example.of("text", own.get(0))).toList();
    assertArrayEquals(
        ClassificationGoldens.floats(one.get("balanced")),
        LabelWeights.balanced(CLASSES, Targets.of(TextDataset.of(rows), CLASSES)).yes(),
        1e-6f);
    List<String> matrix = report.confusionTable();
    assertEquals(6, matrix.size());
    assertTrue(matrix.get(0).matches("true \\\\ predicted( +[a-e]){5}"), matrix.get(0));
  }

  @Test
  void anyNumberOfLabelsHasTheTableOfScikitLearn() {
    JsonNode several = ClassificationGoldens.get("several");
    ClassificationReport report = golden().report(Thresholds.usual(SEVERAL));
    assertReport(several.get("report"), report);
    assertRow(several.get("report").get("micro avg"), report.micro());
    List<Example> rows = new ArrayList<>();
    for (JsonNode row : several.get("true")) {
      List<String> own = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        if (row.get(i).asInt() == 1) {
          own.add(SEVERAL.name(i));
        }
      }
      rows.add(new Example("text", null, own, 0));
    }
    LabelWeights balanced =
        LabelWeights.balanced(SEVERAL, Targets.of(TextDataset.of(rows), SEVERAL));
    for (int i = 0; i < 4; i++) {
      for (int k = 0; k < 2; k++) {
        assertArrayEquals(
            longs(several.get("confusion").get(i).get(k)), report.confusion(i)[k], "" + i);
        float weight = k == 1 ? balanced.yes()[i] : balanced.no()[i];
        assertEquals(several.get("balanced").get(i).get(k).asDouble(), weight, 1e-5, "" + i);
      }
    }
    assertThrows(IllegalStateException.class, report::confusion);
    assertEquals(5, report.confusionTable().size());
  }

  @Test
  void thresholdsHaveTheBestF1() {
    JsonNode best = ClassificationGoldens.get("several").get("best_f1");
    Predictions predictions = golden();
    Thresholds found = predictions.search(Search.PER_LABEL, null);
    List<ClassificationReport.Row> rows = predictions.report(found).classes();
    for (int i = 0; i < 3; i++) {
      assertEquals(best.get(i).asDouble(), rows.get(i).f1(), 1e-12);
    }
    assertEquals(0.5f, found.of("z")); // it never holds
    Thresholds one = predictions.search(Search.ONE, null);
    assertEquals(1, one.byLabel().values().stream().distinct().count());
    assertEquals(best.get(3).asDouble(), predictions.report(one).micro().f1(), 1e-12);
    // What is chosen on other examples is less good on these, and better than nothing.
    double crossed = predictions.crossFitted(Search.ONE, null).micro().f1();
    assertTrue(crossed <= best.get(3).asDouble() + 1e-12, "" + crossed);
  }

  @Test
  void noThresholdIsBetterThanTheBest() {
    Random random = new Random(Seeds.SEED);
    for (int round = 0; round < 50; round++) {
      int count = 1 + random.nextInt(30);
      float[] scores = new float[count];
      boolean[] actual = new boolean[count];
      for (int i = 0; i < count; i++) {
        scores[i] = random.nextInt(12) / 11f; // with equal ones, 0 and 1
        actual[i] = random.nextFloat() < scores[i] * 0.5f + 0.1f;
      }
      double found = BestThreshold.f1(scores, actual, BestThreshold.of(scores, actual));
      for (int i = -1; i < 24; i++) {
        double other = BestThreshold.f1(scores, actual, i / 22f);
        assertTrue(other <= found + 1e-12 || i < 0, "%s: %s > %s".formatted(i / 22f, other, found));
      }
    }
    assertEquals(0.5f, BestThreshold.of(new float[] {0.9f, 0.2f}, new boolean[2]));
    assertEquals(0.5f, BestThreshold.of(new float[0], new boolean[0]));
  }

  /** The thresholds of one half decide about the other: what is random there gains nothing. */
  @Test
  void crossFittingDoesNotSeeWhatItMeasures() {
    Random random = new Random(5);
    int count = 400;
    float[] logits = new float[2 * count];
    List<List<String>> truth = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      logits[2 * i + 1] = (float) random.nextGaussian();
      truth.add(List.of(random.nextInt(10) == 0 ? "1" : "0"));
    }
    Predictions predictions = predictions(TWO, logits, truth);
    Thresholds found = predictions.search(Search.PER_LABEL, "1");
    assertEquals(List.of("1"), List.copyOf(found.byLabel().keySet()));
    double same = predictions.report(found).classes().get(1).f1();
    double other = predictions.crossFitted(Search.PER_LABEL, "1").classes().get(1).f1();
    assertTrue(other < same, other + " and " + same);
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    predictions(CLASSES, new float[5], List.of(List.of("a")))
                        .search(Search.ONE, "a"))
            .getMessage();
    assertTrue(message.contains("one of 5 labels holds"), message);
  }

  // ---- of a task ----

  @Test
  void predictionsAreThoseOfTheWeightsThatARunEndsWith() {
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      SequenceClassification task = task(model);
      // The best of many evaluations is seldom the last.
      TrainingResult result = trainer(task).with(s -> s.evaluateEvery(3).keepBest(true)).run();
      ClassificationReport report =
          task.predictions(result).report(Thresholds.usual(model.labels()));
      assertEquals(result.metrics().get("accuracy"), report.accuracy(), 1e-12);
      assertEquals(50, report.examples());

      TrainingResult last = trainer(task).run();
      report = task.predictions(last).report(Thresholds.usual(model.labels()));
      assertEquals(last.metrics().get("accuracy"), report.accuracy(), 1e-12);
    }
  }

  @Test
  void anotherRunTakesThresholdsBack() {
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0)) {
      model.thresholds(Map.of("1", 0.3f));
      SequenceClassification task = task(model);
      assertThrows(
          IllegalStateException.class,
          () -> task.predictions(new TrainingResult(Map.of(), List.of(), 0, 0, 0, Map.of())));
      task.prepare(new TrainingListener() {});
      assertEquals(Map.of(), model.thresholds().byLabel());
    }
  }

  @Test
  void lossesAndCalibrationAreThoseOfTheProbabilities() {
    float[] logits = {2, 0, 0, 0, 0, 0, 1, 0, 0, 0};
    Predictions one = predictions(CLASSES, logits, List.of(List.of("a"), List.of("e")));
    double first = Math.exp(2) / (Math.exp(2) + 4);
    double second = 1 / (Math.E + 4);
    assertArrayEquals(new double[] {-Math.log(first), -Math.log(second)}, one.losses(), 1e-6);
    double error = (Math.abs(1 - first) + second * Math.E) / 2; // one is right, the other wrong
    assertEquals(error, one.calibration(10).expectedError(), 1e-6);

    float[] decided = {0, 1, -1, 3};
    Predictions several = predictions(SEVERAL, decided, List.of(List.of("w", "z")));
    double[] p = new double[4];
    for (int i = 0; i < 4; i++) {
      p[i] = 1 / (1 + Math.exp(-decided[i]));
    }
    double loss = -(Math.log(p[0]) + Math.log(1 - p[1]) + Math.log(1 - p[2]) + Math.log(p[3])) / 4;
    assertArrayEquals(new double[] {loss}, several.losses(), 1e-6);
    double off = 1 - p[0] + p[1] + p[2] + 1 - p[3]; // each in a bin of its own
    assertEquals(off / 4, several.calibration(10).expectedError(), 1e-6);
  }
}
