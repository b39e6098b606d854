package io.github.jaubert.bert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.SafeTensors;
import io.github.jaubert.bert.checkpoint.TestFiles;
import io.github.jaubert.bert.models.electra.ElectraConfig;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Small models for multiple choice against PyTorch's autograd in double precision. The figures are
 * made by src/test/python/golden_multiple_choice.py.
 */
class MultipleChoiceModelTest {
  private static final Path GOLDEN = TestFiles.golden().resolveSibling("multiple-choice");

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
    try (MultipleChoiceModel model = MultipleChoiceModel.fromPretrained(folder);
        SafeTensors gradients = SafeTensors.open(folder.resolve("gradients.safetensors"));
        Scope scope = Scope.open()) {
      assertFalse(model.training());
      model.train();
      Tensor logits = model.forward(batch);
      Tensor loss =
          model.loss(
              logits,
              PackedSequences.of(ints(expected.get("choices"))),
              ints(expected.get("answers")));
      loss.backward();
      assertEquals(expected.get("loss").asDouble(), loss.item(), 1e-5);
      float[] values = logits.toFloats();
      assertEquals(batch.count(), values.length);
      for (int i = 0; i < values.length; i++) {
        assertEquals(expected.get("logits").get(i).asDouble(), values[i], 1e-5);
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
    try (MultipleChoiceModel model = MultipleChoiceModel.fromPretrained(folder)) {
      model.save(out);
    }
    assertTrue(MultipleChoiceModel.isIn(out));
    assertFalse(QuestionAnswerer.isIn(out));
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
    int[] choices = ints(expected.get("choices"));
    int[] answers = ints(expected.get("answers"));
    try (MultipleChoiceModel model = MultipleChoiceModel.fromPretrained(folder);
        Scope scope = Scope.open()) {
      Tensor logits = model.forward(all);
      float whole = model.loss(logits, PackedSequences.of(choices), answers).item();
      float sum = 0;
      int from = 0;
      for (int i = 0; i < choices.length; i++) {
        SpanRows table = SpanRows.of(PackedSequences.of(choices[i]), 5); // wider than it need be
        sum +=
            model
                .loss(
                    logits.narrow(0, from, choices[i]),
                    Tensor.of(table.rows()),
                    Tensor.of(table.padding(), 1, 5),
                    Tensor.of(new int[] {answers[i]}),
                    choices.length)
                .item();
        from += choices[i];
      }
      assertEquals(whole, sum, 1e-5);
      assertThrows(
          IllegalArgumentException.class,
          () -> model.loss(logits, PackedSequences.of(choices), new int[] {1, 2, 0}));
      assertThrows(
          IllegalArgumentException.class,
          () -> model.loss(logits, PackedSequences.of(choices), new int[] {1}));
    }
  }

  @Test
  void aNewHeadForTrainingAndNoneToUse() throws IOException {
    long before = Memory.live();
    Path texts = TestFiles.golden().resolve("single-label");
    Rng.seed(3);
    String refusal =
        assertThrows(CheckpointException.class, () -> MultipleChoiceModel.fromPretrained(texts))
            .getMessage();
    assertTrue(refusal.contains("whose head is none for choices"), refusal);
    try (MultipleChoiceModel model = MultipleChoiceModel.forTraining(texts)) {
      assertEquals(1, model.parameter("classifier.weight").tensor().size(0));
    }
    Path electra = temporary.resolve("electra");
    try (MultipleChoiceModel model =
        MultipleChoiceModel.of(
            new ElectraConfig(
                ElectraConfig.electraSmall().bert().withVocabSize(9).withEncoder(8, 1, 1, 8), 4))) {
      model.save(electra);
    }
    ObjectNode json = JsonFiles.readObject(electra.resolve("config.json"));
    json.put("summary_type", "mean");
    Files.write(electra.resolve("config.json"), JsonFiles.format(json));
    String summary =
        assertThrows(CheckpointException.class, () -> MultipleChoiceModel.fromPretrained(electra))
            .getMessage();
    assertTrue(summary.contains("summary_type is 'mean'"), summary);
    assertEquals(before, Memory.live());
  }
}
