package io.github.jaubert.bert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.models.albert.AlbertConfig;
import io.github.jaubert.tensor.Scope;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Small ALBERTs against PyTorch's autograd in double precision. The figures are made by
 * src/test/python/golden_small_albert.py.
 */
class AlbertTest extends EncoderGoldens {
  @Override
  String name() {
    return "albert";
  }

  /** Its classifiers drop. */
  @Override
  boolean trains(String head) {
    return false;
  }

  // ---- folders ----

  @Test
  void aNewHeadKeepsThePoolerOrLosesIt() {
    Labels labels = Labels.of("a", "b");
    String warning = warnings(() -> SequenceClassifier.fromPretrained(golden(), labels));
    assertTrue(warning.contains("before use: classifier.weight, classifier.bias"), warning);
    try (SequenceClassifier whole = SequenceClassifier.fromPretrained(golden(), labels);
        TokenClassifier tokens = TokenClassifier.fromPretrained(golden(), labels);
        Scope scope = Scope.open()) {
      TokenBatch batch = Goldens.batch(expected("encoder"));
      assertEquals(batch.count(), whole.forward(batch).size(0));
      assertEquals(batch.tokens(), tokens.forward(batch).size(0));
      assertTrue(whole.parameters().stream().anyMatch(p -> p.name().contains("pooler")));
      assertFalse(tokens.parameters().stream().anyMatch(p -> p.name().contains("pooler")));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "embedding_size | 12 | 'embeddings.word_embeddings.weight' is [67, 11], but config.json"
            + " says embedding_size 12",
        "embedding_size | 0 | embedding_size is 0; it must be at least 1",
        "hidden_size | 30 | attention.query.weight' is [15, 15], but config.json says hidden_size"
            + " 30",
        "intermediate_size | 24 | ffn.weight' is [23, 15], but config.json says intermediate_size"
            + " 24",
        "num_hidden_groups | 3 | holds 2 layers, but config.json says num_hidden_groups 3",
        "num_hidden_groups | 6 | num_hidden_groups is 6, more than num_hidden_layers 5",
        "inner_group_num | 0 | inner_group_num is 0; it must be at least 1",
        "hidden_act | swish | hidden_act 'swish' is not one of"
      })
  void whatDoesNotFitIsRefused(String line) {
    assertRefused(line);
  }

  // ---- sizes ----

  @Test
  void knowsItsSizeBeforeItIsMade() {
    AlbertConfig config = AlbertConfig.fromPretrained(golden());
    try (Encoder model = Encoder.of(config)) {
      assertEquals(config.parameterCount(), model.parameterCount());
    }
    assertEquals(11_683_584, AlbertConfig.albertBase().parameterCount());
    ObjectNode empty = JsonFiles.object();
    AlbertConfig defaults = AlbertConfig.read(ConfigJson.of("test", empty));
    assertEquals(4096, defaults.hiddenSize());
    assertEquals(0.1, defaults.classifierDropoutProb());
  }
}
