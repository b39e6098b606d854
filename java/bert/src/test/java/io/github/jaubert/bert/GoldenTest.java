package io.github.jaubert.bert;

import static io.github.jaubert.bert.Goldens.relativeL2;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.SafeTensors;
import io.github.jaubert.bert.checkpoint.TestFiles;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.optim.AdamW;
import io.github.jaubert.optim.AdamWOptions;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The small BERT against PyTorch's autograd in double precision, on sequences of mixed lengths with
 * dropout 0. The figures are made by src/test/python/golden_small_bert.py.
 */
class GoldenTest {
  private static final Path GOLDEN = TestFiles.golden();
  private static final JsonNode INPUTS = JsonFiles.readObject(GOLDEN.resolve("inputs.json"));

  private static TokenBatch batch() {
    return Goldens.batch(INPUTS);
  }

  /** The labels of a task as its loss takes them. */
  private static Tensor targets(String task) {
    JsonNode labels = INPUTS.get("labels").get(task);
    if (task.equals("single-label")) {
      int[] classes = new int[labels.size()];
      for (int i = 0; i < classes.length; i++) {
        classes[i] = labels.get(i).asInt();
      }
      return Tensor.of(classes);
    }
    int width = task.equals("regression") ? 1 : labels.get(0).size();
    float[] values = new float[labels.size() * width];
    for (int i = 0; i < values.length; i++) {
      JsonNode row = labels.get(i / width);
      values[i] = (float) (row.isArray() ? row.get(i % width) : row).asDouble();
    }
    return Tensor.of(values, labels.size(), width);
  }

  @Test
  void hiddenStatesAndPooledOutput() {
    try (SequenceClassifier model =
            SequenceClassifier.fromPretrained(GOLDEN.resolve("single-label"));
        SafeTensors expected = SafeTensors.open(GOLDEN.resolve("hidden.safetensors"));
        Scope scope = Scope.open()) {
      EncoderOutput output = model.encoder().forward(batch());
      assertTrue(
          relativeL2(expected.floats("last_hidden_state"), output.lastHidden().toFloats()) < 1e-6);
      assertTrue(relativeL2(expected.floats("pooler_output"), output.pooled().toFloats()) < 1e-6);
      List<Tensor> states = model.encoder().hiddenStates(batch());
      assertEquals(3, states.size());
      assertTrue(relativeL2(expected.floats("last_hidden_state"), states.get(2).toFloats()) < 1e-6);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"single-label", "multi-label", "regression"})
  void lossLogitsAndEveryGradient(String task) {
    JsonNode expected = JsonFiles.readObject(GOLDEN.resolve(task).resolve("expected.json"));
    try (SequenceClassifier model = SequenceClassifier.fromPretrained(GOLDEN.resolve(task));
        SafeTensors gradients =
            SafeTensors.open(GOLDEN.resolve(task).resolve("gradients.safetensors"));
        Scope scope = Scope.open()) {
      model.train();
      Tensor logits = model.forward(batch());
      Tensor loss = model.loss(logits, targets(task));
      loss.backward();
      assertEquals(expected.get("loss").asDouble(), loss.item(), 1e-6);
      float[] values = logits.toFloats();
      int labels = model.labels().size();
      for (int i = 0; i < values.length; i++) {
        assertEquals(
            expected.get("logits").get(i / labels).get(i % labels).asDouble(), values[i], 2e-6);
      }
      assertEquals(gradients.names().size(), model.parameters().size());
      for (Parameter parameter : model.parameters()) {
        assertNotNull(parameter.grad(), parameter.name());
        float[] golden = gradients.floats(parameter.name());
        if (parameter.name().endsWith("key.bias")) {
          // Softmax does not change when all scores of a row move together: the true gradient is 0,
          // only its rounding is not.
          for (float value : parameter.grad().toFloats()) {
            assertEquals(0, value, 1e-6, parameter.name());
          }
        } else {
          double error = relativeL2(golden, parameter.grad().toFloats());
          assertTrue(error <= 1e-4, parameter.name() + ": relative error " + error);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"single-label", "multi-label", "regression"})
  void twoBatchesWithTheTotalAsDivisorAreOneBatch(String task) {
    TokenBatch all = batch();
    try (SequenceClassifier model = SequenceClassifier.fromPretrained(GOLDEN.resolve(task));
        Scope scope = Scope.open()) {
      float whole = model.loss(model.forward(all), targets(task)).item();
      float sum = 0;
      for (int i = 0; i < all.count(); i++) {
        Tensor target = targets(task).narrow(0, i, 1);
        sum += model.loss(model.forward(all.sequence(i)), target, all.count()).item();
      }
      assertEquals(whole, sum, 2e-6);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"single-label", "multi-label", "regression"})
  void tenStepsOfAdamW(String task) {
    JsonNode expected =
        JsonFiles.readObject(GOLDEN.resolve(task).resolve("expected.json")).get("training");
    AdamWOptions options =
        AdamWOptions.defaults()
            .withWeightDecay((float) expected.get("weight_decay").asDouble())
            .withMaxNorm((float) expected.get("max_grad_norm").asDouble());
    try (SequenceClassifier model = SequenceClassifier.fromPretrained(GOLDEN.resolve(task));
        AdamW optimizer = AdamW.of(model.parameters(), 0, options)) {
      model.train();
      for (int step = 0; step <= expected.get("steps").asInt(); step++) {
        try (Scope scope = Scope.open()) {
          Tensor loss = model.loss(model.forward(batch()), targets(task));
          assertEquals(
              expected.get("losses").get(step).asDouble(),
              loss.item(),
              2e-4,
              "loss before step " + step);
          if (step < expected.get("steps").asInt()) {
            loss.backward();
            optimizer.step((float) expected.get("learning_rates").get(step).asDouble());
            double norm = expected.get("grad_norms").get(step).asDouble();
            assertEquals(
                norm, optimizer.gradNorm().item(), 2e-3 * norm, "gradient norm of step " + step);
          }
        }
      }
    }
  }
}
