package io.github.jaubert.bert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.TestFiles.Values;
import io.github.jaubert.bert.models.bert.Bert;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Shape;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of the head of a checkpoint: used, put in order, left out, or refused. */
class HeadLabelsTest extends LoadFixture {
  /** What a model says of a text, by label. */
  private static Map<String, Float> logits(SequenceClassifier model) {
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      int[] ids = {1, 7, 9, 2};
      float[] logits =
          model.forward(new TokenBatch(ids, new int[4], PackedSequences.of(4))).toFloats();
      Map<String, Float> byName = new TreeMap<>();
      for (int i = 0; i < logits.length; i++) {
        byName.put(model.labels().name(i), logits[i]);
      }
      return byName;
    }
  }

  @Test
  void matchesOutputsAndLabelsByName() {
    configure("id2label", Map.of("0", "bad", "1", "good", "2", "neutral"));
    try (SequenceClassifier stored = SequenceClassifier.fromPretrained(folder)) {
      for (List<String> order :
          List.of(List.of("good", "neutral", "bad"), List.of("neutral", "good", "bad"))) {
        try (SequenceClassifier model =
            SequenceClassifier.fromPretrained(folder, Labels.of(order))) {
          assertEquals(order, model.labels().names());
          assertEquals(logits(stored), logits(model));
        }
      }
      try (SequenceClassifier model =
          SequenceClassifier.fromPretrained(folder, Labels.multi("good", "neutral", "bad"))) {
        assertEquals(logits(stored), logits(model));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"LABEL_0 LABEL_1 LABEL_2, 2 0 1", "0 1 2, LABEL_2 LABEL_0 LABEL_1"})
  void theNumberOfALabelIsItsName(String stored, String wanted) {
    String[] names = stored.split(" ");
    configure("id2label", Map.of("0", names[0], "1", names[1], "2", names[2]));
    try (SequenceClassifier before = SequenceClassifier.fromPretrained(folder);
        SequenceClassifier model =
            SequenceClassifier.fromPretrained(folder, Labels.of(wanted.split(" ")))) {
      Map<String, Float> expected = logits(before);
      Map<String, Float> actual = logits(model);
      for (int i = 0; i < 3; i++) {
        float was = expected.getOrDefault("LABEL_" + i, expected.get("" + i));
        assertEquals(was, actual.getOrDefault("LABEL_" + i, actual.get("" + i)));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "bad good neutral, Bad Good Neutral",
    "bad good neutral, bad good other",
    "bad good neutral, 0 1 2",
    "LABEL_0 LABEL_1 LABEL_2, 1 2 3",
    "LABEL_0 LABEL_1 LABEL_2, bad good neutral"
  })
  void refusesLabelsWithOtherNames(String stored, String wanted) {
    String[] names = stored.split(" ");
    configure("id2label", Map.of("0", names[0], "1", names[1], "2", names[2]));
    String message =
        assertThrows(
                CheckpointException.class,
                () -> SequenceClassifier.fromPretrained(folder, Labels.of(wanted.split(" "))))
            .getMessage();
    assertTrue(
        message.contains(
            "trained for [%s], which are not the labels [%s]; for a new head"
                .formatted(stored.replace(" ", ", "), wanted.replace(" ", ", "))),
        message);
  }

  @Test
  void theNamesOfAnEncodersOldHeadDoNotMatter() {
    weights.keySet().removeIf(name -> name.startsWith("classifier."));
    rewrite(weights);
    configure("problem_type", "regression");
    configure("id2label", Map.of("0", "a", "1", "a", "7", 3));
    configure("num_labels", Integer.MAX_VALUE);
    try (SequenceClassifier model =
        SequenceClassifier.fromPretrained(folder, Labels.of("x", "y"))) {
      assertEquals(Labels.of("x", "y"), model.labels());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"BertForTokenClassification", "BertForQuestionAnswering", "BertForMultipleChoice"})
  void aHeadOfAnotherKindIsNotUsed(String architecture) {
    configure("architectures", List.of(architecture));
    assertTrue(refusal().startsWith(folder + ": is a " + architecture + ", whose head"), refusal());
    assertEquals(0, SequenceClassifier.headOutputs(folder));
    Labels labels = Labels.of("LABEL_0", "LABEL_1", "LABEL_2");
    String log = warnings(() -> SequenceClassifier.fromPretrained(folder, labels));
    assertTrue(log.contains("were initialised, train before use: classifier.weight"), log);
    assertTrue(log.contains("not used: classifier.bias, classifier.weight"), log);
  }

  @Test
  void aModelThatAnswersHasAllItsWeights() {
    for (String missing : List.of("classifier.bias", "bert.pooler.dense.weight")) {
      Map<String, Values> rest = new LinkedHashMap<>(weights);
      rest.remove(missing);
      rewrite(rest);
      assertTrue(refusal().contains(": lacks " + missing + ": its answers would"), refusal());
    }
  }

  @Test
  void anEncoderGetsANewHead() {
    try (SequenceClassifier model =
        SequenceClassifier.of(Bert.fromPretrained(folder), Labels.multi("a", "b", "c", "d", "e"))) {
      assertEquals(Shape.of(5, 21), model.parameter("classifier.weight").shape());
      assertArrayEquals(
          weights.get("bert.pooler.dense.bias").values(),
          model.parameter("bert.pooler.dense.bias").tensor().toFloats());
    }
  }

  @Test
  void refusesAHeadOfAnotherSize() {
    String message =
        assertThrows(
                CheckpointException.class,
                () -> SequenceClassifier.fromPretrained(folder, Labels.of("a", "b")))
            .getMessage();
    assertTrue(
        message.startsWith(
            folder + ": 'classifier.weight' is [3, 21], which does not fit 2 labels"),
        message);
    assertTrue(
        message.contains("SequenceClassifier.of(Encoder.fromPretrained(folder), labels)"), message);
    configure("id2label", Map.of("0", "a", "1", "b"));
    assertEquals(
        folder.resolve("config.json") + ": names 2 labels, but the head has 3 outputs", refusal());
  }

  /** Which output is whose cannot be said, unless by the names that they have here. */
  @Test
  void outputsOfOneNameGiveWayToOtherLabels() {
    configure("id2label", Map.of("0", "x", "1", "x", "2", "y"));
    Labels wanted = Labels.of("a", "b", "c");
    String log = warnings(() -> SequenceClassifier.fromPretrained(folder, wanted));
    assertTrue(log.contains("two outputs are called x, so that the head fits no other"), log);
    assertTrue(log.contains("train before use: classifier.weight, classifier.bias;"), log);
    Map<String, Float> stored;
    try (SequenceClassifier model = SequenceClassifier.fromPretrained(folder)) {
      assertEquals(Labels.of("x", "x_1", "y"), model.labels());
      stored = logits(model);
    }
    try (SequenceClassifier model =
        SequenceClassifier.fromPretrained(folder, Labels.of("y", "x_1", "x"))) {
      assertEquals(stored, logits(model));
    }
    try (SequenceClassifier model = SequenceClassifier.of(Bert.fromPretrained(folder), wanted)) {
      assertEquals(wanted, model.labels());
    }
  }

  @ParameterizedTest
  @CsvSource({"x x x_1, x x_1_1 x_1", "LABEL_1 '' y, LABEL_1 LABEL_1_1 y", "x x x, x x_1 x_2"})
  void everyOutputHasANameOfItsOwn(String stored, String expected) {
    String[] names = stored.split(" ");
    names[1] = names[1].replace("''", "");
    configure("id2label", Map.of("0", names[0], "1", names[1], "2", names[2]));
    try (SequenceClassifier model = SequenceClassifier.fromPretrained(folder)) {
      assertEquals(Labels.of(expected.split(" ")), model.labels());
    }
  }

  /** What the head was trained for is of no matter to one who says what it is for. */
  @Test
  void theKindOfProblemGivesWayToLabels() {
    configure("id2label", Map.of("0", "a", "1", "b", "2", "c"));
    for (String problem : List.of("regression", "some_new_kind")) {
      configure("problem_type", problem);
      try (SequenceClassifier model =
          SequenceClassifier.fromPretrained(folder, Labels.of("c", "b", "a"))) {
        assertEquals(Labels.of("c", "b", "a"), model.labels());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"2147483648 0", "7", "7 0", "0 21", "3 7 1"})
  void aHeadThatIsNoMatrixIsRefusedByAll(String shape) {
    Shape head = Shape.of(Arrays.stream(shape.split(" ")).mapToLong(Long::parseLong).toArray());
    weights.put("classifier.weight", new Values(head, new float[(int) head.numel()]));
    rewrite(weights);
    String expected = folder + ": 'classifier.weight' is " + head + ", no matrix with numbers";
    assertEquals(expected, refusal());
    assertEquals(
        expected,
        assertThrows(CheckpointException.class, () -> SequenceClassifier.headOutputs(folder))
            .getMessage());
  }

  @Test
  void refusesAnEncoderWithoutLabels() {
    weights.keySet().removeIf(name -> name.startsWith("classifier."));
    rewrite(weights);
    assertTrue(
        refusal().startsWith(folder + ": holds an encoder without 'classifier.weight'"), refusal());
  }
}
