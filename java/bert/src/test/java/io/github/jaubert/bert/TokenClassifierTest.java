package io.github.jaubert.bert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.SafeTensors;
import io.github.jaubert.bert.checkpoint.TestFiles;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The small classifier of tokens against PyTorch's autograd in double precision. The figures are
 * made by src/test/python/golden_token_classifier.py.
 */
class TokenClassifierTest {
  private static final Path GOLDEN =
      TestFiles.golden().resolveSibling("token-classifier").toAbsolutePath();
  private static final JsonNode EXPECTED = JsonFiles.readObject(GOLDEN.resolve("expected.json"));
  private static final List<String> LABELS =
      List.of("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-A-B", "DATE");

  @TempDir Path temporary;

  private static TokenBatch batch() {
    List<int[]> ids = new ArrayList<>();
    List<int[]> types = new ArrayList<>();
    for (JsonNode sequence : EXPECTED.get("sequences")) {
      ids.add(ints(sequence.get("input_ids")));
      types.add(ints(sequence.get("token_type_ids")));
    }
    return new TokenBatch(
        joined(ids),
        joined(types),
        PackedSequences.of(ids.stream().mapToInt(i -> i.length).toArray()));
  }

  private static int[] targets() {
    List<int[]> labels = new ArrayList<>();
    EXPECTED.get("labels").forEach(sequence -> labels.add(ints(sequence)));
    return joined(labels);
  }

  private static int[] ints(JsonNode array) {
    int[] values = new int[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).asInt();
    }
    return values;
  }

  private static int[] joined(List<int[]> parts) {
    return parts.stream().flatMapToInt(Arrays::stream).toArray();
  }

  private static double relativeL2(float[] expected, float[] actual) {
    assertEquals(expected.length, actual.length);
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += Math.pow((double) actual[i] - expected[i], 2);
      norm += Math.pow(expected[i], 2);
    }
    return Math.sqrt(difference) / Math.max(Math.sqrt(norm), 1e-30);
  }

  private static float[] logits(TokenClassifier model) {
    try (Scope scope = Scope.open()) {
      return model.forward(batch()).toFloats();
    }
  }

  // ---- figures ----

  @Test
  void lossLogitsAndEveryGradient() {
    try (TokenClassifier model = TokenClassifier.fromPretrained(GOLDEN);
        SafeTensors gradients = SafeTensors.open(GOLDEN.resolve("gradients.safetensors"));
        Scope scope = Scope.open()) {
      assertEquals(Labels.of(LABELS), model.labels());
      model.train();
      Tensor logits = model.forward(batch());
      Tensor loss = model.loss(logits, Tensor.of(targets()));
      loss.backward();
      assertEquals(EXPECTED.get("loss").asDouble(), loss.item(), 3e-6);
      float[] values = logits.toFloats();
      float[] golden = new float[values.length];
      for (int i = 0; i < values.length; i++) {
        JsonNode row = EXPECTED.get("logits").get(i / LABELS.size());
        golden[i] = (float) row.get(i % LABELS.size()).asDouble();
      }
      assertTrue(relativeL2(golden, values) < 2e-6, () -> "" + relativeL2(golden, values));
      assertEquals(gradients.names().size(), model.parameters().size());
      for (Parameter parameter : model.parameters()) {
        assertNotNull(parameter.grad(), parameter.name());
        if (parameter.name().endsWith("key.bias")) { // 0 but for rounding
          for (float value : parameter.grad().toFloats()) {
            assertEquals(0, value, 3e-6, parameter.name());
          }
        } else {
          double error =
              relativeL2(gradients.floats(parameter.name()), parameter.grad().toFloats());
          assertTrue(error <= 1e-4, parameter.name() + ": relative error " + error);
        }
      }
    }
  }

  @Test
  void inputsGiveTheSameAndTwoBatchesWithTheTotalAsDivisorAreOne() {
    TokenBatch all = batch();
    int[] targets = targets();
    long counted = Arrays.stream(targets).filter(t -> t >= 0).count();
    try (TokenClassifier model = TokenClassifier.fromPretrained(GOLDEN);
        Scope scope = Scope.open()) {
      assertArrayEquals(logits(model), model.forward(model.encoder().inputs(all)).toFloats());
      float sum = 0;
      for (int i = 0; i < all.count(); i++) {
        Tensor own =
            Tensor.of(targets).narrow(0, all.lengths().cuSeqlens()[i], all.lengths().length(i));
        sum += model.loss(model.forward(all.sequence(i)), own, counted).item();
      }
      assertEquals(EXPECTED.get("loss").asDouble(), sum, 5e-6);
    }
  }

  // ---- folders ----

  @Test
  void savesWhatItLoadedAndNoPooler() {
    Path out = temporary.resolve("out");
    try (TokenClassifier model = TokenClassifier.fromPretrained(GOLDEN)) {
      model.save(out);
    }
    try (SafeTensors before = SafeTensors.open(GOLDEN.resolve("model.safetensors"));
        SafeTensors after = SafeTensors.open(out.resolve("model.safetensors"))) {
      assertEquals(new HashSet<>(before.names()), new HashSet<>(after.names()));
      for (String name : before.names()) {
        assertArrayEquals(before.floats(name), after.floats(name), name);
      }
    }
    JsonNode was = JsonFiles.readObject(GOLDEN.resolve("config.json"));
    JsonNode is = JsonFiles.readObject(out.resolve("config.json"));
    for (String field : List.of("architectures", "id2label", "label2id", "model_type")) {
      assertEquals(was.get(field), is.get(field), field);
    }
    assertFalse(is.has("problem_type"));
    assertTrue(out.resolve("tokenizer.json").toFile().exists());
  }

  @Test
  void loadingSaysNothingOfThePooler() {
    assertEquals("", LoadFixture.warnings(() -> TokenClassifier.fromPretrained(GOLDEN)));
    // That of a model of whole texts: its head is another, its pooler nobody misses.
    Path texts = TestFiles.golden().resolve("single-label");
    String warnings =
        LoadFixture.warnings(() -> TokenClassifier.fromPretrained(texts, Labels.of(LABELS)));
    assertTrue(warnings.contains("classifier.weight"), warnings);
    assertFalse(warnings.contains("pooler"), warnings);
    assertEquals(
        texts
            + ": is a BertForSequenceClassification, whose head is none for tokens; fine-tune it"
            + " first: fromPretrained(folder, labels) gives it a new head",
        refusal(texts));
  }

  @Test
  void aHeadForTokensIsNoneForTexts() {
    String message =
        assertThrows(CheckpointException.class, () -> SequenceClassifier.fromPretrained(GOLDEN))
            .getMessage();
    assertTrue(message.contains("is a BertForTokenClassification, whose head is none"), message);
    assertEquals(0, SequenceClassifier.headOutputs(GOLDEN));
    assertEquals(LABELS.size(), TokenClassifier.headOutputs(GOLDEN));
    assertTrue(TokenClassifier.isIn(GOLDEN));
    Path texts = Path.of("src/test/resources/golden/small-bert/single-label");
    assertEquals(0, TokenClassifier.headOutputs(texts));
    assertFalse(TokenClassifier.isIn(texts));
  }

  @Test
  void labelsGoByTheirNames() {
    List<String> turned = new ArrayList<>(LABELS);
    Collections.reverse(turned);
    try (TokenClassifier model = TokenClassifier.fromPretrained(GOLDEN);
        TokenClassifier other = TokenClassifier.fromPretrained(GOLDEN, Labels.of(turned))) {
      float[] logits = logits(model);
      float[] reversed = logits(other);
      int width = LABELS.size();
      for (int i = 0; i < logits.length; i++) {
        assertEquals(logits[i], reversed[i / width * width + width - 1 - i % width], 1e-6f);
      }
    }
    assertTrue(
        assertThrows(
                CheckpointException.class,
                () -> TokenClassifier.fromPretrained(GOLDEN, Labels.of("O", "B-X")))
            .getMessage()
            .endsWith("TokenClassifier.of(Encoder.fromPretrained(folder), labels)"));
  }

  @Test
  void whatIsNoHeadForTokensIsRefused() {
    Path folder = TestFiles.copy(GOLDEN, temporary.resolve("model"));
    var weights = TestFiles.readWeights(GOLDEN.resolve("model.safetensors"));
    weights.remove("classifier.bias");
    TestFiles.writeWeights(folder.resolve("model.safetensors"), weights, "F32");
    assertTrue(refusal(folder).contains("lacks classifier.bias"), refusal(folder));
    weights.remove("classifier.weight");
    TestFiles.writeWeights(folder.resolve("model.safetensors"), weights, "F32");
    assertTrue(
        refusal(folder).contains("holds an encoder without 'classifier.weight'"), refusal(folder));
    for (Labels labels : List.of(Labels.score(), Labels.multi("a", "b"))) {
      assertThrows(
          IllegalArgumentException.class, () -> TokenClassifier.fromPretrained(GOLDEN, labels));
      assertThrows(
          IllegalArgumentException.class,
          () -> TokenClassifier.of(BertConfig.bertBase().withEncoder(8, 1, 2, 8), labels));
    }
    ObjectNode config = JsonFiles.readObject(folder.resolve("config.json"));
    config.putObject("id2label").put("0", "O");
    config.remove("num_labels");
    TestFiles.write(folder.resolve("config.json"), JsonFiles.format(config));
    assertThrows(CheckpointException.class, () -> TokenClassifier.fromPretrained(folder));
  }

  private static String refusal(Path folder) {
    return assertThrows(CheckpointException.class, () -> TokenClassifier.fromPretrained(folder))
        .getMessage();
  }

  // ---- the encoder ----

  @Test
  void aNewHeadTakesTheEncoderAndFreesThePooler() {
    long before = Memory.live();
    Rng.seed(4);
    BertConfig config = BertConfig.bertBase().withVocabSize(60).withEncoder(24, 2, 3, 40);
    try (TokenClassifier model = TokenClassifier.of(config, Labels.of("O", "B-X", "I-X"))) {
      assertTrue(model.training());
      Set<String> names = new HashSet<>();
      model.parameters().forEach(parameter -> names.add(parameter.name()));
      assertTrue(names.contains("bert.encoder.layer.1.output.dense.weight"), names.toString());
      assertTrue(names.stream().noneMatch(name -> name.contains("pooler")), names.toString());
      assertEquals(0, model.parameter("classifier.bias").tensor().toFloats()[0]);
      assertTrue(model.parameter("classifier.weight").tensor().toFloats()[0] != 0);
      try (Scope scope = Scope.open()) {
        assertThrows(IllegalStateException.class, () -> model.encoder().forward(batch()).pooled());
        assertThrows(IllegalStateException.class, () -> model.encoder().pooled(batch()));
      }
    }
    assertEquals(before, Memory.live());
  }
}
