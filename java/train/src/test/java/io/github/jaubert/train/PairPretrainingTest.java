package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.PreTrainingModel;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.corpus.Corpus;
import io.github.jaubert.train.data.DataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Masked tokens and pairs of texts whose sentences have an order. */
class PairPretrainingTest extends TrainerFixture {
  private static final List<String> SENTENCES =
      List.of(
          "a good film",
          "the story was dull",
          "it is very warm",
          "and the actor was kind",
          "a mean cold film was it",
          "poor and bright is the story",
          "very bad",
          "fine it was");

  /** Documents of some sentences in a row. */
  private static Corpus corpus(int documents, long seed) {
    Random random = new Random(seed);
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < documents; i++) {
      int first = random.nextInt(SENTENCES.size() - 2);
      int end = first + 3 + random.nextInt(SENTENCES.size() - first - 2);
      texts.add(String.join("\n", SENTENCES.subList(first, end)));
    }
    return Corpus.of("rows", texts);
  }

  private static PreTrainingModel model(double dropout) {
    Rng.seed(5);
    return PreTrainingModel.of(
        BertConfig.bertBase()
            .withVocabSize(25)
            .withEncoder(32, 2, 2, 64)
            .withDropout(dropout, dropout));
  }

  private PairPretraining task(PreTrainingModel model) {
    return PairPretraining.of(model, tokenizer).maxLength(24).cache(folder.resolve("cache"));
  }

  private static Trainer trainer(PairPretraining task) {
    return Trainer.of(task)
        .with(s -> s.epochs(3).batchTokens(200).learningRate(3e-3f).logEvery(5).seed(3));
  }

  private static Map<String, float[]> weights(PreTrainingModel model) {
    Map<String, float[]> weights = new LinkedHashMap<>();
    model.parameters().forEach(p -> weights.put(p.name(), p.tensor().toFloats()));
    return weights;
  }

  @Test
  void learnsBoth() {
    try (PreTrainingModel model = model(0)) {
      TrainingResult result =
          trainer(task(model).sentenceOrder().train(corpus(250, 1)).heldOut(0.1))
              .with(s -> s.epochs(24).evaluateAtStart(true))
              .run();
      Map<String, Double> before = result.history().get(0).values();
      assertEquals(Math.log(25) + Math.log(2), before.get("loss"), 0.5);
      assertEquals(
          List.of("loss", "accuracy", "perplexity", "pair_accuracy"), List.copyOf(before.keySet()));
      assertTrue(result.metrics().get("accuracy") > 0.45, result.metrics().toString());
      assertTrue(result.metrics().get("pair_accuracy") > 0.75, result.metrics().toString());
      assertEquals("sentence order", result.settings().get("pairs"));
    }
  }

  /** In the midst of the second pass, which has other pairs and another number of them. */
  @Test
  void aKilledRunGoesOnWithTheSamePairsAndMasks() {
    Map<String, float[]> whole;
    try (PreTrainingModel model = model(0.1)) {
      trainer(task(model).train(corpus(60, 1)).heldOut(0.1)).run();
      whole = weights(model);
    }
    Path run = folder.resolve("run");
    try (PreTrainingModel model = model(0.1)) {
      Trainer killed = trainer(task(model).train(corpus(60, 1)).heldOut(0.1));
      assertThrows(Killed.class, killed.checkpoints(run, 1).listener(killAfter(14))::run);
    }
    try (PreTrainingModel model = model(0.1)) {
      trainer(task(model).train(corpus(60, 1)).heldOut(0.1)).checkpoints(run).run();
      assertSameBits(whole, weights(model));
    }
    try (PreTrainingModel model = model(0.1)) {
      Trainer other = trainer(task(model).sentenceOrder().train(corpus(60, 1)).heldOut(0.1));
      String message =
          assertThrows(CheckpointException.class, other.checkpoints(run)::run).getMessage();
      assertTrue(message.contains("pairs was next sentence and is sentence order"), message);
    }
  }

  @Test
  void eachPassHasItsOwnPairs() {
    try (PreTrainingModel model = model(0)) {
      PairPretraining task = task(model).train(corpus(80, Seeds.SEED));
      task.prepare(new TrainingListener() {});
      Examples examples = task.examples();
      int[] sizes = new int[6];
      for (int pass = 0; pass < sizes.length; pass++) {
        int[] lengths = examples.lengths(pass);
        sizes[pass] = lengths.length;
        int[] rows = {lengths.length - 1, 0, 3};
        Batch batch = examples.batch(rows, pass);
        for (int i = 0; i < rows.length; i++) {
          assertEquals(lengths[rows[i]], batch.text(Batch.TEXT).lengths().length(i));
        }
        assertArrayEquals(
            batch.text(Batch.TEXT).inputIds(),
            examples.batch(rows, pass).text(Batch.TEXT).inputIds());
      }
      assertTrue(Arrays.stream(sizes).distinct().count() > 1, Arrays.toString(sizes));
      assertEquals(sizes[0], examples.size());
      Batch first = examples.batch(IntStream.range(0, 40).toArray(), 0);
      Batch second = examples.batch(IntStream.range(0, 40).toArray(), 1);
      assertFalse(Arrays.equals(first.ints("pair_labels"), second.ints("pair_labels")));
      int[] types = first.text(Batch.TEXT).tokenTypeIds();
      assertEquals(2, Arrays.stream(types).distinct().count());
    }
  }

  /** Passes have not all as many tokens, so as many are planned as it takes. */
  @Test
  void tokensAreAsManyAsAreAskedFor() {
    for (long tokens : new long[] {500, 3_000, 6_001}) {
      try (PreTrainingModel model = model(0)) {
        List<Long> read = new ArrayList<>();
        trainer(task(model).train(corpus(30, 2)))
            .with(s -> s.tokens(tokens))
            .listener(
                new TrainingListener() {
                  @Override
                  public void stepped(long step, long all) {
                    read.add(all);
                  }
                })
            .run();
        long last = read.get(read.size() - 1);
        assertTrue(last >= tokens && last < tokens + 200, tokens + ": " + last);
      }
    }
  }

  // ---- loss ----

  /** Of a step of one batch, of three, and of batches that are padded as a recorded step's are. */
  @Test
  void theLossIsTheMeanOverTokensAndTheMeanOverPairs() {
    try (PreTrainingModel model = model(0);
        Scope scope = Scope.open()) {
      PairPretraining task = task(model).train(corpus(40, Seeds.SEED));
      task.prepare(new TrainingListener() {});
      Examples examples = task.examples();
      int[] rows = IntStream.range(0, 11).toArray();
      double expected = reference(model, task, examples.batch(rows, 2));
      Map<String, float[]> whole = gradients(task, expected, examples.batch(rows, 2));
      Map<String, float[]> parts =
          gradients(
              task,
              expected,
              // Far from as many masked tokens a pair in each.
              examples.batch(new int[] {0}, 2),
              examples.batch(new int[] {1, 2, 3, 4, 5, 6}, 2),
              examples.batch(new int[] {7, 8, 9, 10}, 2));
      whole.forEach((name, values) -> assertArrayEquals(values, parts.get(name), 2e-6f, name));
    }
  }

  private static double reference(PreTrainingModel model, Task task, Batch batch) {
    Inputs inputs = task.inputs(batch);
    Tensor rows = inputs.get("rows");
    double tokens =
        meanCrossEntropy(
            model.forward(inputs.text()).indexSelect(0, rows).toFloats(), batch.ints("labels"));
    return tokens
        + meanCrossEntropy(model.following(inputs.text()).toFloats(), batch.ints("pair_labels"));
  }

  private static double meanCrossEntropy(float[] logits, int[] labels) {
    int classes = logits.length / labels.length;
    double sum = 0;
    for (int i = 0; i < labels.length; i++) {
      double exponentials = 0;
      for (int c = 0; c < classes; c++) {
        exponentials += Math.exp(logits[i * classes + c]);
      }
      sum += Math.log(exponentials) - logits[i * classes + labels[i]];
    }
    return sum / labels.length;
  }

  private static Map<String, float[]> gradients(Task task, double loss, Batch... batches) {
    List<Batch> step = task.step(List.of(batches));
    float count = TrainingRun.count(task, step);
    double sum = 0;
    for (Batch batch : step) {
      Batch padded = batch.padded(StepGraphs::padded);
      sum += task.loss(task.inputs(padded), 1).mul(1 / count).item();
      Tensor part = task.loss(task.inputs(batch), count);
      assertEquals(0, part.rank());
      part.backward();
      sum += part.item();
    }
    assertEquals(loss, sum / 2, 1e-5);
    Map<String, float[]> gradients = new LinkedHashMap<>();
    for (Parameter parameter : task.model().parameters()) {
      gradients.put(parameter.name(), parameter.tensor().grad().toFloats());
      parameter.tensor().zeroGrad();
    }
    return gradients;
  }

  @Test
  void aCorpusWithoutPairsIsRefused() {
    try (PreTrainingModel model = model(0)) {
      Corpus two = Corpus.of("two", List.of("a film\na story", "the actor"));
      assertEquals(
          "two: next-sentence prediction needs two documents to learn from, and as much to be"
              + " judged by; give other text with evaluate(…)",
          assertThrows(DataException.class, trainer(task(model).train(two).heldOut(0.1))::run)
              .getMessage());
      Corpus single = Corpus.of("single", List.of("a film", "a story"));
      String message =
          assertThrows(DataException.class, trainer(task(model).sentenceOrder().train(single))::run)
              .getMessage();
      assertTrue(message.startsWith("single: sentence-order prediction needs"), message);
    }
  }
}
