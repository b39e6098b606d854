package io.github.jaubert.train.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.Labels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StratifiedFoldsTest {
  @Test
  void partsHaveTheSharesOfTheWhole() {
    Random random = new Random(3);
    List<Example> rows = new ArrayList<>();
    for (int i = 0; i < 101; i++) {
      double draw = random.nextDouble();
      rows.add(Example.of("t" + i, draw < 0.7 ? "a" : draw < 0.9 ? "b" : "c"));
    }
    TextDataset data = TextDataset.of(rows);
    int[] folds = StratifiedFolds.of(data, Labels.of("a", "b", "c"), 4, 1);
    int[] sizes = new int[4];
    int[][] counts = new int[3][4];
    for (int i = 0; i < folds.length; i++) {
      sizes[folds[i]]++;
      counts[rows.get(i).label().charAt(0) - 'a'][folds[i]]++;
    }
    assertEven(sizes, 1);
    for (int[] ofLabel : counts) {
      assertEven(ofLabel, 2); // a label may begin in the middle of a round, and end in another
    }
    assertArrayEquals(folds, StratifiedFolds.of(data, Labels.of("a", "b", "c"), 4, 1));
    assertFalse(Arrays.equals(folds, StratifiedFolds.of(data, Labels.of("a", "b", "c"), 4, 2)));
  }

  private static void assertEven(int[] counts, int difference) {
    int least = Integer.MAX_VALUE;
    int most = 0;
    for (int count : counts) {
      least = Math.min(least, count);
      most = Math.max(most, count);
    }
    assertTrue(most - least <= difference, most + " and " + least);
  }

  @Test
  void scoresOfEveryRangeAreInEachPart() {
    List<Example> rows = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      rows.add(Example.of("t" + i, (i * 7 % 30) / 2f));
    }
    int[] folds = StratifiedFolds.of(TextDataset.of(rows), Labels.score(), 3, 1);
    boolean[][] seen = new boolean[10][3];
    for (int i = 0; i < 30; i++) {
      seen[i * 7 % 30 / 3][folds[i]] = true;
    }
    for (boolean[] range : seen) {
      assertArrayEquals(new boolean[] {true, true, true}, range);
    }
  }

  @Test
  void whatCannotBeDividedIsRefused() {
    TextDataset two = TextDataset.of(List.of(Example.of("x", "a"), Example.of("y", "b")));
    Labels labels = Labels.of("a", "b");
    assertEquals(
        "examples: has 2 rows, too few for 3 parts",
        assertThrows(DataException.class, () -> StratifiedFolds.of(two, labels, 3, 1))
            .getMessage());
    assertTrue(
        assertThrows(DataException.class, () -> StratifiedFolds.of(two, labels, 2, 1))
            .getMessage()
            .contains("is in one of 2 parts alone"));
    assertThrows(IllegalArgumentException.class, () -> StratifiedFolds.of(two, labels, 1, 1));
  }
}
