package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.train.metrics.Accuracy;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A small model, its tokenizer, and a run of a few seconds, for the tests of the trainer. */
abstract class TrainerFixture {
  static final Labels TWO = Labels.of("0", "1");

  @TempDir Path folder;
  Tokenizer tokenizer;

  @BeforeEach
  void open() {
    tokenizer = SmallModel.tokenizer(folder.resolve("tokenizer"));
  }

  @AfterEach
  void close() {
    tokenizer.close();
  }

  /** 96 sentences to learn from, 50 to be judged by. */
  SequenceClassification task(SequenceClassifier model) {
    return SequenceClassification.of(model, tokenizer)
        .train(SmallModel.sentences(96, 1))
        .evaluate(SmallModel.sentences(50, 2), new Accuracy());
  }

  /** 12 steps of 8 sentences, twice; evaluated at the end of both passes. */
  Trainer trainer(SequenceClassifier model) {
    return trainer(task(model));
  }

  Trainer trainer(Task task) {
    return Trainer.of(task)
        .with(s -> s.epochs(2).batchSize(8).learningRate(1e-3f).logEvery(5).seed(3));
  }

  /** Stops a run as a kill would: after a step, without a word. */
  static TrainingListener killAfter(long last) {
    return new TrainingListener() {
      @Override
      public void stepped(long step, long tokens) {
        if (step == last) {
          throw new Killed();
        }
      }
    };
  }

  static final class Killed extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  static void assertSameBits(Map<String, float[]> expected, Map<String, float[]> actual) {
    assertEquals(expected.keySet(), actual.keySet());
    expected.forEach((name, values) -> assertArrayEquals(values, actual.get(name), name));
  }
}
