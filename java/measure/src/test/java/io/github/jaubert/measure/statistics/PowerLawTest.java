package io.github.jaubert.measure.statistics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.fixture.Seeds;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class PowerLawTest {
  @Test
  void zetaIsTheSumThatItStandsFor() {
    assertEquals(Math.PI * Math.PI / 6, Zeta.of(2, 1), 1e-13);
    assertEquals(Math.pow(Math.PI, 4) / 90, Zeta.of(4, 1), 1e-13);
    Random random = new Random(Seeds.seed("zeta"));
    for (int i = 0; i < 200; i++) {
      double s = 1.05 + 5 * random.nextDouble();
      double q = 1 + 60 * random.nextDouble();
      double step = Math.pow(q, -s) + Zeta.of(s, q + 1);
      assertEquals(step, Zeta.of(s, q), 1e-11 * step, Seeds.said());
    }
  }

  /** The counts are fixed, so that nothing is left to chance. */
  private static long[] counts(int size, double alpha) {
    Random random = new Random(11);
    return LongStream.generate(
            () -> {
              // Below the least count there is no law; above, the continuous one is near enough.
              double share = 1 - random.nextDouble();
              return random.nextInt(3) == 0
                  ? 1 + random.nextInt(9)
                  : (long) (9.5 * Math.pow(share, -1 / (alpha - 1)) + 0.5);
            })
        .limit(size)
        .toArray();
  }

  @Test
  void exponentOfDrawnCountsIsThatOfTheLaw() {
    for (double alpha : new double[] {1.8, 2.2, 3}) {
      PowerLaw law = PowerLaw.fit(counts(6000, alpha));
      assertEquals(alpha, law.alpha(), 0.1);
      assertTrue(law.xmin() >= 8 && law.xmin() <= 40, law.toString());
    }
  }

  @Test
  void lawIsPlausibleWhereItHoldsAndNotElsewhere() {
    long[] of = counts(1500, 2.2);
    assertTrue(PowerLaw.fit(of).plausibility(of, 40, 1) > 0.1);
    assertEquals(
        PowerLaw.fit(of).plausibility(of, 20, 1), PowerLaw.fit(of).plausibility(of, 20, 1));
    Random random = new Random(3);
    long[] even = LongStream.generate(() -> 1 + random.nextInt(20)).limit(2000).toArray();
    assertEquals(0, PowerLaw.fit(even).plausibility(even, 20, 1));
  }

  @Test
  void tooFewOrEqualCountsHaveNoLaw() {
    assertNull(PowerLaw.fit(new long[0]));
    assertNull(PowerLaw.fit(LongStream.rangeClosed(1, 49).toArray()));
    assertNull(PowerLaw.fit(LongStream.generate(() -> 3).limit(500).toArray()));
  }
}
