package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.ScoreActivation;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.pipeline.Pipelines;
import io.github.jaubert.bert.pipeline.RankedPassage;
import io.github.jaubert.bert.pipeline.Reranker;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.RankingDataset;
import io.github.jaubert.train.data.RankingDataset.Row;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RerankingTest {
  @TempDir Path temporary;

  private static RankingLoss loss(String name) {
    return switch (name) {
      case "binary" -> RankingLoss.binaryCrossEntropy();
      case "mse" -> RankingLoss.meanSquaredError();
      case "ranknet" -> RankingLoss.rankNet();
      default -> RankingLoss.listNet();
    };
  }

  private static SequenceClassifier model() {
    return SmallModel.classifier(Labels.score(), 0);
  }

  /** A query has 2 to 6 passages, in any order; those with more good words are better. */
  private static RankingDataset queries(int count, long seed) {
    Random random = new Random(seed);
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String query = "the actor " + "very ".repeat(i % 7) + "it ".repeat(i / 7);
      int passages = 2 + random.nextInt(5);
      for (int k = 0; k < passages; k++) {
        int good = k == 0 ? 2 : random.nextInt(2);
        List<String> words = new ArrayList<>(List.of("a", "film", "was", "story"));
        for (int w = 0; w < 2; w++) {
          words.add(
              w < good
                  ? SmallModel.GOOD.get(random.nextInt(5))
                  : SmallModel.BAD.get(random.nextInt(5)));
        }
        Collections.shuffle(words, random);
        rows.add(Row.of(query, String.join(" ", words), good / 2f));
      }
    }
    Collections.shuffle(rows, random);
    return RankingDataset.of("queries", rows);
  }

  @ParameterizedTest
  @ValueSource(strings = {"binary", "mse", "ranknet", "listnet"})
  void anOrderIsLearntAndTheFolderKnowsHowScoresAreMade(String name) {
    RankingDataset dev = queries(20, 2);
    Path out = temporary.resolve(name);
    try (SequenceClassifier model = model();
        Tokenizer tokenizer = SmallModel.tokenizer(temporary)) {
      boolean pairs = name.equals("binary") || name.equals("mse");
      Map<String, Double> metrics =
          Trainer.of(
                  Reranking.of(model, tokenizer, loss(name))
                      .train(queries(60, 1))
                      .first(5)
                      .evaluate(dev))
              .with(
                  settings ->
                      settings
                          .epochs(8)
                          .evaluateEpochs(8)
                          .learningRate(3e-3f)
                          .batchSize(pairs ? 24 : 6)
                          .seed(1))
              .run()
              .metrics();
      assertEquals(List.of("ndcg@5", "mrr@5", "map"), List.copyOf(metrics.keySet()));
      assertTrue(metrics.get("ndcg@5") > 0.95, name + " gives " + metrics); // 0.75 by chance
      model.save(out);
    }
    assertTrue(SequenceClassifier.isCrossEncoder(out));
    try (SequenceClassifier read = SequenceClassifier.fromPretrained(out)) {
      assertEquals(loss(name).activation(), read.scoreActivation());
      assertEquals(name.equals("binary"), read.scoreActivation() == ScoreActivation.SIGMOID);
      assertTrue(read.trainedOnPairs());
    }
    try (Reranker reranker = Pipelines.rerank(out)) {
      List<RankedPassage> ranked =
          reranker.rerank(
              "the actor",
              List.of("a bad film was mean", "a good film was kind", "a bad kind film"));
      assertEquals(List.of(1, 2, 0), ranked.stream().map(RankedPassage::index).toList(), name);
    }
  }

  /** The gradients of all parameters after a loss of some batches with a common count. */
  private float[][] gradients(RankingLoss loss, int[]... batches) {
    try (SequenceClassifier model = model();
        Tokenizer tokenizer = SmallModel.tokenizer(temporary);
        Scope scope = Scope.open()) {
      Reranking task = Reranking.of(model, tokenizer, loss).train(queries(12, 3));
      task.prepare(new TrainingLog());
      float count = 0;
      for (int[] rows : batches) {
        count += task.count(task.examples().batch(rows));
      }
      float sum = 0;
      for (int[] rows : batches) {
        var value = task.loss(task.inputs(task.examples().batch(rows)), count);
        value.backward();
        sum += value.item();
      }
      List<float[]> all = new ArrayList<>();
      all.add(new float[] {sum});
      for (Parameter parameter : model.parameters()) {
        all.add(parameter.grad().toFloats());
      }
      return all.toArray(float[][]::new);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"binary", "mse", "ranknet", "listnet"})
  void batchesOfAStepAddUpToOne(String name) {
    float[][] whole = gradients(loss(name), new int[] {4, 0, 7, 9, 1, 2});
    float[][] parts = gradients(loss(name), new int[] {4, 0, 7}, new int[] {9}, new int[] {1, 2});
    assertEquals(whole.length, parts.length);
    for (int i = 0; i < whole.length; i++) {
      double largest = 1e-3;
      for (float value : whole[i]) {
        largest = Math.max(largest, Math.abs(value));
      }
      assertArrayEquals(whole[i], parts[i], (float) (1e-4 * largest), name + ", parameter " + i);
    }
  }

  @Test
  void pairsAreThoseOfOneQueryAndQueriesStayTogether() {
    RankingDataset data =
        RankingDataset.of(
            "rows",
            List.of(
                Row.of("the film", "good", 1),
                Row.of("it is", "kind", 0.5f),
                Row.of("the film", "bad", 0),
                Row.of("a story", "dull", 0), // alone
                Row.of("it is", "warm", 0.5f), // as good
                Row.of("it is", "mean", 0),
                Row.of("the film", "fine", 0.25f)));
    try (SequenceClassifier model = model();
        Tokenizer tokenizer = SmallModel.tokenizer(temporary)) {
      Reranking task = Reranking.of(model, tokenizer, RankingLoss.rankNet()).train(data);
      task.prepare(new TrainingLog());
      assertEquals(2, task.examples().size());
      Batch batch = task.examples().batch(new int[] {1, 0});
      assertEquals(6, batch.text(Batch.TEXT).count());
      // it is: kind, warm, mean; the film: good, bad, fine.
      assertArrayEquals(new int[] {0, 1, 3, 3, 5}, batch.ints(RankingBatches.HIGHER));
      assertArrayEquals(new int[] {2, 2, 4, 5, 4}, batch.ints(RankingBatches.LOWER));
      assertEquals(5, task.count(batch));
      assertEquals(6 * 6, batch.tokens()); // [CLS] two words [SEP] one word [SEP]

      Reranking lists = Reranking.of(model, tokenizer, RankingLoss.listNet()).train(data);
      lists.prepare(new TrainingLog());
      assertEquals(2, lists.count(lists.examples().batch(new int[] {1, 0})));
    }
  }

  @Test
  void ofManyPassagesOneOfTheBestAndOthersAreDrawnInEachPass() {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      rows.add(Row.of("the film", "very ".repeat(i + 1), i < 3 ? 1 : i < 10 ? 0.5f : 0));
      rows.add(Row.of("it is", i == 0 ? "good" : "bad", i == 0 ? 1 : 0));
    }
    rows.add(Row.of("a story", "good", 1));
    rows.add(Row.of("a story", "bad", 0));
    try (SequenceClassifier model = model();
        Tokenizer tokenizer = SmallModel.tokenizer(temporary)) {
      Reranking task =
          Reranking.of(model, tokenizer, RankingLoss.rankNet())
              .train(RankingDataset.of("rows", rows))
              .mostPassages(6);
      task.prepare(new TrainingLog());
      Set<String> drawn = new HashSet<>();
      Set<Float> best = new HashSet<>();
      for (int pass = 0; pass < 12; pass++) {
        int[] all = {0, 1, 2};
        Batch batch = task.examples().batch(all, pass);
        assertEquals(6 + 6 + 2, batch.text(Batch.TEXT).count());
        assertEquals(batch.tokens(), Arrays.stream(task.examples().lengths(pass)).sum());
        Batch film = task.examples().batch(new int[] {0}, pass);
        int[] higher = film.ints(RankingBatches.HIGHER);
        // The first is better than all five others.
        assertEquals(5, Arrays.stream(higher).filter(i -> i == 0).count());
        drawn.add(Arrays.toString(film.text(Batch.TEXT).lengths().cuSeqlens()));
        best.add((float) film.text(Batch.TEXT).lengths().length(0));
        assertEquals(
            5, task.examples().batch(new int[] {1}, pass).ints(RankingBatches.HIGHER).length);
        assertEquals(
            Arrays.toString(film.text(Batch.TEXT).lengths().cuSeqlens()),
            Arrays.toString(
                task.examples().batch(new int[] {0}, pass).text(Batch.TEXT).lengths().cuSeqlens()));
      }
      assertTrue(drawn.size() > 6 && best.size() > 1, drawn.toString());
      assertThrows(IllegalArgumentException.class, () -> task.mostPassages(1));
    }
  }

  @Test
  void queriesWithoutARelevantPassageAreLeftOut() {
    RankingDataset train = queries(8, 1);
    List<Row> rows = new ArrayList<>(queries(5, 2).rows());
    rows.add(Row.of("is it", "good", 0));
    rows.add(Row.of("is it", "bad", 0));
    try (SequenceClassifier model = model();
        Tokenizer tokenizer = SmallModel.tokenizer(temporary)) {
      Map<String, Double> with =
          judged(model, tokenizer, train, RankingDataset.of("more", rows), 0);
      assertEquals(with, judged(model, tokenizer, train, queries(5, 2), 0));
      // One passage of each query has a 1.
      assertTrue(
          judged(model, tokenizer, train, queries(5, 2), 0.5f).get("map") <= with.get("map"));
      DataException none =
          assertThrows(
              DataException.class, () -> judged(model, tokenizer, train, queries(5, 2), 1));
      assertTrue(
          none.getMessage()
              .contains("no query has a relevant passage, one with a score above 1.0"));
    }
  }

  private static Map<String, Double> judged(
      SequenceClassifier model,
      Tokenizer tokenizer,
      RankingDataset train,
      RankingDataset dev,
      float above) {
    Reranking task =
        Reranking.of(model, tokenizer, RankingLoss.rankNet())
            .train(train)
            .relevantAbove(above)
            .evaluate(dev);
    task.prepare(new TrainingLog());
    return new Evaluator(task, task.evaluation()).run().orElseThrow();
  }

  @Test
  void whereNoQueryHasTwoPassagesItIsCorrelation() {
    List<Row> rows = new ArrayList<>();
    for (int i = 1; i < 9; i++) {
      rows.add(Row.of("a ".repeat(i), "very ".repeat(i), i / 10f));
    }
    try (SequenceClassifier model = model();
        Tokenizer tokenizer = SmallModel.tokenizer(temporary)) {
      RankingDataset pairs = RankingDataset.of("pairs", rows);
      Reranking task =
          Reranking.of(model, tokenizer, RankingLoss.binaryCrossEntropy())
              .train(pairs)
              .evaluate(pairs);
      task.prepare(new TrainingLog());
      Map<String, Double> measured = new Evaluator(task, task.evaluation()).run().orElseThrow();
      assertEquals(List.of("spearman", "pearson"), List.copyOf(measured.keySet()));
      assertTrue(Math.abs(measured.get("pearson")) <= 1);
      refuses(model, tokenizer, "ranknet", pairs, "no query has two passages with different");
    }
  }

  @Test
  void dataThatALossCannotReadIsRefused() {
    try (SequenceClassifier model = model();
        Tokenizer tokenizer = SmallModel.tokenizer(temporary)) {
      RankingDataset graded =
          RankingDataset.of("graded", List.of(Row.of("a", "b", 3), Row.of("a", "c", 0)));
      refuses(model, tokenizer, "binary", graded, "score 3.0: the loss binary takes those from 0");
      refuses(
          model,
          tokenizer,
          "mse",
          RankingDataset.of("same", List.of(Row.of("a", "b", 3), Row.of("a", "c", 3))),
          "every passage has the score 3.0");
      refuses(
          model,
          tokenizer,
          "mse",
          RankingDataset.of("blank", List.of(Row.of("a", " ", 3), Row.of("a", "", 1))),
          "the passage of every one of the 2 rows is blank");
    }
    try (SequenceClassifier two = SmallModel.classifier(Labels.of("no", "yes"), 0);
        Tokenizer tokenizer = SmallModel.tokenizer(temporary)) {
      assertThrows(
          IllegalArgumentException.class,
          () -> Reranking.of(two, tokenizer, RankingLoss.rankNet()));
    }
  }

  private static void refuses(
      SequenceClassifier model, Tokenizer tokenizer, String loss, RankingDataset data, String why) {
    Reranking task = Reranking.of(model, tokenizer, loss(loss)).train(data);
    DataException refused =
        assertThrows(DataException.class, () -> task.prepare(new TrainingLog()));
    assertTrue(refused.getMessage().contains(why), refused.getMessage());
  }
}
