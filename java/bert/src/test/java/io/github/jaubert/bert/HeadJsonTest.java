package io.github.jaubert.bert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.models.bert.BertConfig;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What config.json says of a head. */
class HeadJsonTest {
  private static ConfigJson json(String text) {
    return ConfigJson.of(
        "config.json", JsonFiles.parseObject("config.json", text.getBytes(StandardCharsets.UTF_8)));
  }

  private static Labels labels(String text, int outputs) {
    return HeadJson.readLabels(json(text), outputs);
  }

  @Test
  void readsLabels() {
    assertEquals(Labels.of("LABEL_0", "LABEL_1"), labels("{}", 2));
    assertEquals(
        Labels.of("no", "yes"), labels("{\"id2label\": {\"1\": \"yes\", \"0\": \"no\"}}", 2));
    assertEquals(Labels.of("LABEL_0", "LABEL_1", "LABEL_2"), labels("{\"num_labels\": 3}", 3));
    assertEquals(Labels.score("LABEL_0"), labels("{\"id2label\": {\"0\": \"LABEL_0\"}}", 1));
    assertEquals(
        Labels.multi("a", "b"),
        labels(
            "{\"id2label\": {\"0\": \"a\", \"1\": \"b\"}, \"problem_type\": \"multi_label_classification\"}",
            2));
  }

  /** What transformers loads, too; it calls the labels of num_labels 3 as it does without names. */
  @Test
  void readsLabelsThatAreNotQuiteRight() {
    assertEquals(Labels.of("0", "1"), labels("{\"id2label\": {\"0\": 0, \"1\": 1}}", 2));
    assertEquals(Labels.of("x", "x_1"), labels("{\"id2label\": {\"0\": \"x\", \"1\": \"x\"}}", 2));
    assertEquals(
        Labels.of("LABEL_0", "neg"), labels("{\"id2label\": {\"1\": \"neg\", \"2\": \"pos\"}}", 2));
    assertEquals(
        Labels.of("LABEL_0", "LABEL_1", "LABEL_2"),
        labels("{\"num_labels\": 3, \"id2label\": {\"0\": \"a\", \"1\": \"b\"}}", 3));
    assertEquals(
        Labels.of("LABEL_0", "b"), labels("{\"id2label\": {\"0\": null, \"1\": \"b\"}}", 2));
  }

  @Test
  void writesLabels() {
    for (Labels labels : List.of(Labels.of("no", "yes"), Labels.multi("a"), Labels.score())) {
      ObjectNode json = PretrainedFolder.config(BertConfig.bertBase(), "ForSequenceClassification");
      HeadJson.write(json, labels);
      assertEquals(labels, HeadJson.readLabels(ConfigJson.of("config.json", json), labels.size()));
      assertEquals(labels.size(), json.get("label2id").size());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"num_labels\": 2147483647} | names 2147483647 labels, but the head has 2 outputs",
        "{\"id2label\": {\"0\": \"a\"}} | names 1 labels, but the head has 2 outputs",
        "{\"id2label\": {\"0\": \"a\", \"1\": \"b\"}, \"problem_type\": \"regression\"} | problem_type regression has 2 labels",
        "{\"id2label\": {\"0\": \"a\", \"1\": \"b\"}, \"problem_type\": \"ranking\"} | problem_type 'ranking' is not known"
      })
  void refusesLabelsThatAreNotPossible(String text, String message) {
    CheckpointException e = assertThrows(CheckpointException.class, () -> labels(text, 2));
    assertTrue(e.getMessage().startsWith("config.json: " + message), e.getMessage());
  }

  @Test
  void labelsKnowTheirNames() {
    Labels labels = Labels.of("negative", "positive");
    assertEquals(1, labels.indexOf("positive"));
    assertEquals("negative", labels.name(0));
    assertEquals("SINGLE_LABEL [negative, positive]", labels.toString());
    assertEquals(
        "label 'neutral' is not one of [negative, positive]",
        assertThrows(IllegalArgumentException.class, () -> labels.indexOf("neutral")).getMessage());
    assertThrows(IllegalArgumentException.class, () -> Labels.of("one"));
    assertThrows(IllegalArgumentException.class, () -> Labels.of("a", ""));
    assertThrows(IllegalArgumentException.class, Labels::multi);
  }
}
