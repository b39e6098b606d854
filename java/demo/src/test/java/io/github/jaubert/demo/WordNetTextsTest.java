package io.github.jaubert.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class WordNetTextsTest {
  @Test
  void aMeaningIsItsWordsAndItsGloss() {
    assertEquals(
        "galore: existing in abundance; \"bargains galore\"",
        WordNetTexts.text(
            "00014490 00 s 01 galore(ip) 0 001 & 00013887 a 0000 | existing in abundance;"
                + " \"bargains galore\"  "));
    assertEquals(
        "sea mouse, Aphrodite: a worm",
        WordNetTexts.text("1 05 n 02 sea_mouse 0 Aphrodite 1 001 @ 2 n 0000 | a worm"));
  }

  @Test
  void everyMeaningIsThere() {
    List<String> texts = WordNetTexts.load();
    assertEquals(117_791, texts.size());
    assertTrue(texts.stream().allMatch(text -> text.matches("[^|]+: .+")));
    assertTrue(
        texts.stream().anyMatch(text -> text.startsWith("mouse: any of numerous small rodents")));
  }
}
