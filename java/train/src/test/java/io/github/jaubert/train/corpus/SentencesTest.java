package io.github.jaubert.train.corpus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.fixture.Seeds;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SentencesTest {
  @Test
  void sentencesEndWhereAReaderWouldSaySo() {
    assertEquals(
        List.of("One.", " Two!", " “Three?”", " Four…"), split("One. Two! “Three?” Four…"));
    assertEquals(
        List.of("He said “Stop.”", " Then he left."), split("He said “Stop.” Then he left."));
    assertEquals(List.of("“Why?” she asked."), split("“Why?” she asked."));
    assertEquals(
        List.of("J. R. Smith paid 3.50 at www.x.org."),
        split("J. R. Smith paid 3.50 at www.x.org."));
    assertEquals(List.of("一。", "二！」", "三"), split("一。二！」三"));
    assertEquals(List.of("What?!", " No..."), split("What?! No..."));
    assertEquals(List.of("no end"), split("no end"));
    assertEquals(List.of("."), split("."));
    assertEquals(List.of(" a.", "  B."), split(" a.  B."));
  }

  private static List<String> split(String text) {
    return Sentences.of(text);
  }

  @Test
  void nothingIsLostAndNoneIsTooLong() {
    long seed = Seeds.SEED;
    Random random = new Random(seed);
    List<String> parts =
        List.of(
            "a",
            "B",
            ".",
            " ",
            " ",
            "!",
            "”",
            "。",
            "😀",
            "\u3000",
            "x".repeat(5000),
            "y z ".repeat(900),
            "1",
            "…");
    for (int round = 0; round < 300; round++) {
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(80); i >= 0; i--) {
        text.append(parts.get(random.nextInt(random.nextInt(9) == 0 ? parts.size() : 10)));
      }
      List<String> sentences = Sentences.of(text.toString());
      String name = "seed " + seed + ": " + text;
      assertEquals(text.toString(), String.join("", sentences), name);
      for (String sentence : sentences) {
        assertTrue(!sentence.isEmpty() && sentence.length() <= Sentences.LONGEST + 9, name);
        assertTrue(!Character.isLowSurrogate(sentence.charAt(0)), name);
      }
    }
    assertEquals(3, Sentences.of("😀".repeat(5000)).size());
    assertEquals(2, Sentences.of("word ".repeat(1000)).size());
    assertTrue(Sentences.of("word ".repeat(1000)).get(1).startsWith(" "));
  }
}
