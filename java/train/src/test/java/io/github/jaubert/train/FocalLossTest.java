package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.TextDataset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Against PyTorch in double precision, and as a task has it. */
class FocalLossTest extends TrainerFixture {
  private static final JsonNode GOLDEN = ClassificationGoldens.get("focal");

  private static Tensor matrix(String name) {
    return Tensor.of(ClassificationGoldens.floats(GOLDEN.get(name)), 7, 3);
  }

  @Test
  void valuesAndGradientsAreThoseOfTheFormula() {
    float[] alpha = ClassificationGoldens.floats(GOLDEN.get("alpha"));
    int[] classes = ClassificationGoldens.ints(GOLDEN.get("classes"));
    float[] ofRows = new LabelWeights(alpha, null).of(classes);
    float sum = 0;
    float[] oneHot = new float[21];
    for (int i = 0; i < 7; i++) {
      oneHot[3 * i + classes[i]] = 1;
      sum += ofRows[i];
    }
    for (JsonNode one : GOLDEN.get("cases")) {
      float gamma = (float) one.get("gamma").asDouble();
      try (Scope scope = Scope.open()) {
        Tensor logits = matrix("logits").requiresGrad(true);
        Tensor truth = Tensor.of(oneHot, 7, 3);
        Tensor loss = FocalLoss.ofClasses(logits, truth, Tensor.of(ofRows, 7), gamma, sum);
        check(one.get("classes"), loss, logits);

        logits = matrix("logits").requiresGrad(true);
        LabelWeights weights = LabelWeights.ones(Labels.multi("x", "y", "z")).times(0.25f);
        float[] several = ClassificationGoldens.floats(GOLDEN.get("truth"));
        loss =
            FocalLoss.ofSeveral(
                logits, matrix("truth"), Tensor.of(weights.of(several), 7, 3), gamma, 7);
        check(one.get("several"), loss, logits);
      }
    }
  }

  private static void check(JsonNode wanted, Tensor loss, Tensor logits) {
    loss.backward();
    double expected = wanted.get("value").asDouble();
    assertEquals(expected, loss.item(), 1e-5 * Math.max(1, expected));
    float[] gradient = ClassificationGoldens.floats(wanted.get("gradient"));
    float[] actual = logits.grad().toFloats();
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < gradient.length; i++) {
      difference += Math.pow(actual[i] - gradient[i], 2);
      norm += Math.pow(gradient[i], 2);
    }
    assertTrue(Math.sqrt(difference / norm) < 1e-5, "off by " + Math.sqrt(difference / norm));
  }

  // ---- of a task ----

  private SequenceClassification prepared(SequenceClassification task) {
    task.prepare(new TrainingListener() {});
    return task;
  }

  private static float loss(SequenceClassification task) {
    task.model().eval();
    try (Scope scope = Scope.open()) {
      Batch batch = task.examples().batch(new int[] {3, 1, 4, 1, 5, 9, 2, 6});
      return task.loss(task.inputs(batch), task.count(batch)).item();
    }
  }

  /** With a gamma of 0 it is the cross-entropy, whatever the weights are. */
  @Test
  void withoutFocusItIsTheCrossEntropy() {
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0)) {
      float plain = loss(prepared(task(model).classWeights(0.5f, 4)));
      assertEquals(plain, loss(prepared(task(model).focalLoss(0).classWeights(0.5f, 4))), 1e-5);
      assertTrue(plain > loss(prepared(task(model).classWeights(0.5f, 4).focalLoss(2))));
    }
    try (SequenceClassifier model = SmallModel.classifier(Labels.multi("0", "1"), 0)) {
      float plain = loss(prepared(task(model)));
      assertEquals(plain, loss(prepared(task(model).focalLoss(0))), 1e-5);
      assertEquals(plain / 2, loss(prepared(task(model).focalLoss(0, 0.5f))), 1e-5);
    }
  }

  @Test
  void balancedWeightsAreThoseOfTheData() {
    List<Example> rows = new ArrayList<>();
    Random random = new Random(Seeds.SEED);
    int[] counts = new int[2];
    for (int i = 0; i < 61; i++) {
      int label = i < 2 ? i : random.nextInt(5) == 0 ? 1 : 0;
      counts[label]++;
      rows.add(Example.of(i % 3 == 0 ? "good film" : "the story was cold", "" + label));
    }
    TextDataset data = TextDataset.of("rows", rows);
    float[] weights = {61f / (2 * counts[0]), 61f / (2 * counts[1])};
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0)) {
      SequenceClassification balanced = prepared(task(model).train(data).balancedClassWeights());
      assertEquals(
          loss(prepared(task(model).train(data).classWeights(weights))), loss(balanced), 1e-6);
      assertEquals(
          "balanced " + Arrays.toString(weights), balanced.settings().get("class_weights"));
      int[] all = new int[61];
      Arrays.setAll(all, i -> i);
      assertEquals(61, balanced.count(balanced.examples().batch(all)), 1e-3);
    }
  }

  @Test
  void rareLabelsAreLearntWithFocusAndWeights() {
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0)) {
      TrainingResult result =
          trainer(task(model).balancedClassWeights().focalLoss(2)).with(s -> s.epochs(8)).run();
      assertTrue(result.metrics().get("accuracy") > 0.9, "" + result.metrics());
    }
    Labels labels = Labels.multi("0", "1");
    try (SequenceClassifier model = SmallModel.classifier(labels, 0)) {
      TrainingResult result =
          trainer(task(model).balancedClassWeights().focalLoss(1, 0.5f))
              .with(s -> s.epochs(8).learningRate(4e-3f))
              .run();
      assertTrue(result.metrics().get("accuracy") > 0.8, "" + result.metrics());
    }
  }

  @Test
  void whatDoesNotFitIsRefused() {
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0);
        SequenceClassifier score = SmallModel.classifier(Labels.score(), 0)) {
      refuses("focalLoss gamma -1.0: from 0", () -> task(model).focalLoss(-1));
      refuses("of which classWeights are the alpha", () -> task(model).focalLoss(2, 0.25f));
      refuses("a score", () -> task(score).focalLoss(2));
      refuses("a score", () -> task(score).balancedClassWeights());
      SequenceClassification both = task(model).focalLoss(2).labelSmoothing(0.1f);
      assertEquals(
          "labelSmoothing is of the cross-entropy, and the loss is 'focal(gamma 2.0)'",
          assertThrows(IllegalStateException.class, () -> prepared(both)).getMessage());
    }
  }

  private static void refuses(String part, Runnable call) {
    String message = assertThrows(IllegalArgumentException.class, call::run).getMessage();
    assertTrue(message.contains(part), message);
  }
}
