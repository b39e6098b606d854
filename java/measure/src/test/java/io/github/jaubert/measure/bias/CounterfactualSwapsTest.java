package io.github.jaubert.measure.bias;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.pipeline.LabelScore;
import io.github.jaubert.bert.pipeline.Pipelines;
import io.github.jaubert.bert.pipeline.TextClassification;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.train.data.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A small random classifier on texts of random words. */
class CounterfactualSwapsTest {
  private static final Path MODEL = Path.of("../bert/src/test/resources/golden/zero-shot");
  private static final long SEED = Seeds.SEED;

  @TempDir Path temporary;

  @Test
  void flipsAreThoseOfTheTexts() throws IOException {
    Random random = new Random(SEED ^ 0x73776170);
    List<String> words =
        Files.readAllLines(MODEL.resolve("vocab.txt")).stream()
            .filter(word -> word.matches("[a-z]+"))
            .toList();
    Path file = temporary.resolve("swaps.tsv");
    Files.writeString(
        file,
        "# two words\n" + words.get(0) + "\t" + words.get(1) + "\n\n" + words.get(2) + ",x\n");
    WordSwaps swaps = WordSwaps.read(file);
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      StringBuilder text = new StringBuilder();
      for (int j = 0; j < 6; j++) {
        text.append(words.get(random.nextInt(words.size()))).append(' ');
      }
      texts.add(text.append(i == 0 ? words.get(0) : ".").toString());
    }
    List<int[]> heard = new ArrayList<>();
    try (TextClassification model = Pipelines.textClassification(MODEL)) {
      CounterfactualSwaps.Result result =
          CounterfactualSwaps.measure(
              model,
              texts,
              null,
              swaps,
              (work, done, all) -> heard.add(new int[] {done, all}),
              Bootstrap.of(1));
      List<String> before = texts.stream().filter(t -> !swaps.swap(t).equals(t)).toList();
      List<List<LabelScore>> first = model.ofAll(before);
      List<List<LabelScore>> second = model.ofAll(before.stream().map(swaps::swap).toList());
      int flipped = 0;
      double changes = 0;
      int next = 0;
      for (String text : before) {
        LabelScore best = first.get(next).get(0);
        List<LabelScore> after = second.get(next);
        CounterfactualSwaps.Swap swap = result.swaps().get(next++);
        String said = "jaubert.seed " + SEED + ": " + swap;
        assertEquals(text, swap.text(), said);
        assertEquals(swaps.swap(text), swap.swapped(), said);
        assertEquals(best.label(), swap.label(), said);
        assertEquals(after.get(0).label(), swap.swappedLabel(), said);
        double later =
            after.stream()
                .filter(one -> one.label().equals(best.label()))
                .findFirst()
                .orElseThrow()
                .score();
        assertEquals(best.score() - later, swap.change(), 1e-9, said);
        flipped += swap.isFlipped() ? 1 : 0;
        changes += Math.abs(swap.change());
      }
      assertEquals(next, result.swaps().size());
      assertTrue(next >= 1);
      assertEquals(100.0 * flipped / next, result.flipped().value(), 1e-9);
      assertEquals(changes / next, result.change().value(), 1e-9);
      assertEquals(2, heard.size());
      assertThrows(
          IllegalArgumentException.class,
          () ->
              CounterfactualSwaps.measure(
                  model, List.of("-"), null, swaps, BiasListener.NONE, Bootstrap.of(1)));
    }
  }

  @Test
  void listsAreChecked() throws IOException {
    Path file = temporary.resolve("bad.tsv");
    for (String bad : List.of("", "# nothing", "he", "he\tshe\tit", "he she", "a b\tc")) {
      Files.writeString(file, bad);
      assertThrows(DataException.class, () -> WordSwaps.read(file), bad);
    }
    assertThrows(DataException.class, () -> WordSwaps.read(temporary.resolve("none")));
  }
}
