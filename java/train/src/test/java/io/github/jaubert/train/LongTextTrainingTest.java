package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.pipeline.LabelScore;
import io.github.jaubert.bert.pipeline.Pipelines;
import io.github.jaubert.bert.pipeline.TextClassification;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.bert.tokenizer.LongTextReader;
import io.github.jaubert.bert.tokenizer.LongTextStrategy;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.TextDataset;
import io.github.jaubert.train.metrics.Accuracy;
import io.github.jaubert.train.metrics.MeanSquaredError;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Texts of windows in training and evaluation, against what the model says of each window. */
class LongTextTrainingTest extends TrainerFixture {
  private static final int LENGTH = 7;
  private static final LongTextStrategy WINDOWS = LongTextStrategy.windows(2);

  private static List<Encoding> windows(Tokenizer tokenizer, String text) {
    try (Tokenizer cutting = tokenizer.withMaxLength(LENGTH)) {
      return new LongTextReader(cutting, WINDOWS).of(text);
    }
  }

  /** The mean of the logits of a text's windows, one window at a time. */
  private double[] logits(SequenceClassifier model, String text) {
    List<Encoding> windows = windows(tokenizer, text);
    double[] means = new double[model.labels().size()];
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      for (Encoding window : windows) {
        float[] own = model.forward(TokenBatch.of(window)).toFloats();
        for (int i = 0; i < own.length; i++) {
          means[i] += (double) own[i] / windows.size();
        }
      }
    }
    return means;
  }

  @Test
  void aTextIsLearntByItsWindowsAndJudgedByTheirMean() {
    TextDataset dev = SmallModel.sentences(50, 2);
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      SequenceClassification task =
          SequenceClassification.of(model, tokenizer)
              .maxLength(LENGTH)
              .longTexts(WINDOWS)
              .train(SmallModel.sentences(96, 1))
              .evaluate(dev, new Accuracy());
      TrainingResult result = trainer(task).run();
      int learnt = 0;
      for (Example row : SmallModel.sentences(96, 1).rows()) {
        learnt += windows(tokenizer, row.text()).size();
      }
      assertTrue(learnt > 96);
      assertEquals(learnt, task.examples().size());
      assertEquals("windows(stride 2)", task.settings().get("long_texts"));

      model.eval();
      double loss = 0;
      int right = 0;
      for (Example row : dev.rows()) {
        double[] logits = logits(model, row.text());
        int truth = Integer.parseInt(row.label());
        loss += Math.log1p(Math.exp(logits[1 - truth] - logits[truth])) / dev.size();
        right += logits[truth] > logits[1 - truth] ? 1 : 0;
      }
      assertEquals(loss, result.metrics().get("loss"), 1e-4);
      assertEquals(right / 50.0, result.metrics().get("accuracy"), 1e-9);
      assertEquals(50, task.predictions(result).size());

      model.save(folder.resolve("out"));
      try (TextClassification classify = Pipelines.textClassification(folder.resolve("out"));
          SequenceClassifier again = SequenceClassifier.fromPretrained(folder.resolve("out"));
          Tokenizer saved = Tokenizer.fromPretrained(folder.resolve("out"))) {
        List<Judgement> judged = task.judgements();
        for (int i = 0; i < 50; i++) {
          LabelScore first = classify.of(dev.rows().get(i).text()).get(0);
          assertEquals(judged.get(i).answer(), List.of(first.label()));
          assertEquals(judged.get(i).score(), first.score(), 1e-5);
        }
        // A folder that is judged later is read alike, without being asked.
        Map<String, Double> later =
            Trainer.of(
                    SequenceClassification.of(again, saved)
                        .maxLength(saved.maxLength())
                        .evaluate(dev, new Accuracy()))
                .evaluate();
        assertEquals(result.metrics().get("loss"), later.get("loss"), 1e-6);
      }
    }
  }

  @Test
  void lossesOfOtherLabelsAreThoseOfTheMeansToo() {
    Random random = new Random(Seeds.SEED);
    List<Example> rows = new ArrayList<>();
    List<Example> scored = new ArrayList<>();
    for (Example row : SmallModel.sentences(30, random.nextLong()).rows()) {
      rows.add(new Example(row.text(), null, random.nextBoolean() ? List.of("x") : List.of(), 0));
      scored.add(Example.of(row.text(), Float.toString(random.nextFloat())));
    }
    try (SequenceClassifier model = SmallModel.classifier(Labels.multi("x", "y"), 0)) {
      SequenceClassification task =
          SequenceClassification.of(model, tokenizer)
              .maxLength(LENGTH)
              .longTexts(WINDOWS)
              .focalLoss(0)
              .evaluate(TextDataset.of("rows", rows));
      double loss = 0;
      for (Example row : rows) {
        double[] logits = logits(model, row.text());
        loss += Math.log1p(Math.exp(row.labels().isEmpty() ? logits[0] : -logits[0]));
        loss += Math.log1p(Math.exp(logits[1]));
      }
      assertEquals(loss / 60, Trainer.of(task).evaluate().get("loss"), 1e-4);
    }
    try (SequenceClassifier model = SmallModel.classifier(Labels.score(), 0)) {
      SequenceClassification task =
          SequenceClassification.of(model, tokenizer)
              .maxLength(LENGTH)
              .longTexts(WINDOWS)
              .evaluate(TextDataset.of("scored", scored), new MeanSquaredError());
      double loss = 0;
      for (Example row : scored) {
        loss += Math.pow(logits(model, row.text())[0] - Float.parseFloat(row.label()), 2) / 30;
      }
      Map<String, Double> measured = Trainer.of(task).evaluate();
      assertEquals(loss, measured.get("loss"), 1e-4);
      assertEquals(loss, measured.get("mse"), 1e-4);
      assertEquals(30, task.judgements().size());
    }
  }

  @Test
  void pairsAreRefusedAndLaterTrainingCuts() {
    TextDataset pairs = TextDataset.of("pairs", List.of(new Example("a", "b", List.of("1"), 4)));
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0)) {
      DataException e =
          assertThrows(
              DataException.class,
              () ->
                  SequenceClassification.of(model, tokenizer)
                      .longTexts(LongTextStrategy.headTail(0.25))
                      .train(pairs)
                      .prepare(new TrainingListener() {}));
      assertTrue(e.getMessage().contains("is a pair of texts; head-tail"), e.getMessage());
      model.longTexts(WINDOWS);
      SequenceClassification.of(model, tokenizer)
          .train(SmallModel.sentences(9, 1))
          .prepare(new TrainingListener() {});
      assertEquals(LongTextStrategy.cut(), model.longTexts());
    }
  }
}
