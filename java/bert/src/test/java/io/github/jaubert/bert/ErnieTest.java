package io.github.jaubert.bert;

import static io.github.jaubert.bert.Goldens.relativeL2;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.TestFiles;
import io.github.jaubert.bert.checkpoint.TestFiles.Values;
import io.github.jaubert.bert.models.bert.Bert;
import io.github.jaubert.bert.models.ernie.Ernie;
import io.github.jaubert.bert.models.ernie.ErnieConfig;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Small ERNIEs, with vectors of tasks and without. */
class ErnieTest extends EncoderGoldens {
  @Override
  String name() {
    return "ernie";
  }

  // ---- the task ----

  /** A pair's segments and the task are summed before the norm. */
  @Test
  void everyTextIsOfTheFirstTask() {
    TokenBatch batch = Goldens.batch(expected("encoder"));
    try (Encoder model = Encoder.fromPretrained(folder);
        Scope scope = Scope.open()) {
      assertInstanceOf(Ernie.class, model);
      float[] before = model.forward(batch).lastHidden().toFloats();
      Tensor tasks = model.parameter(Ernie.TASKS).tensor().detach();
      tasks.narrow(0, 1, 2).fill(9);
      assertEquals(0, relativeL2(before, model.forward(batch).lastHidden().toFloats()));
      tasks.narrow(0, 0, 1).fill(0);
      assertTrue(relativeL2(before, model.forward(batch).lastHidden().toFloats()) > 0.01);
    }
  }

  @Test
  void withoutTasksItIsBert() {
    configure("use_task_id", false);
    weights.remove(Ernie.TASKS);
    rewrite(weights);
    assertEquals("", warnings(() -> Encoder.fromPretrained(folder)));
    TokenBatch batch = Goldens.batch(expected("encoder"));
    try (Encoder ernie = Encoder.fromPretrained(folder);
        Scope scope = Scope.open()) {
      assertThrows(IllegalArgumentException.class, () -> ernie.parameter(Ernie.TASKS));
      configure("model_type", "bert");
      try (Encoder bert = Bert.fromPretrained(folder)) {
        float[] due = bert.forward(batch).lastHidden().toFloats();
        assertEquals(0, relativeL2(due, ernie.forward(batch).lastHidden().toFloats()));
      }
    }
  }

  /** As transformers, which lists the table as unexpected. */
  @Test
  void tasksThatTheConfigHasNoUseForAreNamed() {
    configure("use_task_id", false);
    configure("task_type_vocab_size", 0);
    String warning = warnings(() -> Encoder.fromPretrained(folder));
    assertTrue(warning.contains(Ernie.TASKS), warning);
  }

  // ---- folders ----

  /** As files have them that were converted from Paddle. */
  @Test
  void olderNamesOfNormsAreRead() {
    Map<String, Values> older = new TreeMap<>();
    weights.forEach(
        (name, values) ->
            older.put(
                "ernie."
                    + name.replace("LayerNorm.weight", "LayerNorm.gamma")
                        .replace("LayerNorm.bias", "LayerNorm.beta"),
                values));
    rewrite(older);
    assertEquals("", warnings(() -> Encoder.fromPretrained(folder)));
    try (Encoder model = Encoder.fromPretrained(folder)) {
      assertSameAsGolden(model, "", 0);
    }
  }

  /** As in transformers: what its tokenizer.json does not say, BERT's tokenizer does. */
  @Test
  void itsTokenizerIsBerts() {
    TestFiles.write(
        folder.resolve("tokenizer.json"),
        """
        {"version": "1.0", "model": {"type": "WordPiece", "unk_token": "[UNK]",
          "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab":
            {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4, "anna": 5, "京": 6}}}
        """);
    try (Tokenizer tokenizer = Tokenizer.fromPretrained(folder)) {
      assertArrayEquals(new int[] {2, 5, 6, 6, 3}, tokenizer.encode("Anna 京京").ids());
    }
  }

  @Test
  void aHeadForTokensHasNoPooler() {
    Labels labels = Labels.of("a", "b");
    try (SequenceClassifier texts = SequenceClassifier.fromPretrained(golden(), labels);
        TokenClassifier tokens = TokenClassifier.fromPretrained(golden(), labels);
        Scope scope = Scope.open()) {
      assertTrue(texts.parameters().stream().anyMatch(p -> p.name().contains("pooler")));
      assertFalse(tokens.parameters().stream().anyMatch(p -> p.name().contains("pooler")));
      TokenBatch batch = Goldens.batch(expected("encoder"));
      assertThrows(IllegalStateException.class, () -> tokens.encoder().pooled(batch));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "task_type_vocab_size | 4 | 'embeddings.task_type_embeddings.weight' is [3, 15], but"
            + " config.json says task_type_vocab_size 4",
        "task_type_vocab_size | 0 | task_type_vocab_size is 0; it must be at least 1",
        "use_task_id | yes | use_task_id",
        "type_vocab_size | 2 | 'embeddings.token_type_embeddings.weight' is [4, 15], but"
            + " config.json says type_vocab_size 2",
        "is_decoder | true | is_decoder is 'true': only encoders are supported"
      })
  void whatDoesNotFitIsRefused(String line) {
    assertRefused(line);
  }

  @Test
  void anotherModelTypeIsRefused() {
    String refusal =
        assertThrows(CheckpointException.class, () -> Ernie.fromPretrained(GOLDEN)).getMessage();
    assertTrue(refusal.contains("model_type is 'bert': only ERNIE is read here"), refusal);
  }

  // ---- sizes ----

  @Test
  void knowsItsSizeBeforeItIsMade() {
    assertSizeIsKnown();
    assertEquals(117_944_832, ErnieConfig.ernie3Base().parameterCount());
    ErnieConfig defaults = ErnieConfig.read(ConfigJson.of("test", JsonFiles.object()));
    assertEquals(30_522, defaults.vocabSize());
    assertEquals(3, defaults.taskTypeVocabSize());
    assertFalse(defaults.useTaskId());
  }
}
