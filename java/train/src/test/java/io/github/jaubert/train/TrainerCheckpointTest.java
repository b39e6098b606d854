package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.TextDataset;
import io.github.jaubert.train.metrics.Accuracy;
import io.github.jaubert.train.metrics.F1;
import io.github.jaubert.train.metrics.Metric;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Runs that are interrupted, and what is left of them in their folder. */
class TrainerCheckpointTest extends TrainerFixture {
  @Test
  void aRunThatWasKilledGoesOnToTheSameBits() throws IOException {
    Map<String, float[]> weights;
    TrainingResult uninterrupted;
    Path whole = folder.resolve("whole");
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      uninterrupted =
          trainer(model).with(s -> s.keepBest(true).evaluateEvery(4)).checkpoints(whole, 7).run();
      weights = SmallModel.weights(model);
    }
    Path parts = folder.resolve("parts");
    // Before the first checkpoint, between two, just before one at the end of a pass, and after the
    // last.
    for (int last : new int[] {3, 9, 12, 23}) {
      try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
        Trainer trainer =
            trainer(model)
                .with(s -> s.keepBest(true).evaluateEvery(4))
                .checkpoints(parts, 7)
                .listener(killAfter(last));
        assertThrows(Killed.class, trainer::run);
      }
    }
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      TrainingResult resumed =
          trainer(model).with(s -> s.keepBest(true).evaluateEvery(4)).checkpoints(parts, 7).run();
      assertSameBits(weights, SmallModel.weights(model));
      assertEquals(uninterrupted.history(), resumed.history());
      assertEquals(uninterrupted.metrics(), resumed.metrics());
      assertEquals(24, resumed.steps());
    }
    RunLogTest.assertSameButForTimes(whole, parts);
    assertArrayEquals(
        Files.readAllBytes(whole.resolve(RunFolder.CHECKPOINT)),
        Files.readAllBytes(parts.resolve(RunFolder.CHECKPOINT)));
    // Run again, it only loads what came of it.
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      TrainingResult again =
          trainer(model)
              .with(s -> s.keepBest(true).evaluateEvery(4))
              .checkpoints(parts, 7)
              .listener(killAfter(24))
              .run();
      assertSameBits(weights, SmallModel.weights(model));
      assertEquals(uninterrupted.history(), again.history());
      assertEquals(0, again.tokensPerSecond());
    }
  }

  @Test
  void averagesGoOnToTheSameBits() {
    Map<String, float[]> weights;
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      trainer(model).with(s -> s.emaDecay(0.9f).layerDecay(0.8f)).run();
      weights = SmallModel.weights(model);
    }
    Path parts = folder.resolve("parts");
    // Before the first average, and between the last two.
    for (int last : new int[] {8, 17}) {
      try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
        Trainer trainer =
            trainer(model)
                .with(s -> s.emaDecay(0.9f).layerDecay(0.8f))
                .checkpoints(parts, 7)
                .listener(killAfter(last));
        assertThrows(Killed.class, trainer::run);
      }
    }
    for (int run = 0; run < 2; run++) { // the second only loads what came of the first
      try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
        trainer(model).with(s -> s.emaDecay(0.9f).layerDecay(0.8f)).checkpoints(parts, 7).run();
        assertSameBits(weights, SmallModel.weights(model));
      }
    }
  }

  @Test
  void theBestWeightsAreKeptWithAndWithoutAFolder() {
    Map<String, float[]> kept;
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      TrainingResult result = trainer(model).with(s -> s.evaluateEvery(2).keepBest(true)).run();
      kept = SmallModel.weights(model);
      double best =
          result.history().stream()
              .filter(e -> e.kind() == LogEntry.Kind.EVALUATION)
              .mapToDouble(e -> e.values().get("accuracy"))
              .max()
              .orElseThrow();
      assertEquals(best, result.metrics().get("accuracy"));
      // The weights are those of that evaluation: a run of no steps from them gives its figures.
      Map<String, Double> measured =
          trainer(model).with(s -> s.learningRate(0).epochs(1)).run().metrics();
      assertEquals(result.metrics(), measured);
    }
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      trainer(model)
          .with(s -> s.evaluateEvery(2).keepBest(true))
          .checkpoints(folder.resolve("run"))
          .run();
      assertSameBits(kept, SmallModel.weights(model));
    }
  }

  @Test
  void refusesTheCheckpointOfAnotherRun() throws IOException {
    Path run = folder.resolve("run");
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      trainer(model).checkpoints(run).run();
    }
    byte[] before = Files.readAllBytes(run.resolve(RunFolder.CHECKPOINT));
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      Map<String, float[]> weights = SmallModel.weights(model);
      Trainer other =
          trainer(task(model).train(SmallModel.sentences(95, 1)))
              .with(s -> s.learningRate(2e-3f))
              .checkpoints(run);
      String message = assertThrows(CheckpointException.class, other::run).getMessage();
      assertTrue(
          message.contains("checkpoint.safetensors")
              && message.contains("learning_rate was 0.001 and is 0.002"),
          message);
      assertTrue(message.contains("training_data was 96 examples"), message);
      assertSameBits(weights, SmallModel.weights(model));
    }
    assertArrayEquals(before, Files.readAllBytes(run.resolve(RunFolder.CHECKPOINT)));
  }

  @Test
  void refusesToGoOnWithAnotherMetricOrOtherEvaluationData() {
    Path run = folder.resolve("run");
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      Trainer killed =
          trainer(model)
              .with(s -> s.evaluateEvery(4).keepBest(true))
              .checkpoints(run, 7)
              .listener(killAfter(9));
      assertThrows(Killed.class, killed::run);
    }
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      String message =
          refusal(
              trainer(task(model).evaluate(SmallModel.sentences(50, 2), new F1(), new Accuracy()))
                  .with(s -> s.evaluateEvery(4).keepBest(true))
                  .checkpoints(run, 7));
      assertTrue(
          message.contains(
              "belongs to another run: metrics was [accuracy] and is [f1 (1), accuracy]; use another folder"),
          message);
      UnaryOperator<TrainingSettings> settings = s -> s.evaluateEvery(4).keepBest(true);
      SequenceClassification other =
          task(model).evaluate(SmallModel.sentences(50, 4), new Accuracy());
      message = refusal(trainer(other).with(settings).checkpoints(run, 7));
      assertTrue(message.contains("another run: evaluation_data was 50 examples "), message);
      // The same texts with other labels.
      List<Example> swapped =
          SmallModel.sentences(50, 2).rows().stream()
              .map(row -> Example.of(row.text(), row.labels().contains("1") ? "0" : "1"))
              .toList();
      other = task(model).evaluate(TextDataset.of("swapped", swapped), new Accuracy());
      message = refusal(trainer(other).with(settings).checkpoints(run, 7));
      assertTrue(message.contains("another run: evaluation_data was 50 examples "), message);
      message =
          refusal(trainer(model).with(s -> s.keepBest(true).evaluateEvery(5)).checkpoints(run, 7));
      assertTrue(message.contains("another run: evaluate_every was 4 and is 5;"), message);
    }
  }

  private static String refusal(Trainer trainer) {
    return assertThrows(CheckpointException.class, trainer::run).getMessage();
  }

  /** A number in some evaluations only. */
  private static final class Sometimes implements Metric {
    private final double[] values;
    private int evaluations;

    Sometimes(int before, double... values) {
      this.evaluations = before;
      this.values = values;
    }

    @Override
    public String name() {
      return "sometimes";
    }

    @Override
    public void reset() {
      evaluations++;
    }

    @Override
    public void update(double predicted, double actual) {}

    @Override
    public double result() {
      return values[evaluations - 1];
    }
  }

  @Test
  void whatIsNotANumberIsNotTheBestOfARunThatGoesOnEither() {
    double nan = Double.NaN;
    for (double[] values :
        new double[][] {
          {nan, nan, 0.5, nan}, {0.5, nan, nan, nan}, {nan, nan, nan, nan}, {nan, -1, nan, -0.5}
        }) {
      Map<String, float[]> weights;
      try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
        judged(model, new Sometimes(0, values)).run();
        weights = SmallModel.weights(model);
      }
      Path run = folder.resolve("run" + Arrays.hashCode(values));
      int evaluated = 0;
      for (int last : new int[] {8, 15}) { // before the second evaluation, and the third
        try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
          Trainer killed = judged(model, new Sometimes(evaluated, values));
          killed.checkpoints(run, 7).listener(killAfter(last));
          assertThrows(Killed.class, killed::run);
        }
        evaluated++; // by the checkpoint at 7, after the evaluation at 6, and that at 14
      }
      try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
        judged(model, new Sometimes(evaluated, values)).checkpoints(run, 7).run();
        assertSameBits(weights, SmallModel.weights(model));
      }
    }
  }

  /** Evaluated at steps 6, 12, 18 and 24. */
  private Trainer judged(SequenceClassifier model, Metric metric) {
    return trainer(task(model).evaluate(SmallModel.sentences(50, 2), metric))
        .with(s -> s.evaluateEvery(6).keepBest(true));
  }

  @Test
  void aCheckpointWithoutItsBestWeightsIsRefusedAtTheStart() throws IOException {
    Path run = folder.resolve("run");
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      Trainer killed =
          trainer(model)
              .with(s -> s.evaluateEvery(4).keepBest(true))
              .checkpoints(run, 7)
              .listener(killAfter(9));
      assertThrows(Killed.class, killed::run);
    }
    Files.delete(run.resolve(RunFolder.BEST));
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      Trainer trainer =
          trainer(model).with(s -> s.evaluateEvery(4).keepBest(true)).checkpoints(run, 7);
      String message = refusal(trainer);
      assertTrue(message.contains("needs best.safetensors beside it, which is missing"), message);
      trainer.replaceOther(true).run();
    }
  }

  /** A checkpoint that was refused says nothing of the run that takes its place. */
  @Test
  void aRunThatBeginsAnewIsKnownByTheWeightsItBeganWith() throws IOException {
    Path run = folder.resolve("run");
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      TrainingListener interrupt =
          new TrainingListener() {
            @Override
            public void stepped(long step, long tokens) {
              if (step == 9) {
                Thread.currentThread().interrupt();
              }
            }
          };
      Trainer interrupted =
          trainer(model).with(s -> s.evaluateEvery(4).keepBest(true)).checkpoints(run, 7);
      assertThrows(TrainingInterruptedException.class, interrupted.listener(interrupt)::run);
      assertTrue(Thread.interrupted());
      Files.delete(run.resolve(RunFolder.BEST));
      trainer(model)
          .with(s -> s.evaluateEvery(4).keepBest(true))
          .checkpoints(run, 7)
          .replaceOther(true)
          .run();
    }
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      String message =
          refusal(trainer(model).with(s -> s.evaluateEvery(4).keepBest(true)).checkpoints(run, 7));
      assertTrue(message.contains("belongs to another run: base_weights was "), message);
    }
  }

  @Test
  void partsAndBestWeightsOfAnotherRunAreDeletedAtTheStart() throws IOException {
    Path run = Files.createDirectories(folder.resolve("run"));
    for (String name : List.of(RunFolder.BEST, RunFolder.CHECKPOINT, RunLog.FILE)) {
      Files.writeString(run.resolve("." + name + ".tmp"), "a part");
    }
    Files.writeString(run.resolve(RunFolder.BEST), "of another run");
    Files.writeString(run.resolve("mine.txt"), "mine");
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      trainer(model).with(s -> s.epochs(1)).checkpoints(run).run();
    }
    try (Stream<Path> left = Files.list(run)) {
      assertEquals(
          List.of(RunFolder.CHECKPOINT, "mine.txt", RunLog.FILE),
          left.map(file -> file.getFileName().toString()).sorted().toList());
    }
  }

  @Test
  void gradientsFromBeforeTheRunDoNotCount() {
    Map<String, float[]> weights;
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      trainer(model).with(s -> s.epochs(1)).run();
      weights = SmallModel.weights(model);
    }
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      try (Scope scope = Scope.open()) {
        model.parameters().get(0).tensor().sum().backward(); // as after a step that failed half way
      }
      trainer(model).with(s -> s.epochs(1)).run();
      assertSameBits(weights, SmallModel.weights(model));
    }
  }

  @Test
  void refusesTheCheckpointOfAReleaseThatComputesOtherwise() throws IOException {
    Path run = folder.resolve("run");
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      trainer(model).with(s -> s.epochs(1)).checkpoints(run).run();
      Path file = run.resolve(RunFolder.CHECKPOINT);
      String key = "\\\"arithmetic\\\":" + Checkpoint.ARITHMETIC;
      String text = Files.readString(file, StandardCharsets.ISO_8859_1);
      assertTrue(text.contains(key));
      for (String other : new String[] {"\\\"arithmetic\\\":7", "\\\"arithmetix\\\":2"}) {
        Files.writeString(file, text.replace(key, other), StandardCharsets.ISO_8859_1);
        String message =
            assertThrows(
                    CheckpointException.class,
                    trainer(model).with(s -> s.epochs(1)).checkpoints(run)::run)
                .getMessage();
        int version = other.endsWith("7") ? 7 : 1; // 1 is that of releases which did not write it
        assertTrue(
            message.contains(
                "was written with arithmetic version "
                    + version
                    + " of the trainer, and this is version "
                    + Checkpoint.ARITHMETIC),
            message);
      }
    }
  }

  @Test
  void refusesADamagedCheckpoint() throws IOException {
    Path run = folder.resolve("run");
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      trainer(model).checkpoints(run).run();
      Path file = run.resolve(RunFolder.CHECKPOINT);
      byte[] bytes = Files.readAllBytes(file);
      Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
      String message =
          assertThrows(CheckpointException.class, trainer(model).checkpoints(run)::run)
              .getMessage();
      assertTrue(message.contains("checkpoint.safetensors"), message);
    }
  }

  @Test
  void aFolderThatCannotBeWrittenIsAnErrorAndLeavesNoPart() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "not a folder");
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      String message =
          assertThrows(CheckpointException.class, trainer(model).checkpoints(file)::run)
              .getMessage();
      assertTrue(message.contains(file.toString()), message);
      assertEquals("not a folder", Files.readString(file));
    }
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(2, left.count());
    }
  }
}
