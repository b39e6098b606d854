package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.optim.Decay;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.TextDataset;
import io.github.jaubert.train.metrics.Accuracy;
import io.github.jaubert.train.metrics.F1;
import io.github.jaubert.train.metrics.MeanSquaredError;
import io.github.jaubert.train.metrics.PearsonCorrelation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainerTest {
  private static final Labels TWO = Labels.of("0", "1");

  @TempDir Path folder;
  private Tokenizer tokenizer;

  @BeforeEach
  void open() {
    tokenizer = SmallModel.tokenizer(folder.resolve("tokenizer"));
  }

  @AfterEach
  void close() {
    tokenizer.close();
  }

  /** 96 sentences in 12 steps of 8, twice; evaluated at the end of both passes. */
  private Trainer trainer(SequenceClassifier model) {
    return Trainer.of(model, tokenizer)
        .train(SmallModel.sentences(96, 1))
        .evaluate(SmallModel.sentences(50, 2), new Accuracy())
        .epochs(2)
        .batchSize(8)
        .learningRate(1e-3f)
        .logEvery(5)
        .seed(3);
  }

  /** Stops a run as a kill would: after a step, without a word. */
  private static TrainingListener killAfter(long last) {
    return new TrainingListener() {
      @Override
      public void stepped(long step, long tokens) {
        if (step == last) {
          throw new Killed();
        }
      }
    };
  }

  private static final class Killed extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private static void assertSameBits(Map<String, float[]> expected, Map<String, float[]> actual) {
    assertEquals(expected.keySet(), actual.keySet());
    expected.forEach((name, values) -> assertArrayEquals(values, actual.get(name), name));
  }

  // ---- learning ----

  @Test
  void learnsAndReports() {
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      TrainingResult result =
          trainer(model).train(SmallModel.sentences(800, 1)).learningRate(3e-3f).run();
      assertEquals(200, result.steps());
      assertEquals(
          List.of(0.5, 1.0, 1.5, 2.0),
          result.history().stream()
              .map(LogEntry::epoch)
              .filter(e -> e * 2 % 1 == 0)
              .distinct()
              .toList());
      List<Double> losses =
          result.history().stream()
              .filter(e -> e.kind() == LogEntry.Kind.TRAIN)
              .map(e -> e.values().get("loss"))
              .toList();
      assertEquals(40, losses.size());
      assertEquals(Math.log(2), losses.get(0), 0.15);
      assertTrue(losses.get(39) < 0.1, "loss " + losses.get(39));
      assertTrue(result.metrics().get("accuracy") > 0.95, "" + result.metrics());
      assertTrue(result.metrics().get("loss") < 0.2, "" + result.metrics());
      assertTrue(result.tokensPerSecond() > 0);
      assertFalse(model.training());
    }
  }

  @Test
  void learnsScoresAndSeveralLabels() {
    List<Example> scored = new ArrayList<>();
    List<Example> tagged = new ArrayList<>();
    for (Example row : SmallModel.sentences(300, 4).rows()) {
      boolean good = row.label().equals("1");
      scored.add(Example.of(row.text(), good ? 2.5f : -1));
      List<String> tags = new ArrayList<>(List.of(good ? "good" : "bad"));
      if (row.text().contains("film")) {
        tags.add("film");
      }
      tagged.add(new Example(row.text(), null, tags, 0));
    }
    try (SequenceClassifier model = SmallModel.classifier(Labels.score(), 0)) {
      TextDataset data = TextDataset.of(scored);
      Map<String, Double> metrics =
          trainer(model)
              .train(data)
              .evaluate(data, new PearsonCorrelation(), new MeanSquaredError())
              .learningRate(3e-3f)
              .epochs(6)
              .run()
              .metrics();
      assertTrue(metrics.get("pearson") > 0.95, "" + metrics);
      assertEquals(metrics.get("mse"), metrics.get("loss"), 1e-5);
    }
    try (SequenceClassifier model = SmallModel.classifier(Labels.multi("bad", "film", "good"), 0)) {
      TextDataset data = TextDataset.of(tagged);
      Map<String, Double> metrics =
          trainer(model)
              .train(data)
              .evaluate(data, new F1(), new Accuracy())
              .learningRate(3e-3f)
              .epochs(12)
              .run()
              .metrics();
      assertTrue(metrics.get("f1") > 0.9 && metrics.get("accuracy") > 0.9, "" + metrics);
    }
  }

  @Test
  void batchesOfAStepAddUpToOneLargeBatch() {
    Map<String, float[]> whole;
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0)) {
      trainer(model).batchSize(24).epochs(1).schedule(Decay.Curve.CONSTANT).run();
      whole = SmallModel.weights(model);
    }
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0)) {
      assertEquals(
          4,
          trainer(model)
              .batchSize(8)
              .gradientAccumulation(3)
              .epochs(1)
              .schedule(Decay.Curve.CONSTANT)
              .run()
              .steps());
      Map<String, float[]> parts = SmallModel.weights(model);
      // Adam divides by the root of the squares, so what differs in the last digits of a tiny
      // gradient shows.
      whole.forEach((name, values) -> assertArrayEquals(values, parts.get(name), 2e-5f, name));
    }
  }

  @Test
  void aFrozenParameterStaysAndAScaleOfZeroFreezes() {
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      Map<String, float[]> before = SmallModel.weights(model);
      model.freeze("embeddings");
      trainer(model).epochs(1).learningRateScale("encoder\\.layer\\.0", 0).run();
      Map<String, float[]> after = SmallModel.weights(model);
      before.forEach(
          (name, values) ->
              assertEquals(
                  name.contains("embeddings") || name.contains("layer.0"),
                  Arrays.equals(values, after.get(name)),
                  name));
    }
  }

  // ---- the same bits ----

  @Test
  void theSameSeedGivesTheSameBitsForAnyNumberOfThreads() {
    List<Map<String, float[]>> weights = new ArrayList<>();
    List<List<LogEntry>> histories = new ArrayList<>();
    int threads = Device.cpu().threads();
    try {
      for (int count : new int[] {1, 2, 2}) {
        Device.cpu().threads(count);
        try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
          histories.add(trainer(model).batchTokens(100).run().history());
          weights.add(SmallModel.weights(model));
        }
      }
    } finally {
      Device.cpu().threads(threads);
    }
    assertEquals(histories.get(0), histories.get(1));
    assertEquals(histories.get(1), histories.get(2));
    assertSameBits(weights.get(0), weights.get(1));
    assertSameBits(weights.get(1), weights.get(2));
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      assertFalse(histories.get(0).equals(trainer(model).batchTokens(100).seed(4).run().history()));
    }
  }

  @Test
  void aRunThatWasKilledGoesOnToTheSameBits() throws IOException {
    Map<String, float[]> weights;
    TrainingResult uninterrupted;
    Path whole = folder.resolve("whole");
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      uninterrupted = trainer(model).keepBest(true).evaluateEvery(4).checkpoints(whole, 7).run();
      weights = SmallModel.weights(model);
    }
    Path parts = folder.resolve("parts");
    // Before the first checkpoint, between two, just before one at the end of a pass, and after the
    // last.
    for (int last : new int[] {3, 9, 12, 23}) {
      try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
        Trainer trainer =
            trainer(model)
                .keepBest(true)
                .evaluateEvery(4)
                .checkpoints(parts, 7)
                .listener(killAfter(last));
        assertThrows(Killed.class, trainer::run);
      }
    }
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      TrainingResult resumed =
          trainer(model).keepBest(true).evaluateEvery(4).checkpoints(parts, 7).run();
      assertSameBits(weights, SmallModel.weights(model));
      assertEquals(uninterrupted.history(), resumed.history());
      assertEquals(uninterrupted.metrics(), resumed.metrics());
      assertEquals(24, resumed.steps());
    }
    assertEquals(
        Files.readString(whole.resolve(RunFolder.LOG)),
        Files.readString(parts.resolve(RunFolder.LOG)));
    assertArrayEquals(
        Files.readAllBytes(whole.resolve(RunFolder.CHECKPOINT)),
        Files.readAllBytes(parts.resolve(RunFolder.CHECKPOINT)));
    // Run again, it only loads what came of it.
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      TrainingResult again =
          trainer(model)
              .keepBest(true)
              .evaluateEvery(4)
              .checkpoints(parts, 7)
              .listener(killAfter(24))
              .run();
      assertSameBits(weights, SmallModel.weights(model));
      assertEquals(uninterrupted.history(), again.history());
      assertEquals(0, again.tokensPerSecond());
    }
  }

  @Test
  void theBestWeightsAreKeptWithAndWithoutAFolder() {
    Map<String, float[]> kept;
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      TrainingResult result = trainer(model).evaluateEvery(2).keepBest(true).run();
      kept = SmallModel.weights(model);
      double best =
          result.history().stream()
              .filter(e -> e.kind() == LogEntry.Kind.EVALUATION)
              .mapToDouble(e -> e.values().get("accuracy"))
              .max()
              .orElseThrow();
      assertEquals(best, result.metrics().get("accuracy"));
      // The weights are those of that evaluation: a run of no steps from them gives its figures.
      Map<String, Double> measured = trainer(model).learningRate(0).epochs(1).run().metrics();
      assertEquals(result.metrics(), measured);
    }
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      trainer(model).evaluateEvery(2).keepBest(true).checkpoints(folder.resolve("run")).run();
      assertSameBits(kept, SmallModel.weights(model));
    }
  }

  // ---- memory ----

  @Test
  void nothingIsLeftBehind() {
    long before = Memory.live();
    for (int round = 0; round < 2; round++) {
      try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
        trainer(model).keepBest(true).checkpoints(folder.resolve("run" + round)).run();
      }
      assertEquals(before, Memory.live());
    }
  }

  // ---- what is refused ----

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
          trainer(model).checkpoints(run).learningRate(2e-3f).train(SmallModel.sentences(95, 1));
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

  @Test
  void refusesDataThatDoesNotFit() {
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0)) {
      Map<String, float[]> weights = SmallModel.weights(model);
      TextDataset other =
          TextDataset.of("dev.tsv", List.of(new Example("x", null, List.of("2"), 9)));
      String message =
          assertThrows(DataException.class, trainer(model).evaluate(other, new Accuracy())::run)
              .getMessage();
      assertEquals("dev.tsv:9: label 2 is not one of the 2 known: 0, 1", message);
      assertThrows(IllegalStateException.class, Trainer.of(model, tokenizer)::run);
      assertThrows(
          IllegalStateException.class,
          Trainer.of(model, tokenizer).train(SmallModel.sentences(9, 1)).keepBest(true)::run);
      assertThrows(
          IllegalArgumentException.class, trainer(model).learningRateScale("no such name", 2)::run);
      assertSameBits(weights, SmallModel.weights(model));
    }
  }

  @Test
  void refusesSettingsThatMakeNoSense() {
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0)) {
      Trainer trainer = Trainer.of(model, tokenizer);
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> trainer.epochs(0));
      assertEquals("trainer: epochs = 0 makes no sense", e.getMessage());
      assertThrows(IllegalArgumentException.class, () -> trainer.learningRate(Float.NaN));
      assertThrows(IllegalArgumentException.class, () -> trainer.learningRate(-1));
      assertThrows(IllegalArgumentException.class, () -> trainer.warmup(1.5f));
      assertThrows(IllegalArgumentException.class, () -> trainer.batchSize(0));
      assertThrows(IllegalArgumentException.class, () -> trainer.batchTokens(0));
      assertThrows(IllegalArgumentException.class, () -> trainer.maxLength(2));
      assertThrows(IllegalArgumentException.class, () -> trainer.checkpoints(folder, 0));
    }
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
              .evaluateEvery(2)
              .keepBest(true)
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
        assertThrows(NullPointerException.class, () -> Trainer.of(null, tokenizer)).getMessage();
    assertEquals("model", message);
  }
}
