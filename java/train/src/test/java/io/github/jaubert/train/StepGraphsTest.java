package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.jaubert.autograd.CapturedStep;
import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.MaskedLanguageModel;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.bert.models.bert.Bert;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.models.mpnet.MpNetConfig;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.nn.CrossEntropyOptions;
import io.github.jaubert.nn.F;
import io.github.jaubert.optim.AdamW;
import io.github.jaubert.optim.Optimizer;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.corpus.Corpus;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.TextDataset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Steps of the trainer as graphs; most of it on a device that has some, see jaubert-cuda. */
class StepGraphsTest extends TrainerFixture {
  /** The smallest BERT that has everything; the same weights every time. */
  private static SequenceClassifier classifier(Labels labels) {
    Rng.seed(5);
    return SequenceClassifier.of(
        BertConfig.bertBase().withVocabSize(25).withEncoder(8, 1, 2, 12).withDropout(0.1, 0.1),
        labels);
  }

  private Task prepared(SequenceClassifier model, TextDataset texts) {
    Task task = SequenceClassification.of(model, tokenizer).train(texts);
    task.prepare(new TrainingListener() {});
    return task;
  }

  private static void requireGraphs() {
    assumeTrue(CapturedStep.isSupportedBy(Device.defaultDevice()), "the device has no graphs");
  }

  @Test
  void batchesArePaddedByLessThanAnEighth() {
    assertEquals(128, StepGraphs.padded(1));
    assertEquals(128, StepGraphs.padded(128));
    assertEquals(256, StepGraphs.padded(129));
    assertEquals(4096, StepGraphs.padded(4096));
    assertEquals(4608, StepGraphs.padded(4097));
    for (int tokens = 1024; tokens < 20_000; tokens += 7) {
      int padded = StepGraphs.padded(tokens);
      assertTrue(padded >= tokens && padded - tokens < tokens / 8.0, "" + tokens);
      assertEquals(padded, StepGraphs.padded(padded));
    }
  }

  @Test
  void aDeviceWithoutGraphsIsRefused() {
    Device before = Device.defaultDevice();
    Device.cpu().makeDefault();
    try (SequenceClassifier model = classifier(TWO)) {
      assertEquals(
          "cpu: there are no graphs; leave graphs(true) for a GPU",
          assertThrows(
                  UnsupportedOperationException.class,
                  trainer(model).with(s -> s.graphs(true))::run)
              .getMessage());
    } finally {
      before.makeDefault();
    }
  }

  /** Whatever the device is. */
  @Test
  void anEncoderWhoseStepsCannotBeRecordedIsRefusedByName() {
    BertConfig sizes =
        BertConfig.bertBase().withVocabSize(25).withEncoder(8, 1, 2, 12).withDropout(0, 0);
    try (SequenceClassifier model = SequenceClassifier.of(new MpNetConfig(sizes, 32), TWO)) {
      String message =
          assertThrows(
                  UnsupportedOperationException.class,
                  trainer(model).with(s -> s.graphs(true))::run)
              .getMessage();
      assertTrue(message.startsWith("MPNet: its steps cannot be recorded as graphs"), message);
    }
  }

  /** Each kind of labels, batches that fit one size and batches that do not. */
  @Test
  void aReplayedStepHasTheBitsOfTheStepAndPaddingThoseOfNoneButForRounding() {
    requireGraphs();
    List<Example> tagged = new ArrayList<>();
    List<Example> scored = new ArrayList<>();
    for (Example row : SmallModel.sentences(60, 4).rows()) {
      boolean good = row.label().equals("1");
      tagged.add(new Example(row.text(), null, good ? List.of("1", "0") : List.of(), 0));
      scored.add(Example.of(row.text(), good ? 2.5f : -1));
    }
    compare(TWO, SmallModel.sentences(60, 4));
    compare(Labels.multi("0", "1"), TextDataset.of(tagged));
    compare(Labels.score(), TextDataset.of(scored));
  }

  private void compare(Labels labels, TextDataset texts) {
    List<int[]> batches = new ArrayList<>();
    for (int step = 0; step < 6; step++) {
      int[] rows = new int[step == 3 ? 5 : 8];
      for (int i = 0; i < rows.length; i++) {
        rows[i] = 8 * step + i;
      }
      batches.add(rows);
    }
    List<Float> replayedLosses = new ArrayList<>();
    Map<String, float[]> replayed;
    try (SequenceClassifier model = classifier(labels);
        Optimizer adam = AdamW.of(model.parameters(), 1e-3f);
        LossMeter losses = new LossMeter(Device.defaultDevice());
        StepGraphs graphs = new StepGraphs(prepared(model, texts), adam, losses, 16)) {
      Examples data = prepared(model, texts).examples();
      Rng.seed(8);
      for (int step = 0; step < batches.size(); step++) {
        graphs.takeStep(List.of(data.batch(batches.get(step))), 1e-3f / (step + 1));
        losses.stepped();
        replayedLosses.add((float) losses.take());
      }
      assertEquals(1, graphs.count());
      assertEquals(4, graphs.replays()); // all but the first and the one of five sentences
      assertEquals(6, adam.steps());
      replayed = SmallModel.weights(model);
    }
    for (boolean pads : new boolean[] {true, false}) {
      try (SequenceClassifier model = classifier(labels);
          Optimizer adam = AdamW.of(model.parameters(), 1e-3f)) {
        Task task = prepared(model, texts);
        Rng.seed(8);
        for (int step = 0; step < batches.size(); step++) {
          int[] rows = batches.get(step);
          try (Scope scope = Scope.open()) {
            Batch batch = task.examples().batch(rows);
            Inputs inputs = task.inputs(pads ? batch.padded(tokens -> 128) : batch);
            Tensor loss = task.loss(inputs, 1).mul(Tensor.scalar(1f / rows.length));
            loss.backward();
            adam.step(1e-3f / (step + 1));
            float found = replayedLosses.get(step);
            assertEquals(loss.item(), found, pads ? 0 : 2e-4 * found, labels + " step " + step);
          }
        }
        if (pads) {
          assertSameBits(SmallModel.weights(model), replayed);
        }
      }
    }
  }

  /** Of which every step has another number of masked tokens, and divides by it. */
  @Test
  void stepsWithOtherCountsAreReplayed() {
    requireGraphs();
    List<String> texts = SmallModel.sentences(48, 4).rows().stream().map(Example::text).toList();
    Rng.seed(5);
    BertConfig config =
        BertConfig.bertBase().withVocabSize(25).withEncoder(32, 2, 2, 64).withDropout(0.1, 0.1);
    try (MaskedLanguageModel model = MaskedLanguageModel.of(config);
        Optimizer adam = AdamW.of(model.parameters(), 1e-3f);
        LossMeter losses = new LossMeter(Device.defaultDevice())) {
      Pretraining task =
          Pretraining.of(model, tokenizer)
              .train(Corpus.of("sentences", texts))
              .cache(folder.resolve("cache"));
      task.prepare(new TrainingListener() {});
      try (StepGraphs graphs = new StepGraphs(task, adam, losses, 16);
          RunningMean told = task.figures().get("accuracy")) {
        Set<Float> counts = new HashSet<>();
        for (int step = 0; step < 6; step++) {
          int first = 8 * step;
          Batch batch = task.examples().batch(IntStream.range(first, first + 8).toArray(), step);
          counts.add(task.count(batch));
          double expected;
          try (Scope scope = Scope.open();
              NoGrad off = NoGrad.open()) {
            model.eval();
            expected = task.loss(task.inputs(batch), task.count(batch)).item();
            model.train();
          }
          told.take();
          graphs.takeStep(List.of(batch), 1e-3f);
          losses.stepped();
          assertEquals(task.count(batch), told.count().item());
          assertTrue(told.sum().item() >= 0 && told.sum().item() < 0.5 * told.count().item());
          // Dropout is between the two, and ln 25 is what a model says that knows nothing.
          assertEquals(expected, losses.take(), 0.3);
        }
        assertTrue(counts.size() > 1, counts.toString());
        assertEquals(1, graphs.count());
        assertEquals(5, graphs.replays());
      }
    }
  }

  /** Texts in pairs of which the means over their tokens are to be alike. */
  private record Pairs(Bert model, List<Encoding> left, List<Encoding> right) implements Task {
    @Override
    public Examples examples() {
      return Examples.of(
          left.size(),
          i -> left.get(i).length() + right.get(i).length(),
          rows ->
              Batch.of(pick(left, rows))
                  .text("right", pick(right, rows))
                  .with("wanted", IntStream.range(0, rows.length).toArray()));
    }

    private static TokenBatch pick(List<Encoding> texts, int[] rows) {
      return TokenBatch.of(IntStream.of(rows).mapToObj(texts::get).toList());
    }

    @Override
    public Tensor loss(Inputs inputs, float count) {
      Tensor products = mean(inputs.text()).matmul(mean(inputs.text("right")).t());
      return F.crossEntropy(
          products, inputs.get("wanted"), CrossEntropyOptions.defaults().withNormalizer(count));
    }

    private Tensor mean(TokenInputs text) {
      return F.segmentMean(model.forward(text).lastHidden(), text.lengths());
    }
  }

  /** Of which a replay has the lengths of both texts of another batch. */
  @Test
  void aTaskOfTwoTextsIsReplayed() {
    requireGraphs();
    List<List<Encoding>> sides = new ArrayList<>();
    for (int seed : new int[] {4, 5}) {
      sides.add(
          SmallModel.sentences(40, seed).rows().stream()
              .map(row -> tokenizer.encode(row.text()))
              .toList());
    }
    List<double[]> runs = new ArrayList<>();
    for (boolean graphs : new boolean[] {false, true}) {
      try (SequenceClassifier model = classifier(TWO)) {
        Task task = new Pairs((Bert) model.encoder(), sides.get(0), sides.get(1));
        TrainingResult result =
            Trainer.of(task)
                .with(s -> s.batchSize(8).epochs(3).learningRate(1e-3f).logEvery(1).graphs(graphs))
                .run();
        assertEquals(15, result.steps());
        runs.add(losses(result));
      }
    }
    assertArrayEquals(runs.get(0), runs.get(1), 1e-3);
  }

  @Test
  void aRunThatWasKilledGoesOnToTheSameBitsAndNothingIsLeft() {
    requireGraphs();
    long live = Memory.live(Device.defaultDevice());
    Map<String, float[]> whole;
    TrainingResult uninterrupted;
    try (SequenceClassifier model = classifier(TWO)) {
      uninterrupted = short_(model).checkpoints(folder.resolve("whole"), 4).run();
      whole = SmallModel.weights(model);
    }
    for (int last : new int[] {3, 6}) {
      try (SequenceClassifier model = classifier(TWO)) {
        Trainer killed =
            short_(model)
                .checkpoints(folder.resolve("parts"), 4)
                .listener(
                    new TrainingListener() {
                      @Override
                      public void stepped(long step, long tokens) {
                        if (step == last) {
                          throw new IllegalStateException("killed");
                        }
                      }
                    });
        assertThrows(IllegalStateException.class, killed::run);
      }
    }
    try (SequenceClassifier model = classifier(TWO)) {
      TrainingResult resumed = short_(model).checkpoints(folder.resolve("parts"), 4).run();
      assertSameBits(whole, SmallModel.weights(model));
      assertEquals(uninterrupted.history(), resumed.history());
    }
    try (SequenceClassifier model = classifier(TWO)) {
      TrainingResult usual = short_(model).with(s -> s.graphs(false)).run();
      assertArrayEquals(losses(uninterrupted), losses(usual), 1e-3);
    }
    assertEquals(live, Memory.live(Device.defaultDevice()));
  }

  private Trainer short_(SequenceClassifier model) {
    return trainer(
            task(model).train(SmallModel.sentences(28, 1)).evaluate(SmallModel.sentences(6, 2)))
        .with(s -> s.emaDecay(0.9f).logEvery(1).graphs(true));
  }

  /** Three batches a step, but for the last of each pass, which has one. */
  @Test
  void stepsOfSeveralBatchesHaveTheBitsOfThoseWithoutGraphs() {
    requireGraphs();
    TextDataset texts = SmallModel.sentences(80, 4);
    List<List<int[]>> steps = new ArrayList<>();
    for (int pass = 0; pass < 3; pass++) {
      List<int[]> batches = new ArrayList<>();
      for (int first = 0; first < 80; first += 8) {
        int[] rows = new int[8];
        for (int i = 0; i < rows.length; i++) {
          rows[i] = (first + i + 5 * pass) % 80;
        }
        batches.add(rows);
        if (batches.size() == 3 || first == 72) {
          steps.add(batches);
          batches = new ArrayList<>();
        }
      }
    }
    List<Float> replayedLosses = new ArrayList<>();
    Map<String, float[]> replayed;
    long live = Memory.live(Device.defaultDevice());
    try (SequenceClassifier model = classifier(TWO);
        Optimizer adam = AdamW.of(model.parameters(), 1e-3f);
        LossMeter losses = new LossMeter(Device.defaultDevice());
        StepGraphs graphs = new StepGraphs(prepared(model, texts), adam, losses, 16)) {
      Examples data = prepared(model, texts).examples();
      Rng.seed(8);
      for (List<int[]> batches : steps) {
        graphs.takeStep(batches.stream().map(data::batch).toList(), 1e-3f);
        losses.stepped();
        replayedLosses.add((float) losses.take());
      }
      assertEquals(3, graphs.count()); // the first of three, one that adds, one by itself
      assertEquals(27, graphs.replays()); // all but the first of each
      assertEquals(12, adam.steps());
      replayed = SmallModel.weights(model);
    }
    assertEquals(live, Memory.live(Device.defaultDevice()));
    try (SequenceClassifier model = classifier(TWO);
        Optimizer adam = AdamW.of(model.parameters(), 1e-3f);
        LossMeter losses = new LossMeter(Device.defaultDevice())) {
      Task task = prepared(model, texts);
      Rng.seed(8);
      for (int step = 0; step < steps.size(); step++) {
        List<int[]> batches = steps.get(step);
        for (int[] rows : batches) {
          try (Scope scope = Scope.open()) {
            Batch batch = task.examples().batch(rows).padded(tokens -> 128);
            Tensor loss = task.loss(task.inputs(batch), 8 * batches.size());
            loss.backward();
            losses.add(loss);
          }
        }
        adam.step(1e-3f);
        losses.stepped();
        assertEquals((float) losses.take(), replayedLosses.get(step), "step " + step);
      }
      assertSameBits(SmallModel.weights(model), replayed);
    }
  }

  @Test
  void aRunAccumulatesGradientsInGraphs() {
    requireGraphs();
    for (DType precision : List.of(DType.F32, DType.BF16)) {
      List<double[]> runs = new ArrayList<>();
      for (boolean graphs : new boolean[] {false, true}) {
        try (SequenceClassifier model = classifier(TWO)) {
          runs.add(
              losses(
                  short_(model)
                      .with(s -> s.precision(precision).graphs(graphs).gradientAccumulation(2))
                      .run()));
        }
      }
      assertArrayEquals(
          runs.get(0), runs.get(1), precision == DType.F32 ? 1e-3 : 1e-2, "" + precision);
    }
  }

  private static double[] losses(TrainingResult result) {
    return result.history().stream().mapToDouble(e -> e.values().get("loss")).toArray();
  }

  @Test
  void theOldestGraphGoesWhenThereAreTooMany() {
    requireGraphs();
    TextDataset texts = SmallModel.sentences(40, 6);
    try (SequenceClassifier model = classifier(TWO);
        Optimizer adam = AdamW.of(model.parameters(), 1e-3f);
        LossMeter losses = new LossMeter(Device.defaultDevice());
        StepGraphs graphs = new StepGraphs(prepared(model, texts), adam, losses, 2)) {
      Examples data = prepared(model, texts).examples();
      for (int size = 1; size <= 3; size++) {
        Batch batch = data.batch(new int[size]);
        graphs.takeStep(List.of(batch), 0);
        graphs.takeStep(List.of(batch), 0);
        assertEquals(Math.min(size, 2), graphs.count());
      }
      graphs.takeStep(List.of(data.batch(new int[1])), 0); // of which the graph is gone
      assertEquals(2, graphs.count());
      assertEquals(4, graphs.replays());
    }
  }
}
