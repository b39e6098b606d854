package io.github.jaubert.demo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.SentenceEncoder;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.SafeTensors;
import io.github.jaubert.bert.models.bert.Bert;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real pre-trained encoder against the hidden states that ONNX Runtime and NumPy computed of it;
 * the figures are packed by java/bert/src/test/python/golden_minilm.py.
 */
class MiniLmGoldenTest {
  private static final int HIDDEN = 384;

  private static Bert bert;
  private static Tokenizer tokenizer;
  private static JsonNode inputs;
  private static SafeTensors golden;
  private static TokenBatch batch;

  @BeforeAll
  static void load() throws URISyntaxException {
    Path folder = Path.of(MiniLmGoldenTest.class.getResource("/golden/minilm").toURI());
    inputs = JsonFiles.readObject(folder.resolve("inputs.json"));
    golden = SafeTensors.open(folder.resolve("hidden.safetensors"));
    bert = MiniLm.encoder();
    tokenizer = MiniLm.tokenizer();
    batch = TokenBatch.of(encodings());
  }

  @AfterAll
  static void close() {
    golden.close();
    bert.close();
    tokenizer.close();
  }

  private static List<Encoding> encodings() {
    List<Encoding> encodings = new ArrayList<>();
    for (JsonNode sentence : inputs.get("sentences")) {
      encodings.add(
          sentence.isArray()
              ? tokenizer.encode(sentence.get(0).asText(), sentence.get(1).asText())
              : tokenizer.encode(sentence.asText()));
    }
    return encodings;
  }

  private static int[] ints(JsonNode array) {
    int[] values = new int[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).asInt();
    }
    return values;
  }

  private static double largestDifference(float[] expected, float[] actual) {
    assertEquals(expected.length, actual.length);
    double largest = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs((double) expected[i] - actual[i]));
    }
    return largest;
  }

  private static float[] lastHidden(Bert model, TokenBatch tokens) {
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      return model.forward(tokens).lastHidden().toFloats();
    }
  }

  @Test
  void theTokenizerNeitherPadsNorCutsAt128() {
    List<Encoding> encodings = encodings();
    for (int i = 0; i < encodings.size(); i++) {
      assertArrayEquals(ints(inputs.get("input_ids").get(i)), encodings.get(i).ids());
      assertArrayEquals(ints(inputs.get("token_type_ids").get(i)), encodings.get(i).typeIds());
      for (int k = 0; k < encodings.get(i).length(); k++) {
        assertEquals(inputs.get("tokens").get(i).get(k).asText(), encodings.get(i).tokens()[k]);
      }
    }
    assertEquals(302, tokenizer.encode("word ".repeat(300)).length());
    assertEquals(512, tokenizer.encode("word ".repeat(3000)).length());
  }

  @Test
  void theOnnxFileTellsTheConfig() {
    assertEquals(BertConfig.bertBase().withEncoder(HIDDEN, 6, 12, 1536), bert.config());
    assertEquals(32, bert.config().headSize());
  }

  @Test
  void hiddenStatesAreWithin2em5OfTheGoldenOnes() {
    assertTrue(
        largestDifference(golden.floats("last_hidden_state"), lastHidden(bert, batch)) <= 2e-5);
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      List<Tensor> states = bert.hiddenStates(batch);
      assertEquals(7, states.size());
      for (int layer = 0; layer < 2; layer++) {
        float[] first = states.get(layer).indexSelect(0, batch.lengths().starts()).toFloats();
        assertTrue(
            largestDifference(golden.floats("hidden_" + layer), first) <= 2e-5, "layer " + layer);
      }
    }
  }

  @Test
  void sentenceVectorsAreThoseOfSentenceTransformers() {
    try (SentenceEncoder sentences = MiniLm.sentenceEncoder();
        NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      Tensor unit = sentences.forward(batch);
      assertTrue(largestDifference(golden.floats("mean_pooled"), unit.toFloats()) <= 2e-6);
    }
  }

  /**
   * The two differ by the rounding of the matrix products alone, whose order of summation depends
   * on the number of rows.
   */
  @Test
  void aSequenceAloneAndInABatchAgree() {
    float[] together = lastHidden(bert, batch);
    double scale = largestDifference(together, new float[together.length]);
    assertEquals(5.8, scale, 0.1);
    int row = 0;
    for (int i = 0; i < batch.count(); i++) {
      float[] alone = lastHidden(bert, batch.sequence(i));
      float[] part = Arrays.copyOfRange(together, row, row + alone.length);
      double difference = largestDifference(alone, part) / scale;
      assertTrue(difference <= 1e-6, "sequence " + i + " differs by " + difference);
      row += alone.length;
    }
  }

  @Test
  void aSavedFolderGivesTheSameBits(@TempDir Path folder) {
    bert.save(folder);
    try (Bert again = Bert.fromPretrained(folder)) {
      assertEquals(bert.config(), again.config());
      assertArrayEquals(lastHidden(bert, batch), lastHidden(again, batch));
    }
  }

  @Test
  void itsTokenizerIsSavedAsThatOfBert(@TempDir Path folder) {
    tokenizer.save(folder);
    JsonNode config = JsonFiles.readObject(folder.resolve("tokenizer_config.json"));
    assertEquals("BertTokenizer", config.get("tokenizer_class").asText());
  }
}
