package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the loss is, and when a run ends. */
class SequenceClassificationTest extends TrainerFixture {
  private SequenceClassification prepared(SequenceClassification task) {
    task.prepare(new TrainingListener() {});
    return task;
  }

  /** By the formula, in double precision, of the logits. */
  @Test
  void smoothedAndWeightedLossesAreTheWeightedMean() {
    float[] weights = {0.25f, 3};
    float smoothing = 0.1f;
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0)) {
      model.eval();
      SequenceClassification task =
          prepared(task(model).classWeights(weights).labelSmoothing(smoothing));
      Batch batch = task.examples().batch(new int[] {3, 1, 4, 1, 5, 9, 2, 6});
      try (Scope scope = Scope.open()) {
        Inputs inputs = task.inputs(batch);
        float[] logits = model.forward(inputs.text()).toFloats();
        double sum = 0;
        double count = 0;
        for (int i = 0; i < batch.examples(); i++) {
          int label = batch.ints("labels")[i];
          double log = Math.log(Math.exp(logits[2 * i]) + Math.exp(logits[2 * i + 1]));
          sum += (1 - smoothing) * weights[label] * (log - logits[2 * i + label]);
          for (int other = 0; other < 2; other++) {
            sum += smoothing / 2 * weights[other] * (log - logits[2 * i + other]);
          }
          count += weights[label];
        }
        assertEquals(count, task.count(batch), 1e-5);
        assertEquals(sum / count, task.loss(inputs, (float) count).item(), 1e-5);
      }
    }
  }

  @Test
  void anEvaluationHasTheLossOfTheTask() {
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0)) {
      SequenceClassification task = prepared(task(model).classWeights(1, 5));
      Map<String, Double> measured = new Evaluator(task, task.evaluation()).run().orElseThrow();
      model.eval();
      Examples examples = task.evaluation().examples();
      int[] rows = new int[examples.size()];
      for (int i = 0; i < rows.length; i++) {
        rows[i] = i;
      }
      try (Scope scope = Scope.open()) {
        Batch all = examples.batch(rows);
        double loss = task.loss(task.inputs(all), task.count(all)).item();
        assertEquals(loss, measured.get("loss"), 1e-5);
        Evaluation byLoss = Evaluation.ofLoss(task, examples);
        assertEquals(loss, new Evaluator(task, byLoss).run().orElseThrow().get("loss"), 1e-5);
      }
    }
  }

  @Test
  void aLossOfOnesOwnIsMinimised() {
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0)) {
      // As if every label were 1: what the data says does not matter.
      SequenceClassification task =
          task(model)
              .loss(
                  "always 1",
                  (logits, labels, count) -> {
                    Tensor wrong = logits.softmax(1).narrow(1, 0, 1);
                    return wrong.sum().div(count);
                  });
      TrainingResult result = trainer(task).with(s -> s.epochs(8)).run();
      assertTrue(result.metrics().get("loss") < 0.1, "" + result.metrics());
      assertNotEquals(1.0, result.metrics().get("accuracy"));
    }
  }

  /** A rate of 0: the first evaluation is the best for ever. */
  @Test
  void aRunOutOfPatienceEndsAndIsFinished() {
    List<Long> evaluations = new ArrayList<>();
    TrainingListener listener =
        new TrainingListener() {
          @Override
          public void logged(LogEntry entry) {
            if (entry.kind() == LogEntry.Kind.EVALUATION) {
              evaluations.add(entry.step());
            }
          }
        };
    for (int round = 0; round < 2; round++) { // the second finds the first finished
      try (SequenceClassifier model = SmallModel.classifier(TWO, 0)) {
        TrainingResult result =
            trainer(model)
                .with(s -> s.learningRate(0).epochs(9).patience(3))
                .checkpoints(folder.resolve("run"))
                .listener(listener)
                .run();
        assertEquals(48, result.steps());
        assertEquals(List.of(12L, 24L, 36L, 48L), evaluations);
      }
    }
  }

  @Test
  void weightsOfZeroCountNothing() {
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0)) {
      // Batches of one, of which many count nothing at all.
      TrainingResult result =
          trainer(task(model).classWeights(0, 1)).with(s -> s.batchSize(1).epochs(1)).run();
      assertTrue(result.metrics().get("loss") < 0.5, "" + result.metrics());
    }
  }

  @Test
  void aLossOfOnesOwnHasNoWeights() {
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0)) {
      SequenceClassification task =
          task(model).classWeights(1, 2).loss("mine", (logits, labels, count) -> logits.sum());
      assertEquals(
          "classWeights and labelSmoothing are of the standard loss, and the loss is 'mine'",
          assertThrows(IllegalStateException.class, () -> prepared(task)).getMessage());
    }
  }

  /** A name by two patterns goes by the first, and a pattern by its last factor. */
  @Test
  void ratesGoByTheFirstPatternThatFits() {
    TrainingSettings one =
        TrainingSettings.defaults()
            .learningRateScale("embeddings|pooler", 1)
            .learningRateScale("pooler|classifier", 0.1f);
    TrainingSettings other =
        TrainingSettings.defaults()
            .learningRateScale("pooler|classifier", 0.1f)
            .learningRateScale("embeddings|pooler", 1);
    assertNotEquals(one, other);
    assertEquals(one, one.learningRateScale("pooler|classifier", 0.1f));
    assertEquals(
        Map.of("a", 2f),
        TrainingSettings.defaults()
            .learningRateScale("a", 1)
            .learningRateScale("a", 2)
            .learningRateScales());
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0)) {
      float[] before = SmallModel.weights(model).get("classifier.bias");
      trainer(model)
          .with(s -> s.learningRateScale("classifier", 0).learningRateScale("classifier.bias", 1))
          .with(s -> s.learningRateScale("embeddings", 0.1f).layerDecay(0.5f))
          .run();
      assertArrayEquals(before, SmallModel.weights(model).get("classifier.bias"));
    }
  }
}
