package io.github.jaubert.train.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.fixture.Seeds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BatchesTest {
  private static int[] joined(List<int[]> batches) {
    return batches.stream().flatMapToInt(Arrays::stream).toArray();
  }

  private static int tokens(int[] batch, int[] lengths) {
    return Arrays.stream(batch).map(i -> lengths[i]).sum();
  }

  @Test
  void byExamplesKeepsTheOrderAndLeavesTheRestToTheLast() {
    int[] order = {4, 2, 0, 1, 3};
    List<int[]> batches = Batches.byExamples(order, 2);
    assertEquals(List.of(2, 2, 1), batches.stream().map(b -> b.length).toList());
    assertArrayEquals(order, joined(batches));
    assertEquals(List.of(), Batches.byExamples(new int[0], 2));
    assertThrows(IllegalArgumentException.class, () -> Batches.byExamples(order, 0));
  }

  @Test
  void byTokensBalancesWithinOneSentence() {
    Random random = new Random(1);
    for (int round = 0; round < 50; round++) {
      int[] lengths = random.ints(1 + random.nextInt(500), 2, 130).toArray();
      int[] order = IntStream.range(0, lengths.length).map(i -> lengths.length - 1 - i).toArray();
      int most = 200 + random.nextInt(4000);
      List<int[]> batches = Batches.byTokens(order, lengths, most);
      assertArrayEquals(order, joined(batches));
      int total = Arrays.stream(lengths).sum();
      int count = (total + most - 1) / most;
      assertEquals(count, batches.size());
      for (int[] batch : batches) {
        assertEquals((double) total / count, tokens(batch, lengths), 130);
      }
    }
  }

  @Test
  void byTokensGivesAVeryLongSentenceABatchAndNoTinyOnes() {
    int[] lengths = {10, 10, 10, 500, 10, 10, 10, 10, 10, 10};
    List<int[]> batches = Batches.byTokens(IntStream.range(0, 10).toArray(), lengths, 60);
    assertArrayEquals(IntStream.range(0, 10).toArray(), joined(batches));
    assertTrue(batches.size() <= 4, "" + batches.size());
    assertEquals(1, Batches.byTokens(new int[] {0}, new int[] {500}, 60).size());
    assertEquals(List.of(), Batches.byTokens(new int[0], new int[0], 60));
    assertThrows(IllegalArgumentException.class, () -> Batches.byTokens(new int[0], new int[0], 0));
  }

  /** Batch by batch, each takes of what is left all that fits, in order. */
  private static List<int[]> oneAfterTheOther(int[] order, int size, int[][] keys) {
    List<Integer> left = new ArrayList<>(Arrays.stream(order).boxed().toList());
    List<int[]> batches = new ArrayList<>();
    while (!left.isEmpty()) {
      List<Integer> batch = new ArrayList<>();
      Set<Integer> held = new HashSet<>();
      for (int example : List.copyOf(left)) {
        Set<Integer> own = new HashSet<>(Arrays.stream(keys[example]).boxed().toList());
        if (batch.size() < size && Collections.disjoint(held, own)) {
          batch.add(example);
          held.addAll(own);
          left.remove((Integer) example);
        }
      }
      batches.add(batch.stream().mapToInt(i -> i).toArray());
    }
    return batches;
  }

  @Test
  void noTwoOfABatchShareAnything() {
    Random random = new Random(Seeds.SEED);
    for (int round = 0; round < 100; round++) {
      int different = 1 + random.nextInt(60);
      int[][] keys = new int[random.nextInt(200)][];
      Arrays.setAll(keys, i -> random.ints(1 + random.nextInt(3), 0, different).toArray());
      int[] order = IntStream.range(0, keys.length).map(i -> keys.length - 1 - i).toArray();
      int size = 1 + random.nextInt(20);
      List<int[]> batches = Batches.byExamples(order, size, i -> keys[i]);
      List<int[]> expected = oneAfterTheOther(order, size, keys);
      assertEquals(
          expected.stream().map(Arrays::toString).toList(),
          batches.stream().map(Arrays::toString).toList());
    }
  }

  @Test
  void byTokensNoTwoOfABatchShareAnything() {
    Random random = new Random(Seeds.SEED);
    for (int round = 0; round < 50; round++) {
      int[] lengths = random.ints(500, 2, 130).toArray();
      int[][] keys = new int[500][];
      Arrays.setAll(keys, i -> new int[] {random.nextInt(250), 250 + random.nextInt(250)});
      int[] order = IntStream.range(0, 500).toArray();
      List<int[]> batches = Batches.byTokens(order, lengths, 700, i -> keys[i]);
      assertArrayEquals(order, Arrays.stream(joined(batches)).sorted().toArray());
      for (int[] batch : batches) {
        assertTrue(tokens(batch, lengths) < 700 + 130);
        int[] held = Arrays.stream(batch).flatMap(i -> Arrays.stream(keys[i])).toArray();
        assertEquals(held.length, Arrays.stream(held).distinct().count());
      }
      double full =
          batches.stream().limit(30).mapToInt(one -> tokens(one, lengths)).average().orElse(0);
      assertEquals(700, full, 45); // six times the deviation of a mean of 30
    }
    int[] same = IntStream.range(0, 20_000).toArray();
    assertEquals(20_000, Batches.byTokens(same, same, 5, i -> new int[] {7}).size());
  }
}
