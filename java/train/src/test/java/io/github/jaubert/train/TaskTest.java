package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.CrossEntropyOptions;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Tasks that are unlike the built-in ones. */
class TaskTest extends TrainerFixture {
  /** A point in the plane, and whether it lies above the diagonal: no text, no encoder. */
  private record Plane(Linear model, float[] points) implements Task {
    @Override
    public Examples examples() {
      return Examples.of(points.length / 2, row -> 1, this::batch);
    }

    private Batch batch(int[] rows) {
      float[] picked = new float[2 * rows.length];
      int[] above = new int[rows.length];
      for (int i = 0; i < rows.length; i++) {
        System.arraycopy(points, 2 * rows[i], picked, 2 * i, 2);
        above[i] = picked[2 * i + 1] > picked[2 * i] ? 1 : 0;
      }
      return Batch.of(rows.length).with("points", picked, rows.length, 2).with("above", above);
    }

    @Override
    public Tensor loss(Inputs inputs, float count) {
      return F.crossEntropy(
          model.forward(inputs.get("points")),
          inputs.get("above"),
          CrossEntropyOptions.defaults().withNormalizer(count));
    }

    @Override
    public Evaluation evaluation() {
      return Evaluation.ofLoss(this, examples());
    }
  }

  private static Plane plane() {
    Random random = new Random(8);
    float[] points = new float[800];
    for (int i = 0; i < points.length; i++) {
      points[i] = (float) random.nextGaussian();
    }
    Rng.seed(4);
    return new Plane(Linear.of(2, 2), points);
  }

  @Test
  void aModelWithoutAnEncoderIsTrained() {
    Plane plane = plane();
    try (Linear model = plane.model()) {
      TrainingResult result = Trainer.of(plane).with(s -> s.learningRate(0.1f).epochs(8)).run();
      assertTrue(result.metrics().get("loss") < 0.15, "" + result.metrics());
      String message =
          assertThrows(IllegalStateException.class, Trainer.of(plane)::run).getMessage();
      assertTrue(message.contains("choose one with learningRate(…)"), message);
      assertThrows(IllegalStateException.class, () -> plane.encoder(Batch.TEXT));
    }
  }

  /** The classes of a head, and a column of numbers beside the text that decides alone. */
  private static final class Column extends Block implements Task {
    private final SequenceClassifier classifier;
    private final Linear column = add("column", Linear.of(1, 2));
    private final List<Encoding> texts;

    Column(SequenceClassifier classifier, List<Encoding> texts) {
      this.classifier = add("text", classifier);
      this.texts = texts;
    }

    @Override
    public Block model() {
      return this;
    }

    @Override
    public Examples examples() {
      return Examples.of(
          texts.size(),
          i -> texts.get(i).length(),
          rows -> {
            float[] numbers = new float[rows.length];
            int[] labels = new int[rows.length];
            for (int i = 0; i < rows.length; i++) {
              labels[i] = rows[i] % 3 == 0 ? 1 : 0;
              numbers[i] = 2 * labels[i] - 1;
            }
            List<Encoding> picked = IntStream.of(rows).mapToObj(texts::get).toList();
            return Batch.of(TokenBatch.of(picked))
                .with("number", numbers, rows.length, 1)
                .with("labels", labels);
          });
    }

    @Override
    public Tensor loss(Inputs inputs, float count) {
      Tensor logits = classifier.forward(inputs.text()).add(column.forward(inputs.get("number")));
      return classifier.loss(logits, inputs.get("labels"), count);
    }
  }

  @Test
  void numbersBesideTheTextAreLearntFrom() {
    List<Encoding> texts =
        SmallModel.sentences(90, 6).rows().stream().map(r -> tokenizer.encode(r.text())).toList();
    try (Column model = new Column(SmallModel.classifier(TWO, 0.1), texts)) {
      TrainingResult result =
          Trainer.of(model)
              .with(s -> s.learningRate(5e-3f).epochs(25).batchSize(15).layerDecay(0.9f))
              .run();
      List<LogEntry> history = result.history();
      double last = history.get(history.size() - 1).values().get("loss");
      assertTrue(last < 0.1, "loss " + last);
    }
  }

  @Test
  void aBatchSaysWhatDoesNotFit() {
    Batch batch = Batch.of(3).with("a", new int[] {1, 2, 3});
    assertEquals(
        "batch: 'a' is there already",
        assertThrows(IllegalArgumentException.class, () -> batch.with("a", new float[3]))
            .getMessage());
    assertEquals(
        "batch: 'b': 3 values do not fill [2, 2]",
        assertThrows(IllegalArgumentException.class, () -> batch.with("b", new float[3], 2, 2))
            .getMessage());
    assertEquals(
        "batch: no 'c' among [a]",
        assertThrows(IllegalArgumentException.class, () -> batch.ints("c")).getMessage());
    assertEquals(
        "batch: 3 values of 'd' for no text",
        assertThrows(IllegalArgumentException.class, () -> batch.withTokens("d", new int[3], -100))
            .getMessage());
  }

  private static String refused(Class<? extends Exception> kind, Trainer trainer) {
    return assertThrows(kind, trainer::run).getMessage();
  }

  /** What the trainer needs of a task is said before the first step, or at the first evaluation. */
  @Test
  void aTaskThatContradictsItselfIsRefused() {
    Plane plane = plane();
    try (Linear model = plane.model()) {
      assertEquals(
          "examples: the batch of 32 rows says that it has 64 examples; Batch.of(rows.length) makes"
              + " one",
          refused(IllegalStateException.class, rate(new Wrong(plane).batches(2))));
      assertEquals(
          "the task has a setting or identity 'seed', which every run has already",
          refused(
              IllegalArgumentException.class,
              rate(new Wrong(plane).settings(Map.of("seed", 7))).checkpoints(folder)));
      assertEquals(
          "the evaluation measured [loss], and not its metric 'acc'",
          refused(IllegalStateException.class, rate(new Wrong(plane).metric("acc", "loss"))));
      assertEquals(
          "a metric cannot be called 'step'",
          refused(IllegalArgumentException.class, rate(new Wrong(plane).metric("step", "step"))));
      assertEquals(
          "freeze: no parameter is left to be trained",
          refused(IllegalArgumentException.class, rate(plane).with(s -> s.freeze("."))));
      refused(
          IllegalArgumentException.class, rate(plane).with(s -> s.freeze("bias").freeze("typo")));
      assertTrue(model.parameters().stream().noneMatch(Parameter::frozen));
      assertEquals(
          "layerDecay: the model has no encoder with layers",
          refused(IllegalArgumentException.class, rate(plane).with(s -> s.layerDecay(0.5f))));
    }
  }

  private static Trainer rate(Task task) {
    return Trainer.of(task).with(s -> s.learningRate(0.1f).epochs(1));
  }

  /** The plane with something wrong. */
  private static final class Wrong implements Task {
    private final Plane plane;
    private int factor = 1;
    private Map<String, Object> settings = Map.of();
    private String named = "loss";
    private String measured = "loss";

    Wrong(Plane plane) {
      this.plane = plane;
    }

    Wrong batches(int factor) {
      this.factor = factor;
      return this;
    }

    Wrong settings(Map<String, Object> settings) {
      this.settings = settings;
      return this;
    }

    Wrong metric(String named, String measured) {
      this.named = named;
      this.measured = measured;
      return this;
    }

    @Override
    public Block model() {
      return plane.model();
    }

    @Override
    public Examples examples() {
      Examples all = plane.examples();
      return Examples.of(
          all.size(), row -> 0, rows -> factor == 1 ? all.batch(rows) : Batch.of(64));
    }

    @Override
    public Tensor loss(Inputs inputs, float count) {
      return plane.loss(inputs, count);
    }

    @Override
    public Map<String, Object> settings() {
      return settings;
    }

    @Override
    public Evaluation evaluation() {
      return new Evaluation() {
        @Override
        public Examples examples() {
          return Wrong.this.examples();
        }

        @Override
        public List<String> metrics() {
          return List.of(named);
        }

        @Override
        public void reset() {}

        @Override
        public void add(Inputs inputs, int[] rows) {}

        @Override
        public Map<String, Double> result() {
          return Map.of(measured, 1.0);
        }
      };
    }
  }
}
