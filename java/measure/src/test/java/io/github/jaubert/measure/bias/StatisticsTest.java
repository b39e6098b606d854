package io.github.jaubert.measure.bias;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.fixture.Seeds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Intervals, permutations, common tokens and tables, on fresh random numbers. */
class StatisticsTest {
  private static final long SEED = Seeds.SEED;
  private static final String SAID = "jaubert.seed " + SEED;
  private final Random random = new Random(SEED ^ 0x62696173);

  private double[] values(int count) {
    return random.doubles(count, -1, 1).toArray();
  }

  @Test
  void anIntervalHoldsWhatItIsOf() {
    double[] values = values(200);
    Estimate mean = Bootstrap.of(3).mean(values);
    assertEquals(Arrays.stream(values).average().orElseThrow(), mean.value(), 1e-12, SAID);
    assertTrue(mean.low() < mean.value() && mean.value() < mean.high(), SAID + " " + mean);
    assertEquals(mean.toString(), Bootstrap.of(3).mean(values).toString(), SAID);
    double[] shifted = Arrays.stream(values).map(x -> x + 2).toArray();
    Estimate difference = Bootstrap.of(3).mean(shifted).minus(mean);
    assertEquals(2, difference.low(), 1e-9, SAID); // the same items were drawn
    assertEquals(2, difference.high(), 1e-9, SAID);
    assertTrue(Double.isNaN(mean.minus(Bootstrap.of(3).mean(values(7))).low()));
    assertTrue(Double.isNaN(Bootstrap.of(3).mean(new double[0]).value()));
    assertTrue(Double.isNaN(Bootstrap.of(3).mean(new double[] {1}).low()));
  }

  /** Of equal coins the variance of the mean is known: 25 points of a hundred over n. */
  @Test
  void anIntervalIsAsWideAsTheory() {
    boolean[] coins = new boolean[400];
    for (int i = 0; i < coins.length; i++) {
      coins[i] = i % 2 == 0;
    }
    Estimate share = new Bootstrap(11, 4000).percent(coins);
    assertEquals(2 * 1.96 * 50 / Math.sqrt(400), share.high() - share.low(), 0.6);
  }

  @Test
  void permutationsAreCounted() {
    double[] a = values(5);
    double[] b = values(4);
    double[] all = Arrays.copyOf(a, 9);
    System.arraycopy(b, 0, all, 5, 4);
    double found = Math.abs(mean(a) - mean(b));
    int extreme = 0;
    int tried = 0;
    for (int bits = 0; bits < 512; bits++) {
      if (Integer.bitCount(bits) == 5) {
        double one = 0;
        double other = 0;
        for (int i = 0; i < 9; i++) {
          one += (bits >> i & 1) == 1 ? all[i] : 0;
          other += (bits >> i & 1) == 0 ? all[i] : 0;
        }
        tried++;
        extreme += Math.abs(one / 5 - other / 4) >= found - 1e-13 ? 1 : 0;
      }
    }
    PermutationTest test = PermutationTest.ofTwo(a, b, 1);
    assertTrue(test.exact());
    assertEquals(tried, test.permutations(), SAID);
    assertEquals((double) extreme / tried, test.pValue(), 1e-12, SAID);
    // All of one sign: two of 2^n ways are as extreme.
    double[] positive = random.doubles(8, 0.1, 1).toArray();
    assertEquals(2.0 / 256, PermutationTest.ofOne(positive, 1).pValue(), 1e-12, SAID);
    assertFalse(PermutationTest.ofOne(values(40), 1).exact());
    assertFalse(PermutationTest.ofTwo(values(30), values(30), 1).exact());
    // Nothing but what was found can be as far apart, of 10,000 drawn.
    double[] far = Arrays.stream(values(30)).map(x -> x + 100).toArray();
    assertEquals(1e-4, PermutationTest.ofTwo(far, values(30), 1).pValue(), 1e-12, SAID);
    assertTrue(Double.isNaN(PermutationTest.ofTwo(new double[0], b, 1).pValue()));
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElseThrow();
  }

  @Test
  void commonTokensAreInOrderAndEqual() {
    for (int round = 0; round < 200; round++) {
      int[] a = random.ints(random.nextInt(12), 0, 4).toArray();
      int[] b = random.ints(random.nextInt(12), 0, 4).toArray();
      List<MatchingTokens.Match> matches = MatchingTokens.of(a, b);
      String said = SAID + " " + Arrays.toString(a) + " " + Arrays.toString(b);
      for (int i = 0; i < matches.size(); i++) {
        MatchingTokens.Match match = matches.get(i);
        assertEquals(a[match.first()], b[match.second()], said);
        assertTrue(i == 0 || match.first() > matches.get(i - 1).first(), said);
        assertTrue(i == 0 || match.second() > matches.get(i - 1).second(), said);
      }
      assertEquals(a.length, MatchingTokens.of(a, a).size(), said);
    }
    // What difflib says of these.
    assertEquals(
        List.of(
            new MatchingTokens.Match(1, 0),
            new MatchingTokens.Match(2, 1),
            new MatchingTokens.Match(3, 2),
            new MatchingTokens.Match(4, 3)),
        MatchingTokens.of(new int[] {1, 2, 3, 4, 1, 2}, new int[] {2, 3, 4, 1}));
  }

  // ---- tables ----

  @Test
  void twoTablesStandSideBySide() {
    Bootstrap bootstrap = Bootstrap.of(5);
    double[] values = values(20);
    Estimate one = bootstrap.mean(values);
    Estimate two = bootstrap.mean(Arrays.stream(values).map(x -> x - 1).toArray());
    BiasTable first =
        new BiasTable(
            "t",
            List.of("score", "pairs"),
            List.of(BiasTable.Row.of("all", one, 20), BiasTable.Row.of("old", one, 20)),
            50);
    BiasTable second =
        new BiasTable(
            "t", List.of("score", "pairs"), List.of(BiasTable.Row.of("all", two, 20)), 50);
    BiasTable both = first.beside(second, "A", "B");
    assertEquals(
        List.of("score, A", "score, B", "difference", "pairs, A", "pairs, B"), both.columns());
    assertEquals(-1, ((Estimate) both.rows().get(0).cells().get(2)).value(), 1e-9, SAID);
    assertEquals(null, both.rows().get(1).cells().get(1));
    BiasTable same = first.beside(first, "A", "B");
    assertEquals(List.of("score", "pairs"), same.columns());
  }

  // ---- classifiers ----

  @Test
  void gapsOfGroupsAreThoseOfTheirCounts() {
    List<Judged> rows = new ArrayList<>();
    add(rows, "a", "yes", "yes", 8);
    add(rows, "a", "yes", "no", 2);
    add(rows, "a", "no", "yes", 1);
    add(rows, "a", "no", "no", 9);
    add(rows, "b", "yes", "yes", 3);
    add(rows, "b", "yes", "no", 3);
    add(rows, "b", "no", "yes", 1);
    add(rows, "b", "no", "no", 3);
    add(rows, "c", "no", "no", 4); // of this group no true positives are known
    GroupFairness.Result result = GroupFairness.measure(rows, List.of(), Bootstrap.of(1));
    GroupFairness.Gaps yes = result.gaps().get("yes");
    assertEquals(30, yes.truePositive().value(), 1e-9);
    assertEquals(25, yes.falsePositive().value(), 1e-9);
    assertEquals(30, yes.odds().value(), 1e-9);
    assertEquals(45, yes.given().value(), 1e-9);
    assertEquals(40, result.accuracyGap().value(), 1e-9); // 60 of b, 100 of c
    assertEquals(85, result.groups().get("a").accuracy().value(), 1e-9);
    assertTrue(Double.isNaN(result.groups().get("c").rates().get("yes").truePositive().value()));
    assertEquals(List.of("yes"), List.copyOf(result.gaps().keySet())); // of two labels one says all
    GroupFairness.Result other = GroupFairness.measure(rows, List.of("no"), Bootstrap.of(1));
    assertEquals(30, other.gaps().get("no").falsePositive().value(), 1e-9);
    List<Judged> alone = rows.subList(0, 5);
    assertThrows(
        IllegalArgumentException.class,
        () -> GroupFairness.measure(alone, List.of(), Bootstrap.of(1)));
  }

  private static void add(
      List<Judged> rows, String group, String label, String predicted, int count) {
    for (int i = 0; i < count; i++) {
      rows.add(new Judged(label, predicted, group));
    }
  }

  @Test
  void wordsAreSwappedWithTheirCapitals() {
    WordSwaps words = WordSwaps.english();
    String[] texts = {
      "He said SHE took his coat.", "She said HE took her coat.",
      "The mother, theirs; Mr. Heath's", "The father, theirs; Ms. Heath's",
      "nothing here", "nothing here",
    };
    for (int i = 0; i < texts.length; i += 2) {
      assertEquals(texts[i + 1], words.swap(texts[i]));
    }
    assertEquals("King's queen", words.swap("Queen's king"));
  }
}
