package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
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
}
