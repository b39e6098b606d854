package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.optim.Decay;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.TextDataset;
import io.github.jaubert.train.metrics.Accuracy;
import io.github.jaubert.train.metrics.F1;
import io.github.jaubert.train.metrics.MeanSquaredError;
import io.github.jaubert.train.metrics.PearsonCorrelation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a run learns, and that it is the same each time. */
class TrainerTest extends TrainerFixture {
  @Test
  void learnsAndReports() {
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      TrainingResult result =
          trainer(task(model).train(SmallModel.sentences(800, 1)))
              .with(s -> s.learningRate(3e-3f))
              .run();
      assertEquals(200, result.steps());
      assertEquals(
          List.of(0.5, 1.0, 1.5, 2.0),
          result.history().stream()
              .map(LogEntry::epoch)
              .filter(e -> e * 2 % 1 == 0)
              .distinct()
              .toList());
      List<Double> losses =
          result.history().stream()
              .filter(e -> e.kind() == LogEntry.Kind.TRAIN)
              .map(e -> e.values().get("loss"))
              .toList();
      assertEquals(40, losses.size());
      assertEquals(Math.log(2), losses.get(0), 0.15);
      assertTrue(losses.get(39) < 0.1, "loss " + losses.get(39));
      assertTrue(result.metrics().get("accuracy") > 0.95, "" + result.metrics());
      assertTrue(result.metrics().get("loss") < 0.2, "" + result.metrics());
      assertTrue(result.tokensPerSecond() > 0);
      assertFalse(model.training());
      // Judged by itself, without anything to learn from, it measures the same.
      Map<String, float[]> weights = SmallModel.weights(model);
      Trainer judge =
          trainer(
              SequenceClassification.of(model, tokenizer)
                  .evaluate(SmallModel.sentences(50, 2), new Accuracy()));
      assertEquals(result.metrics(), judge.evaluate());
      assertSameBits(weights, SmallModel.weights(model));
      assertEquals(
          "nothing to learn from: choose the data with train(…)",
          assertThrows(IllegalStateException.class, judge::run).getMessage());
      Trainer learner =
          trainer(SequenceClassification.of(model, tokenizer).train(SmallModel.sentences(8, 1)));
      assertEquals(
          "nothing to be judged by: choose the data with evaluate(…)",
          assertThrows(IllegalStateException.class, learner::evaluate).getMessage());
    }
  }

  @Test
  void layersThatAreComputedTwiceChangeNothing() {
    List<Map<String, float[]>> weights = new ArrayList<>();
    for (boolean twice : new boolean[] {false, true}) {
      try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
        trainer(model).with(s -> s.gradientCheckpointing(twice)).run();
        assertEquals(twice, model.encoder().gradientCheckpointing());
        weights.add(SmallModel.weights(model));
      }
    }
    assertSameBits(weights.get(0), weights.get(1));
  }

  @Test
  void learnsScoresAndSeveralLabels() {
    List<Example> scored = new ArrayList<>();
    List<Example> tagged = new ArrayList<>();
    for (Example row : SmallModel.sentences(300, 4).rows()) {
      boolean good = row.label().equals("1");
      scored.add(Example.of(row.text(), good ? 2.5f : -1));
      List<String> tags = new ArrayList<>(List.of(good ? "good" : "bad"));
      if (row.text().contains("film")) {
        tags.add("film");
      }
      tagged.add(new Example(row.text(), null, tags, 0));
    }
    try (SequenceClassifier model = SmallModel.classifier(Labels.score(), 0)) {
      TextDataset data = TextDataset.of(scored);
      Map<String, Double> metrics =
          trainer(
                  task(model)
                      .train(data)
                      .evaluate(data, new PearsonCorrelation(), new MeanSquaredError()))
              .with(s -> s.learningRate(3e-3f).epochs(6))
              .run()
              .metrics();
      assertTrue(metrics.get("pearson") > 0.95, "" + metrics);
      assertEquals(metrics.get("mse"), metrics.get("loss"), 1e-5);
    }
    try (SequenceClassifier model = SmallModel.classifier(Labels.multi("bad", "film", "good"), 0)) {
      TextDataset data = TextDataset.of(tagged);
      Map<String, Double> metrics =
          trainer(task(model).train(data).evaluate(data, new F1(), new Accuracy()))
              .with(s -> s.learningRate(3e-3f).epochs(12))
              .run()
              .metrics();
      assertTrue(metrics.get("f1") > 0.9 && metrics.get("accuracy") > 0.9, "" + metrics);
    }
  }

  @Test
  void batchesOfAStepAddUpToOneLargeBatch() {
    Map<String, float[]> whole;
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0)) {
      trainer(model).with(s -> s.batchSize(24).epochs(1).schedule(Decay.Curve.CONSTANT)).run();
      whole = SmallModel.weights(model);
    }
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0)) {
      assertEquals(
          4,
          trainer(model)
              .with(
                  s ->
                      s.batchSize(8)
                          .gradientAccumulation(3)
                          .epochs(1)
                          .schedule(Decay.Curve.CONSTANT))
              .run()
              .steps());
      Map<String, float[]> parts = SmallModel.weights(model);
      // Adam divides by the root of the squares, so what differs in the last digits of a tiny
      // gradient shows.
      whole.forEach((name, values) -> assertArrayEquals(values, parts.get(name), 2e-5f, name));
    }
  }

  @Test
  void aFrozenParameterStaysAndAScaleOfZeroFreezes() {
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      Map<String, float[]> before = SmallModel.weights(model);
      model.freeze("embeddings");
      trainer(model).with(s -> s.epochs(1).learningRateScale("encoder\\.layer\\.0", 0)).run();
      Map<String, float[]> after = SmallModel.weights(model);
      before.forEach(
          (name, values) ->
              assertEquals(
                  name.contains("embeddings") || name.contains("layer.0"),
                  Arrays.equals(values, after.get(name)),
                  name));
    }
  }

  @Test
  void theSameSeedGivesTheSameBitsForAnyNumberOfThreads() {
    List<Map<String, float[]>> weights = new ArrayList<>();
    List<List<LogEntry>> histories = new ArrayList<>();
    int threads = Device.cpu().threads();
    try {
      for (int count : new int[] {1, 2, 2}) {
        Device.cpu().threads(count);
        try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
          histories.add(trainer(model).with(s -> s.batchTokens(100)).run().history());
          weights.add(SmallModel.weights(model));
        }
      }
    } finally {
      Device.cpu().threads(threads);
    }
    assertEquals(histories.get(0), histories.get(1));
    assertEquals(histories.get(1), histories.get(2));
    assertSameBits(weights.get(0), weights.get(1));
    assertSameBits(weights.get(1), weights.get(2));
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      assertFalse(
          histories
              .get(0)
              .equals(trainer(model).with(s -> s.batchTokens(100).seed(4)).run().history()));
    }
  }

  @Test
  void nothingIsLeftBehind() {
    long before = Memory.live();
    for (int round = 0; round < 2; round++) {
      try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
        trainer(model).with(s -> s.keepBest(true)).checkpoints(folder.resolve("run" + round)).run();
      }
      assertEquals(before, Memory.live());
    }
  }

  /** An eps far above all gradients, and each optimizer's own. */
  @Test
  void epsHoldsSmallGradientsBack() {
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      Map<String, float[]> before = SmallModel.weights(model);
      trainer(model).with(s -> s.epochs(1).eps(1e9f).weightDecay(0)).run();
      SmallModel.weights(model)
          .forEach((name, values) -> assertArrayEquals(before.get(name), values, 1e-8f, name));
    }
    TrainingSettings settings = TrainingSettings.defaults();
    assertEquals(1e-8f, settings.eps());
    assertEquals(1e-6f, settings.optimizer(OptimizerType.LAMB).eps());
    assertEquals(1e-12f, settings.eps(1e-12f).optimizer(OptimizerType.LAMB).eps());
    assertThrows(IllegalArgumentException.class, () -> settings.eps(-1));
  }
}
