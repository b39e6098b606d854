package io.github.jaubert.measure.statistics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.fixture.Seeds;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class NpmiTest {
  @Test
  void itIsWithinOneOnAHundredThousandTables() {
    Random random = new Random(Seeds.seed("npmi"));
    for (int i = 0; i < 100_000; i++) {
      long texts = 1 + random.nextInt(random.nextBoolean() ? 20 : 2_000_000);
      long first = 1 + (long) (random.nextDouble() * texts);
      long second = 1 + (long) (random.nextDouble() * texts);
      first = Math.min(first, texts);
      second = Math.min(second, texts);
      long least = Math.max(0, first + second - texts);
      long both = least + (long) (random.nextDouble() * (Math.min(first, second) - least + 1));
      both = Math.min(both, Math.min(first, second));
      double value = Npmi.of(texts, first, second, both);
      String table = texts + " " + first + " " + second + " " + both;
      Supplier<String> said = () -> table + ": " + value + ", " + Seeds.said();
      assertTrue(value >= -1 && value <= 1, said);
      assertEquals(value, Npmi.of(texts, second, first, both), said);
      if (both > 0 && both < texts) {
        double information = Math.log((double) both * texts / ((double) first * second));
        assertEquals(information / -Math.log((double) both / texts), value, 1e-9, said);
      }
    }
  }

  @Test
  void itsEndsAreThoseOfWordsThatAreNeverApartOrNeverTogether() {
    assertEquals(1, Npmi.of(1000, 40, 40, 40), 1e-12);
    assertEquals(-1, Npmi.of(1000, 40, 40, 0));
    assertEquals(0, Npmi.of(1000, 100, 200, 20), 1e-12);
    assertEquals(0, Npmi.of(10, 10, 10, 10));
  }

  /** Against drawing texts with replacement; all draws are of fixed seeds. */
  @Test
  void intervalIsThatOfTextsDrawnAgain() {
    int texts = 1500;
    int[] has = new int[texts]; // the word 4, the terms 2 and 1
    Random random = new Random(5);
    for (int i = 0; i < texts; i++) {
      int terms = random.nextInt(4);
      boolean word = random.nextInt(10) < (terms == 2 ? 3 : 1);
      has[i] = (word ? 4 : 0) + terms;
    }
    Npmi.Table table = table(has);
    double[] found = table.interval(2000, 9);
    double[] drawn = new double[600];
    for (int round = 0; round < drawn.length; round++) {
      int[] again = Arrays.stream(has).map(own -> has[random.nextInt(texts)]).toArray();
      drawn[round] = table(again).difference();
    }
    Arrays.sort(drawn);
    assertEquals(drawn[15], found[0], 0.03);
    assertEquals(drawn[584], found[1], 0.03);
    assertTrue(found[0] < table.difference() && table.difference() < found[1]);
  }

  private static Npmi.Table table(int[] has) {
    return new Npmi.Table(
        has.length,
        count(has, 4),
        count(has, 2),
        count(has, 1),
        count(has, 6),
        count(has, 5),
        count(has, 3),
        count(has, 7));
  }

  private static long count(int[] has, int all) {
    return Arrays.stream(has).filter(one -> (one & all) == all).count();
  }
}
