package io.github.jaubert.bert.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.TestFiles;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.tensor.Memory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Scores against those of transformers, which src/test/python/golden_zero_shot.py writes. */
class ZeroShotClassificationTest {
  private static final Path FOLDER = TestFiles.golden("zero-shot");
  private static final JsonNode CASES = JsonFiles.readObject(FOLDER.resolve("cases.json"));

  @TempDir Path temporary;

  /** The model with other names of its outputs. */
  private ZeroShotClassification pipeline(List<String> names) {
    Path folder = temporary.resolve(String.join("-", names));
    try (SequenceClassifier model = SequenceClassifier.fromPretrained(FOLDER);
        Tokenizer tokenizer = Tokenizer.fromPretrained(FOLDER)) {
      SequenceClassifier named = SequenceClassifier.of(model.config(), Labels.of(names));
      try (named) {
        for (int i = 0; i < model.parameters().size(); i++) {
          named
              .parameters()
              .get(i)
              .tensor()
              .copyFrom(model.parameters().get(i).tensor().toFloats());
        }
        named.save(folder, tokenizer);
      }
    }
    return Pipelines.zeroShotClassification(folder);
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(text -> texts.add(text.asText()));
    return texts;
  }

  @Test
  void scoresAreThoseOfTransformers() {
    long before = Memory.live();
    for (JsonNode one : CASES.get("cases")) {
      JsonNode settings = one.get("settings");
      try (ZeroShotClassification classify = pipeline(texts(one.get("names")))) {
        classify
            .hypothesisTemplate(
                settings.path("hypothesis_template").asText(ZeroShotClassification.USUAL_TEMPLATE))
            .multiLabel(settings.path("multi_label").asBoolean(false));
        List<LabelScore> scores =
            classify.of(one.get("text").asText(), texts(one.get("candidate_labels")));
        assertEquals(
            texts(one.get("labels")),
            scores.stream().map(LabelScore::label).toList(),
            one.toString());
        for (int i = 0; i < scores.size(); i++) {
          assertEquals(
              one.get("scores").get(i).asDouble(), scores.get(i).score(), 1e-5, one.toString());
        }
      }
    }
    assertEquals(12, CASES.get("cases").size());
    assertEquals(before, Memory.live());
  }

  @Test
  void manyAtOnceAreAsOneByOne() {
    List<String> texts = new ArrayList<>();
    CASES.get("cases").forEach(one -> texts.add(one.get("text").asText()));
    List<String> labels = List.of("sports", "films", "urgent");
    try (ZeroShotClassification classify = Pipelines.zeroShotClassification(FOLDER)) {
      List<List<LabelScore>> all = classify.ofAll(texts, labels);
      for (int i = 0; i < texts.size(); i++) {
        List<LabelScore> alone = classify.of(texts.get(i), labels);
        for (int j = 0; j < labels.size(); j++) {
          assertEquals(alone.get(j).label(), all.get(i).get(j).label());
          assertEquals(alone.get(j).score(), all.get(i).get(j).score(), 1e-6);
        }
      }
      assertEquals(List.of(), classify.ofAll(List.of(), labels));
    }
  }

  /** The tokens that are kept are those of the first text alone that fit, and all of the second. */
  @Test
  void theFirstTextAloneIsCut() {
    Random random = new Random(Seeds.SEED);
    String[] words = {"team", "voters", "rocket", "zzz", "café", ",", "stars", "gaming"};
    try (Tokenizer whole = Tokenizer.fromPretrained(FOLDER).withMaxLength(4096);
        Tokenizer cutting = Tokenizer.fromPretrained(FOLDER).cuttingFirst()) {
      for (int round = 0; round < 40; round++) {
        // Also so long that only a part of the text is read.
        String first = text(random, words, round == 0 ? 600 : random.nextInt(60));
        String second = text(random, words, random.nextInt(8));
        int[] expected = whole.encode(first, second).ids();
        int behind = whole.encode("", second).length() - 2; // without [CLS] and the first [SEP]
        Encoding cut = cutting.encode(first, second);
        if (expected.length > 32) {
          int[] ids = Arrays.copyOf(expected, 32);
          System.arraycopy(
              expected, expected.length - behind - 1, ids, 32 - behind - 1, behind + 1);
          expected = ids;
        }
        assertEquals(Arrays.toString(expected), Arrays.toString(cut.ids()), first + " | " + second);
      }
      String full = text(random, words, 60);
      assertThrows(CheckpointException.class, () -> cutting.encode("team", full));
    }
  }

  private static String text(Random random, String[] words, int count) {
    StringBuilder text = new StringBuilder("the ");
    for (int i = 0; i < count; i++) {
      text.append(words[random.nextInt(words.length)]).append(' ');
    }
    return text.toString();
  }

  @Test
  void whatCannotBeMeantIsRefused() {
    try (ZeroShotClassification classify = Pipelines.zeroShotClassification(FOLDER)) {
      assertMessage("no candidate label", () -> classify.of("text", List.of()));
      assertMessage("is blank", () -> classify.of("text", List.of("a", " ")));
      assertMessage(
          "'no place': {} must stand once", () -> classify.hypothesisTemplate("no place"));
      assertMessage("must stand once", () -> classify.hypothesisTemplate("{} and {}"));
      assertMessage(
          "leaves no room for a text: the model takes 32 tokens",
          () -> classify.of("text", List.of("sport ".repeat(40))));
      classify.close();
      assertThrows(IllegalStateException.class, () -> classify.of("text", List.of("a")));
    }
    CheckpointException score =
        assertThrows(
            CheckpointException.class,
            () -> {
              Path folder = temporary.resolve("score");
              try (SequenceClassifier nli = SequenceClassifier.fromPretrained(FOLDER);
                  SequenceClassifier model = SequenceClassifier.of(nli.config(), Labels.score());
                  Tokenizer tokenizer = Tokenizer.fromPretrained(FOLDER)) {
                model.save(folder, tokenizer);
              }
              Pipelines.zeroShotClassification(folder);
            });
    assertTrue(
        score.getMessage().contains("tells entailment from contradiction"), score.getMessage());
  }

  private static void assertMessage(String part, Runnable call) {
    String message = assertThrows(IllegalArgumentException.class, call::run).getMessage();
    assertTrue(message.contains(part), message);
  }
}
