package io.github.jaubert.bert.models.distilbert;

import static io.github.jaubert.bert.Goldens.relativeL2;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jaubert.bert.ConfigJson;
import io.github.jaubert.bert.Encoder;
import io.github.jaubert.bert.Goldens;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.SafeTensors;
import io.github.jaubert.bert.checkpoint.TestFiles;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A small DistilBERT against PyTorch's autograd in double precision. The figures are made by
 * src/test/python/golden_small_distilbert.py.
 */
class DistilBertTest {
  private static final Path GOLDEN = TestFiles.golden("small-distilbert");
  private static final JsonNode INPUTS = JsonFiles.readObject(GOLDEN.resolve("inputs.json"));

  private static TokenBatch batch() {
    return Goldens.batch(INPUTS);
  }

  /** The small model's config with other dropout; positions that begin as sines and cosines. */
  private static DistilBertConfig config(double dropout, boolean sinusoids) {
    var json = DistilBertConfig.fromPretrained(GOLDEN).toJson();
    json.put("dropout", dropout);
    json.put("attention_dropout", dropout);
    json.put("sinusoidal_pos_embds", sinusoids);
    json.put("pad_token_id", 5);
    return DistilBertConfig.read(ConfigJson.of("test", json));
  }

  @Test
  void hiddenStates() {
    try (Encoder model = Encoder.fromPretrained(GOLDEN);
        SafeTensors expected = SafeTensors.open(GOLDEN.resolve("hidden.safetensors"));
        Scope scope = Scope.open()) {
      List<Tensor> states = model.hiddenStates(batch());
      assertEquals(3, states.size());
      for (int i = 0; i < 3; i++) {
        assertTrue(relativeL2(expected.floats("h" + i), states.get(i).toFloats()) < 1e-6, "h" + i);
      }
      float[] last = model.forward(batch()).lastHidden().toFloats();
      assertTrue(relativeL2(expected.floats("h2"), last) < 1e-6);
    }
  }

  /** Without a pooler: what a classifier reads are the hidden states themselves. */
  @Test
  void pooledAreTheFirstTokens() {
    try (Encoder model = Encoder.fromPretrained(GOLDEN);
        SafeTensors expected = SafeTensors.open(GOLDEN.resolve("hidden.safetensors"));
        Scope scope = Scope.open()) {
      int[] starts = batch().lengths().cuSeqlens();
      float[] hidden = expected.floats("h2");
      float[] first = new float[batch().count() * 21];
      for (int i = 0; i < batch().count(); i++) {
        System.arraycopy(hidden, starts[i] * 21, first, i * 21, 21);
      }
      assertTrue(relativeL2(first, model.pooled(batch()).toFloats()) < 1e-6);
      assertTrue(relativeL2(first, model.forward(batch()).pooled().toFloats()) < 1e-6);
    }
  }

  @Test
  void lossLogitsAndEveryGradient() {
    JsonNode expected = JsonFiles.readObject(GOLDEN.resolve("expected.json"));
    int[] labels = new int[INPUTS.get("labels").size()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = INPUTS.get("labels").get(i).asInt();
    }
    try (SequenceClassifier model = SequenceClassifier.fromPretrained(GOLDEN);
        SafeTensors gradients = SafeTensors.open(GOLDEN.resolve("gradients.safetensors"));
        Scope scope = Scope.open()) {
      model.train();
      Tensor logits = model.forward(batch());
      Tensor loss = model.loss(logits, Tensor.of(labels));
      loss.backward();
      assertEquals(expected.get("loss").asDouble(), loss.item(), 1e-6);
      float[] values = logits.toFloats();
      for (int i = 0; i < values.length; i++) {
        assertEquals(expected.get("logits").get(i / 3).get(i % 3).asDouble(), values[i], 3e-6);
      }
      assertEquals(gradients.names().size(), model.parameters().size());
      for (Parameter parameter : model.parameters()) {
        assertNotNull(parameter.grad(), parameter.name());
        float[] actual = parameter.grad().toFloats();
        if (parameter.name().endsWith("k_lin.bias")) { // 0 but for rounding
          assertArrayEquals(new float[21], actual, 1e-6f, parameter.name());
        } else {
          double error = relativeL2(gradients.floats(parameter.name()), actual);
          assertTrue(error <= 1e-4, parameter.name() + ": relative error " + error);
        }
      }
    }
  }

  @Test
  void typeIdsDoNotMatter() {
    TokenBatch pairs = batch();
    assertTrue(Arrays.stream(pairs.tokenTypeIds()).anyMatch(type -> type == 1));
    int[] none = new int[pairs.tokens()];
    int[] high = none.clone();
    Arrays.fill(high, 9);
    try (SequenceClassifier model = SequenceClassifier.fromPretrained(GOLDEN);
        Scope scope = Scope.open()) {
      float[] expected = model.forward(pairs).toFloats();
      for (int[] types : List.of(none, high)) {
        TokenBatch other = new TokenBatch(pairs.inputIds(), types, pairs.lengths());
        assertArrayEquals(expected, model.forward(other).toFloats());
      }
    }
  }

  @Test
  void startsAsHuggingFacesDoes() {
    DistilBertConfig config = config(0, true);
    try (SequenceClassifier model = SequenceClassifier.of(config, Labels.of("a", "b"));
        SafeTensors golden = SafeTensors.open(GOLDEN.resolve("hidden.safetensors"))) {
      for (Parameter parameter : model.parameters()) {
        float[] values = parameter.tensor().toFloats();
        if (parameter.name().endsWith("position_embeddings.weight")) {
          assertArrayEquals(golden.floats("sinusoids"), values, 1e-7f);
        } else if (parameter.tensor().rank() == 1) {
          float first = parameter.name().endsWith("norm.weight") ? 1 : 0;
          first = parameter.name().endsWith("LayerNorm.weight") ? 1 : first;
          float[] all = new float[values.length];
          Arrays.fill(all, first);
          assertArrayEquals(all, values, parameter.name());
        } else {
          double squares = 0;
          for (float value : values) {
            squares += value * value;
          }
          double deviation = Math.sqrt(squares / values.length);
          assertEquals(0.02, deviation, 0.008, parameter.name());
        }
      }
      float[] words =
          model.parameter("distilbert.embeddings.word_embeddings.weight").tensor().toFloats();
      assertArrayEquals(new float[21], Arrays.copyOfRange(words, 5 * 21, 6 * 21));
    }
  }

  @Test
  void knowsItsSizeBeforeItIsMade() {
    DistilBertConfig config = config(0, false);
    try (DistilBert model = DistilBert.of(config)) {
      assertEquals(config.parameterCount(), model.parameterCount());
    }
    assertEquals(66_362_880, DistilBertConfig.distilBertBase().parameterCount());
  }

  @Test
  void dropsInTrainingOnly() {
    Rng.seed(3);
    try (DistilBert model = DistilBert.of(config(0.3, false));
        Scope scope = Scope.open()) {
      Rng.seed(4);
      float[] first = model.pooled(batch()).toFloats();
      assertFalse(Arrays.equals(first, model.pooled(batch()).toFloats()));
      Rng.seed(4);
      assertArrayEquals(first, model.pooled(batch()).toFloats());
      model.eval();
      float[] evaluated = model.pooled(batch()).toFloats();
      assertArrayEquals(evaluated, model.pooled(batch()).toFloats());
    }
  }
}
