package io.github.jaubert.bert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.autograd.Gradcheck;
import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.nn.F;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SentenceEncoderTest {
  private static final int WIDTH = 20;

  @TempDir Path temporary;

  private static SentenceEncoder model(Pooling pooling) {
    return SentenceEncoder.of(
        Encoder.of(BertConfig.bertBase().withVocabSize(37).withEncoder(WIDTH, 2, 2, 30)), pooling);
  }

  private static TokenBatch batch(int... lengths) {
    PackedSequences packed = PackedSequences.of(lengths);
    int[] ids = new Random(packed.tokens()).ints(packed.tokens(), 0, 37).toArray();
    return new TokenBatch(ids, new int[ids.length], packed);
  }

  /** In double precision, from the hidden states. */
  private static float[] reference(SentenceEncoder model, TokenBatch batch, int dimensions) {
    float[] hidden = model.encoder().forward(batch).lastHidden().toFloats();
    int[] starts = batch.lengths().cuSeqlens();
    float[] all = new float[batch.count() * dimensions];
    for (int i = 0; i < batch.count(); i++) {
      double square = 0;
      for (int k = 0; k < dimensions; k++) {
        double value = model.pooling() == Pooling.MAX ? Double.NEGATIVE_INFINITY : 0;
        for (int row = starts[i]; row < starts[i + 1]; row++) {
          double x = hidden[row * WIDTH + k];
          value =
              switch (model.pooling()) {
                case CLS -> row == starts[i] ? x : value;
                case MEAN -> value + x / batch.lengths().length(i);
                case MAX -> Math.max(value, x);
              };
        }
        square += value * value;
        all[i * dimensions + k] = (float) value;
      }
      for (int k = 0; k < dimensions && model.normalize(); k++) {
        all[i * dimensions + k] /= (float) Math.sqrt(square);
      }
    }
    return all;
  }

  @ParameterizedTest
  @EnumSource(Pooling.class)
  void aVectorIsPooledCutAndNormalized(Pooling pooling) {
    try (SentenceEncoder model = model(pooling);
        NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      model.eval();
      TokenBatch batch = batch(1, 7, 3, 12, 1);
      assertArrayEquals(
          reference(model, batch, WIDTH), model.forward(batch).toFloats(), 1e-5f, "whole");
      model.normalize(true).dimensions(9);
      assertArrayEquals(reference(model, batch, 9), model.forward(batch).toFloats(), 1e-5f, "cut");
    }
  }

  @ParameterizedTest
  @EnumSource(Pooling.class)
  void aFolderIsWhatWasSaved(Pooling pooling) throws IOException {
    Rng.seed(3);
    TokenBatch batch = batch(4, 9);
    boolean normalize = pooling != Pooling.MAX;
    try (SentenceEncoder model = model(pooling).normalize(normalize);
        NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      model.eval();
      if (pooling == Pooling.CLS) {
        model.dimensions(11);
      }
      model.save(temporary);
      assertTrue(SentenceEncoder.isIn(temporary));
      assertEquals(
          normalize ? 3 : 2, JsonFiles.readArray(temporary.resolve("modules.json")).size());
      assertEquals(
          "BertModel",
          JsonFiles.readObject(temporary.resolve("config.json")).at("/architectures/0").asText());
      try (SentenceEncoder again = SentenceEncoder.fromPretrained(temporary)) {
        assertEquals(pooling, again.pooling());
        assertEquals(normalize, again.normalize());
        assertArrayEquals(model.forward(batch).toFloats(), again.forward(batch).toFloats());
      }
      try (Encoder encoder = Encoder.fromPretrained(temporary)) { // as transformers reads it
        assertArrayEquals(
            model.encoder().forward(batch).lastHidden().toFloats(),
            encoder.forward(batch).lastHidden().toFloats());
      }
    }
  }

  @Test
  void anotherModelInTheFolderIsNoneOfSentences() {
    try (SentenceEncoder model = model(Pooling.MEAN)) {
      model.save(temporary);
      try (SequenceClassifier other =
          SequenceClassifier.of(model.config(), Labels.of("no", "yes"))) {
        other.save(temporary);
      }
    }
    assertFalse(SentenceEncoder.isIn(temporary));
  }

  @Test
  void aFolderWithoutModulesPoolsByTheMean() {
    try (Encoder encoder =
        Encoder.of(BertConfig.bertBase().withVocabSize(37).withEncoder(WIDTH, 2, 2, 30))) {
      encoder.save(temporary);
    }
    try (SentenceEncoder model = SentenceEncoder.fromPretrained(temporary)) {
      assertEquals(Pooling.MEAN, model.pooling());
      assertFalse(model.normalize());
    }
  }

  @Test
  void todaysFieldsAreReadAndWhatIsNotUnderstoodIsKept() throws IOException {
    try (SentenceEncoder model = model(Pooling.MEAN)) {
      model.save(temporary);
    }
    Files.writeString(
        temporary.resolve("modules.json"),
        """
        [{"idx": 0, "name": "0", "path": "",
          "type": "sentence_transformers.base.modules.transformer.Transformer"},
         {"idx": 1, "name": "1", "path": "1_Pooling",
          "type": "sentence_transformers.sentence_transformer.modules.pooling.Pooling"}]
        """);
    Files.writeString(
        temporary.resolve("1_Pooling/config.json"),
        "{\"embedding_dimension\": 20, \"pooling_mode\": \"cls\", \"include_prompt\": true}");
    Files.writeString(
        temporary.resolve("config_sentence_transformers.json"),
        "{\"prompts\": {\"query\": \"query: \"}, \"default_prompt_name\": \"query\", \"mine\": 3}");
    Files.writeString(temporary.resolve("sentence_bert_config.json"), "{\"max_seq_length\": 77}");
    try (SentenceEncoder model = SentenceEncoder.fromPretrained(temporary)) {
      assertEquals(Pooling.CLS, model.pooling());
      assertEquals("query: ", model.prompt());
      assertEquals(77, model.maxLength());
      model.save(temporary);
    }
    assertEquals(
        3,
        JsonFiles.readObject(temporary.resolve("config_sentence_transformers.json"))
            .path("mine")
            .asInt());
  }

  @Test
  void whatIsNotSupportedIsNamed() throws IOException {
    try (SentenceEncoder model = model(Pooling.MEAN)) {
      model.save(temporary);
      assertThrows(IllegalArgumentException.class, () -> model.dimensions(WIDTH + 1));
    }
    Path pooling = temporary.resolve("1_Pooling/config.json");
    Files.writeString(pooling, "{\"pooling_mode\": [\"mean\", \"max\"]}");
    refuses("max and mean");
    Files.writeString(pooling, "{\"pooling_mode_lasttoken\": true}");
    refuses("lasttoken");
    Files.writeString(
        temporary.resolve("modules.json"),
        "[{\"type\": \"a.Transformer\", \"path\": \"\"}, {\"type\": \"a.Pooling\", \"path\": \"../x\"}]");
    refuses("../x");
    Files.writeString(
        temporary.resolve("modules.json"),
        "[{\"type\": \"a.Transformer\"}, {\"type\": \"a.Pooling\"}, {\"type\": \"a.Dense\"}]");
    refuses("Dense");
    Files.writeString(temporary.resolve("modules.json"), "{}");
    refuses("no JSON array");
  }

  private void refuses(String what) {
    CheckpointException refused =
        assertThrows(
            CheckpointException.class, () -> SentenceEncoder.fromPretrained(temporary).close());
    assertTrue(refused.getMessage().contains(what), refused.getMessage());
  }

  @Test
  void normalizeAndCosineHaveTheirGradients() {
    Rng rng = Rng.of(Seeds.SEED);
    try (Scope scope = Scope.open()) {
      Gradcheck.verify(F::normalize, Tensor.randn(rng, 3, 5));
      Gradcheck.verify(F::cosineSimilarity, Tensor.randn(rng, 3, 5), Tensor.randn(rng, 3, 5));
    }
  }
}
