package io.github.jaubert.bert;

import static io.github.jaubert.bert.Goldens.relativeL2;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.TestFiles;
import io.github.jaubert.bert.checkpoint.TestFiles.Values;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * A small BERT of 1,001 tokens with both heads against PyTorch's autograd in double precision. The
 * figures are made by src/test/python/golden_masked_language.py.
 */
class PreTrainingModelTest extends LoadFixture {
  private static final Path GOLDEN = TestFiles.golden("masked-language").resolve("pre-training");
  private static final JsonNode EXPECTED = JsonFiles.readObject(GOLDEN.resolve("expected.json"));

  @Override
  Path golden() {
    return GOLDEN;
  }

  private static int[] pairs() {
    int[] pairs = new int[EXPECTED.get("next_sentence_label").size()];
    for (int i = 0; i < pairs.length; i++) {
      pairs[i] = EXPECTED.get("next_sentence_label").get(i).asInt();
    }
    assertEquals(2, Arrays.stream(pairs).distinct().count());
    return pairs;
  }

  @Test
  void lossLogitsAndEveryGradient() {
    int[] labels = MaskedLanguageModelTest.labels(EXPECTED);
    int[] rows = MaskedLanguageModelTest.labelled(labels);
    try (PreTrainingModel model = PreTrainingModel.fromPretrained(GOLDEN);
        Scope scope = Scope.open()) {
      model.train();
      TokenInputs inputs = model.encoder().inputs(Goldens.batch(EXPECTED));
      Tensor loss =
          model.loss(
              inputs,
              Tensor.of(rows),
              MaskedLanguageModelTest.at(rows, labels),
              0,
              Tensor.of(pairs()),
              0);
      loss.backward();
      assertEquals(EXPECTED.get("loss").asDouble(), loss.item(), 1e-5);
      MaskedLanguageModelTest.assertGradients(model, GOLDEN);
      float[] golden = MaskedLanguageModelTest.floats(EXPECTED.get("logits"));
      float[] some =
          model.forward(inputs).indexSelect(0, Tensor.of(Arrays.copyOf(rows, 5))).toFloats();
      assertTrue(relativeL2(golden, some) < 2e-6, () -> "" + relativeL2(golden, some));
      float[] following = MaskedLanguageModelTest.floats(EXPECTED.get("seq_relationship_logits"));
      assertArrayEquals(following, model.following(inputs).toFloats(), 5e-6f);
    }
  }

  @Test
  void lossesAreDividedByWhatIsGiven() {
    int[] labels = MaskedLanguageModelTest.labels(EXPECTED);
    int[] rows = MaskedLanguageModelTest.labelled(labels);
    Tensor none = Tensor.of(new int[0]).unscoped();
    try (none;
        PreTrainingModel model = PreTrainingModel.fromPretrained(GOLDEN);
        Scope scope = Scope.open()) {
      TokenInputs inputs = model.encoder().inputs(Goldens.batch(EXPECTED));
      Tensor targets = MaskedLanguageModelTest.at(rows, labels);
      int[] ignored = new int[pairs().length];
      Arrays.fill(ignored, -100);
      Tensor where = Tensor.of(rows);
      float tokens = model.loss(inputs, where, targets, 10, Tensor.of(ignored), 3).item();
      float pairs = model.loss(inputs, none, none, 10, Tensor.of(pairs()), 3).item();
      double expected = tokens * 10 / rows.length + pairs * 3 / pairs().length;
      assertEquals(EXPECTED.get("loss").asDouble(), expected, 1e-5);
    }
  }

  @Test
  void savesWhatItLoaded() {
    Path out = temporary.resolve("out");
    assertEquals("", warnings(() -> PreTrainingModel.fromPretrained(GOLDEN)));
    try (PreTrainingModel model = PreTrainingModel.fromPretrained(GOLDEN)) {
      model.save(out);
    }
    Map<String, Values> after = TestFiles.readWeights(out.resolve("model.safetensors"));
    assertEquals(weights.keySet(), after.keySet());
    weights.forEach(
        (key, value) -> assertArrayEquals(value.values(), after.get(key).values(), key));
    assertEquals(
        "[\"BertForPreTraining\"]",
        "" + JsonFiles.readObject(out.resolve("config.json")).get("architectures"));
  }

  @Test
  void itsHeadForMaskedTokensIsAMaskedLanguageModels() {
    long before = Memory.live();
    int[] rows = {2, 5, 11};
    try (MaskedLanguageModel model = MaskedLanguageModel.fromPretrained(GOLDEN);
        PreTrainingModel both = PreTrainingModel.fromPretrained(GOLDEN);
        Scope scope = Scope.open()) {
      TokenBatch batch = Goldens.batch(EXPECTED);
      float[] expected = both.forward(batch).indexSelect(0, Tensor.of(rows)).toFloats();
      float[] actual = model.logits(model.encoder().inputs(batch), Tensor.of(rows)).toFloats();
      assertTrue(relativeL2(expected, actual) < 2e-6);
    }
    assertEquals("", warnings(() -> MaskedLanguageModel.fromPretrained(GOLDEN)));
    Path masked = temporary.resolve("masked");
    try (MaskedLanguageModel model = MaskedLanguageModel.fromPretrained(GOLDEN)) {
      model.save(masked);
    }
    assertTrue(
        assertThrows(CheckpointException.class, () -> PreTrainingModel.fromPretrained(masked))
            .getMessage()
            .contains("holds an encoder without 'cls.seq_relationship.weight'"));
    String warning = warnings(() -> PreTrainingModel.forTraining(masked));
    assertEquals(1, warning.lines().count(), warning);
    assertTrue(warning.contains("bert.pooler.dense.bias, cls.seq_relationship.weight"), warning);
    try (PreTrainingModel model = PreTrainingModel.forTraining(masked)) {
      assertArrayEquals(
          weights.get("cls.predictions.bias").values(),
          model.parameter("cls.predictions.bias").tensor().toFloats());
    }
    assertEquals(before, Memory.live());
  }
}
