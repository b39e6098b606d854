package io.github.jaubert.bert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.TensorFlowFiles;
import io.github.jaubert.bert.checkpoint.TestFiles;
import io.github.jaubert.bert.checkpoint.TestFiles.Values;
import io.github.jaubert.bert.models.bert.Bert;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.nn.Block;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.Scope;
import java.nio.file.Path;
import java.util.Map;
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
  void aFolderIsMadeOfAllThatIsThere() {
    long before = Memory.live();
    Path out = temporary.resolve("out");
    String[] kinds = {"BertForPreTraining", "BertForMaskedLM", "BertModel"};
    for (String kind : kinds) {
      weights.keySet().removeIf(n -> n.startsWith("cls.seq") && !kind.equals(kinds[0]));
      weights.keySet().removeIf(n -> n.startsWith("cls.") && kind.equals(kinds[2]));
      try (Tokenizer tokenizer = Tokenizer.fromPretrained(GOLDEN.resolveSibling("fill-mask"))) {
        TensorFlowConversion.convert(checkpoint(), out, tokenizer);
      }
      Map<String, Values> written = TestFiles.readWeights(out.resolve("model.safetensors"));
      assertEquals(weights.keySet(), written.keySet());
      weights.forEach((k, v) -> assertArrayEquals(v.values(), written.get(k).values(), k));
      assertEquals(
          "[\"" + kind + "\"]",
          "" + JsonFiles.readObject(out.resolve("config.json")).get("architectures"));
      assertTrue(out.resolve("tokenizer.json").toFile().exists());
      assertEquals("", warnings(() -> load(kind, out)));
    }
    assertEquals(before, Memory.live());
  }

  private static Block load(String kind, Path folder) {
    return switch (kind) {
      case "BertForPreTraining" -> PreTrainingModel.fromPretrained(folder);
      case "BertForMaskedLM" -> MaskedLanguageModel.fromPretrained(folder);
      default -> Bert.fromPretrained(folder);
    };
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
