package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.Encoder;
import io.github.jaubert.bert.Pooling;
import io.github.jaubert.bert.SentenceEncoder;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.EmbeddingDataset;
import io.github.jaubert.train.data.EmbeddingDataset.Row;
import io.github.jaubert.train.data.Example;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddingTrainingTest {
  @TempDir Path temporary;

  private static SentenceEncoder model(double dropout) {
    Rng.seed(5);
    return SentenceEncoder.of(
        Encoder.of(
            BertConfig.bertBase()
                .withVocabSize(25)
                .withEncoder(32, 2, 2, 64)
                .withDropout(dropout, dropout)),
        Pooling.MEAN);
  }

  /** Pairs of sentences; the score is 1 if both are good or both are bad. */
  private static EmbeddingDataset scored(int count, long seed) {
    List<Example> left = SmallModel.sentences(count, seed).rows();
    List<Example> right = SmallModel.sentences(count, seed + 1).rows();
    return EmbeddingDataset.of(
        "pairs",
        IntStream.range(0, count)
            .mapToObj(
                i ->
                    Row.of(
                        left.get(i).text(),
                        right.get(i).text(),
                        left.get(i).label().equals(right.get(i).label()) ? 1 : 0))
            .toList());
  }

  /** Triples of an anchor, one of its kind, and one of the other kind. */
  private static EmbeddingDataset triples(int count, long seed) {
    List<Example> all = SmallModel.sentences(8 * count, seed).rows();
    List<String> good =
        all.stream().filter(row -> row.label().equals("1")).map(Example::text).toList();
    List<String> bad =
        all.stream().filter(row -> row.label().equals("0")).map(Example::text).toList();
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      rows.add(Row.of(good.get(2 * i), good.get(2 * i + 1), bad.get(i)));
    }
    return EmbeddingDataset.of("triples", rows);
  }

  /** The loss of a batch, and the gradients of all parameters. */
  private static float[][] gradients(EmbeddingTraining task, int[] rows) {
    try (Scope scope = Scope.open()) {
      task.prepare(new TrainingLog());
      Rng.seed(9);
      Tensor loss = task.loss(task.inputs(task.examples().batch(rows)), rows.length);
      loss.backward();
      List<float[]> all = new ArrayList<>();
      all.add(new float[] {loss.item()});
      for (Parameter parameter : task.model().parameters()) {
        all.add(parameter.tensor().grad().toFloats());
      }
      return all.toArray(float[][]::new);
    }
  }

  @Test
  void aCachedBatchHasLossAndGradientsOfTheWholeOne() {
    int[] rows = IntStream.range(0, 13).toArray();
    float[][] whole;
    try (SentenceEncoder model = model(0);
        Tokenizer tokenizer = SmallModel.tokenizer(temporary)) {
      whole =
          gradients(
              EmbeddingTraining.of(model, tokenizer, EmbeddingLoss.multipleNegativesRanking())
                  .train(triples(20, 3)),
              rows);
    }
    for (int part : new int[] {1, 4, 39, 100}) {
      try (SentenceEncoder model = model(0);
          Tokenizer tokenizer = SmallModel.tokenizer(temporary)) {
        float[][] cached =
            gradients(
                EmbeddingTraining.of(model, tokenizer, EmbeddingLoss.multipleNegativesRanking())
                    .train(triples(20, 3))
                    .cached(part),
                rows);
        assertEquals(whole.length, cached.length);
        for (int i = 0; i < whole.length; i++) {
          double largest = 1e-3;
          for (float value : whole[i]) {
            largest = Math.max(largest, Math.abs(value));
          }
          assertArrayEquals(whole[i], cached[i], (float) (1e-5 * largest), "parameter " + i);
        }
      }
    }
  }

  @Test
  void aGuideOfAnotherSizeSaysWhatIsNoNegative() {
    try (SentenceEncoder model = model(0);
        SentenceEncoder guide =
            SentenceEncoder.of(
                Encoder.of(BertConfig.bertBase().withVocabSize(25).withEncoder(16, 1, 2, 32)),
                Pooling.CLS);
        Tokenizer tokenizer = SmallModel.tokenizer(temporary)) {
      EmbeddingTraining task =
          EmbeddingTraining.of(model, tokenizer, EmbeddingLoss.gist()).train(triples(20, 3));
      assertThrows(IllegalStateException.class, () -> task.prepare(new TrainingLog()));
      assertThrows(IllegalArgumentException.class, () -> task.guide(model, tokenizer));
      task.guide(guide, tokenizer);
      int[] rows = IntStream.range(0, 13).toArray();
      float[][] whole = gradients(task, rows);
      model.parameters().forEach(parameter -> parameter.tensor().zeroGrad());
      float[][] cached = gradients(task.cached(7), rows);
      assertTrue(whole[0][0] > 0);
      for (int i = 0; i < whole.length; i++) {
        double largest = 1e-3;
        for (float value : whole[i]) {
          largest = Math.max(largest, Math.abs(value));
        }
        assertArrayEquals(whole[i], cached[i], (float) (1e-5 * largest), "parameter " + i);
      }
      assertTrue(guide.parameters().stream().allMatch(p -> p.tensor().grad() == null));
      assertTrue(task.identity().containsKey("guide"));
      Trainer.of(task).with(s -> s.epochs(1).batchSize(10).learningRate(1e-3f).seed(1)).run();
    }
  }

  @Test
  void dropoutIsTheSameWhenAPartIsComputedAgain() {
    int[] rows = IntStream.range(0, 7).toArray();
    try (SentenceEncoder model = model(0.2);
        Tokenizer tokenizer = SmallModel.tokenizer(temporary)) {
      EmbeddingTraining task =
          EmbeddingTraining.of(model, tokenizer, EmbeddingLoss.multipleNegativesRanking())
              .train(triples(9, 3))
              .cached(5);
      task.prepare(new TrainingLog());
      model.train();
      // The gradient along itself is the slope of the loss, if both are of the same dropout.
      Tensor table = model.encoder().parameters().get(0).tensor();
      float[] before = table.toFloats();
      float[] gradient;
      try (Scope scope = Scope.open()) {
        Rng.seed(9);
        task.loss(task.inputs(task.examples().batch(rows)), rows.length).backward();
        gradient = table.grad().toFloats();
      }
      double square = 0;
      for (float value : gradient) {
        square += (double) value * value;
      }
      double step = 1e-2 / Math.sqrt(square);
      double[] losses = new double[2];
      for (int side = 0; side < 2; side++) {
        float[] moved = before.clone();
        for (int i = 0; i < moved.length; i++) {
          moved[i] += (float) ((side == 0 ? -step : step) * gradient[i]);
        }
        try (Scope scope = Scope.open()) {
          table.detach().copyFrom(moved);
          Rng.seed(9);
          losses[side] = task.loss(task.inputs(task.examples().batch(rows)), rows.length).item();
        }
      }
      assertEquals(square, (losses[1] - losses[0]) / (2 * step), 0.02 * square);
    }
  }

  @Test
  void scoresAreLearntByHeart() {
    EmbeddingDataset data = scored(64, 1);
    for (EmbeddingLoss loss : List.of(EmbeddingLoss.cosent(), EmbeddingLoss.cosineSimilarity())) {
      Map<String, Double> metrics = train(loss, data);
      assertEquals(List.of("spearman_cosine", "pearson_cosine"), List.copyOf(metrics.keySet()));
      assertTrue(metrics.get("spearman_cosine") > 0.6, loss.name() + " gives " + metrics);
    }
  }

  @Test
  void positivesAreLearntByHeart() {
    Map<String, Double> metrics =
        train(
            EmbeddingLoss.matryoshka(EmbeddingLoss.multipleNegativesRanking(), 32, 8),
            triples(48, 3));
    assertEquals(
        List.of("ndcg@10", "mrr@10", "recall@10", "accuracy@1"), List.copyOf(metrics.keySet()));
    assertTrue(metrics.get("recall@10") > 0.6, metrics.toString()); // 0.2 before training
  }

  /** Judged by what was learnt from. */
  private Map<String, Double> train(EmbeddingLoss loss, EmbeddingDataset data) {
    try (SentenceEncoder model = model(0);
        Tokenizer tokenizer = SmallModel.tokenizer(temporary)) {
      return Trainer.of(EmbeddingTraining.of(model, tokenizer, loss).train(data).evaluate(data))
          .with(
              settings ->
                  settings.epochs(30).evaluateEpochs(30).learningRate(3e-3f).batchSize(24).seed(1))
          .run()
          .metrics();
    }
  }

  @Test
  void equalTextsAreNoNegatives() {
    try (SentenceEncoder model = model(0);
        Tokenizer tokenizer = SmallModel.tokenizer(temporary)) {
      EmbeddingTraining task =
          EmbeddingTraining.of(model, tokenizer, EmbeddingLoss.multipleNegativesRanking())
              .train(
                  EmbeddingDataset.of(
                      "rows",
                      List.of(
                          Row.of("good film", "fine story", "bad"),
                          Row.of("good film", "warm", "dull"), // the anchor again
                          Row.of("bright", "fine story", "kind"), // the positive again
                          Row.of("kind", "the film", "fine story"))));
      task.prepare(new TrainingLog());
      Inputs inputs;
      try (Scope scope = Scope.open()) {
        inputs = task.inputs(task.examples().batch(new int[] {0, 1, 2, 3}));
        float[] excluded = inputs.get(EqualTexts.NEGATIVES).toFloats();
        String[] marks = new String[4];
        for (int i = 0; i < 4; i++) {
          StringBuilder row = new StringBuilder();
          for (int k = 0; k < 8; k++) {
            row.append(excluded[8 * i + k] == 0 ? '.' : 'x');
          }
          marks[i] = row.toString();
        }
        assertArrayEquals(new String[] {".xx....x", "x.......", "x......x", "......x."}, marks);
      }
    }
  }

  /** Pairs of which half of the anchors, and of the positives, are there twice. */
  private static EmbeddingDataset repeated(int count) {
    List<Row> rows = triples(count, 4).rows();
    return EmbeddingDataset.of(
        "pairs",
        IntStream.range(0, count)
            .mapToObj(
                i ->
                    Row.of(
                        rows.get(i % 4 == 1 ? i - 1 : i).texts().get(0),
                        rows.get(i % 4 == 2 ? i - 1 : i).texts().get(1)))
            .toList());
  }

  /** Trains on pairs, and is killed after a step unless that is 0. */
  private float[][] weights(Path run, int last) {
    try (SentenceEncoder model = model(0.1);
        Tokenizer tokenizer = SmallModel.tokenizer(temporary)) {
      EmbeddingTraining task =
          EmbeddingTraining.of(model, tokenizer, EmbeddingLoss.multipleNegativesRanking())
              .train(repeated(40));
      Trainer trainer =
          Trainer.of(task)
              .with(s -> s.epochs(2).batchSize(8).learningRate(1e-3f).seed(3))
              .checkpoints(run, 2);
      if (last > 0) {
        trainer.listener(TrainerFixture.killAfter(last));
        assertThrows(TrainerFixture.Killed.class, trainer::run);
      } else {
        trainer.run();
      }
      return model.parameters().stream().map(p -> p.tensor().toFloats()).toArray(float[][]::new);
    }
  }

  @Test
  void aBatchHasNoTextTwiceAndARunGoesOnWithTheSame() {
    try (SentenceEncoder model = model(0);
        Tokenizer tokenizer = SmallModel.tokenizer(temporary)) {
      EmbeddingDataset data = repeated(40);
      EmbeddingTraining task =
          EmbeddingTraining.of(model, tokenizer, EmbeddingLoss.multipleNegativesRanking())
              .train(data);
      task.prepare(new TrainingLog());
      TrainingSettings settings = TrainingSettings.defaults().epochs(2).batchSize(8).seed(3);
      TrainingPlan plan = new TrainingPlan(settings, task.examples());
      List<Integer> read = new ArrayList<>();
      for (int step = 0; step < plan.steps(); step++) {
        for (int[] batch : plan.microBatches(step)) {
          List<String> texts = new ArrayList<>();
          for (int row : batch) {
            read.add(row);
            texts.addAll(data.rows().get(row).texts());
          }
          assertEquals(texts.size(), Set.copyOf(texts).size(), texts.toString());
        }
      }
      assertEquals(80, read.size());
      assertEquals(40, Set.copyOf(read.subList(0, 40)).size());
      assertNotEquals(read.subList(0, 40), read.subList(40, 80));
      task.duplicates(true).prepare(new TrainingLog());
      assertEquals(10, new TrainingPlan(settings, task.examples()).steps());
    }
    float[][] whole = weights(temporary.resolve("whole"), 0);
    weights(temporary.resolve("parts"), 7);
    float[][] resumed = weights(temporary.resolve("parts"), 0);
    for (int i = 0; i < whole.length; i++) {
      assertArrayEquals(whole[i], resumed[i]);
    }
  }

  @Test
  void dataThatALossCannotReadIsRefused() {
    try (SentenceEncoder model = model(0);
        Tokenizer tokenizer = SmallModel.tokenizer(temporary)) {
      refuses(
          model, tokenizer, EmbeddingLoss.cosent(), triples(3, 1), "needs two texts and a score");
      refuses(
          model,
          tokenizer,
          EmbeddingLoss.multipleNegativesRanking(),
          scored(3, 1),
          "these have scores");
      refuses(model, tokenizer, EmbeddingLoss.triplet(), scored(3, 1), "a row has 2 texts");
    }
  }

  private static void refuses(
      SentenceEncoder model,
      Tokenizer tokenizer,
      EmbeddingLoss loss,
      EmbeddingDataset data,
      String why) {
    EmbeddingTraining task = EmbeddingTraining.of(model, tokenizer, loss).train(data);
    DataException refused =
        assertThrows(DataException.class, () -> task.prepare(new TrainingLog()));
    assertTrue(refused.getMessage().contains(why), refused.getMessage());
  }
}
