package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Which examples every step reads. */
class TrainingPlanTest {
  private static final int[] LENGTHS = IntStream.range(0, 10).map(i -> 5).toArray();

  private static TrainingPlan plan(TrainingSettings settings) {
    long all = IntStream.of(LENGTHS).asLongStream().sum();
    return new TrainingPlan(
        settings.tokens() > 0 ? settings.epochsFor(pass -> all) : settings, pass -> LENGTHS, null);
  }

  @Test
  void anEpochIsOnePass() {
    TrainingPlan plan = plan(TrainingSettings.defaults().epochs(2).batchSize(4));
    assertEquals(6, plan.steps());
    assertEquals(100, plan.tokensUpTo(6));
    assertEquals(
        "0 0 0 1 1 1",
        IntStream.range(0, 6)
            .mapToObj(step -> "" + plan.pass(step))
            .reduce((a, b) -> a + " " + b)
            .orElseThrow());
  }

  @Test
  void tokensEndARunInTheMidstOfAnEpoch() {
    TrainingSettings settings = TrainingSettings.defaults().batchSize(4);
    TrainingPlan less = plan(settings.tokens(21));
    assertEquals(2, less.steps());
    assertEquals(40, less.tokensUpTo(2));
    assertEquals(1, less.epochEndedAt(2));
    TrainingPlan more = plan(settings.tokens(71));
    assertEquals(5, more.steps());
    assertEquals(90, more.tokensUpTo(5));
    assertEquals(0, more.pass(2));
    assertEquals(1, more.pass(3));
    assertEquals(2, more.epochEndedAt(5));
    TrainingPlan whole = plan(settings.tokens(50));
    assertEquals(3, whole.steps());
    TrainingPlan accumulated = plan(settings.tokens(21).gradientAccumulation(2));
    assertEquals(1, accumulated.steps());
    assertEquals(40, accumulated.tokensUpTo(1));
  }

  @Test
  void epochsAndTokensTakeTheOthersPlace() {
    TrainingSettings settings = TrainingSettings.defaults();
    assertEquals(0, settings.epochs(3).tokens(5).epochs());
    assertEquals(0, settings.tokens(5).epochs(3).tokens());
  }
}
