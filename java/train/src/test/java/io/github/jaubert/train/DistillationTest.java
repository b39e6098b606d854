package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.MaskedLanguageModel;
import io.github.jaubert.bert.ProblemType;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.corpus.Corpus;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.TextDataset;
import io.github.jaubert.train.metrics.Accuracy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Small students of teachers that are hardly larger. */
class DistillationTest extends TrainerFixture {
  private static BertConfig config(int hidden, int layers) {
    return BertConfig.bertBase()
        .withVocabSize(25)
        .withEncoder(hidden, layers, 2, 2 * hidden)
        .withDropout(0, 0);
  }

  private static MaskedLanguageModel masked(int hidden, int layers) {
    Rng.seed(5);
    return MaskedLanguageModel.of(config(hidden, layers));
  }

  private static SequenceClassifier classifier(int hidden, int layers, Labels labels) {
    Rng.seed(6);
    return SequenceClassifier.of(config(hidden, layers), labels);
  }

  private Pretraining pretraining(MaskedLanguageModel model, Corpus corpus) {
    return Pretraining.of(model, tokenizer)
        .train(corpus)
        .heldOut(0.2)
        .maxLength(24)
        .cache(folder.resolve("cache"));
  }

  private static Trainer quick(Task task) {
    return Trainer.of(task).with(s -> s.epochs(3).batchTokens(200).learningRate(3e-3f).seed(3));
  }

  // ---- what it is for ----

  /** Of ten labels three are wrong, which the teacher did not see. */
  @Test
  void aStudentOfATeacherLearnsMoreOfNoisyLabels() {
    Random random = new Random(7);
    List<Example> noisy = new ArrayList<>();
    for (Example row : SmallModel.sentences(120, 3).rows()) {
      boolean wrong = random.nextInt(10) < 3;
      noisy.add(Example.of(row.text(), wrong == row.label().equals("1") ? "0" : "1"));
    }
    try (SequenceClassifier teacher = classifier(32, 2, TWO)) {
      trainer(SequenceClassification.of(teacher, tokenizer).train(SmallModel.sentences(200, 1)))
          .with(s -> s.epochs(3).learningRate(2e-3f))
          .run();
      Map<String, Double> alone = student(teacher, TextDataset.of(noisy), 0, 1);
      Map<String, Double> taught = student(teacher, TextDataset.of(noisy), 0.9f, 0.1f);
      String both = alone + " " + taught;
      assertTrue(taught.get("divergence") < 0.5 * alone.get("divergence"), both);
      assertTrue(taught.get("accuracy") > 0.03 + alone.get("accuracy"), both);
      assertTrue(taught.get("accuracy") > 0.9, both);
    }
  }

  private Map<String, Double> student(
      SequenceClassifier teacher, TextDataset data, float soft, float hard) {
    try (SequenceClassifier student = classifier(16, 1, TWO)) {
      Distillation task =
          Distillation.of(
                  teacher,
                  tokenizer,
                  SequenceClassification.of(student, tokenizer)
                      .train(data)
                      .evaluate(SmallModel.sentences(150, 2), new Accuracy()))
              .weights(soft, hard);
      return trainer(task).with(s -> s.epochs(6).learningRate(3e-3f)).run().metrics();
    }
  }

  /** Of text in which one word of four is any word. */
  @Test
  void aStudentOfATeacherLearnsMoreOfMaskedTokensInAsManySteps() {
    try (MaskedLanguageModel teacher = masked(32, 2)) {
      quick(pretraining(teacher, noisyCorpus(200, 1))).with(s -> s.epochs(6)).run();
      Map<String, Double> alone = student(teacher, 0, 1, null);
      Map<String, Double> taught = student(teacher, 5, 2, HiddenStateLoss.LAYERS);
      String both = alone + " " + taught;
      assertTrue(taught.get("divergence") < 0.8 * alone.get("divergence"), both);
      assertTrue(taught.get("loss") < alone.get("loss"), both);
    }
  }

  private static Corpus noisyCorpus(int documents, long seed) {
    Random random = new Random(seed);
    List<String> words = new ArrayList<>(SmallModel.GOOD);
    words.addAll(SmallModel.BAD);
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < documents; i++) {
      List<String> text = new ArrayList<>();
      for (int word = 0; word < 18; word++) {
        int next = random.nextInt(4) == 0 ? random.nextInt(10) : (i + word) % 10;
        text.add(words.get(next));
      }
      texts.add(String.join(" ", text));
    }
    return Corpus.of("noisy", texts);
  }

  private Map<String, Double> student(
      MaskedLanguageModel teacher, float soft, float hard, HiddenStateLoss hidden) {
    try (MaskedLanguageModel student = masked(16, 1)) {
      Distillation task =
          Distillation.of(teacher, tokenizer, pretraining(student, noisyCorpus(100, 2)))
              .weights(soft, hard);
      if (hidden != null) {
        task.hiddenStates(hidden, 1);
      }
      return quick(task).with(s -> s.epochs(5)).run().metrics();
    }
  }

  @ParameterizedTest
  @EnumSource(HiddenStateLoss.class)
  void aKilledRunGoesOnToTheSameBitsAndTheTeacherKeepsIts(HiddenStateLoss hidden) {
    Path run = folder.resolve("run");
    try (MaskedLanguageModel teacher = masked(24, 2)) {
      Map<String, float[]> before = PretrainingTest.weights(teacher);
      Map<String, float[]> whole;
      try (MaskedLanguageModel student = masked(16, 1)) {
        quick(distilled(teacher, student, hidden)).run();
        whole = PretrainingTest.weights(student);
      }
      try (MaskedLanguageModel student = masked(16, 1)) {
        Trainer killed = quick(distilled(teacher, student, hidden));
        assertThrows(Killed.class, killed.checkpoints(run, 2).listener(killAfter(5))::run);
      }
      try (MaskedLanguageModel student = masked(16, 1)) {
        quick(distilled(teacher, student, hidden)).checkpoints(run).run();
        assertSameBits(whole, PretrainingTest.weights(student));
      }
      assertSameBits(before, PretrainingTest.weights(teacher));
      teacher.parameters().forEach(p -> assertNull(p.grad(), p.name()));
      try (MaskedLanguageModel student = masked(16, 1);
          MaskedLanguageModel other = MaskedLanguageModel.of(config(24, 2))) {
        Trainer again = quick(distilled(other, student, hidden)).checkpoints(run);
        String message = assertThrows(CheckpointException.class, again::run).getMessage();
        assertTrue(message.contains("teacher was "), message);
      }
    }
  }

  private Distillation distilled(
      MaskedLanguageModel teacher, MaskedLanguageModel student, HiddenStateLoss hidden) {
    Rng.seed(8);
    return Distillation.of(teacher, tokenizer, pretraining(student, PretrainingTest.corpus(30, 1)))
        .hiddenStates(hidden, 1);
  }

  // ---- the loss ----

  /** Value and gradient in double precision by the definition. */
  @Test
  void divergencesByTheirDefinition() {
    long seed = Seeds.SEED;
    Random random = new Random(seed);
    int rows = 1 + random.nextInt(5);
    int labels = 1 + random.nextInt(7);
    double temperature = 0.5 + 3 * random.nextDouble();
    float[] s = new float[rows * labels];
    float[] t = new float[rows * labels];
    for (int i = 0; i < s.length; i++) {
      s[i] = (float) random.nextGaussian() * 3;
      t[i] = (float) random.nextGaussian() * 3;
    }
    for (ProblemType type : ProblemType.values()) {
      try (Scope scope = Scope.open()) {
        Tensor student = Tensor.of(s, rows, labels).requiresGrad(true);
        Tensor teacher = Tensor.of(t, rows, labels);
        Tensor divergence = SoftTargets.divergence(type, student, teacher, (float) temperature);
        divergence.sum().backward();
        float[] values = divergence.toFloats();
        float[] gradient = student.grad().toFloats();
        for (int row = 0; row < rows; row++) {
          double expected = 0;
          for (int i = row * labels; i < (row + 1) * labels; i++) {
            double q = probability(type, s, row, labels, i, temperature);
            double p = probability(type, t, row, labels, i, temperature);
            switch (type) {
              case SINGLE_LABEL -> {
                expected += p * Math.log(p / q);
                assertEquals((q - p) / temperature, gradient[i], 1e-4, "seed " + seed);
              }
              case MULTI_LABEL -> {
                expected += (p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q))) / labels;
                assertEquals((q - p) / temperature / labels, gradient[i], 1e-4, "seed " + seed);
              }
              case REGRESSION -> expected += Math.pow((double) s[i] - t[i], 2);
            }
          }
          assertEquals(expected, values[row], 1e-4 * (1 + expected), type + " seed " + seed);
        }
      }
    }
    assertEquals(9, SoftTargets.scale(ProblemType.MULTI_LABEL, 3));
    assertEquals(1, SoftTargets.scale(ProblemType.REGRESSION, 3));
  }

  private static double probability(
      ProblemType type, float[] logits, int row, int labels, int at, double temperature) {
    if (type == ProblemType.MULTI_LABEL) {
      return 1 / (1 + Math.exp(-logits[at] / temperature));
    }
    double sum = 0;
    for (int i = row * labels; i < (row + 1) * labels; i++) {
      sum += Math.exp(logits[i] / temperature);
    }
    return Math.exp(logits[at] / temperature) / sum;
  }

  /** All parts together, of one of two batches; padding as recorded steps have it changes none. */
  @ParameterizedTest
  @EnumSource(HiddenStateLoss.class)
  void theLossIsTheSumOfItsParts(HiddenStateLoss hidden) {
    boolean cosine = hidden == HiddenStateLoss.COSINE;
    try (MaskedLanguageModel teacher = masked(16, 4);
        MaskedLanguageModel student = MaskedLanguageModel.of(config(16, 2));
        Scope scope = Scope.open()) {
      Distillation task =
          Distillation.of(teacher, tokenizer, pretraining(student, PretrainingTest.corpus(20, 1)))
              .temperature(3)
              .weights(0.25f, 2)
              .hiddenStates(hidden, 0.5f);
      assertEquals(student, task.model());
      task.prepare(new TrainingListener() {});
      Batch batch = task.examples().batch(new int[] {0, 2}, 1);
      int masks = batch.ints("labels").length;
      float count = masks + 5;
      Inputs inputs = task.inputs(batch);
      double hard =
          student.loss(inputs.text(), inputs.get("rows"), inputs.get("labels"), count).item();
      Tensor own = student.logits(inputs.text(), inputs.get("rows"));
      Tensor wanted =
          teacher.logits(teacher.encoder().inputs(batch.text(Batch.TEXT)), inputs.get("rows"));
      double soft =
          SoftTargets.divergence(ProblemType.SINGLE_LABEL, own, wanted, 3).sum().item() / count;
      List<Tensor> states = student.encoder().hiddenStates(inputs.text());
      List<Tensor> teachers = teacher.encoder().hiddenStates(batch.text(Batch.TEXT));
      double compared = 0;
      for (int layer = cosine ? 2 : 0; layer <= 2; layer++) {
        float[] a = states.get(layer).toFloats();
        float[] b = teachers.get(2 * layer).toFloats();
        compared += (cosine ? cosine(a, b) : squares(a, b)) / (cosine ? 1 : 3);
      }
      double expected = 2 * hard + 0.25 * 9 * soft + 0.5 * compared * masks / count;
      double loss = task.loss(inputs, count).item();
      assertEquals(expected, loss, 1e-5 * expected);
      Inputs padded = task.inputs(batch.padded(StepGraphs::padded));
      assertEquals(128, padded.text().tokens());
      assertEquals(loss, task.loss(padded, count).item(), 1e-5 * loss);
    }
  }

  private static double squares(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += Math.pow((double) a[i] - b[i], 2);
    }
    return sum / a.length;
  }

  /** One minus the cosine, as a mean over rows of 16. */
  private static double cosine(float[] a, float[] b) {
    double sum = 0;
    for (int row = 0; row < a.length; row += 16) {
      double product = 0;
      double first = 0;
      double second = 0;
      for (int i = row; i < row + 16; i++) {
        product += (double) a[i] * b[i];
        first += (double) a[i] * a[i];
        second += (double) b[i] * b[i];
      }
      sum += 1 - product / Math.sqrt(first * second);
    }
    return sum * 16 / a.length;
  }

  @Test
  void widthsThatDifferAreProjected() {
    try (MaskedLanguageModel teacher = masked(24, 2);
        MaskedLanguageModel student = MaskedLanguageModel.of(config(16, 1));
        Scope scope = Scope.open()) {
      Distillation task =
          Distillation.of(teacher, tokenizer, pretraining(student, PretrainingTest.corpus(20, 1)))
              .hiddenStates(HiddenStateLoss.LAYERS, 1);
      Tensor projection = task.model().parameter("projection.weight").tensor();
      assertArrayEquals(new long[] {24, 16}, projection.shape().toArray());
      assertEquals(student.parameterCount() + projection.numel(), task.model().parameterCount());
      task.prepare(new TrainingListener() {});
      task.loss(task.inputs(task.examples().batch(new int[] {0, 1})), 3).backward();
      assertTrue(projection.grad().norm().item() > 0);
      projection.close();
    }
  }

  // ---- refusals ----

  @Test
  void whatCannotBeIsRefused() throws IOException {
    Path other = folder.resolve("other");
    String words = Files.readString(folder.resolve("tokenizer/vocab.txt"));
    Files.createDirectories(other);
    Files.writeString(other.resolve("vocab.txt"), words.replace("warm\nbright", "bright\nwarm"));
    Corpus corpus = PretrainingTest.corpus(20, 1);
    try (Tokenizer swapped = Tokenizer.fromPretrained(other);
        MaskedLanguageModel teacher = masked(16, 3);
        MaskedLanguageModel student = masked(16, 2);
        MaskedLanguageModel wide = MaskedLanguageModel.of(config(16, 2).withVocabSize(26));
        MaskedLanguageModel brief = MaskedLanguageModel.of(config(16, 2).withMaxPositions(20));
        SequenceClassifier two = classifier(16, 1, TWO);
        SequenceClassifier three = classifier(16, 1, Labels.of("0", "1", "2"))) {
      Pretraining task = pretraining(student, corpus);
      refused(
          "token 7 is warm in the teacher's tokenizer, bright in the student's: they must be the"
              + " same",
          () -> Distillation.of(teacher, tokenizer, Pretraining.of(student, swapped)));
      refused(
          "the teacher has 26 tokens, the student 25: their answers cannot be compared",
          () -> Distillation.of(wide, tokenizer, task));
      refused("the teacher is the student itself", () -> Distillation.of(student, tokenizer, task));
      refused(
          "hiddenStates(LAYERS): 3 layers of the teacher are no multiple of 2 of the student",
          () -> Distillation.of(teacher, tokenizer, task).hiddenStates(HiddenStateLoss.LAYERS, 1));
      refused(
          "texts of up to 24 tokens, and a teacher of 20 positions; maxLength(…) cuts them",
          () -> Distillation.of(brief, tokenizer, task).prepare(new TrainingListener() {}));
      refused(
          "temperature 0.0: a finite number above 0",
          () -> Distillation.of(teacher, tokenizer, task).temperature(0));
      refused(
          "weights 0.0 and 0.0: finite numbers from 0, not both 0",
          () -> Distillation.of(teacher, tokenizer, task).weights(0, 0));
      SequenceClassification texts = SequenceClassification.of(two, tokenizer);
      String labels =
          assertThrows(
                  IllegalArgumentException.class, () -> Distillation.of(three, tokenizer, texts))
              .getMessage();
      assertTrue(labels.startsWith("the teacher was trained for the labels "), labels);
      try (SequenceClassifier twin = classifier(16, 1, TWO)) {
        refused(
            "hiddenStates: they are compared in learning masked tokens, not labels",
            () -> Distillation.of(twin, tokenizer, texts).hiddenStates(HiddenStateLoss.COSINE, 1));
      }
    }
  }

  private static void refused(String message, Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
  }
}
