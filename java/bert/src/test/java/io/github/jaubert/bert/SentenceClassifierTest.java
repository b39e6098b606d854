package io.github.jaubert.bert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.tokenizer.SmallVocabulary;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a folder keeps, and that the logits are those of a linear layer on the vectors. */
class SentenceClassifierTest {
  private static final Random RANDOM = new Random(Seeds.SEED);
  private static final Labels LABELS = Labels.of("a", "b", "c");

  @TempDir Path folder;

  private SentenceClassifier model(float[] weight, float[] bias) {
    BertConfig config = BertConfig.bertBase().withVocabSize(37).withEncoder(12, 1, 2, 16);
    SentenceEncoder encoder = SentenceEncoder.of(Encoder.of(config), Pooling.MEAN).normalize(true);
    encoder.eval();
    return SentenceClassifier.of(encoder, LABELS, weight, bias);
  }

  private static float[] random(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) RANDOM.nextGaussian();
    }
    return values;
  }

  @Test
  void aFolderGivesTheSameLogits() {
    long before = Memory.live();
    SmallVocabulary.write(folder.resolve("vocabulary"));
    float[] weight = random(36);
    float[] bias = random(3);
    try (Tokenizer tokenizer = Tokenizer.fromPretrained(folder.resolve("vocabulary"));
        SentenceClassifier model = model(weight, bias);
        Scope scope = Scope.open()) {
      TokenBatch batch = TokenBatch.of(tokenizer.encodeAll(List.of("a good film", "bad")));
      float[] vectors = model.encoder().forward(batch).toFloats();
      float[] logits = model.forward(batch).toFloats();
      for (int i = 0; i < 6; i++) {
        double expected = bias[i % 3];
        for (int k = 0; k < 12; k++) {
          expected += (double) weight[(i % 3) * 12 + k] * vectors[(i / 3) * 12 + k];
        }
        assertEquals(expected, logits[i], 1e-5);
      }
      model.encoder().saveWith(tokenizer);
      assertFalse(SentenceClassifier.isIn(folder));
      model.save(folder);
      assertTrue(SentenceClassifier.isIn(folder));
      try (SentenceClassifier loaded = SentenceClassifier.fromPretrained(folder);
          SentenceEncoder encoder = SentenceEncoder.fromPretrained(folder)) {
        assertEquals(LABELS, loaded.labels());
        assertArrayEquals(logits, loaded.forward(batch).toFloats());
        assertArrayEquals(vectors, encoder.forward(batch).toFloats());
      }
    }
    assertEquals(before, Memory.live());
  }

  @Test
  void whatDoesNotFitIsRefused() throws IOException {
    assertThrows(IllegalArgumentException.class, () -> model(new float[35], new float[3]));
    float[] none = new float[36];
    none[7] = Float.NaN;
    assertThrows(IllegalArgumentException.class, () -> model(none, new float[3]));
    try (SentenceClassifier model = model(random(36), random(3))) {
      model.save(folder);
    }
    Path config = folder.resolve("config_setfit.json");
    ObjectNode json = JsonFiles.readObject(config);
    json.putArray("labels").add("a").add("b");
    Files.write(config, JsonFiles.format(json));
    refuses("'weight' is [3, 12], and [2, 12] is needed");
    json.putArray("labels").add("a").add("a");
    Files.write(config, JsonFiles.format(json));
    refuses("'a' is there twice");
    json.remove("labels");
    Files.write(config, JsonFiles.format(json));
    refuses("names no labels");
  }

  private void refuses(String why) {
    long before = Memory.live();
    String message =
        assertThrows(CheckpointException.class, () -> SentenceClassifier.fromPretrained(folder))
            .getMessage();
    assertTrue(message.contains(why), message);
    assertEquals(before, Memory.live());
  }
}
