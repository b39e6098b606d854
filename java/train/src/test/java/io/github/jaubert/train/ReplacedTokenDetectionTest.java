package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.MaskedLanguageModel;
import io.github.jaubert.bert.ReplacedTokenDetector;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.models.electra.Electra;
import io.github.jaubert.bert.models.electra.ElectraConfig;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.corpus.Corpus;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A generator and a discriminator on text in which each word follows from its place. */
class ReplacedTokenDetectionTest extends TrainerFixture {
  private static final int WORDS = 25;

  private static ElectraConfig config() {
    return new ElectraConfig(
        ElectraConfig.electraSmall()
            .with(b -> b.withVocabSize(WORDS).withEncoder(32, 2, 2, 64).withMaxPositions(24))
            .bert(),
        16);
  }

  /** Documents of two to four rounds through ten words, all from the first of them on. */
  private static Corpus corpus(int documents) {
    String round = String.join(" ", SmallModel.GOOD) + " " + String.join(" ", SmallModel.BAD) + " ";
    return Corpus.of(
        "rounds", IntStream.range(0, documents).mapToObj(i -> round.repeat(2 + i % 3)).toList());
  }

  /** The same weights every time. */
  private ReplacedTokenDetection task(int documents) {
    Rng.seed(5);
    Electra encoder = Electra.of(config());
    MaskedLanguageModel generator =
        MaskedLanguageModel.of(encoder.withSharedEmbeddings(config().generator(0.5)));
    return ReplacedTokenDetection.of(
        ReplacedTokenDetector.of(encoder),
        Pretraining.of(generator, tokenizer)
            .train(corpus(documents))
            .heldOut(0.1)
            .masking(masking -> masking.split(1, 0))
            .maxLength(24)
            .cache(folder.resolve("cache")));
  }

  private static ReplacedTokenDetection prepared(ReplacedTokenDetection task) {
    task.prepare(new TrainingListener() {});
    return task;
  }

  private static Trainer quick(Task task) {
    return Trainer.of(task)
        .with(s -> s.epochs(3).batchTokens(200).learningRate(3e-3f).logEvery(5).seed(3));
  }

  // ---- learning ----

  @Test
  void bothLearnAndWhatIsSavedIsFineTuned() {
    ReplacedTokenDetection task = task(200);
    Path out = folder.resolve("out");
    try (var model = task.model()) {
      TrainingResult result = quick(task).with(s -> s.epochs(8).evaluateAtStart(true)).run();
      Map<String, Double> before = result.history().get(0).values();
      Map<String, Double> after = result.metrics();
      assertEquals(Math.log(WORDS), before.get("generator_loss"), 0.5);
      assertEquals(Math.log(2), before.get("detection_loss"), 0.1);
      assertEquals(
          after.get("generator_loss") + 50 * after.get("detection_loss"), after.get("loss"), 1e-9);
      assertTrue(after.get("generator_accuracy") > 0.4, after.toString());
      assertTrue(after.get("detection_loss") < 0.2, after.toString());
      assertTrue(after.get("detection_accuracy") > 0.95, after.toString());
      assertTrue(after.get("replaced_f1") > 0.75, after.toString());
      task.save(out);
    }
    try (ReplacedTokenDetector again = ReplacedTokenDetector.fromPretrained(out);
        MaskedLanguageModel generator =
            MaskedLanguageModel.fromPretrained(out.resolve("generator"));
        SequenceClassifier classifier =
            SequenceClassifier.fromPretrained(out, Labels.of("0", "1"));
        Tokenizer saved = Tokenizer.fromPretrained(out)) {
      String words = "electra.embeddings.word_embeddings.weight";
      float[] table = again.parameter(words).tensor().toFloats();
      assertArrayEquals(table, generator.parameter(words).tensor().toFloats());
      assertArrayEquals(table, classifier.parameter(words).tensor().toFloats());
      assertEquals(16, generator.config().hiddenSize());
      assertEquals(WORDS, saved.vocabularySize());
    }
  }

  /** In the midst of a pass: the same tokens are drawn, though evaluations draw some too. */
  @Test
  void aKilledRunGoesOnToTheSameBits() {
    Map<String, float[]> whole;
    ReplacedTokenDetection task = task(40);
    try (var model = task.model()) {
      quick(task).with(s -> s.evaluateEvery(4)).run();
      whole = PretrainingTest.weights(model);
    }
    Path run = folder.resolve("run");
    for (int last : new int[] {5, 11}) {
      ReplacedTokenDetection part = task(40);
      try (var model = part.model()) {
        assertThrows(
            Killed.class,
            quick(part).with(s -> s.evaluateEvery(4)).checkpoints(run, 3).listener(killAfter(last))
                ::run);
      }
    }
    ReplacedTokenDetection rest = task(40);
    try (var model = rest.model()) {
      quick(rest).with(s -> s.evaluateEvery(4)).checkpoints(run).run();
      assertSameBits(whole, PretrainingTest.weights(model));
    }
    ReplacedTokenDetection other = task(40).detectionWeight(20);
    try (var model = other.model()) {
      Trainer again = quick(other).with(s -> s.evaluateEvery(4)).checkpoints(run);
      String message = assertThrows(CheckpointException.class, again::run).getMessage();
      assertTrue(message.contains("detection_weight was 50.0 and is 20.0"), message);
    }
  }

  // ---- the loss ----

  /** In double precision by the definition, of two batches of a step together. */
  @Test
  void theLossIsTheSumOfBoth() {
    ReplacedTokenDetection task = prepared(task(20));
    try (var model = task.model();
        Scope scope = Scope.open()) {
      model.eval();
      Batch[] batches = {
        task.examples().batch(new int[] {0, 1, 2}, 1), task.examples().batch(new int[] {4}, 1)
      };
      float count = task.count(batches[0]) + task.count(batches[1]);
      for (Batch batch : batches) {
        Inputs inputs = task.inputs(batch);
        Rng.seed(9);
        double loss = task.loss(inputs, count).item();
        int[] labels = batch.ints("labels");
        Tensor logits = task.generator().logits(inputs.text(), inputs.get("rows"));
        Rng.seed(9);
        FilledTokens filled = task.fill(inputs, logits, Rng.global());
        float[] told = logits.toFloats();
        double sum = 0;
        for (int i = 0; i < labels.length; i++) {
          sum += crossEntropy(told, i * WORDS, labels[i]);
        }
        float[] x = task.discriminator().forward(filled.text()).toFloats();
        int[] replaced = filled.replaced().toInts();
        double detected = 0;
        for (int i = 0; i < x.length; i++) {
          detected += Math.log1p(Math.exp(replaced[i] == 1 ? -x[i] : x[i])) / x.length;
        }
        double expected = (sum + 50 * detected * labels.length) / count;
        assertEquals(expected, loss, 1e-5 * expected);
      }
    }
  }

  private static double crossEntropy(float[] logits, int from, int label) {
    double sum = 0;
    for (int i = 0; i < WORDS; i++) {
      sum += Math.exp(logits[from + i]);
    }
    return Math.log(sum) - logits[from + label];
  }

  /** The generator's own layers learn from masked tokens alone, shared embeddings from both. */
  @Test
  void noGradientFlowsThroughWhatIsDrawn() {
    ReplacedTokenDetection task = prepared(task(20));
    try (var model = task.model();
        Scope scope = Scope.open()) {
      model.eval();
      Batch batch = task.examples().batch(new int[] {0, 1, 2}, 0);
      Inputs inputs = task.inputs(batch);
      task.loss(inputs, 5).backward();
      Map<String, float[]> both = gradients(task);
      model.parameters().forEach(p -> p.tensor().zeroGrad());
      task.generator().loss(inputs.text(), inputs.get("rows"), inputs.get("labels"), 5).backward();
      for (Parameter parameter : model.parameters()) {
        assertNotNull(both.get(parameter.name()), parameter.name());
        if (parameter.name().startsWith("generator.")) {
          assertArrayEquals(
              parameter.grad().toFloats(), both.get(parameter.name()), 1e-5f, parameter.name());
        }
      }
      String shared = "discriminator.electra.embeddings.LayerNorm.weight";
      assertNotEquals(model.parameter(shared).grad().toFloats()[3], both.get(shared)[3], 1e-6f);
    }
  }

  private static Map<String, float[]> gradients(ReplacedTokenDetection task) {
    Map<String, float[]> gradients = new LinkedHashMap<>();
    task.model()
        .parameters()
        .forEach(p -> gradients.put(p.name(), p.grad() == null ? null : p.grad().toFloats()));
    return gradients;
  }

  /** As a recorded step pads it, whose padding neither counts nor is drawn for. */
  @Test
  void paddingChangesNothingButRounding() {
    ReplacedTokenDetection task = prepared(task(20));
    try (var model = task.model();
        Scope scope = Scope.open()) {
      model.eval();
      Batch batch = task.examples().batch(new int[] {3, 1}, 2);
      Rng.seed(11);
      float loss = task.loss(task.inputs(batch), 7).item();
      Inputs padded = task.inputs(batch.padded(StepGraphs::padded));
      assertEquals(128, padded.text().tokens());
      assertEquals(128, padded.get("rows").numel());
      Rng.seed(11);
      assertEquals(loss, task.loss(padded, 7).item(), 1e-5 * loss);
    }
  }

  // ---- what is drawn ----

  @Test
  void tokensAreDrawnAsOftenAsSoftmaxSays() {
    long seed = Seeds.SEED;
    Random random = new Random(seed);
    int rows = 6000; // more than are drawn at a time
    int classes = 7;
    float[] one = new float[classes];
    double sum = 0;
    for (int i = 0; i < classes; i++) {
      one[i] = (float) random.nextGaussian() * 2;
      sum += Math.exp(one[i]);
    }
    float[] logits = new float[rows * classes];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = one[i % classes];
    }
    try (Scope scope = Scope.open()) {
      Rng rng = Rng.of(seed);
      Tensor table = Tensor.of(logits, rows, classes);
      long[] drawn = FilledTokens.draw(table, rng).toLongs();
      assertEquals(rows, drawn.length);
      for (int c = 0; c < classes; c++) {
        int wanted = c;
        double p = Math.exp(one[c]) / sum;
        long found = Arrays.stream(drawn).filter(d -> d == wanted).count();
        assertEquals(
            p * rows,
            found,
            5.5 * Math.sqrt(rows * p * (1 - p)) + 1,
            "seed " + seed + " class " + c);
      }
      assertArrayEquals(drawn, FilledTokens.draw(table, Rng.of(seed)).toLongs());
      assertTrue(!Arrays.equals(drawn, FilledTokens.draw(table, rng).toLongs()));
    }
  }

  /** With logits that leave no choice. */
  @Test
  void onlyRowsWithALabelAreFilledIn() {
    ReplacedTokenDetection task = prepared(task(20));
    try (var model = task.model();
        Scope scope = Scope.open()) {
      Inputs inputs = task.inputs(task.examples().batch(new int[] {2, 0}, 0));
      int[] before = inputs.text().inputIds().toInts();
      int[] rows = {5, 2, 0, 9};
      int[] labels = {7, 11, -100, 12};
      int[] drawn = {7, 20, 3, 24};
      float[] logits = new float[rows.length * WORDS];
      IntStream.range(0, rows.length).forEach(i -> logits[i * WORDS + drawn[i]] = 1000);
      FilledTokens filled =
          FilledTokens.of(
              task.discriminator().encoder(),
              inputs.text(),
              Tensor.of(rows),
              Tensor.of(labels),
              Tensor.of(logits, rows.length, WORDS),
              inputs.get(CountedTokens.TOKENS),
              Rng.of(1));
      int[] expected = before.clone();
      expected[5] = 7;
      expected[2] = 20;
      expected[9] = 24;
      assertArrayEquals(expected, filled.text().inputIds().toInts());
      int[] replaced = new int[before.length];
      replaced[2] = 1;
      replaced[9] = 1;
      assertArrayEquals(replaced, filled.replaced().toInts());
      FilledTokens none =
          FilledTokens.of(
              task.discriminator().encoder(),
              inputs.text(),
              Tensor.of(new int[0]),
              Tensor.of(new int[0]),
              Tensor.zeros(0, WORDS),
              inputs.get(CountedTokens.TOKENS),
              Rng.of(1));
      assertArrayEquals(before, none.text().inputIds().toInts());
    }
  }

  // ---- refusals ----

  @Test
  void whatCannotBeIsRefused() {
    ReplacedTokenDetection task = task(20);
    try (var model = task.model();
        ReplacedTokenDetector small =
            ReplacedTokenDetector.of(config().with(b -> b.withVocabSize(24)));
        ReplacedTokenDetector shorter =
            ReplacedTokenDetector.of(config().with(b -> b.withMaxPositions(20)))) {
      Pretraining generating = Pretraining.of(task.generator(), tokenizer).maxLength(24);
      assertEquals(
          "the generator has 25 tokens, the discriminator embeddings of 24",
          assertThrows(
                  IllegalArgumentException.class,
                  () -> ReplacedTokenDetection.of(small, generating))
              .getMessage());
      assertEquals(
          "sequences of up to 24 tokens, and a discriminator of 20 positions",
          assertThrows(
                  IllegalArgumentException.class,
                  () -> prepared(ReplacedTokenDetection.of(shorter, generating)))
              .getMessage());
      assertEquals(
          "detectionWeight 0.0: a finite number above 0",
          assertThrows(IllegalArgumentException.class, () -> task.detectionWeight(0)).getMessage());
    }
  }
}
