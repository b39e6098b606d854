package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.TextDataset;
import io.github.jaubert.train.metrics.Accuracy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Examples that were learnt from are looked at again. */
class LearntExamplesTest {
  private static final Labels TWO = Labels.of("0", "1");

  @TempDir private Path folder;

  @Test
  void wrongLabelsHaveLargeLosses() {
    List<Example> rows = new ArrayList<>(SmallModel.sentences(200, 3).rows());
    int[] wrong = {5, 77, 160};
    for (int row : wrong) {
      Example old = rows.get(row);
      rows.set(row, Example.of(old.text(), old.label().equals("0") ? "1" : "0"));
    }
    TextDataset data = TextDataset.of(rows);
    try (Tokenizer tokenizer = SmallModel.tokenizer(folder);
        SequenceClassifier model = SmallModel.classifier(TWO, 0)) {
      SequenceClassification task =
          SequenceClassification.of(model, tokenizer).train(data).evaluate(data, new Accuracy());
      assertThrows(IllegalStateException.class, () -> task.predictionsOfLearnt(0));
      TrainingResult result =
          Trainer.of(task).with(s -> s.epochs(10).batchSize(16).learningRate(2e-3f).seed(1)).run();
      int[] all = IntStream.range(0, 200).toArray();
      double[] losses = task.predictionsOfLearnt(all).losses();
      assertArrayEquals(task.predictions(result).losses(), losses, 1e-5);
      double ofWrong = IntStream.of(wrong).mapToDouble(row -> losses[row]).average().orElseThrow();
      double ofAll = IntStream.of(all).mapToDouble(row -> losses[row]).average().orElseThrow();
      assertTrue(ofWrong > ofAll, ofWrong + " and " + ofAll);

      int[] some = {199, 5, 42};
      Predictions part = task.predictionsOfLearnt(some);
      for (int i = 0; i < some.length; i++) {
        assertEquals(losses[some[i]], part.losses()[i], 1e-5);
      }
      assertEquals(200, task.judgements(result).size());
    }
  }
}
