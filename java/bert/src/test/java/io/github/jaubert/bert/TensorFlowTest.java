package io.github.jaubert.bert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.TensorFlowFiles;
import io.github.jaubert.bert.checkpoint.TestFiles;
import io.github.jaubert.bert.models.bert.Bert;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.Scope;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Models of a checkpoint of TensorFlow are those of the folder with the same weights. */
class TensorFlowTest extends LoadFixture {
  private static final Path GOLDEN = TestFiles.golden("masked-language").resolve("pre-training");
  private static final TokenBatch BATCH =
      Goldens.batch(JsonFiles.readObject(GOLDEN.resolve("expected.json")));

  @Override
  Path golden() {
    return GOLDEN;
  }

  private Path checkpoint() {
    Path name = temporary.resolve("checkpoint/bert_model.ckpt");
    TensorFlowFiles.write(name, TensorFlowFiles.variables(weights, ""), 2);
    TestFiles.write(
        temporary.resolve("checkpoint/bert_config.json"),
        JsonFiles.format(JsonFiles.readObject(GOLDEN.resolve("config.json"))));
    return name.getParent();
  }

  @Test
  void modelsComputeTheSame() {
    long before = Memory.live();
    Path checkpoint = checkpoint();
    try (PreTrainingModel expected = PreTrainingModel.fromPretrained(GOLDEN);
        PreTrainingModel actual = PreTrainingModel.fromTensorFlow(checkpoint);
        MaskedLanguageModel masked = MaskedLanguageModel.fromTensorFlow(checkpoint);
        Bert encoder = Bert.fromTensorFlow(checkpoint);
        Scope scope = Scope.open()) {
      float[] logits = expected.forward(BATCH).toFloats();
      assertArrayEquals(logits, actual.forward(BATCH).toFloats());
      assertArrayEquals(logits, masked.forward(BATCH).toFloats());
      assertArrayEquals(
          expected.following(expected.encoder().inputs(BATCH)).toFloats(),
          actual.following(actual.encoder().inputs(BATCH)).toFloats());
      assertArrayEquals(
          expected.encoder().pooled(BATCH).toFloats(), encoder.pooled(BATCH).toFloats());
    }
    assertEquals(before, Memory.live());
  }

  @Test
  void aHeadThatIsMissingIsRefused() {
    weights.keySet().removeIf(name -> name.startsWith("cls.seq_relationship"));
    Path checkpoint = checkpoint();
    assertEquals("", warnings(() -> MaskedLanguageModel.fromTensorFlow(checkpoint)));
    String message =
        assertThrows(CheckpointException.class, () -> PreTrainingModel.fromTensorFlow(checkpoint))
            .getMessage();
    assertTrue(
        message.endsWith(
            "bert_model.ckpt.index: holds an encoder without 'cls.seq_relationship.weight'; fine-tune"
                + " it first: PreTrainingModel.of(Bert.fromTensorFlow(path)) gives it a new head"),
        message);
  }
}
