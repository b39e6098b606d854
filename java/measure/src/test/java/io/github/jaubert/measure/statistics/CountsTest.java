package io.github.jaubert.measure.statistics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.fixture.Seeds;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CountsTest {
  @Test
  void momentsAreThoseOfTwoPasses() {
    Random random = new Random(Seeds.seed("moments"));
    for (int size : new int[] {1, 2, 3, 17, 1000}) {
      Moments moments = new Moments();
      double[] values = random.doubles(size, -3, 900).map(x -> x * x).toArray();
      Arrays.stream(values).forEach(moments::add);
      double mean = Arrays.stream(values).average().orElseThrow();
      double m2 = Arrays.stream(values).map(x -> Math.pow(x - mean, 2)).sum();
      double m3 = Arrays.stream(values).map(x -> Math.pow(x - mean, 3)).sum();
      assertEquals(mean, moments.mean(), 1e-6, Seeds.said());
      if (size > 1) {
        assertEquals(Math.sqrt(m2 / (size - 1)), moments.standardDeviation(), 1e-6, Seeds.said());
        double skewness = m3 / size / Math.pow(m2 / size, 1.5);
        assertEquals(skewness, moments.skewness(), 1e-8, Seeds.said());
      }
    }
  }

  @Test
  void lengthsAreExactUpToTenThousandAndNearBeyond() {
    Random random = new Random(Seeds.seed("lengths"));
    LengthCounts counts = new LengthCounts();
    long[] lengths =
        random.longs(5000, 0, 60_000).map(x -> random.nextBoolean() ? x : x % 900).toArray();
    Arrays.stream(lengths).forEach(counts::add);
    long[] sorted = Arrays.stream(lengths).sorted().toArray();
    assertEquals(Arrays.stream(lengths).average().orElseThrow(), counts.mean(), 1e-6);
    for (double share : new double[] {0.001, 0.3, 0.5, 0.9, 0.99, 1}) {
      long truth = sorted[(int) Math.ceil(share * sorted.length - 1e-9) - 1];
      long found = counts.quantile(share);
      assertEquals(truth, found, truth > 10_000 ? 0.011 * truth : 0, Seeds.said());
    }
    long longer = Arrays.stream(lengths).filter(x -> x > 512).count();
    assertEquals(longer, counts.longerThan(512), Seeds.said());
    assertEquals(sorted[sorted.length - 1], counts.most());
  }

  @Test
  void wordsBeyondTheCapacityAreTooFewByNoMoreThanItSays() {
    Random random = new Random(Seeds.seed("words"));
    WordCounts counts = new WordCounts(500);
    Map<String, Long> truth = new HashMap<>();
    for (int i = 0; i < 60_000; i++) {
      String word = "w" + (int) (3000 * Math.pow(random.nextDouble(), 4));
      counts.add(word);
      truth.merge(word, 1L, Long::sum);
    }
    assertTrue(counts.error() > 0, Seeds.said());
    assertEquals(60_000, counts.total());
    truth.forEach(
        (word, count) -> {
          assertTrue(counts.of(word) <= count, Seeds.said());
          assertTrue(counts.of(word) >= count - counts.error(), Seeds.said());
        });
    // Eight standard errors; as there are so few, most registers count one word.
    assertEquals(truth.size(), counts.distinct(), 0.2 * truth.size(), Seeds.said());
    assertEquals("w0", counts.sorted().get(0).word());
  }

  @Test
  void wordsWithinTheCapacityAreExact() {
    WordCounts counts = new WordCounts(3);
    for (String word : "a b a c a b".split(" ")) {
      counts.add(word);
    }
    assertEquals(0, counts.error());
    assertEquals(3, counts.distinct());
    assertEquals(
        "[Counted[word=a, count=3], Counted[word=b, count=2], Counted[word=c, count=1]]",
        counts.sorted().toString());
  }
}
