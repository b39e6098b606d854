package io.github.jaubert.bert;

import static io.github.jaubert.bert.Goldens.relativeL2;
import static io.github.jaubert.bert.MaskedLanguageModelTest.assertGradients;
import static io.github.jaubert.bert.MaskedLanguageModelTest.at;
import static io.github.jaubert.bert.MaskedLanguageModelTest.floats;
import static io.github.jaubert.bert.MaskedLanguageModelTest.labelled;
import static io.github.jaubert.bert.MaskedLanguageModelTest.labels;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.SafeTensors;
import io.github.jaubert.bert.checkpoint.TestFiles;
import io.github.jaubert.bert.checkpoint.TestFiles.Values;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * What holds of every architecture: small models, alone and with heads, against PyTorch's autograd
 * in double precision, and their folders against those of transformers. The figures are those of
 * src/test/python/golden_small_NAME.py, in folders called encoder, masked, classifier and tokens.
 */
abstract class EncoderGoldens extends LoadFixture {
  /** Fields of decoders, of the problem, which a classifier of tokens does not have, or its own. */
  private static final Set<String> LEFT_OUT =
      Set.of(
          "add_cross_attention",
          "bos_token_id",
          "eos_token_id",
          "is_decoder",
          "problem_type",
          "tie_word_embeddings",
          "transformers_version",
          "use_cache");

  /** The name in the folder {@code small-NAME}. */
  abstract String name();

  @Override
  final Path golden() {
    return golden("encoder");
  }

  final Path golden(String head) {
    return TestFiles.golden("small-" + name()).resolve(head);
  }

  final JsonNode expected(String head) {
    return JsonFiles.readObject(golden(head).resolve("expected.json"));
  }

  /** The folders of models with heads. */
  List<String> heads() {
    return List.of("masked", "classifier", "tokens");
  }

  /** Whether nothing drops in training, by the config.json of a folder. */
  boolean trains(String head) {
    return true;
  }

  /** How near a loss comes. */
  double lossError() {
    return 1e-6;
  }

  static EncoderModel<?> load(String head, Path folder) {
    if (hasMaskedTokens(head)) {
      return MaskedLanguageModel.fromPretrained(folder);
    }
    return switch (head) {
      case "classifier" -> SequenceClassifier.fromPretrained(folder);
      case "tokens", "plain" -> TokenClassifier.fromPretrained(folder);
      default -> throw new IllegalArgumentException(head);
    };
  }

  static int[] ints(JsonNode array) {
    int[] values = new int[array.size()];
    Arrays.setAll(values, i -> array.get(i).asInt());
    return values;
  }

  // ---- figures ----

  @Test
  void hiddenStatesAndPooledOutput() {
    TokenBatch batch = Goldens.batch(expected("encoder"));
    assertEquals("", warnings(() -> Encoder.fromPretrained(golden())));
    try (Encoder model = Encoder.fromPretrained(golden());
        SafeTensors golden = SafeTensors.open(golden().resolve("hidden.safetensors"));
        Scope scope = Scope.open()) {
      List<Tensor> states = model.hiddenStates(batch);
      int last = states.size() - 1;
      Set<String> compared = new HashSet<>();
      for (String name : golden.names()) {
        Tensor found =
            switch (name) {
              case "pooled" -> model.pooled(batch);
              case "first" -> states.get(0);
              case "last" -> states.get(last);
              default -> states.get(Integer.parseInt(name.substring(1)));
            };
        double error = relativeL2(golden.floats(name), found.toFloats());
        assertTrue(error < 2e-6, name + ": " + error);
        compared.add(name);
      }
      assertTrue(compared.contains("last") || compared.contains("h" + last), compared.toString());
    }
  }

  @Test
  void headsHaveTheLossTheLogitsAndEveryGradient() {
    for (String head : heads()) {
      if (hasMaskedTokens(head)) {
        assertMasked(head);
      } else {
        assertClassifier(head, false);
        assertClassifier(head, true);
      }
    }
  }

  private static boolean hasMaskedTokens(String head) {
    return head.equals("masked") || head.equals("legacy");
  }

  private void assertMasked(String head) {
    JsonNode expected = expected(head);
    int[] labels = labels(expected);
    int[] rows = labelled(labels);
    try (MaskedLanguageModel model = (MaskedLanguageModel) load(head, golden(head));
        Scope scope = Scope.open()) {
      model.train();
      TokenInputs inputs = model.encoder().inputs(Goldens.batch(expected));
      Tensor loss = model.loss(inputs, Tensor.of(rows), at(rows, labels), 0);
      loss.backward();
      assertEquals(expected.get("loss").asDouble(), loss.item(), 1e-5, head);
      assertGradients(model, golden(head));
      float[] some = model.logits(inputs, Tensor.of(Arrays.copyOf(rows, 5))).toFloats();
      assertTrue(relativeL2(floats(expected.get("logits")), some) < 2e-6, head);
    }
  }

  /** Also with each layer computed twice. */
  private void assertClassifier(String head, boolean checkpointing) {
    JsonNode expected = expected(head);
    int[] labels = head.equals("classifier") ? ints(expected.get("labels")) : labels(expected);
    try (Classifier<?> model = (Classifier<?>) load(head, golden(head));
        Scope scope = Scope.open()) {
      if (trains(head)) {
        model.train();
      }
      model.encoder().gradientCheckpointing(checkpointing);
      Tensor logits = model.forward(Goldens.batch(expected));
      Tensor loss = model.loss(logits, Tensor.of(labels));
      loss.backward();
      assertEquals(expected.get("loss").asDouble(), loss.item(), lossError(), head);
      assertTrue(relativeL2(floats(expected.get("logits")), logits.toFloats()) < 2e-6, head);
      assertGradients(model, golden(head));
    }
  }

  // ---- folders ----

  @Test
  void savesTheEncoderAsItWas() {
    Path out = temporary.resolve("out");
    try (Encoder model = Encoder.fromPretrained(golden())) {
      model.save(out);
    }
    assertSameFolder("encoder", out);
  }

  @Test
  void savesWhatItLoaded() {
    for (String head : heads()) {
      Path out = temporary.resolve(head + "-out");
      assertEquals("", warnings(() -> load(head, golden(head))));
      try (EncoderModel<?> model = load(head, golden(head))) {
        model.save(out);
      }
      assertSameFolder(head, out);
      load(head, out).close();
    }
  }

  private void assertSameFolder(String head, Path out) {
    Map<String, Values> before = TestFiles.readWeights(golden(head).resolve("model.safetensors"));
    Map<String, Values> after = TestFiles.readWeights(out.resolve("model.safetensors"));
    assertEquals(before.keySet(), after.keySet());
    before.forEach((key, value) -> assertArrayEquals(value.values(), after.get(key).values(), key));
    ObjectNode config = JsonFiles.readObject(golden(head).resolve("config.json"));
    ObjectNode saved = JsonFiles.readObject(out.resolve("config.json"));
    assertEquals(config.get("architectures"), saved.get("architectures"));
    assertEquals(config.get("model_type"), saved.get("model_type"));
    assertEquals(Architectures.readConfig(golden(head)), Architectures.readConfig(out));
    Set<String> missing = new HashSet<>();
    config.fieldNames().forEachRemaining(missing::add);
    saved.fieldNames().forEachRemaining(missing::remove);
    missing.removeAll(LEFT_OUT);
    assertEquals(Set.of(), missing);
  }

  /**
   * Sees that a change is refused. A line is such as {@code vocab_size | 68 | what the message
   * has}: a field of the encoder's config.json, its new value, a part of the message.
   */
  final void assertRefused(String line) {
    String[] parts = line.split(" \\| ", 3);
    boolean number = parts[1].matches("-?\\d+");
    configure(parts[0], number ? (Object) Integer.valueOf(parts[1]) : parts[1]);
    String refusal =
        assertThrows(CheckpointException.class, () -> Encoder.fromPretrained(folder)).getMessage();
    assertTrue(refusal.contains(parts[2]), refusal);
  }

  /** What a config says of a model's size before it is made is the model's size. */
  final void assertSizeIsKnown() {
    EncoderConfig config = Architectures.readConfig(golden());
    try (Encoder model = Encoder.of(config)) {
      assertEquals(config.parameterCount(), model.parameterCount());
    }
  }
}
