package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.Encoder;
import io.github.jaubert.bert.MultiVectorEncoder;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.pipeline.LateInteraction;
import io.github.jaubert.bert.pipeline.Pipelines;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.EmbeddingDataset;
import io.github.jaubert.train.data.EmbeddingDataset.Row;
import io.github.jaubert.train.data.RankingDataset;
import io.github.jaubert.train.metrics.RetrievalMetrics;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MultiVectorTrainingTest {
  @TempDir Path temporary;

  private static MultiVectorEncoder model(Tokenizer tokenizer) {
    Rng.seed(5);
    MultiVectorEncoder model =
        MultiVectorEncoder.of(
            Encoder.of(
                BertConfig.bertBase()
                    .withVocabSize(25)
                    .withEncoder(32, 2, 2, 64)
                    .withDropout(0, 0)),
            tokenizer,
            12);
    return model.settings(model.settings().withLengths(8, 16).withSkipped(List.of("a", "the")));
  }

  /** A query of two good words, a document of the bad words that belong to them, and of others. */
  private static EmbeddingDataset triples() {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      int first = i % 5;
      int second = (first + 1 + i / 5) % 5;
      int other = (first + 5 - i / 5) % 5;
      rows.add(
          Row.of(
              SmallModel.GOOD.get(first) + " " + SmallModel.GOOD.get(second),
              "the %s film was a %s story"
                  .formatted(SmallModel.BAD.get(second), SmallModel.BAD.get(first)),
              "a %s story and the film".formatted(SmallModel.BAD.get(other))));
    }
    return EmbeddingDataset.of("triples", rows);
  }

  @Test
  void theLossIsThatOfAllScores() {
    try (Tokenizer tokenizer = SmallModel.tokenizer(temporary);
        MultiVectorEncoder model = model(tokenizer);
        Scope scope = Scope.open()) {
      int[] rows = {0, 3, 17, 9, 3};
      EmbeddingDataset data = triples();
      MultiVectorTraining task =
          MultiVectorTraining.of(model, tokenizer).train(data).temperature(0.7f);
      task.prepare(new TrainingLog());
      float loss = task.loss(task.inputs(task.examples().batch(rows)), rows.length).item();
      model.save(temporary);
      double sum = 0;
      try (LateInteraction pipeline = Pipelines.lateInteraction(temporary)) {
        for (int i = 0; i < rows.length; i++) {
          float[][] query = pipeline.query(data.rows().get(rows[i]).texts().get(0));
          double all = 0;
          double own = 0;
          for (int column = 1; column < 3; column++) {
            for (int k = 0; k < rows.length; k++) {
              String text = data.rows().get(rows[k]).texts().get(column);
              double score =
                  LateInteraction.score(query, pipeline.documents(List.of(text)).get(0)) / 0.7;
              if (column == 1 && k == i) {
                own = score;
              } else if (column == 1 && rows[k] == rows[i]) {
                continue; // the same document, which is no negative
              }
              all += Math.exp(score);
            }
          }
          sum += Math.log(all) - own;
        }
      }
      assertEquals(sum / rows.length, loss, 1e-4);
    }
  }

  @Test
  void findsDocumentsAfterTrainingAndIsJudgedAsThePipelineRanks() {
    EmbeddingDataset data = triples();
    Map<String, Double> figures;
    try (Tokenizer tokenizer = SmallModel.tokenizer(temporary);
        MultiVectorEncoder model = model(tokenizer)) {
      MultiVectorTraining task =
          MultiVectorTraining.of(model, tokenizer).train(data).evaluate(data).maxLength(9);
      double before = Trainer.of(task).evaluate().get("mrr@10");
      figures =
          Trainer.of(task)
              .with(s -> s.epochs(16).evaluateEpochs(16).batchSize(10).learningRate(3e-3f).seed(3))
              .run()
              .metrics();
      assertTrue(before < 0.6, "mrr before: " + before);
      assertTrue(figures.get("mrr@10") > 0.9, figures.toString());
      model.save(temporary);
    }
    RetrievalMetrics metrics = new RetrievalMetrics();
    List<String> documents = new ArrayList<>();
    data.rows().forEach(row -> documents.addAll(row.texts().subList(1, 3)));
    List<String> distinct = documents.stream().distinct().toList();
    try (LateInteraction pipeline = Pipelines.lateInteraction(temporary)) {
      List<float[][]> vectors = pipeline.documents(distinct);
      for (String query : data.rows().stream().map(row -> row.texts().get(0)).distinct().toList()) {
        float[][] asked = pipeline.query(query);
        float[] scores = new float[distinct.size()];
        for (int i = 0; i < scores.length; i++) {
          scores[i] = LateInteraction.score(asked, vectors.get(i));
        }
        BitSet relevant = new BitSet();
        data.rows().stream()
            .filter(row -> row.texts().get(0).equals(query))
            .forEach(row -> relevant.set(distinct.indexOf(row.texts().get(1))));
        metrics.update(scores, relevant);
      }
    }
    metrics.result().forEach((name, value) -> assertEquals(value, figures.get(name), 0.02, name));
    try (MultiVectorEncoder saved = MultiVectorEncoder.fromPretrained(temporary)) {
      assertEquals(9, saved.settings().documentLength());
      assertEquals(8, saved.settings().queryLength());
    }
  }

  /** Weights after two epochs; killed after a step unless that is 0. */
  private float[][] weights(Path run, int last) {
    try (Tokenizer tokenizer = SmallModel.tokenizer(temporary);
        MultiVectorEncoder model = model(tokenizer)) {
      Trainer trainer =
          Trainer.of(MultiVectorTraining.of(model, tokenizer).train(triples()))
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
  void aKilledRunGoesOn() {
    float[][] whole = weights(temporary.resolve("whole"), 0);
    weights(temporary.resolve("parts"), 3);
    float[][] resumed = weights(temporary.resolve("parts"), 0);
    for (int i = 0; i < whole.length; i++) {
      assertArrayEquals(whole[i], resumed[i]);
    }
  }

  /** Each query's passages, of which the one with its words has the highest score. */
  private static RankingDataset taught() {
    List<RankingDataset.Row> rows = new ArrayList<>();
    List<Row> all = triples().rows();
    for (int i = 0; i < all.size(); i++) {
      String query = all.get(i).texts().get(0);
      rows.add(RankingDataset.Row.of(query, all.get(i).texts().get(2), -0.5f));
      rows.add(RankingDataset.Row.of(query, all.get(i).texts().get(1), 4));
      for (int k = 1; k <= i % 3; k++) {
        String other = all.get((i + 7 * k) % all.size()).texts().get(1);
        rows.add(RankingDataset.Row.of(query, other, -k));
      }
    }
    return RankingDataset.of("taught", rows);
  }

  @Test
  void aTeachersScoresAreLearnt() {
    RankingDataset data = taught();
    try (Tokenizer tokenizer = SmallModel.tokenizer(temporary);
        MultiVectorEncoder model = model(tokenizer)) {
      MultiVectorDistillation task =
          MultiVectorDistillation.of(model, tokenizer).train(data).evaluate(data).temperature(2);
      task.prepare(new TrainingLog());
      int[] queries = {4, 0, 11, 5};
      float loss;
      try (Scope scope = Scope.open()) {
        loss = task.loss(task.inputs(task.examples().batch(queries)), queries.length).item();
      }
      model.save(temporary);
      double sum = 0;
      try (LateInteraction pipeline = Pipelines.lateInteraction(temporary)) {
        for (int query : queries) {
          sum += divergence(pipeline, data, data.queries().get(query), 2);
        }
      }
      assertEquals(sum / queries.length, loss, 1e-4);
      double before = Trainer.of(task).evaluate().get("accuracy@1");
      double after =
          Trainer.of(task)
              .with(s -> s.epochs(12).evaluateEpochs(12).batchSize(10).learningRate(3e-3f).seed(3))
              .run()
              .metrics()
              .get("accuracy@1");
      assertTrue(before < 0.8 && after > 0.9, before + " to " + after);
    }
  }

  private static double divergence(
      LateInteraction pipeline, RankingDataset data, int[] rows, double temperature) {
    double[] own = new double[rows.length];
    double[] taught = new double[rows.length];
    for (int i = 0; i < rows.length; i++) {
      RankingDataset.Row row = data.rows().get(rows[i]);
      own[i] = pipeline.scores(List.of(row.query()), List.of(row.passage())).get(0) / temperature;
      taught[i] = row.score() / temperature;
    }
    double ownAll = Math.log(Arrays.stream(own).map(Math::exp).sum());
    double taughtAll = Math.log(Arrays.stream(taught).map(Math::exp).sum());
    double sum = 0;
    for (int i = 0; i < rows.length; i++) {
      sum += Math.exp(taught[i] - taughtAll) * (taught[i] - taughtAll - own[i] + ownAll);
    }
    return sum * temperature * temperature;
  }

  @Test
  void whatCannotBeMeantIsRefused() {
    try (Tokenizer tokenizer = SmallModel.tokenizer(temporary);
        MultiVectorEncoder model = model(tokenizer)) {
      MultiVectorTraining task = MultiVectorTraining.of(model, tokenizer);
      assertThrows(IllegalArgumentException.class, () -> task.temperature(0));
      EmbeddingDataset scored =
          EmbeddingDataset.of(
              "scored",
              IntStream.range(0, 3).mapToObj(i -> Row.of("good", "bad " + i, i)).toList());
      DataException refused =
          assertThrows(DataException.class, () -> task.train(scored).prepare(new TrainingLog()));
      assertTrue(refused.getMessage().contains("have scores"), refused.getMessage());
      RankingDataset single =
          RankingDataset.of("single", List.of(RankingDataset.Row.of("good", "bad", 1)));
      assertTrue(
          assertThrows(
                  DataException.class,
                  () ->
                      MultiVectorDistillation.of(model, tokenizer)
                          .train(single)
                          .prepare(new TrainingLog()))
              .getMessage()
              .contains("has one passage"));
    }
  }
}
