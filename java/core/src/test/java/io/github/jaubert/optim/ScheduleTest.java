package io.github.jaubert.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

/** Learning rates step by step. */
class ScheduleTest {
  private static void assertRates(Schedule schedule, double... expected) {
    float[] want = new float[expected.length];
    float[] found = new float[expected.length];
    for (int step = 0; step < expected.length; step++) {
      want[step] = (float) expected[step];
      found[step] = schedule.at(step);
    }
    assertArrayEquals(want, found, 1e-6f);
  }

  @Test
  void linearFallsToZero() {
    assertRates(Schedule.linear(8, 4), 8, 6, 4, 2, 0, 0, 0);
  }

  @Test
  void linearWithWarmupRisesThenFalls() {
    // get_linear_schedule_with_warmup(optimizer, 2, 6) of Hugging Face Transformers, with lr = 8.
    assertRates(Schedule.linear(8, 6).warmup(2), 0, 4, 8, 6, 4, 2, 0, 0);
  }

  @Test
  void cosineFollowsHalfAWave() {
    // get_cosine_schedule_with_warmup(optimizer, 2, 6) of Hugging Face Transformers, with lr = 8.
    double root = Math.sqrt(0.5);
    assertRates(
        Schedule.cosine(8, 6).warmup(2), 0, 4, 8, 4 * (1 + root), 4, 4 * (1 - root), 0, 0, 0);
  }

  @Test
  void constantStays() {
    assertRates(Schedule.constant(3), 3, 3, 3, 3);
    assertRates(Schedule.constant(3).warmup(2), 0, 1.5, 3, 3, 3);
    assertRates(Schedule.constant(3, 4).warmup(0.5f), 0, 1.5, 3, 3, 3, 3);
  }

  @Test
  void trapezoidFallsInItsLastFifth() {
    // get_wsd_schedule(optimizer, 2, num_decay_steps=2, num_training_steps=10,
    // decay_type="linear") of Hugging Face Transformers, with lr = 8.
    assertRates(Schedule.trapezoid(8, 10).warmup(2), 0, 4, 8, 8, 8, 8, 8, 8, 8, 4, 0, 0);
    assertRates(Schedule.trapezoid(8, 4), 8, 8, 8, 8, 0, 0);
    assertRates(Schedule.trapezoid(8, 10).warmup(10), 0, 0.8, 1.6, 2.4, 3.2, 4, 4.8, 5.6, 6.4, 7.2);
    assertEquals(0, Schedule.trapezoid(1, 0).at(0));
  }

  @Test
  void warmupByShareRoundsUp() {
    assertEquals(3, Schedule.linear(1, 30).warmup(0.1f).warmupSteps());
    assertEquals(4, Schedule.linear(1, 31).warmup(0.1f).warmupSteps());
    assertEquals(0, Schedule.linear(1, 30).warmup(0f).warmupSteps());
    assertEquals(30, Schedule.linear(1, 30).warmup(1f).warmupSteps());
    assertEquals(600, Schedule.linear(1, 1000).warmup(0.6f).warmupSteps());
  }

  @Test
  void anyFunctionIsASchedule() {
    Schedule inverseRoot = step -> (float) (1 / Math.sqrt(step));
    assertRates(inverseRoot.warmup(4), 0, 0.125, 0.25, 0.375, 0.5, 1 / Math.sqrt(5));
    assertRates(inverseRoot.warmup(0).warmup(1), 0, 1, Math.sqrt(0.5));
  }

  @Test
  void schedulesFollowOneAnother() {
    assertRates(Schedule.constant(2).then(2, Schedule.linear(4, 2)), 2, 2, 4, 2, 0, 0);
  }

  @Test
  void longRunsKeepTheirPrecision() {
    Schedule schedule = Schedule.linear(1e-4f, 3_000_000_000L);
    assertEquals(5e-5f, schedule.at(1_500_000_000L));
    assertEquals(0, schedule.at(3_000_000_000L));
  }

  @Test
  void nothingToDoIsFine() {
    assertEquals(0, Schedule.linear(1, 0).at(0));
    assertEquals(0, Schedule.linear(1, 0).warmup(0.1f).at(5));
    assertEquals(1, Schedule.linear(1, 3).warmup(3).at(3) + 1);
  }

  @Test
  void badArgumentsAreRefused() {
    for (Runnable bad :
        new Runnable[] {
          () -> Schedule.linear(-1, 3),
          () -> Schedule.cosine(Float.NaN, 3),
          () -> Schedule.linear(1, -3),
          () -> Schedule.linear(1, 3).warmup(4),
          () -> Schedule.linear(1, 3).warmup(-1),
          () -> Schedule.linear(1, 3).warmup(1.5f),
          () -> Schedule.constant(1).warmup(-1),
          () -> Schedule.linear(1, 3).at(-1),
        }) {
      assertThrows(IllegalArgumentException.class, bad::run);
    }
  }
}
