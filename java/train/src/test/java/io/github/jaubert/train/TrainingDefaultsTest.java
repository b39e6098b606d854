package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.train.metrics.Accuracy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a run does that was told nothing. */
class TrainingDefaultsTest extends TrainerFixture {
  private static final long SECOND = 1_000_000_000L;

  @Test
  void smallSetsAreReadOftenEnoughToLearn() {
    assertEquals(200, TrainingDefaults.epochs(1));
    assertEquals(29, TrainingDefaults.epochs(7)); // 200 examples in batches of 32
    assertEquals(4, TrainingDefaults.epochs(66));
    assertEquals(3, TrainingDefaults.epochs(67));
    assertEquals(3, TrainingDefaults.epochs(10_000));
    assertEquals(1, TrainingDefaults.epochsAnEvaluation(3));
    assertEquals(3, TrainingDefaults.epochsAnEvaluation(29));
    assertEquals(20, TrainingDefaults.epochsAnEvaluation(200));
  }

  @Test
  void adaptersTakeLargerRates() {
    assertEquals(1e-4f, TrainingDefaults.learningRate(384, false));
    assertEquals(2e-3f, TrainingDefaults.learningRate(384, true));
    assertEquals(3e-4f, TrainingDefaults.learningRate(768, true), 1e-9f);
  }

  @Test
  void aRunOfFewExamplesTakesEnoughStepsAndIsJudgedTenTimes() {
    List<Long> evaluations = new ArrayList<>();
    TrainingResult result;
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0)) {
      result =
          Trainer.of(
                  SequenceClassification.of(model, tokenizer)
                      .train(SmallModel.sentences(64, 1))
                      .evaluate(SmallModel.sentences(32, 2), new Accuracy()))
              .listener(
                  new TrainingListener() {
                    @Override
                    public void logged(LogEntry entry) {
                      if (entry.kind() == LogEntry.Kind.EVALUATION) {
                        evaluations.add(entry.step());
                      }
                    }
                  })
              .run();
    }
    assertEquals(200, result.steps());
    assertEquals(
        Map.of("epochs", 100, "learning_rate", 1e-4f),
        Map.of(
            "epochs", result.settings().get("epochs"),
            "learning_rate", result.settings().get("learning_rate")));
    assertEquals(List.of(20L, 40L, 60L, 80L, 100L, 120L, 140L, 160L, 180L, 200L), evaluations);
    List<LogEntry> history = result.history();
    assertEquals(result.metrics(), history.get(history.size() - 1).values());
  }

  @Test
  void checkpointsComeByStepsOrByTime() {
    Cadence steps = Cadence.every(500);
    assertTrue(steps.isDue(1000, 0, 0));
    assertFalse(steps.isDue(999, 1000 * SECOND, 0));
    assertFalse(Cadence.every(Duration.ofHours(999_999_999)).isDue(1, Long.MAX_VALUE, 0));
    Cadence minute = Cadence.every(Duration.ofMinutes(1));
    assertFalse(minute.isDue(500, 59 * SECOND, SECOND));
    assertTrue(minute.isDue(1, 60 * SECOND, SECOND));
    // One that takes ten seconds to write is not written every minute.
    assertFalse(minute.isDue(1, 199 * SECOND, 10 * SECOND));
    assertTrue(minute.isDue(1, 200 * SECOND, 10 * SECOND));
  }
}
