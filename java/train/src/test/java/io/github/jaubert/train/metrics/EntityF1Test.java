package io.github.jaubert.train.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.jaubert.train.metrics.EntityF1.Scores;
import io.github.jaubert.train.metrics.TagScheme.Entity;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Against the figures of seqeval, which src/test/python/golden_entities.py wrote down. */
class EntityF1Test {
  private static List<String> tags(String line) {
    return List.of(line.split(" "));
  }

  private static List<String> tags(JsonNode sentence) {
    List<String> tags = new ArrayList<>();
    sentence.forEach(tag -> tags.add(tag.asText()));
    return tags;
  }

  private static void assertScores(JsonNode expected, Scores scores, String where) {
    assertEquals(expected.get(0).asDouble(), scores.precision(), 1e-12, where);
    assertEquals(expected.get(1).asDouble(), scores.recall(), 1e-12, where);
    assertEquals(expected.get(2).asDouble(), scores.f1(), 1e-12, where);
    assertEquals(expected.get(3).asLong(), scores.support(), where);
  }

  @Test
  void figuresAreThoseOfSeqeval() throws IOException {
    JsonNode cases;
    try (InputStream file = EntityF1Test.class.getResourceAsStream("/golden/entities.json")) {
      cases = new JsonMapper().readTree(file);
    }
    Map<String, Integer> seen = new TreeMap<>();
    for (JsonNode golden : cases) {
      TagScheme scheme =
          golden.get("scheme").isNull()
              ? TagScheme.CONLLEVAL
              : TagScheme.valueOf(golden.get("scheme").asText());
      EntityF1 metric = new EntityF1(scheme);
      for (int i = 0; i < golden.get("true").size(); i++) {
        metric.update(tags(golden.get("predicted").get(i)), tags(golden.get("true").get(i)));
      }
      String where = golden.toString();
      assertScores(golden.get("micro"), metric.overall(), where);
      assertEquals(golden.get("types").size(), metric.byType().size(), where);
      metric
          .byType()
          .forEach((type, scores) -> assertScores(golden.get("types").get(type), scores, where));
      if (!golden.get("accuracy").isNull()) {
        assertEquals(
            golden.get("accuracy").asDouble(), metric.result().get("accuracy"), 1e-12, where);
      }
      seen.merge(scheme + (metric.overall().f1() > 0 ? " found" : " missed"), 1, Integer::sum);
    }
    for (TagScheme scheme : TagScheme.values()) {
      assertTrue(seen.getOrDefault(scheme + " found", 0) >= 10, seen.toString());
    }
  }

  @Test
  void entitiesHaveTheirPlaces() {
    List<String> tags = tags("I-PER I-PER B-PER O I-LOC I-ORG");
    assertEquals(
        List.of(
            new Entity("PER", 0, 1),
            new Entity("PER", 2, 2),
            new Entity("LOC", 4, 4),
            new Entity("ORG", 5, 5)),
        TagScheme.CONLLEVAL.entities(tags));
    assertEquals(List.of(new Entity("PER", 2, 2)), TagScheme.IOB2.entities(tags));
    assertEquals(
        List.of(new Entity("A", 0, 2), new Entity("B", 3, 3)),
        TagScheme.IOBES.entities(tags("B-A I-A E-A S-B B-A I-A O E-A")));
    assertEquals(
        List.of(new Entity("A", 0, 1), new Entity("A", 2, 2)),
        TagScheme.BILOU.entities(tags("B-A L-A U-A B-A L-B")));
    assertEquals(List.of(), TagScheme.CONLLEVAL.entities(List.of()));
  }

  @Test
  void resultNamesTheValues() {
    EntityF1 metric = new EntityF1();
    metric.update(tags("B-PER O B-LOC"), tags("B-PER O B-PER"));
    assertEquals(
        List.of("f1", "precision", "recall", "accuracy", "f1 (LOC)", "f1 (PER)"),
        List.copyOf(metric.result().keySet()));
    assertEquals(2 / 3.0, metric.result().get("f1 (PER)"), 1e-15); // 1 of 1 right, 1 of 2 found
    assertEquals(0.5, metric.result().get("f1"), 1e-15);
    assertEquals(
        """
             precision  recall      f1  entities
        LOC     0.0000  0.0000  0.0000         0
        PER     1.0000  0.5000  0.6667         2
        all     0.5000  0.5000  0.5000         2
        """,
        metric.table().replace("\r\n", "\n"));
    metric.reset();
    assertEquals(0, metric.result().get("f1"));
    assertTrue(Double.isNaN(metric.result().get("accuracy")));
    assertEquals(4, metric.result().size());
  }

  @Test
  void whatCannotBeCountedIsRefused() {
    EntityF1 metric = new EntityF1(TagScheme.IOB2);
    assertEquals(
        "update: 2 predicted tags and 1 true ones",
        assertThrows(IllegalArgumentException.class, () -> metric.update(tags("O O"), tags("O")))
            .getMessage());
    assertEquals(
        "tag 'S-PER' is none of IOB2: its tags begin with one of B, I, O",
        assertThrows(
                IllegalArgumentException.class, () -> metric.update(tags("B-PER"), tags("S-PER")))
            .getMessage());
    assertEquals(0, metric.byType().size());
    assertThrows(
        IllegalArgumentException.class, () -> TagScheme.CONLLEVAL.entities(List.of("O", "")));
  }
}
