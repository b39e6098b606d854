package io.github.jaubert.bert.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.bert.tokenizer.LongTextReader;
import io.github.jaubert.bert.tokenizer.LongTextStrategy;
import io.github.jaubert.bert.tokenizer.SmallVocabulary;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextClassificationTest {
  @TempDir Path temporary;

  /** Saves a random model with a small vocabulary. */
  private Path save(Labels labels) {
    SmallVocabulary.write(temporary.resolve("vocabulary"));
    Path out = temporary.resolve(labels.problemType().name());
    Rng.seed(3);
    BertConfig config = BertConfig.bertBase().withVocabSize(37).withEncoder(24, 2, 3, 40);
    try (SequenceClassifier model = SequenceClassifier.of(config, labels);
        Tokenizer tokenizer = Tokenizer.fromPretrained(temporary.resolve("vocabulary"));
        Scope scope = Scope.open()) {
      float[] head = new float[labels.size() * 24];
      for (int i = 0; i < head.length; i++) {
        head[i] = 10 * (float) Math.sin(i); // large, so that the scores differ
      }
      model.parameter("classifier.weight").tensor().copyFrom(head);
      model.save(out, tokenizer);
    }
    return out;
  }

  /** The logits of a text, by way of the model alone. */
  private static float[] logits(Path folder, String text, String pair) {
    try (SequenceClassifier model = SequenceClassifier.fromPretrained(folder);
        Tokenizer tokenizer = Tokenizer.fromPretrained(folder);
        Scope scope = Scope.open()) {
      return model.forward(TokenBatch.of(tokenizer.encode(text, pair))).toFloats();
    }
  }

  @Test
  void oneLabelOfSeveralHasTheSoftmaxOfTheLogits() {
    Path folder = save(Labels.of("negative", "positive"));
    float[] logits = logits(folder, "a very good film!", null);
    double positive = 1 / (1 + Math.exp(logits[0] - logits[1]));
    try (TextClassification classify = Pipelines.textClassification(folder)) {
      List<LabelScore> scores = classify.of("a very good film!");
      assertEquals(2, scores.size());
      assertTrue(scores.get(0).score() >= scores.get(1).score());
      LabelScore first = scores.get(0);
      assertEquals(first.label().equals("positive") ? positive : 1 - positive, first.score(), 1e-6);
      assertEquals(1, scores.get(0).score() + scores.get(1).score(), 1e-6);
      assertTrue(
          scores
              .toString()
              .matches("\\[(negative|positive) 0\\.\\d{3}, (negative|positive) 0\\.\\d{3}]"),
          scores.toString());
    }
  }

  @Test
  void printsLabelAndThreeDigits() {
    assertEquals(
        "[positive 0.998, negative 0.002]",
        List.of(new LabelScore("positive", 0.9984f), new LabelScore("negative", 0.0016f))
            .toString());
  }

  @Test
  void severalLabelsHaveASigmoidEach() {
    Path folder = save(Labels.multi("a", "b", "c"));
    float[] logits = logits(folder, "the dog", "the fox");
    try (TextClassification classify = Pipelines.textClassification(folder)) {
      for (LabelScore score : classify.of("the dog", "the fox")) {
        double expected = 1 / (1 + Math.exp(-logits[classify.labels().indexOf(score.label())]));
        assertEquals(expected, score.score(), 1e-6);
      }
    }
  }

  @Test
  void aScoreIsTheNumberItself() {
    Path folder = save(Labels.score());
    try (TextClassification classify = Pipelines.textClassification(folder)) {
      List<LabelScore> result = classify.of("the dog");
      assertEquals(1, result.size());
      assertEquals(logits(folder, "the dog", null)[0], result.get(0).score(), 1e-6);
      assertEquals("score", result.get(0).label());
    }
  }

  @Test
  void manyTextsGetWhatEachGetsAloneAndLeaveNoMemory() {
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      texts.add("the quick fox ".repeat(i % 40) + "film");
    }
    try (TextClassification classify =
        Pipelines.textClassification(save(Labels.of("no", "yes", "maybe")))) {
      long before = Memory.live();
      List<List<LabelScore>> all = classify.ofAll(texts);
      assertEquals(before, Memory.live());
      assertEquals(60, all.size());
      for (int i = 0; i < 60; i++) {
        List<LabelScore> alone = classify.of(texts.get(i));
        for (int k = 0; k < 3; k++) {
          assertEquals(alone.get(k).label(), all.get(i).get(k).label());
          assertEquals(alone.get(k).score(), all.get(i).get(k).score(), 1e-6);
        }
      }
      assertEquals(List.of(), classify.ofAll(List.of()));
    }
  }

  @Test
  void aClosedPipelineSaysSo() {
    TextClassification classify = Pipelines.textClassification(save(Labels.of("no", "yes")));
    classify.close();
    String message =
        assertThrows(IllegalStateException.class, () -> classify.of("the dog")).getMessage();
    assertEquals("this TextClassification is closed", message);
    assertThrows(IllegalStateException.class, () -> classify.ofAll(List.of()));
  }

  @Test
  void aFolderWithoutTokenizerOrModelIsRefused() throws Exception {
    Path folder = save(Labels.of("no", "yes"));
    Files.delete(folder.resolve("config.json"));
    assertThrows(CheckpointException.class, () -> Pipelines.textClassification(folder));
    assertThrows(
        CheckpointException.class, () -> Pipelines.textClassification(temporary.resolve("none")));
  }

  @Test
  void anInterruptEndsManyTextsBetweenBatches() {
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      texts.add("the quick fox");
    }
    try (TextClassification pipeline = Pipelines.textClassification(save(Labels.of("no", "yes")))) {
      List<LabelScore> expected = pipeline.of(texts.get(0));
      Thread.currentThread().interrupt();
      assertEquals(expected, pipeline.of(texts.get(0)));
      String message =
          assertThrows(CancellationException.class, () -> pipeline.ofAll(texts)).getMessage();
      assertTrue(message.matches("labelling was interrupted after \\d+ of 2000 texts"), message);
      assertTrue(Thread.interrupted());
      assertEquals(2000, pipeline.ofAll(texts).size());
    } finally {
      Thread.interrupted();
    }
  }

  @Test
  void longTextsAreReadAsTheFolderSays() {
    Path folder = save(Labels.multi("sad", "fun", "long"));
    String text = "the quick brown fox jumps over the lazy dog . a very good film , not bad";
    for (LongTextStrategy strategy :
        List.of(LongTextStrategy.windows(1), LongTextStrategy.headTail(0.5))) {
      try (SequenceClassifier model = SequenceClassifier.fromPretrained(folder);
          Tokenizer tokenizer = Tokenizer.fromPretrained(folder).withMaxLength(8)) {
        model.longTexts(strategy).save(folder, tokenizer);
      }
      try (TextClassification classify = Pipelines.textClassification(folder);
          SequenceClassifier model = SequenceClassifier.fromPretrained(folder);
          Tokenizer tokenizer = Tokenizer.fromPretrained(folder);
          Scope scope = Scope.open()) {
        assertEquals(strategy, model.longTexts());
        List<Encoding> parts = new LongTextReader(tokenizer, strategy).of(text);
        double[] means = new double[3];
        for (Encoding part : parts) {
          float[] logits = model.forward(TokenBatch.of(part)).toFloats();
          for (int i = 0; i < 3; i++) {
            means[i] += logits[i] / (double) parts.size();
          }
        }
        List<List<LabelScore>> all = classify.ofAll(List.of("a film", text, "not bad"));
        LabelScore last = classify.of("not bad").get(0);
        assertEquals(last.label(), all.get(2).get(0).label());
        assertEquals(last.score(), all.get(2).get(0).score(), 1e-5);
        for (LabelScore score : all.get(1)) {
          double mean = means[model.labels().indexOf(score.label())];
          assertEquals(1 / (1 + Math.exp(-mean)), score.score(), 1e-5);
        }
        assertEquals(strategy.kind() == LongTextStrategy.Kind.WINDOWS, parts.size() > 1);
        IllegalArgumentException e =
            assertThrows(IllegalArgumentException.class, () -> classify.of("a", "b"));
        assertTrue(e.getMessage().contains("which is for single ones"), e.getMessage());
      }
    }
  }

  @Test
  void whatAFolderSaysOfLongTextsIsChecked() throws IOException {
    Path folder = save(Labels.of("negative", "positive"));
    Path config = folder.resolve("config.json");
    String json = Files.readString(config);
    for (String said :
        List.of(
            "7",
            "{\"strategy\": \"middle\"}",
            "{\"strategy\": \"head-tail\", \"head_share\": 1.5}",
            "{\"strategy\": \"windows\", \"stride\": 600}",
            "{\"strategy\": \"windows\", \"stride\": -3}")) {
      Files.writeString(config, json.replaceFirst("\\{", "{\"jaubert_long_texts\": " + said + ","));
      assertThrows(CheckpointException.class, () -> Pipelines.textClassification(folder), said);
    }
  }
}
