package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.train.metrics.Accuracy;
import io.github.jaubert.train.metrics.Metric;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Runs whose thread is interrupted. */
class TrainerInterruptTest extends TrainerFixture {
  private static final UnaryOperator<Trainer> AVERAGED =
      trainer -> trainer.with(s -> s.emaDecay(0.9f).evaluateEvery(4));

  @AfterEach
  void clear() {
    Thread.interrupted();
  }

  /** Interrupts the thread of the run after a step. */
  private static TrainingListener interruptAfter(long last) {
    return new TrainingListener() {
      @Override
      public void stepped(long step, long tokens) {
        if (step == last) {
          Thread.currentThread().interrupt();
        }
      }
    };
  }

  /** Interrupts the thread of the run in an evaluation. */
  private static final class InterruptingMetric implements Metric {
    private final Metric accuracy = new Accuracy();
    private int evaluationsLeft;
    private int updates;

    InterruptingMetric(int evaluation) {
      evaluationsLeft = evaluation;
    }

    @Override
    public String name() {
      return accuracy.name();
    }

    @Override
    public void reset() {
      accuracy.reset();
      evaluationsLeft--;
      updates = 0;
    }

    @Override
    public void update(double predicted, double actual) {
      accuracy.update(predicted, actual);
      if (evaluationsLeft == 0 && ++updates == 10) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public double result() {
      return accuracy.result();
    }
  }

  /** Runs until the interrupt; the thread is left without it. */
  private static TrainingInterruptedException interrupted(Trainer trainer) {
    TrainingInterruptedException e = assertThrows(TrainingInterruptedException.class, trainer::run);
    assertTrue(Thread.interrupted(), "the flag is still set");
    return e;
  }

  private void assertGoesOnToTheSameBits(UnaryOperator<Trainer> settings) throws IOException {
    Map<String, float[]> weights;
    TrainingResult uninterrupted;
    Path whole = folder.resolve("whole");
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      uninterrupted = settings.apply(trainer(model)).checkpoints(whole, 7).run();
      weights = SmallModel.weights(model);
    }
    Path parts = folder.resolve("parts");
    // Before an evaluation, between, where a checkpoint is due (which is written all the same), at
    // the end of a pass, and after the last step.
    for (int last : new int[] {4, 6, 7, 12, 13, 24}) {
      try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
        Trainer trainer = settings.apply(trainer(model)).checkpoints(parts, 7);
        TrainingInterruptedException e = interrupted(trainer.listener(interruptAfter(last)));
        assertEquals(last, e.step());
        Path checkpoint = parts.resolve("checkpoint.safetensors");
        assertEquals(Optional.of(checkpoint), e.checkpoint());
        assertEquals(
            "training was interrupted after step %d of 24; %s holds all of it, and the same run goes on from there"
                .formatted(last, checkpoint),
            e.getMessage());
        assertFalse(model.training());
      }
    }
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      TrainingResult resumed = settings.apply(trainer(model)).checkpoints(parts, 7).run();
      assertSameBits(weights, SmallModel.weights(model));
      assertEquals(uninterrupted.history(), resumed.history());
      assertEquals(uninterrupted.metrics(), resumed.metrics());
    }
    for (String name : new String[] {RunFolder.CHECKPOINT}) {
      assertEquals(-1, Files.mismatch(whole.resolve(name), parts.resolve(name)), name);
    }
    RunLogTest.assertSameButForTimes(whole, parts);
  }

  @Test
  void aRunGoesOnToTheSameBits() throws IOException {
    assertGoesOnToTheSameBits(trainer -> trainer.with(s -> s.keepBest(true).evaluateEvery(4)));
  }

  @Test
  void averagesOfAccumulatedStepsGoOnToTheSameBits() throws IOException {
    assertGoesOnToTheSameBits(
        trainer ->
            AVERAGED
                .apply(trainer)
                .with(s -> s.batchSize(4).gradientAccumulation(2).layerDecay(0.8f)));
  }

  @Test
  void anEvaluationIsBrokenOffAndMadeAnew() throws IOException {
    // 1,200 sentences are several batches.
    BiFunction<SequenceClassifier, Metric, Trainer> averaged =
        (model, metric) ->
            AVERAGED
                .apply(trainer(task(model).evaluate(SmallModel.sentences(1200, 2), metric)))
                .with(s -> s.keepBest(true));
    Function<SequenceClassifier, Trainer> judged = model -> averaged.apply(model, new Accuracy());
    Map<String, float[]> weights;
    TrainingResult uninterrupted;
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      uninterrupted = judged.apply(model).run();
      weights = SmallModel.weights(model);
    }
    // The third is that of step 12, when there are averages to evaluate.
    Path after = folder.resolve("after");
    Path during = folder.resolve("during");
    Map<String, float[]> last;
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      interrupted(judged.apply(model).checkpoints(after).listener(interruptAfter(12)));
      last = SmallModel.weights(model);
    }
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      Trainer trainer = averaged.apply(model, new InterruptingMetric(3)).checkpoints(during);
      assertEquals(12, interrupted(trainer).step());
      assertSameBits(last, SmallModel.weights(model)); // not the averages
    }
    for (String name : new String[] {RunFolder.CHECKPOINT}) {
      assertEquals(-1, Files.mismatch(after.resolve(name), during.resolve(name)), name);
    }
    RunLogTest.assertSameButForTimes(after, during);
    // Nor are they left in the model by a listener that fails.
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      assertThrows(ArithmeticException.class, judged.apply(model).listener(failAt(12))::run);
      assertSameBits(last, SmallModel.weights(model));
    }
    // Twice in a row, the second time before anything is done.
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      Thread.currentThread().interrupt();
      assertEquals(12, interrupted(judged.apply(model).checkpoints(during)).step());
      assertEquals(
          uninterrupted.history(), judged.apply(model).checkpoints(during).run().history());
      assertSameBits(weights, SmallModel.weights(model));
    }
  }

  /** Fails when it is told of the evaluation of a step. */
  private static TrainingListener failAt(long step) {
    return new TrainingListener() {
      @Override
      public void logged(LogEntry entry) {
        if (entry.kind() == LogEntry.Kind.EVALUATION && entry.step() == step) {
          throw new ArithmeticException();
        }
      }
    };
  }

  @Test
  void withoutAFolderTheModelHasTheWeightsSoFar() {
    Map<String, float[]> kept;
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      interrupted(
          AVERAGED
              .apply(trainer(model))
              .checkpoints(folder.resolve("run"))
              .listener(interruptAfter(11)));
      kept = SmallModel.weights(model);
    }
    long before = Memory.live();
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      TrainingInterruptedException e =
          interrupted(AVERAGED.apply(trainer(model)).listener(interruptAfter(11)));
      assertEquals(11, e.step());
      assertEquals(Optional.empty(), e.checkpoint());
      assertTrue(
          e.getMessage().contains("after step 11 of 24; the model has the weights"),
          e.getMessage());
      assertTrue(e.getMessage().contains("nothing is kept"), e.getMessage());
      assertSameBits(kept, SmallModel.weights(model));
    }
    assertEquals(before, Memory.live());
  }

  @Test
  void aRunThatWasInterruptedBeforeItBeginsTakesNoStep() throws IOException {
    Path run = folder.resolve("run");
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      Map<String, float[]> initial = SmallModel.weights(model);
      Thread.currentThread().interrupt();
      TrainingInterruptedException e = interrupted(trainer(model).checkpoints(run));
      assertEquals(0, e.step());
      assertEquals(Optional.empty(), e.checkpoint());
      assertTrue(
          e.getMessage().contains("before its first step; nothing has changed"), e.getMessage());
      assertSameBits(initial, SmallModel.weights(model));
      assertFalse(Files.exists(run.resolve(RunFolder.CHECKPOINT)));
      // With a checkpoint that is there, it is left alone.
      interrupted(trainer(model).checkpoints(run).listener(interruptAfter(9)));
      byte[] before = Files.readAllBytes(run.resolve(RunFolder.CHECKPOINT));
      Files.setLastModifiedTime(run.resolve(RunFolder.CHECKPOINT), FileTime.fromMillis(0));
      Thread.currentThread().interrupt();
      e = interrupted(trainer(model).checkpoints(run));
      assertEquals(9, e.step());
      assertArrayEquals(before, Files.readAllBytes(run.resolve(RunFolder.CHECKPOINT)));
      assertEquals(0, Files.getLastModifiedTime(run.resolve(RunFolder.CHECKPOINT)).toMillis());
    }
  }

  @Test
  void tokenisingIsBrokenOff() {
    int[] done = {0};
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      Trainer trainer =
          trainer(task(model).train(SmallModel.sentences(20_000, 1)))
              .listener(
                  new TrainingListener() {
                    @Override
                    public void tokenized(String source, int texts, int all) {
                      done[0] = texts;
                    }
                  });
      Thread.currentThread().interrupt();
      assertEquals(0, interrupted(trainer).step());
      assertTrue(0 < done[0] && done[0] <= 8192, "of 20,000: " + done[0]);
    }
  }

  @Test
  void aListenerMayWaitForThePoolThatTokenises() {
    List<Integer> told = new ArrayList<>();
    TrainingListener waits =
        new TrainingListener() {
          @Override
          public void tokenized(String source, int texts, int all) {
            CompletableFuture.runAsync(() -> {}, ForkJoinPool.commonPool()).join();
            if (all == 20_000) {
              told.add(texts);
            }
          }

          @Override
          public void started(long step, long steps, long tokens, long allTokens) {
            throw new Killed();
          }
        };
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      Trainer trainer = trainer(task(model).train(SmallModel.sentences(20_000, 1))).listener(waits);
      assertTimeoutPreemptively(
          Duration.ofMinutes(1), () -> assertThrows(Killed.class, trainer::run));
    }
    assertEquals(told.stream().sorted().toList(), told);
    assertEquals(20_000, told.get(told.size() - 1));
  }

  @Test
  void anInterruptThatFindsNothingLeftToDoChangesNothing() {
    Map<String, float[]> weights;
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      Trainer.of(SequenceClassification.of(model, tokenizer).train(SmallModel.sentences(96, 1)))
          .with(s -> s.epochs(1))
          .run();
      weights = SmallModel.weights(model);
    }
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      TrainingResult result =
          Trainer.of(SequenceClassification.of(model, tokenizer).train(SmallModel.sentences(96, 1)))
              .with(s -> s.epochs(1))
              .checkpoints(folder.resolve("run"))
              .listener(interruptAfter(3))
              .run();
      assertEquals(3, result.steps());
      assertTrue(Thread.interrupted());
      assertSameBits(weights, SmallModel.weights(model));
      // Nor does one that finds the run finished.
      Thread.currentThread().interrupt();
      Trainer.of(SequenceClassification.of(model, tokenizer).train(SmallModel.sentences(96, 1)))
          .with(s -> s.epochs(1))
          .checkpoints(folder.resolve("run"))
          .run();
      assertTrue(Thread.interrupted());
    }
  }

  @Test
  void aCheckpointThatCannotBeWrittenIsSaidToo() {
    Path run = folder.resolve("run");
    TrainingListener spoil =
        new TrainingListener() {
          @Override
          public void stepped(long step, long tokens) {
            if (step == 9) {
              obstruct(run);
              Thread.currentThread().interrupt();
            }
          }
        };
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      TrainingInterruptedException e = interrupted(trainer(model).checkpoints(run).listener(spoil));
      assertEquals(9, e.step());
      assertEquals(Optional.empty(), e.checkpoint());
      assertTrue(e.getCause() instanceof CheckpointException);
      assertTrue(
          e.getMessage().contains("after step 9 of 24, and what came of it is not kept: " + run),
          e.getMessage());
    }
  }

  /** Puts a folder, which is not empty, where the checkpoint is written first. */
  private static void obstruct(Path run) {
    try {
      Files.createDirectories(run.resolve("." + RunFolder.CHECKPOINT + ".tmp/in the way"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void cancellingTheFutureStopsTheRunAndFreesTheWorker() throws Exception {
    Path run = folder.resolve("run");
    Map<String, float[]> weights;
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      many(model).run();
      weights = SmallModel.weights(model);
    }
    ExecutorService pool = Executors.newSingleThreadExecutor();
    try {
      CountDownLatch going = new CountDownLatch(1);
      Future<TrainingResult> future =
          pool.submit(
              () -> {
                try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
                  return many(model).checkpoints(run).listener(countDownAfter(5, going)).run();
                }
              });
      going.await();
      future.cancel(true);
      assertThrows(CancellationException.class, future::get);
      assertFalse(
          pool.submit(() -> Thread.currentThread().isInterrupted()).get(60, TimeUnit.SECONDS));
    } finally {
      pool.shutdownNow();
    }
    assertTrue(Files.exists(run.resolve(RunFolder.CHECKPOINT)));
    assertFalse(Files.exists(run.resolve(RunFolder.BEST)));
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      many(model).checkpoints(run).run();
      assertSameBits(weights, SmallModel.weights(model));
    }
  }

  /** 400 steps, so that the interrupt falls somewhere among them. */
  private Trainer many(SequenceClassifier model) {
    return trainer(task(model).train(SmallModel.sentences(1600, 1)))
        .with(s -> s.batchSize(4).gradientAccumulation(2));
  }

  private static TrainingListener countDownAfter(long last, CountDownLatch latch) {
    return new TrainingListener() {
      @Override
      public void stepped(long step, long tokens) {
        if (step == last) {
          latch.countDown();
        }
      }
    };
  }
}
