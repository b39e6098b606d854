package io.github.jaubert.bert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.models.bert.BertConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From which probability on a label holds, and how a folder keeps it. */
class ThresholdsTest {
  private static final Labels SEVERAL = Labels.multi("a", "b", "c");
  private static final Labels TWO = Labels.of("ham", "spam");

  @TempDir Path folder;

  @Test
  void decidesByLabel() {
    boolean[] usual = Thresholds.usual(SEVERAL).decide(0.5f, 0.51f, 0.2f);
    assertArrayEquals(new boolean[] {false, true, false}, usual);
    Thresholds chosen = Thresholds.of(SEVERAL, Map.of("a", 0.9f, "c", 0.1f));
    assertArrayEquals(new boolean[] {false, true, true}, chosen.decide(0.85f, 0.51f, 0.2f));
    assertEquals(0.5f, chosen.of("b"));

    assertArrayEquals(
        new boolean[] {false, false, true},
        Thresholds.usual(Labels.of("a", "b", "c")).decide(0.3f, 0.3f, 0.4f));
    assertArrayEquals(
        new boolean[] {false, true}, Thresholds.of(TWO, Map.of("spam", 0.2f)).decide(0.75f, 0.25f));
    assertArrayEquals(
        new boolean[] {false, true}, Thresholds.of(TWO, Map.of("ham", 0.8f)).decide(0.75f, 0.25f));
    assertArrayEquals(new boolean[] {true, false}, Thresholds.usual(TWO).decide(0.75f, 0.25f));
  }

  @Test
  void whatIsNoThresholdIsRefused() {
    refuses("label 'd' is not one of", SEVERAL, Map.of("d", 0.5f));
    refuses("the threshold of 'a' is NaN; from 0 to 1", SEVERAL, Map.of("a", Float.NaN));
    refuses("the threshold of 'a' is 1.5; from 0 to 1", SEVERAL, Map.of("a", 1.5f));
    refuses("of which one may have one", TWO, Map.of("ham", 0.5f, "spam", 0.5f));
    refuses("none has a threshold", Labels.of("a", "b", "c"), Map.of("a", 0.5f));
    refuses("none has a threshold", Labels.score(), Map.of("score", 0.5f));
    assertThrows(
        IllegalArgumentException.class, () -> Thresholds.usual(SEVERAL).decide(0.5f, 0.5f));
  }

  private static void refuses(String why, Labels labels, Map<String, Float> thresholds) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> Thresholds.of(labels, thresholds))
            .getMessage();
    assertTrue(message.contains(why), message);
  }

  @Test
  void aFolderKeepsThem() throws IOException {
    BertConfig config = BertConfig.bertBase().withVocabSize(20).withEncoder(12, 1, 2, 16);
    Map<String, Float> chosen = Map.of("a", 0.125f, "c", 0.3f);
    try (SequenceClassifier model = SequenceClassifier.of(config, SEVERAL)) {
      model.save(folder);
      assertFalse(Files.readString(folder.resolve("config.json")).contains("jaubert_thresholds"));
      model.thresholds(chosen).save(folder);
    }
    try (SequenceClassifier model = SequenceClassifier.fromPretrained(folder)) {
      assertEquals(chosen, model.thresholds().byLabel());
    }
    // Other labels of as many outputs have none.
    Path file = folder.resolve("config.json");
    ObjectNode json = JsonFiles.readObject(file);
    json.putObject("jaubert_thresholds").put("x", 0.5);
    Files.write(file, JsonFiles.format(json));
    try (SequenceClassifier model = SequenceClassifier.fromPretrained(folder)) {
      assertFalse(model.thresholds().isChosen());
    }
    json.putObject("jaubert_thresholds").put("a", "high");
    Files.write(file, JsonFiles.format(json));
    String message =
        assertThrows(CheckpointException.class, () -> SequenceClassifier.fromPretrained(folder))
            .getMessage();
    assertTrue(message.contains("jaubert_thresholds has \"high\" for 'a'"), message);
  }
}
