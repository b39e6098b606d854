package io.github.jaubert.measure.similar;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.measure.similar.TextIndex.Group;
import io.github.jaubert.measure.similar.TextIndex.Shared;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TextIndexTest {
  private final Random random = new Random(Seeds.seed("index"));

  /** A text that has next to nothing in common with another one. */
  private String text(int length) {
    StringBuilder text = new StringBuilder();
    while (text.length() < length) {
      text.append((char) ('a' + random.nextInt(26)));
      text.append(random.nextInt(5) == 0 ? " " : "");
    }
    return text.toString().strip();
  }

  private static void add(TextIndex index, String text, long line, String label) {
    index.add(ReadText.of(text, null), line, label.hashCode());
  }

  @Test
  void jaccardIsThatOfSets() {
    for (int i = 0; i < 50; i++) {
      String one = text(1 + random.nextInt(200));
      String other =
          one.substring(0, random.nextInt(one.length() + 1)) + text(1 + random.nextInt(9));
      Set<String> a = pieces(one);
      Set<String> b = pieces(other);
      Set<String> both = new HashSet<>(a);
      both.retainAll(b);
      Set<String> any = new HashSet<>(a);
      any.addAll(b);
      double truth = (double) both.size() / any.size();
      assertEquals(truth, MinHash.jaccard(one, other), 1e-12, Seeds.said());
    }
  }

  private static Set<String> pieces(String text) {
    Set<String> pieces = new HashSet<>();
    for (int i = 0; i < Math.max(1, text.length() - 4); i++) {
      pieces.add(text.substring(i, Math.min(text.length(), i + 5)));
    }
    return pieces;
  }

  /**
   * Of 400 characters one is another: Jaccard's index is 0.97, so that none is missed by chance.
   */
  @Test
  void similarTextsAreInAGroupWithAllThatLeadToThem() {
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      texts.add(text(400));
    }
    String start = texts.get(7);
    for (int step = 1; step <= 3; step++) { // a chain, away from the first
      start = start.substring(0, 100 * step) + "0" + start.substring(100 * step + 1);
      texts.add(start);
    }
    texts.add(texts.get(20).replaceFirst("..$", "99"));
    try (TextIndex index = new TextIndex()) {
      for (int i = 0; i < texts.size(); i++) {
        add(index, texts.get(i), i + 2, "x");
      }
      assertEquals(texts.size(), index.size());
      List<Group> groups = index.similar(0.9);
      assertEquals(2, groups.size(), Seeds.said());
      assertArrayEquals(new int[] {7, 300, 301, 302}, groups.get(0).texts(), Seeds.said());
      assertArrayEquals(new int[] {20, 303}, groups.get(1).texts(), Seeds.said());
      Group measured = index.measured(groups.get(0), 3);
      assertEquals(3, measured.texts().length);
      assertEquals(1, measured.similarity()[0]);
      assertTrue(measured.similarity()[1] > measured.similarity()[2], Seeds.said());
    }
  }

  @Test
  void equalTextsAreCountedOnceWithTheirLabels() {
    try (TextIndex index = new TextIndex()) {
      add(index, "The film, again!", 2, "good");
      add(index, "the FILM again", 3, "good");
      add(index, "The film, again!", 4, "bad");
      add(index, "another film", 5, "bad");
      assertEquals(2, index.size());
      assertEquals(2, index.repeated());
      assertEquals(1, index.identical());
      assertEquals(1, index.conflicting());
      assertArrayEquals(new int[] {0}, index.commonest(9));
      assertEquals(3, index.rows(0));
      assertEquals(2, index.line(0));
      assertEquals("The film, again!", index.shown(0));
    }
  }

  @Test
  void whatIsInAnotherDataSetIsFoundAndNothingElse() {
    List<String> learnt = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      learnt.add(text(300));
    }
    try (TextIndex train = new TextIndex();
        TextIndex judged = new TextIndex()) {
      for (int i = 0; i < learnt.size(); i++) {
        add(train, learnt.get(i), i + 2, "x");
      }
      add(judged, text(300), 2, "x");
      add(judged, learnt.get(9).toUpperCase(), 3, "x");
      add(judged, text(300), 4, "x");
      add(judged, learnt.get(30) + " q", 5, "y");
      List<Shared> shared = judged.shared(train, 0.9);
      assertEquals(2, shared.size(), Seeds.said());
      assertEquals(new Shared(1, 9, 1, true), shared.get(0), Seeds.said());
      assertEquals(3, shared.get(1).text());
      assertEquals(30, shared.get(1).other());
      assertEquals(false, shared.get(1).sameLabel());
      assertTrue(shared.get(1).similarity() > 0.95 && shared.get(1).similarity() < 1, Seeds.said());
    }
  }

  /** Few bytes in memory: texts come back from the file as they come back from memory. */
  @Test
  void textsComeBackFromTheFile() {
    try (TextStore store = new TextStore(4096)) {
      List<String> texts = new ArrayList<>();
      for (int i = 0; i < 400; i++) {
        texts.add("größe " + text(i % 50 == 3 ? 9000 : 1 + random.nextInt(90)));
        store.add("shown " + i, texts.get(i));
        int back = random.nextInt(i + 1);
        assertEquals(texts.get(back), store.normal(back), Seeds.said());
      }
      for (int i = 0; i < texts.size(); i++) {
        assertEquals(texts.get(i), store.normal(i), Seeds.said());
        assertEquals("shown " + i, store.shown(i));
      }
    }
  }
}
