package io.github.jaubert.bert.tokenizer.training;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.jaubert.fixture.Seeds;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StringCountsTest {
  private static Map<String, Long> all(StringCounts counts) {
    Map<String, Long> all = new LinkedHashMap<>();
    for (int i = 0; i < counts.size(); i++) {
      assertEquals(null, all.put(counts.string(i), counts.count(i)));
    }
    return all;
  }

  @Test
  void countsAsAHashMapDoes() {
    long seed = Seeds.SEED;
    Random random = new Random(seed);
    StringCounts counts = new StringCounts();
    StringCounts others = new StringCounts();
    Map<String, Long> expected = new LinkedHashMap<>();
    for (int i = 0; i < 60_000; i++) {
      StringBuilder text = new StringBuilder();
      int length = random.nextInt(1 + random.nextInt(8));
      for (int j = 0; j < length + 2; j++) {
        text.append((char) ('a' + random.nextInt(1 + random.nextInt(200))));
      }
      long times = random.nextInt(3);
      expected.merge(text.substring(1, length + 1), times, Long::sum);
      (random.nextBoolean() ? counts : others).add(text, 1, length + 1, times);
    }
    counts.addAll(others);
    assertEquals(expected.size(), counts.size(), () -> "-Djaubert.seed=" + seed);
    assertEquals(expected, all(counts), () -> "-Djaubert.seed=" + seed);
    assertEquals(expected.keySet().stream().mapToInt(String::length).sum(), counts.characters());
  }

  @Test
  void sameHashesAreToldApart() {
    StringCounts counts = new StringCounts();
    counts.add("Aa", 1); // "Aa" and "BB" have one hash
    counts.add("BB", 2);
    counts.add("Aa", 4);
    counts.add("", 8);
    assertEquals(Map.of("Aa", 5L, "BB", 2L, "", 8L), all(counts));
  }
}
