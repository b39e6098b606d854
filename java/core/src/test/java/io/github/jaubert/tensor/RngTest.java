package io.github.jaubert.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.reference.Philox;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The generator against published numbers, and what is made of it. */
class RngTest {
  @Test
  void referenceGivesThePublishedAnswers() {
    // The known-answer vectors of philox4x32 that the authors' Random123 library is tested with.
    assertArrayEquals(
        new long[] {0x6627e8d5L, 0xe169c58dL, 0xbc57ac4cL, 0x9b00dbd8L},
        Philox.block(10, new long[4], new long[2]));
    long ones = 0xffffffffL;
    assertArrayEquals(
        new long[] {0x408f276dL, 0x41c83b0eL, 0xa20bc7c6L, 0x6d5451fdL},
        Philox.block(10, new long[] {ones, ones, ones, ones}, new long[] {ones, ones}));
    assertArrayEquals(
        new long[] {0xd16cfe09L, 0x94fdccebL, 0x5001e420L, 0x24126ea1L},
        Philox.block(
            10,
            new long[] {0x243f6a88L, 0x85a308d3L, 0x13198a2eL, 0x03707344L},
            new long[] {0xa4093822L, 0x299f31d0L}));
    assertArrayEquals(
        new long[] {0x5f6fb709L, 0x0d893f64L, 0x4f121f81L, 0x4f730a48L},
        Philox.block(7, new long[4], new long[2]));
    assertArrayEquals(
        new long[] {0x5207ddc2L, 0x45165e59L, 0x4d8ee751L, 0x8c52f662L},
        Philox.block(7, new long[] {ones, ones, ones, ones}, new long[] {ones, ones}));
  }

  @Test
  void firstUniformNumbersOfSeedZeroAreThePublishedOnes() {
    try (Scope scope = Scope.open()) {
      float[] expected = new float[4];
      long[] words = {0x6627e8d5L, 0xe169c58dL, 0xbc57ac4cL, 0x9b00dbd8L};
      for (int i = 0; i < 4; i++) {
        expected[i] = (words[i] >>> 8) * 0x1p-24f;
      }
      assertArrayEquals(expected, Tensor.rand(Rng.of(0), 4).toFloats());
    }
  }

  @Test
  void eachUseTakesTheNextOffset() {
    try (Scope scope = Scope.open()) {
      Rng rng = Rng.of(42);
      float[] first = Tensor.randn(rng, 100).toFloats();
      assertEquals(1, rng.offset());
      float[] second = Tensor.randn(rng, 100).toFloats();
      assertFalse(Arrays.equals(first, second));
      rng.restore(42, 1);
      assertArrayEquals(second, Tensor.randn(rng, 100).toFloats());
      assertFalse(Arrays.equals(first, Tensor.randn(Rng.of(43), 100).toFloats()));
    }
  }

  @Test
  void aPrefixDoesNotDependOnTheSize() {
    try (Scope scope = Scope.open()) {
      float[] many = Tensor.randn(Rng.of(7), 100_003).toFloats();
      float[] few = Tensor.randn(Rng.of(7), 61).toFloats();
      assertArrayEquals(few, Arrays.copyOf(many, 61));
    }
  }

  @Test
  void momentsAreThoseOfTheDistributions() {
    try (Scope scope = Scope.open()) {
      Rng rng = Rng.of(Seeds.seed("moments"));
      int n = 1 << 20;
      float[] uniform = Tensor.rand(rng, n).toFloats();
      // Five standard errors: a false alarm in a million runs.
      assertEquals(0.5, mean(uniform, 1), 5 * Math.sqrt(1.0 / 12 / n));
      assertEquals(1.0 / 3, mean(uniform, 2), 5 * Math.sqrt(4.0 / 45 / n));
      float[] normal = Tensor.randn(rng, n).toFloats();
      assertEquals(0, mean(normal, 1), 5 * Math.sqrt(1.0 / n));
      assertEquals(1, mean(normal, 2), 5 * Math.sqrt(2.0 / n));
      assertEquals(0, mean(normal, 3), 5 * Math.sqrt(15.0 / n));
      assertEquals(3, mean(normal, 4), 5 * Math.sqrt(96.0 / n));
    }
  }

  private static double mean(float[] values, int power) {
    double sum = 0;
    for (float value : values) {
      sum += Math.pow(value, power);
    }
    return sum / values.length;
  }

  @Test
  void nextIntIsWithinBoundsAndEven() {
    Rng rng = Rng.of(Seeds.seed("nextInt"));
    int[] counts = new int[7];
    int draws = 70_000;
    for (int i = 0; i < draws; i++) {
      counts[rng.nextInt(7)]++;
    }
    double chiSquared = Arrays.stream(counts).mapToDouble(c -> (c - 1e4) * (c - 1e4) / 1e4).sum();
    assertTrue(chiSquared < 40, () -> Arrays.toString(counts)); // 6 degrees of freedom: p = 5e-7
    assertEquals(0, rng.nextInt(1));
    assertThrows(IllegalArgumentException.class, () -> rng.nextInt(0));
  }

  @Test
  void shuffleIsARepeatablePermutation() {
    int[] order = IntStream.range(0, 1000).toArray();
    int[] again = order.clone();
    int[] other = order.clone();
    Rng.of(5).shuffle(order);
    Rng.of(5).shuffle(again);
    Rng.of(6).shuffle(other);
    assertArrayEquals(order, again);
    assertFalse(Arrays.equals(order, other));
    int[] sorted = order.clone();
    Arrays.sort(sorted);
    assertArrayEquals(IntStream.range(0, 1000).toArray(), sorted);
    int fixedPoints = (int) IntStream.range(0, 1000).filter(i -> order[i] == i).count();
    assertTrue(fixedPoints < 15, () -> fixedPoints + " of 1000 did not move");
    Rng.of(5).shuffle(new int[0]);
  }

  @Test
  void globalSourceIsOneAThread() throws InterruptedException {
    Rng.seed(99);
    Rng.global().next();
    long[] seen = new long[2];
    Rng[] theirs = new Rng[1];
    Thread other =
        new Thread(
            () -> {
              theirs[0] = Rng.global();
              seen[0] = Rng.global().seed();
              seen[1] = Rng.global().offset();
            });
    other.start();
    other.join();
    assertArrayEquals(new long[] {0, 0}, seen);
    assertNotEquals(Rng.global(), theirs[0]);
    assertEquals(99, Rng.global().seed());
    assertEquals(1, Rng.global().offset());
  }
}
