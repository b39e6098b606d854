package io.github.jaubert.bert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.SafeTensors;
import io.github.jaubert.bert.checkpoint.TestFiles;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Small models for questions against PyTorch's autograd in double precision. The figures are made
 * by src/test/python/golden_question_answering.py.
 */
class QuestionAnswererTest {
  private static final Path GOLDEN = TestFiles.golden().resolveSibling("question-answering");

  @TempDir Path temporary;

  private static JsonNode expected(Path folder) {
    return JsonFiles.readObject(folder.resolve("expected.json"));
  }

  private static int[] ints(JsonNode array) {
    int[] values = new int[array.size()];
    Arrays.setAll(values, i -> array.get(i).asInt());
    return values;
  }

  private static double norm(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value * value;
    }
    return Math.sqrt(sum);
  }

  private static float[] logits(QuestionAnswerer model, TokenBatch batch) {
    try (Scope scope = Scope.open()) {
      return model.forward(batch).toFloats();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bert",
        "deberta",
        "distilbert",
        "electra",
        "ernie",
        "modernbert",
        "mpnet",
        "roberta"
      })
  void lossLogitsAndEveryGradient(String name) {
    Path folder = GOLDEN.resolve(name);
    JsonNode expected = expected(folder);
    TokenBatch batch = Goldens.batch(expected);
    try (QuestionAnswerer model = QuestionAnswerer.fromPretrained(folder);
        SafeTensors gradients = SafeTensors.open(folder.resolve("gradients.safetensors"));
        Scope scope = Scope.open()) {
      assertFalse(model.training());
      model.train();
      Tensor logits = model.forward(batch);
      Tensor loss =
          model.loss(
              logits, batch.lengths(), ints(expected.get("starts")), ints(expected.get("ends")));
      loss.backward();
      assertEquals(expected.get("loss").asDouble(), loss.item(), 1e-5);
      float[] values = logits.toFloats();
      assertEquals(2 * batch.tokens(), values.length);
      for (int i = 0; i < values.length; i++) {
        assertEquals(expected.get("logits").get(i / 2).get(i % 2).asDouble(), values[i], 1e-5);
      }
      assertEquals(gradients.names().size(), model.parameters().size());
      for (Parameter parameter : model.parameters()) {
        assertNotNull(parameter.grad(), parameter.name());
        float[] actual = parameter.grad().toFloats();
        float[] golden = gradients.floats(parameter.name());
        // What adds the same to all logits changes no softmax: its gradient is 0 but for rounding.
        if (norm(golden) < 1e-6) {
          for (float value : actual) {
            assertEquals(0, value, 3e-6, parameter.name());
          }
        } else {
          double error = Goldens.relativeL2(golden, actual);
          assertTrue(error <= 1e-4, parameter.name() + ": relative error " + error);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bert",
        "deberta",
        "distilbert",
        "electra",
        "ernie",
        "modernbert",
        "mpnet",
        "roberta"
      })
  void savesWhatItLoaded(String name) {
    Path folder = GOLDEN.resolve(name);
    Path out = temporary.resolve(name);
    try (QuestionAnswerer model = QuestionAnswerer.fromPretrained(folder)) {
      model.save(out);
    }
    assertTrue(QuestionAnswerer.isIn(out));
    assertFalse(TokenClassifier.isIn(out));
    assertEquals(
        JsonFiles.readObject(folder.resolve("config.json")).get("architectures"),
        JsonFiles.readObject(out.resolve("config.json")).get("architectures"));
    try (SafeTensors before = SafeTensors.open(folder.resolve("model.safetensors"));
        SafeTensors after = SafeTensors.open(out.resolve("model.safetensors"))) {
      assertEquals(new HashSet<>(before.names()), new HashSet<>(after.names()));
      for (String weight : before.names()) {
        assertArrayEquals(before.floats(weight), after.floats(weight), weight);
      }
    }
  }

  @Test
  void batchesWithTheTotalAsDivisorAreOne() {
    Path folder = GOLDEN.resolve("bert");
    JsonNode expected = expected(folder);
    TokenBatch all = Goldens.batch(expected);
    int[] starts = {6, 0, 9, 3, 0, 8};
    int[] ends = {7, 0, 12, 3, 0, 8};
    try (QuestionAnswerer model = QuestionAnswerer.fromPretrained(folder);
        Scope scope = Scope.open()) {
      float whole = model.loss(model.forward(all), all.lengths(), starts, ends).item();
      float sum = 0;
      for (int i = 0; i < all.count(); i++) {
        TokenBatch own = all.sequence(i);
        SpanRows spans = SpanRows.of(own.lengths(), 23); // wider than it need be
        sum +=
            model
                .loss(
                    model.forward(own),
                    Tensor.of(spans.rows()),
                    Tensor.of(spans.padding(), 1, 23),
                    Tensor.of(new int[] {starts[i]}),
                    Tensor.of(new int[] {ends[i]}),
                    all.count())
                .item();
      }
      assertEquals(whole, sum, 1e-5);
      assertThrows(
          IllegalArgumentException.class,
          () -> model.loss(model.forward(all), all.lengths(), starts, new int[] {1}));
    }
    assertThrows(IllegalArgumentException.class, () -> SpanRows.of(PackedSequences.of(3, 7), 6));
  }

  @Test
  void aNewHeadForTrainingAndNoneToUse() {
    long before = Memory.live();
    Path tokens = TestFiles.golden().resolveSibling("token-classifier");
    Path texts = TestFiles.golden().resolve("single-label");
    Rng.seed(3);
    for (Path folder : new Path[] {tokens, texts}) {
      String refusal =
          assertThrows(CheckpointException.class, () -> QuestionAnswerer.fromPretrained(folder))
              .getMessage();
      assertTrue(refusal.contains("whose head is none for questions"), refusal);
      try (QuestionAnswerer model = QuestionAnswerer.forTraining(folder)) {
        assertTrue(model.parameter("qa_outputs.weight").tensor().toFloats()[0] != 0);
      }
    }
    Path bert = GOLDEN.resolve("bert");
    TokenBatch batch = Goldens.batch(expected(bert));
    try (QuestionAnswerer kept = QuestionAnswerer.forTraining(bert);
        QuestionAnswerer used = QuestionAnswerer.fromPretrained(bert)) {
      assertArrayEquals(logits(used, batch), logits(kept, batch));
    }
    assertEquals(before, Memory.live());
  }
}
