package io.github.jaubert.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.train.data.Example;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class WordNetGlossesTest {
  private static Set<String> texts(List<Example> rows) {
    return rows.stream().map(Example::text).collect(Collectors.toSet());
  }

  @Test
  void definitionEndsWhereTheExamplesBegin() {
    assertEquals(
        "a small house",
        WordNetGlosses.definition("1 06 n | a small house; \"they had a cabin\"; \"my cabin\"  "));
    assertEquals(
        "a complete extent",
        WordNetGlosses.definition("1 09 n | a complete extent: \"a gamut of emotions\"  "));
    assertEquals("one; two", WordNetGlosses.definition("1 09 n | one; two  "));
  }

  @Test
  void categoryIsTheSecondField() {
    assertEquals("noun.Tops", WordNetGlosses.category("00001740 03 n 01 entity 0 003"));
    assertEquals("noun.time", WordNetGlosses.category("15136823 28 n 01 mid-February 0 003"));
  }

  @Test
  void samplesAreFixedDisjointAndAsFrequentAsInNature() {
    WordNetGlosses data = WordNetGlosses.load();
    List<Example> train = data.train().rows();
    List<Example> test = data.test().rows();
    assertEquals(WordNetGlosses.TRAIN_SIZE, texts(train).size());
    assertEquals(WordNetGlosses.TEST_SIZE, texts(test).size());
    Set<String> both = new HashSet<>(texts(train));
    both.retainAll(texts(test));
    assertEquals(Set.of(), both);
    // The very definitions, so that accuracies of different days and machines can be compared.
    assertEquals(Example.of("payment for insurance", "noun.possession"), train.get(0));
    assertEquals(Example.of("cancer of the uterine lining", "noun.state"), test.get(0));
    // 11,605 of 82,221 nouns are artifacts.
    double artifacts =
        train.stream().filter(e -> e.label().equals("noun.artifact")).count()
            / (double) train.size();
    assertEquals(0.141, artifacts, 0.012);
    assertEquals(
        Set.copyOf(WordNetGlosses.CATEGORIES),
        train.stream().map(Example::label).collect(Collectors.toSet()));
    assertEquals(data.train().rows(), WordNetGlosses.load().train().rows());
  }

  @Test
  void theTestSetDoesNotDependOnTheTrainingSet() {
    WordNetGlosses small = WordNetGlosses.load(100, 50);
    assertEquals(100, small.train().size());
    assertEquals(WordNetGlosses.load(200, 50).test().rows(), small.test().rows());
    assertTrue(WordNetGlosses.load(200, 50).train().rows().containsAll(small.train().rows()));
    assertThrows(IllegalArgumentException.class, () -> WordNetGlosses.load(100_000, 1));
  }
}
