package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.fixture.Seeds;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Steps that are computed in parts: the same examples, the same result, a size that is kept. */
class MicroBatchesTest extends TrainerFixture {
  @Test
  void stepsAreCutAndNothingElse() {
    Random random = new Random(Seeds.SEED);
    int[] lengths = IntStream.range(0, 200).map(i -> 1 + random.nextInt(40)).toArray();
    TrainingSettings settings =
        TrainingSettings.defaults().epochs(2).batchSize(7).gradientAccumulation(3).seed(9);
    TrainingPlan whole = new TrainingPlan(settings, pass -> lengths, null);
    TrainingPlan cut = new TrainingPlan(settings.microBatchTokens(50), pass -> lengths, null);
    assertEquals(whole.steps(), cut.steps());
    for (int step = 0; step < whole.steps(); step++) {
      assertArrayEquals(rows(whole.microBatches(step)), rows(cut.microBatches(step)));
      assertEquals(whole.tokensUpTo(step), cut.tokensUpTo(step));
      List<int[]> parts = cut.microBatches(step);
      for (int i = 0; i < parts.size(); i++) {
        int tokens = IntStream.of(parts.get(i)).map(row -> lengths[row]).sum();
        assertTrue(tokens <= 50, "a part of " + tokens);
        assertTrue(
            i + 1 == parts.size() || tokens + lengths[parts.get(i + 1)[0]] > 50, "not filled");
      }
    }
    assertEquals(
        1,
        new TrainingPlan(settings.microBatchTokens(9999), pass -> lengths, null)
            .microBatches(0)
            .size());
    assertEquals(
        7 * 3,
        new TrainingPlan(settings.microBatchTokens(1), pass -> lengths, null)
            .microBatches(0)
            .size());
  }

  private static int[] rows(List<int[]> parts) {
    return parts.stream().flatMapToInt(IntStream::of).toArray();
  }

  private Map<String, float[]> trained(Integer tokens, boolean byMemory, Path runs) {
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0)) {
      Trainer trainer = trainer(model).with(s -> s.batchSize(16).epochs(1));
      if (tokens != null) {
        trainer.with(s -> s.microBatchTokens(tokens));
      } else if (byMemory) {
        trainer.with(TrainingSettings::microBatchTokensByMemory);
      }
      if (runs != null) {
        trainer.checkpoints(runs, 1);
      }
      int said = (int) trainer.run().settings().get("micro_batch_tokens");
      assertEquals(tokens == null && !byMemory, said == 0);
      return SmallModel.weights(model);
    }
  }

  @Test
  void partsGiveWhatTheWholeGives() {
    Map<String, float[]> whole = trained(null, false, null);
    Map<String, float[]> parts = trained(30, false, null);
    whole.forEach((name, values) -> assertArrayEquals(values, parts.get(name), 2e-4f, name));
  }

  @Test
  void aChoiceByMemoryIsKeptWithTheRun() {
    Path runs = folder.resolve("run");
    Map<String, float[]> first = trained(null, true, runs);
    int chosen = RunFolder.identityIn(runs).microBatchTokens().getAsInt();
    // The run is small: a step is computed at once, as it is without parts, bit by bit.
    assertSameBits(trained(null, false, null), first);
    assertSameBits(first, trained(null, true, runs)); // which is over, and is loaded
    assertTrue(chosen >= 16 * 5 && chosen <= 16 * 16, "" + chosen);

    Path other = folder.resolve("other");
    trained(40, false, other);
    assertSameBits(trained(40, false, null), trained(null, true, other)); // goes on with 40
    assertEquals(40, RunFolder.identityIn(other).microBatchTokens().getAsInt());
  }

  @Test
  void whatFitsIsALineThroughTwoMeasurements() {
    // 1,000 bytes, and 10 a token.
    assertEquals(5000, MicroBatches.tokens(1_000_000, 1000, 10, 5000, 100)); // all of a step
    assertEquals(2304, MicroBatches.tokens(25_000, 1000, 10, 5000, 100)); // 2,400 by 256
    assertEquals(150, MicroBatches.tokens(3_000, 1000, 10, 5000, 150)); // 200 by 256 is 0
    assertEquals(300, MicroBatches.tokens(3_000, 1000, 10, 5000, 300)); // too long an example
    assertEquals(300, MicroBatches.tokens(-5, 1000, 10, 5000, 300));
  }

  @Test
  void whatCannotBeCutIsRefused() {
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0)) {
      List<Task> tasks = new ArrayList<>();
      SequenceClassification inside = task(model);
      tasks.add(
          new Task() {
            @Override
            public SequenceClassifier model() {
              return model;
            }

            @Override
            public Examples examples() {
              inside.prepare(new TrainingListener() {});
              return inside.examples();
            }

            @Override
            public io.github.jaubert.tensor.Tensor loss(Inputs inputs, float count) {
              return inside.loss(inputs, count);
            }

            @Override
            public boolean canSplit() {
              return false;
            }
          });
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class,
              () -> Trainer.of(tasks.get(0)).with(s -> s.microBatchTokens(64)).run());
      assertTrue(e.getMessage().contains("compared to each other"), e.getMessage());
      assertThrows(
          IllegalArgumentException.class, () -> TrainingSettings.defaults().microBatchTokens(0));
    }
  }
}
