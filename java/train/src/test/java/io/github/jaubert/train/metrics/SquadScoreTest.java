package io.github.jaubert.train.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.github.jaubert.fixture.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Scores of answers against values that were reckoned by hand from the definitions. */
class SquadScoreTest {
  @Test
  void normalisesAsSquadDoes() {
    assertEquals("cat", SquadScore.normalise("The  cat."));
    assertEquals("cats mat", SquadScore.normalise("\tA cat's\u00a0an, MAT!\n"));
    assertEquals("theory then another", SquadScore.normalise("theory then another"));
    assertEquals("1000 2", SquadScore.normalise("$1,000 \"the\" [2]"));
    assertEquals("münchen „x“", SquadScore.normalise("München „X“")); // ASCII's alone is dropped
    assertEquals("", SquadScore.normalise("the a AN ... "));
  }

  @Test
  void oneAnswer() {
    assertEquals(1, SquadScore.exactMatch("the Denver Broncos", "Denver Broncos!"));
    assertEquals(0, SquadScore.exactMatch("Denver", "Denver Broncos"));
    assertEquals(2.0 / 3, SquadScore.f1("Denver", "Denver Broncos"), 1e-12);
    // 2 words in common, one of them twice here and once there: 2 * 2 / (4 + 2)
    assertEquals(4.0 / 6, SquadScore.f1("to be to see", "to be"), 1e-12);
    assertEquals(0, SquadScore.f1("x", "y"));
    assertEquals(1, SquadScore.f1("", "the"));
    assertEquals(0, SquadScore.f1("x", ""));
  }

  @Test
  void theBestOfSeveralAndTheMean() {
    SquadScore score = new SquadScore(0);
    double never = Double.NEGATIVE_INFINITY;
    score.update("Denver", never, List.of("Carolina", "Denver Broncos", "Denver"));
    score.update("Denver Broncos", never, List.of("Carolina", "the Broncos"));
    score.update("Santa Clara", never, List.of("Levi's Stadium"));
    Map<String, Double> values = score.result();
    assertEquals(List.of("f1", "exact_match"), List.copyOf(values.keySet()));
    assertEquals((1 + 2.0 / 3) / 3, values.get("f1"), 1e-12);
    assertEquals(1.0 / 3, values.get("exact_match"), 1e-12);
    score.reset();
    assertEquals(Double.NaN, score.result().get("f1"));
  }

  @Test
  void noAnswerIsGivenWhereItIsLikelierByTheThreshold() {
    SquadScore score = new SquadScore(1);
    score.update("Denver", 2, List.of()); // none is given, and right
    score.update("Denver", 0.5, List.of()); // an answer is given
    score.update("Denver", 1.5, List.of("Denver")); // none is given
    score.update("Denver", 1, List.of("Denver Broncos"));
    Map<String, Double> values = score.result();
    assertEquals((1 + 0 + 0 + 2.0 / 3) / 4, values.get("f1"), 1e-12);
    assertEquals(0.25, values.get("exact_match"), 1e-12);
    assertEquals(1.0 / 3, values.get("has_answer_f1"), 1e-12);
    assertEquals(0, values.get("has_answer_exact_match"), 1e-12);
    assertEquals(0.5, values.get("no_answer_accuracy"), 1e-12);
    // With answers up to 1.5: 1 + 0 + 1 + 2/3; with those up to 1: 1 + 0 + 0 + 2/3.
    assertEquals((2 + 2.0 / 3) / 4, values.get("best_f1"), 1e-12);
    assertEquals(1.5, values.get("best_f1_threshold"), 1e-12);
  }

  @Test
  void noThresholdIsBetterThanTheBest() {
    Random random = new Random(Seeds.SEED);
    String[] words = {"red", "blue", "green"};
    for (int round = 0; round < 50; round++) {
      int count = 1 + random.nextInt(12);
      List<String> answers = new ArrayList<>();
      List<Double> margins = new ArrayList<>();
      List<List<String>> right = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        answers.add(words[random.nextInt(3)] + " " + words[random.nextInt(3)]);
        margins.add((double) random.nextInt(5));
        right.add(i == 0 || random.nextBoolean() ? List.of() : List.of(words[random.nextInt(3)]));
      }
      Map<String, Double> found = score(0, answers, margins, right);
      double most = 0;
      for (double threshold = -1; threshold < 6; threshold += 0.5) {
        most = Math.max(most, score(threshold, answers, margins, right).get("f1"));
      }
      assertEquals(most, found.get("best_f1"), 1e-12);
      double at = found.get("best_f1_threshold");
      assertEquals(most, score(at, answers, margins, right).get("f1"), 1e-12);
      assertFalse(found.get("f1") > most);
    }
  }

  private static Map<String, Double> score(
      double threshold, List<String> answers, List<Double> margins, List<List<String>> right) {
    SquadScore score = new SquadScore(threshold);
    for (int i = 0; i < answers.size(); i++) {
      score.update(answers.get(i), margins.get(i), right.get(i));
    }
    return score.result();
  }
}
