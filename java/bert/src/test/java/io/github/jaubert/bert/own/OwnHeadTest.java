package io.github.jaubert.bert.own;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.Encoder;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.TestFiles;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A head that states only its layers, its forward and its names has all else of any head. */
class OwnHeadTest {
  private static final Path BERT = TestFiles.golden().resolve("single-label");

  @TempDir Path temporary;

  private static TokenBatch batch() {
    PackedSequences lengths = PackedSequences.of(5, 1, 13);
    int[] ids = new Random(7).ints(lengths.tokens(), 0, 30).toArray();
    return new TokenBatch(ids, new int[ids.length], lengths);
  }

  private static float[] logits(SpanFinder model) {
    try (Scope scope = Scope.open()) {
      return model.forward(batch()).toFloats();
    }
  }

  private static Path folder(String architecture) {
    return architecture.equals("Bert") ? BERT : TestFiles.golden("small-distilbert");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Bert", "DistilBert"})
  void isSavedLoadedAndFreed(String architecture) {
    long before = Memory.live();
    Rng.seed(5);
    Path out = temporary.resolve("out");
    float[] expected;
    try (SpanFinder model = SpanFinder.of(Encoder.fromPretrained(folder(architecture)))) {
      assertTrue(model.parameter("qa_outputs.weight").tensor().toFloats()[0] != 0);
      assertEquals(0, model.parameter("qa_outputs.bias").tensor().toFloats()[1]);
      assertSame(model, model.computeType(model.computeType()));
      assertEquals(2, model.freeze("^qa_outputs"));
      expected = logits(model);
      model.save(out);
    }
    ObjectNode config = JsonFiles.readObject(out.resolve("config.json"));
    assertEquals(
        "[\"" + architecture + "ForQuestionAnswering\"]", "" + config.get("architectures"));
    assertFalse(config.has("id2label"));
    try (SpanFinder model = SpanFinder.fromPretrained(out)) {
      assertFalse(model.training());
      assertArrayEquals(expected, logits(model));
      List<String> names = model.parameters().stream().map(Parameter::name).toList();
      String encoder = architecture.toLowerCase() + ".";
      assertTrue(
          names.stream().allMatch(n -> n.startsWith(encoder) || n.startsWith("qa_outputs.")));
      assertTrue(names.stream().noneMatch(name -> name.contains("pooler")), names.toString());
    }
    assertEquals(before, Memory.live());
  }

  @Test
  void computesALinearLayerOfTheHiddenStates() {
    Rng.seed(6);
    try (SpanFinder model = SpanFinder.of(Encoder.fromPretrained(BERT));
        Scope scope = Scope.open()) {
      float[] hidden = model.encoder().forward(batch()).lastHidden().toFloats();
      float[] weight = model.parameter("qa_outputs.weight").tensor().toFloats();
      float[] logits = logits(model);
      int width = model.config().hiddenSize();
      assertEquals(2 * batch().tokens(), logits.length);
      for (int i = 0; i < logits.length; i++) {
        double sum = 0;
        for (int k = 0; k < width; k++) {
          sum += (double) hidden[i / 2 * width + k] * weight[i % 2 * width + k];
        }
        assertEquals(sum, logits[i], 1e-5);
      }
    }
  }

  @Test
  void aFolderWithoutTheHeadIsRefused() {
    assertEquals(
        BERT
            + ": is a BertForSequenceClassification, whose head is none for questions; fine-tune it"
            + " first: SpanFinder.of(Encoder.fromPretrained(folder)) gives it a new head",
        refusal(BERT));
    Path encoder = temporary.resolve("encoder");
    try (Encoder alone = Encoder.fromPretrained(BERT)) {
      alone.save(encoder);
    }
    assertTrue(
        refusal(encoder).startsWith(encoder + ": holds an encoder without 'qa_outputs.weight'"));
    Path half = temporary.resolve("half");
    try (SpanFinder model = SpanFinder.of(Encoder.fromPretrained(BERT))) {
      model.save(half);
    }
    var weights = TestFiles.readWeights(half.resolve("model.safetensors"));
    weights.remove("qa_outputs.bias");
    TestFiles.writeWeights(half.resolve("model.safetensors"), weights, "F32");
    long before = Memory.live();
    assertTrue(
        refusal(half)
            .endsWith(
                ": lacks qa_outputs.bias: its answers would come from random numbers;"
                    + " SpanFinder.of(Encoder.fromPretrained(folder)) initialises what is missing,"
                    + " for training"),
        refusal(half));
    assertEquals(before, Memory.live());
  }

  private static String refusal(Path folder) {
    return assertThrows(CheckpointException.class, () -> SpanFinder.fromPretrained(folder))
        .getMessage();
  }
}
