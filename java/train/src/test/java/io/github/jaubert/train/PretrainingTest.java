package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.MaskedLanguageModel;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.models.modernbert.ModernBertConfig;
import io.github.jaubert.nn.Block;
import io.github.jaubert.optim.Decay;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.train.corpus.Corpus;
import io.github.jaubert.train.corpus.Masking;
import io.github.jaubert.train.data.DataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Masked tokens of text in which each word follows from the one before. */
class PretrainingTest extends TrainerFixture {
  private static final List<String> WORDS =
      List.of("a", "good", "film", "was", "very", "warm", "and", "the", "story", "dull");

  /** Documents that go through the words from any of them on. */
  static Corpus corpus(int documents, long seed) {
    Random random = new Random(seed);
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < documents; i++) {
      int first = random.nextInt(WORDS.size());
      List<String> words = new ArrayList<>();
      for (int word = 0; word < 12 + random.nextInt(30); word++) {
        words.add(WORDS.get((first + word) % WORDS.size()));
      }
      texts.add(String.join(" ", words));
    }
    return Corpus.of("cycles", texts);
  }

  private static MaskedLanguageModel model() {
    Rng.seed(5);
    return MaskedLanguageModel.of(
        BertConfig.bertBase().withVocabSize(25).withEncoder(32, 2, 2, 64).withDropout(0.1, 0.1));
  }

  private Pretraining pretraining(MaskedLanguageModel model) {
    return Pretraining.of(model, tokenizer).maxLength(24).cache(folder.resolve("cache"));
  }

  private static Trainer trainer(Pretraining task) {
    return Trainer.of(task)
        .with(s -> s.epochs(3).batchTokens(200).learningRate(3e-3f).logEvery(5).seed(3));
  }

  static Map<String, float[]> weights(Block model) {
    Map<String, float[]> weights = new LinkedHashMap<>();
    model.parameters().forEach(p -> weights.put(p.name(), p.tensor().toFloats()));
    return weights;
  }

  @Test
  void learnsToTellMaskedTokens() {
    try (MaskedLanguageModel model = model()) {
      TrainingResult result =
          trainer(pretraining(model).train(corpus(300, 1)).heldOut(0.05))
              .with(s -> s.epochs(40).evaluateAtStart(true))
              .run();
      LogEntry first = result.history().get(0);
      assertEquals(LogEntry.Kind.EVALUATION, first.kind());
      assertEquals(0, first.step());
      assertTrue(first.values().get("accuracy") < 0.3, first.toString());
      assertEquals(Math.log(25), first.values().get("loss"), 0.5);
      // One in ten stays, one in ten is another: its neighbours tell it all the same.
      assertTrue(result.metrics().get("accuracy") > 0.8, result.metrics().toString());
      assertEquals(
          Math.exp(result.metrics().get("loss")), result.metrics().get("perplexity"), 1e-9);
      List<Double> told =
          result.history().stream()
              .filter(entry -> entry.kind() == LogEntry.Kind.TRAIN)
              .map(entry -> entry.values().get("accuracy"))
              .toList();
      assertTrue(told.get(0) < 0.4, told.toString());
      assertEquals(result.metrics().get("accuracy"), told.get(told.size() - 1), 0.15);
    }
  }

  private static MaskedLanguageModel modernBert() {
    Rng.seed(5);
    return MaskedLanguageModel.of(
        ModernBertConfig.modernBertBase()
            .withVocabulary(25, 0, 2, 3)
            .withEncoder(32, 4, 2, 48)
            .withDropout(0.1));
  }

  /** As the recipe for little time has it; also in the midst of a pass, with dropout. */
  @Test
  void aModernBertGoesOnToTheSameBits() {
    UnaryOperator<TrainingSettings> cramming =
        s -> s.schedule(Decay.Curve.TRAPEZOID).beta2(0.98f).eps(1e-12f).maxNorm(0.5f);
    Map<String, float[]> whole;
    try (MaskedLanguageModel model = modernBert()) {
      trainer(pretraining(model).train(corpus(60, 1))).with(cramming).run();
      whole = weights(model);
    }
    Path run = folder.resolve("run");
    try (MaskedLanguageModel model = modernBert()) {
      assertThrows(
          Killed.class,
          trainer(pretraining(model).train(corpus(60, 1)))
                  .with(cramming)
                  .checkpoints(run, 1)
                  .listener(killAfter(13))
              ::run);
    }
    try (MaskedLanguageModel model = modernBert()) {
      trainer(pretraining(model).train(corpus(60, 1))).with(cramming).checkpoints(run).run();
      assertSameBits(whole, weights(model));
    }
  }

  /** In the midst of the second pass, whose masks are other ones. */
  @Test
  void aKilledRunGoesOnWithTheSameMasks() {
    UnaryOperator<TrainingSettings> logged = s -> s.logEvery(5); // 13 is between two lines
    Map<String, float[]> whole;
    List<LogEntry> history;
    try (MaskedLanguageModel model = model()) {
      history = trainer(pretraining(model).train(corpus(60, 1))).with(logged).run().history();
      whole = weights(model);
    }
    Path run = folder.resolve("run");
    try (MaskedLanguageModel model = model()) {
      assertThrows(
          Killed.class,
          trainer(pretraining(model).train(corpus(60, 1)))
                  .with(logged)
                  .checkpoints(run, 1)
                  .listener(killAfter(13))
              ::run);
    }
    try (MaskedLanguageModel model = model()) {
      Trainer resumed = trainer(pretraining(model).train(corpus(60, 1))).with(logged);
      assertEquals(history, resumed.checkpoints(run).run().history());
      assertSameBits(whole, weights(model));
    }
    try (MaskedLanguageModel model = model()) {
      trainer(pretraining(model).train(corpus(60, 1)).seed(43)).run();
      assertFalse(Arrays.equals(first(whole), first(weights(model))));
    }
  }

  private static float[] first(Map<String, float[]> weights) {
    return weights.values().iterator().next();
  }

  @Test
  void aRunGoesOnWithTheSameTextAlone() {
    Path run = folder.resolve("run");
    try (MaskedLanguageModel model = model()) {
      trainer(pretraining(model).train(corpus(30, 1))).checkpoints(run).run();
    }
    refused("training_data", pretraining(model()).train(corpus(30, 2)), run);
    refused("max_length", pretraining(model()).train(corpus(30, 1)).maxLength(25), run);
    refused("mask_seed", pretraining(model()).train(corpus(30, 1)).seed(7), run);
    refused(
        "masking was 0.15 of the tokens, 0.8 masked, 0.1 replaced and is 0.3",
        pretraining(model()).train(corpus(30, 1)).masking(m -> m.rate(0.3)),
        run);
  }

  private static void refused(String what, Pretraining task, Path run) {
    try (MaskedLanguageModel model = task.model()) {
      String message =
          assertThrows(CheckpointException.class, trainer(task).checkpoints(run)::run).getMessage();
      assertTrue(message.contains(what), message);
    }
  }

  @Test
  void masksAreOfTheBatchAndDifferFromPassToPass() {
    try (MaskedLanguageModel model = model()) {
      Pretraining task = pretraining(model).train(corpus(40, 1)).heldOut(0.25);
      task.prepare(new TrainingListener() {});
      Examples examples = task.examples();
      int[] rows = {3, 0, 5};
      Batch batch = examples.batch(rows, 1);
      int[] ids = batch.text(Batch.TEXT).inputIds();
      int[] places = batch.ints("rows");
      int[] labels = batch.ints("labels");
      assertEquals(labels.length, task.count(batch));
      int[] restored = ids.clone();
      for (int i = 0; i < places.length; i++) {
        restored[places[i]] = labels[i];
      }
      Batch other = examples.batch(rows, 2);
      int[] again = other.text(Batch.TEXT).inputIds().clone();
      assertFalse(Arrays.equals(places, other.ints("rows")));
      for (int i = 0; i < other.ints("rows").length; i++) {
        again[other.ints("rows")[i]] = other.ints("labels")[i];
      }
      assertArrayEquals(restored, again);
      assertArrayEquals(places, examples.batch(rows, 1).ints("rows"));
      assertArrayEquals(examples.batch(rows).ints("rows"), examples.batch(rows, 0).ints("rows"));
      // Every fourth document is judged; none is in both.
      assertNotNull(task.evaluation());
      int all = examples.size() + task.evaluation().examples().size();
      task.heldOut(0).prepare(new TrainingListener() {});
      assertEquals(all, task.examples().size());
    }
  }

  /** It learns at least which words there are, ten of 25. */
  @Test
  void lambTrainsToo() {
    try (MaskedLanguageModel model = model()) {
      TrainingResult result =
          trainer(pretraining(model).train(corpus(200, 1)).heldOut(0.1))
              .with(
                  s ->
                      s.epochs(6)
                          .optimizer(OptimizerType.LAMB)
                          .learningRate(2e-2f)
                          .beta2(0.98f)
                          .evaluateAtStart(true))
              .run();
      double before = result.history().get(0).values().get("loss");
      double after = result.metrics().get("loss");
      assertTrue(before > 3 && after < 2.6, before + " " + after);
    }
  }

  /** The unknown token is never masked, so there would be nothing to learn and to judge by. */
  @Test
  void textThatTheTokenizerDoesNotKnowIsRefused() {
    try (MaskedLanguageModel model = model()) {
      Corpus known = corpus(9, 1);
      Corpus foreign = Corpus.of("foreign", List.of("фильм был", "очень"));
      String reason =
          "foreign: the tokenizer knows no word or character of it: all tokens are [UNK], of which"
              + " nothing can be learnt";
      assertMessage(DataException.class, reason, trainer(pretraining(model).train(foreign))::run);
      assertMessage(
          DataException.class,
          reason,
          trainer(pretraining(model).train(known).evaluate(foreign))::run);
    }
  }

  @Test
  void whatCannotBeIsRefused() {
    try (MaskedLanguageModel model = model()) {
      assertMessage(
          IllegalArgumentException.class,
          "heldOut 1.0: a number from 0, less than 1",
          () -> pretraining(model).heldOut(1));
      Trainer one = trainer(pretraining(model).train(corpus(1, 1)).heldOut(0.1));
      assertMessage(
          DataException.class,
          "cycles: is one document, of which nothing can be held out; give other text with"
              + " evaluate(…)",
          one::run);
      assertMessage(
          IllegalStateException.class,
          "nothing to learn from: choose the data with train(…)",
          trainer(pretraining(model))::run);
      Masking plain = Masking.of(tokenizer);
      assertThrows(
          IllegalArgumentException.class, () -> pretraining(model).masking(m -> plain.rate(2)));
    }
    Rng.seed(5);
    try (MaskedLanguageModel small =
        MaskedLanguageModel.of(BertConfig.bertBase().withVocabSize(9).withEncoder(32, 2, 2, 64))) {
      assertMessage(
          IllegalArgumentException.class,
          "the tokenizer has 25 tokens, the model embeddings of 9: actor has none",
          () -> Pretraining.of(small, tokenizer));
    }
  }

  private static void assertMessage(
      Class<? extends Exception> kind, String expected, Executable call) {
    assertEquals(expected, assertThrows(kind, call).getMessage());
  }
}
