package io.github.jaubert.train.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RankingDatasetTest {
  @TempDir Path temporary;

  private RankingDataset read(String name, String text, String relevant) throws IOException {
    Path file = Files.writeString(temporary.resolve(name), text);
    return RankingDataset.read(file, TableFormat.of(file), "q", "p", "s", relevant, true);
  }

  @Test
  void queriesGatherTheirRowsWhereverTheyStand() throws IOException {
    RankingDataset data =
        read("a.tsv", "s\tq\tp\n1\tone\tx\n0.5\ttwo\tx\n0\tone\ty\n0\ttwo\t\n2\tone\tx\n", null);
    assertEquals(5, data.size());
    assertEquals(2, data.queries().size());
    assertArrayEquals(new int[] {0, 2, 4}, data.queries().get(0));
    assertArrayEquals(new int[] {1, 3}, data.queries().get(1));
    assertEquals(new RankingDataset.Row("two", "", 0, 5), data.rows().get(3));
    assertEquals(0.25f, data.divideScores(2).rows().get(1).score());
  }

  @Test
  void arraysOfJsonLinesAreSeveralPassages() throws IOException {
    RankingDataset data =
        read(
            "a.jsonl",
            """
            {"q": "one", "p": ["x", "y"], "s": [1, 0.5]}
            {"q": "two", "p": "z", "s": 0}
            """,
            null);
    assertEquals(3, data.size());
    assertEquals(new RankingDataset.Row("one", "y", 0.5f, 1), data.rows().get(1));
    String odd = refusal("b.jsonl", "{\"q\": \"one\", \"p\": [\"x\", \"y\"], \"s\": [1]}", null);
    assertTrue(odd.contains("b.jsonl:1: ") && odd.contains("has 2 of p and 1 of s"), odd);
  }

  @Test
  void aLabelMayStandForRelevant() throws IOException {
    String text = "q,p,s\none,x,yes\none,y,no\n";
    assertEquals(
        List.of(1f, 0f),
        read("a.csv", text, "yes").rows().stream().map(RankingDataset.Row::score).toList());
    String number = refusal("a.csv", text, null);
    assertTrue(
        number.contains("a.csv:2: ") && number.contains("s is yes, and a number was"), number);
    String none = refusal("a.csv", text, "Yes");
    assertTrue(none.contains("no s is Yes, which stands for relevant"), none);
    assertTrue(refusal("c.csv", "q,p\none,x\n", null).contains("no column s"));
    assertTrue(refusal("d.csv", "q,p,s\none,x,1e99\n", null).contains("a finite number"));
  }

  private String refusal(String name, String text, String relevant) {
    return assertThrows(DataException.class, () -> read(name, text, relevant)).getMessage();
  }

  @Test
  void aSampleHasWholeQueries() throws IOException {
    StringBuilder text = new StringBuilder("q\tp\ts\n");
    for (int i = 0; i < 60; i++) {
      text.append("query %d\tp%d\t%d\n".formatted(i % 20, i, i % 2));
    }
    RankingDataset all = read("a.tsv", text.toString(), null);
    RankingDataset some = all.sample(7, 3);
    assertEquals(21, some.size());
    assertEquals(7, some.queries().size());
    assertEquals(some.rows(), all.sample(7, 3).rows());
    Set<List<RankingDataset.Row>> drawn = new HashSet<>();
    for (int seed = 0; seed < 5; seed++) {
      drawn.add(all.sample(7, seed).rows());
    }
    assertTrue(drawn.size() > 1);
    assertEquals(60, all.sample(99, 3).size());
    assertThrows(IllegalArgumentException.class, () -> all.sample(0, 3));
  }
}
