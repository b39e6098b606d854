package io.github.jaubert.train.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
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
}
