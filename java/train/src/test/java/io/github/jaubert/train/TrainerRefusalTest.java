package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.TextDataset;
import io.github.jaubert.train.metrics.Accuracy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** What a trainer refuses, and what ends a run. */
class TrainerRefusalTest extends TrainerFixture {
  @Test
  void whatTheModelHasNoEmbeddingForIsFoundBeforeTheFirstStep() {
    BertConfig small =
        BertConfig.bertBase().withVocabSize(24).withEncoder(32, 1, 2, 64).withDropout(0, 0);
    TextDataset data =
        TextDataset.of("texts", List.of(Example.of("a film", "0"), Example.of("an actor", "1")));
    try (SequenceClassifier model = SequenceClassifier.of(small, TWO)) {
      String message =
          assertThrows(DataException.class, () -> trainer(task(model).train(data)).run())
              .getMessage();
      assertTrue(
          message.contains(
              "holds 'actor', token 24 of the tokenizer; the model has embeddings for 24"),
          message);
    }
  }

  @Test
  void refusesDataThatDoesNotFit() {
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0)) {
      Map<String, float[]> weights = SmallModel.weights(model);
      TextDataset other =
          TextDataset.of("dev.tsv", List.of(new Example("x", null, List.of("2"), 9)));
      String message =
          assertThrows(
                  DataException.class, trainer(task(model).evaluate(other, new Accuracy()))::run)
              .getMessage();
      assertEquals(
          "dev.tsv:9: label 2 is not one of the 2 known: 0, 1; mapLabels(…) renames labels",
          message);
      assertThrows(
          IllegalStateException.class,
          Trainer.of(SequenceClassification.of(model, tokenizer))::run);
      assertThrows(
          IllegalStateException.class,
          Trainer.of(SequenceClassification.of(model, tokenizer).train(SmallModel.sentences(9, 1)))
                  .with(s -> s.keepBest(true))
              ::run);
      assertThrows(
          IllegalArgumentException.class,
          trainer(model).with(s -> s.learningRateScale("no such name", 2))::run);
      assertSameBits(weights, SmallModel.weights(model));
    }
  }

  @Test
  void refusesSettingsThatMakeNoSense() {
    TrainingSettings settings = TrainingSettings.defaults();
    Map<String, Supplier<?>> wrong = new LinkedHashMap<>();
    wrong.put("epochs 0: a whole number from 1", () -> settings.epochs(0));
    wrong.put("learningRate NaN: a number from 0, finite", () -> settings.learningRate(Float.NaN));
    wrong.put("learningRate -1.0: a number from 0, finite", () -> settings.learningRate(-1));
    wrong.put("warmup 1.5: a number from 0 to 1", () -> settings.warmup(1.5f));
    wrong.put("batchSize 0: a whole number from 1", () -> settings.batchSize(0));
    wrong.put("batchTokens 0: a whole number from 1", () -> settings.batchTokens(0));
    wrong.put("layerDecay 0.0: a number above 0, up to 1", () -> settings.layerDecay(0));
    wrong.put("emaDecay 1.0: a number from 0, less than 1", () -> settings.emaDecay(1));
    wrong.put("patience -1: a whole number from 0", () -> settings.patience(-1));
    wrong.put("precision F16: F32 or BF16", () -> settings.precision(DType.F16));
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0);
        SequenceClassifier score = SmallModel.classifier(Labels.score(), 0)) {
      SequenceClassification task = task(model);
      wrong.put("maxLength 2: a whole number from 3", () -> task.maxLength(2));
      wrong.put("labelSmoothing 2.0: a number from 0 to 1", () -> task.labelSmoothing(2));
      wrong.put("classWeights: 3 for 2 labels", () -> task.classWeights(1, 1, 1));
      wrong.put("classWeights: -1.0", () -> task.classWeights(1, -1));
      wrong.put(
          "classWeights: the model's labels are REGRESSION [score], not one of several",
          () -> task(score).classWeights(1));
      wrong.put("checkpoints: every 0 steps; from 1", () -> trainer(task).checkpoints(folder, 0));
      wrong.forEach(
          (message, call) ->
              assertEquals(
                  message, assertThrows(IllegalArgumentException.class, call::get).getMessage()));
      assertThrows(IllegalStateException.class, noJudge(model).with(s -> s.patience(1))::run);
    }
  }

  private Trainer noJudge(SequenceClassifier model) {
    return Trainer.of(
        SequenceClassification.of(model, tokenizer).train(SmallModel.sentences(9, 1)));
  }

  @Test
  void aLossThatIsNoNumberEndsTheRun() {
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0)) {
      model.parameter("classifier.bias").tensor().fill(Float.NaN);
      String message = assertThrows(IllegalStateException.class, trainer(model)::run).getMessage();
      assertEquals(
          "the loss is NaN at step 5 of 24; a lower learning rate than 0.001 may help", message);
    }
  }

  @Test
  void weightsThatAreNoNumbersAreNeverKept() {
    Path run = folder.resolve("run");
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0)) {
      model.parameter("classifier.bias").tensor().fill(Float.NaN);
      // The checkpoint is due before the loss is read for the log.
      Trainer trainer = trainer(model).checkpoints(run, 2);
      String message = assertThrows(IllegalStateException.class, trainer::run).getMessage();
      assertEquals(
          "the loss is NaN at step 2 of 24; a lower learning rate than 0.001 may help", message);
      assertFalse(Files.exists(run.resolve(RunFolder.CHECKPOINT)));
    }
  }

  @Test
  void anEvaluationThatIsNoNumberEndsTheRun() {
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0)) {
      Trainer trainer =
          trainer(model)
              .with(s -> s.evaluateEvery(2).keepBest(true))
              .checkpoints(folder.resolve("run"))
              .listener(
                  new TrainingListener() {
                    @Override
                    public void stepped(long step, long tokens) {
                      if (step == 2) {
                        model.parameter("classifier.bias").tensor().fill(Float.NaN);
                      }
                    }
                  });
      String message = assertThrows(IllegalStateException.class, trainer::run).getMessage();
      assertEquals(
          "the evaluation loss is NaN at step 2 of 24; a lower learning rate than 0.001 may help",
          message);
      assertFalse(Files.exists(folder.resolve("run").resolve(RunFolder.BEST)));
    }
  }

  @Test
  void namesThePartThatIsMissing() {
    String message =
        assertThrows(
                NullPointerException.class,
                () -> Trainer.of(SequenceClassification.of(null, tokenizer)))
            .getMessage();
    assertEquals("model", message);
  }
}
