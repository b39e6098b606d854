package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.MultipleChoiceModel;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.pipeline.MultipleChoicePipeline;
import io.github.jaubert.bert.pipeline.Pipelines;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.train.data.ChoiceDataset;
import io.github.jaubert.train.data.Choices;
import io.github.jaubert.train.data.DataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MultipleChoiceTest {
  @TempDir Path temporary;

  private static MultipleChoiceModel model() {
    Rng.seed(5);
    return MultipleChoiceModel.of(
        BertConfig.bertBase().withVocabSize(25).withEncoder(32, 2, 2, 64).withDropout(0, 0));
  }

  /** One of 2 to 5 choices is of praise. */
  private static ChoiceDataset choices(int count, long seed) {
    Random random = new Random(seed);
    List<Choices> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int answer = random.nextInt(2);
      List<String> texts = new ArrayList<>();
      for (int k = 2 + random.nextInt(4); k > 0; k--) {
        List<String> words = texts.size() == answer ? SmallModel.GOOD : SmallModel.BAD;
        texts.add("it was " + (k > 2 ? "very " : "") + words.get(random.nextInt(5)));
      }
      rows.add(new Choices("the " + (i % 2 == 0 ? "film" : "story"), texts, answer, i + 1));
    }
    return ChoiceDataset.of("choices", rows);
  }

  @Test
  void learnsToChoose() {
    Path out = temporary.resolve("out");
    try (MultipleChoiceModel model = model();
        Tokenizer tokenizer = SmallModel.tokenizer(temporary)) {
      Map<String, Double> metrics =
          Trainer.of(
                  MultipleChoice.of(model, tokenizer)
                      .train(choices(80, 1))
                      .evaluate(choices(40, 2)))
              .with(s -> s.epochs(6).evaluateEpochs(6).learningRate(3e-3f).batchSize(8).seed(1))
              .run()
              .metrics();
      assertEquals(List.of("loss", "accuracy"), List.copyOf(metrics.keySet()));
      assertTrue(metrics.get("accuracy") > 0.9, metrics.toString());
      model.save(out);
    }
    try (MultipleChoicePipeline pipeline = Pipelines.multipleChoice(out)) {
      assertEquals(
          2,
          pipeline
              .of("the film", List.of("it was bad", "it was dull", "it was kind"))
              .get(0)
              .index());
    }
  }

  @Test
  void batchesOfAStepAddUpAndTheJudgeSeesTheSame() {
    ChoiceDataset data = choices(9, 3);
    try (MultipleChoiceModel model = model();
        Tokenizer tokenizer = SmallModel.tokenizer(temporary);
        Scope scope = Scope.open()) {
      MultipleChoice task = MultipleChoice.of(model, tokenizer).train(data).evaluate(data);
      task.prepare(new TrainingLog());
      int[] all = {0, 1, 2, 3, 4, 5, 6, 7, 8};
      int texts = data.rows().stream().mapToInt(row -> row.choices().size()).sum();
      assertEquals(texts, task.examples().batch(all).text(Batch.TEXT).count());
      assertEquals(
          task.examples().batch(all).tokens(),
          Arrays.stream(all).map(task.examples()::tokens).sum());
      float whole = loss(task, all, 9);
      float parts = loss(task, new int[] {3}, 9) + loss(task, new int[] {8, 0, 1}, 9);
      parts += loss(task, new int[] {2, 4, 5, 6, 7}, 9);
      assertEquals(whole, parts, 1e-5);
      Map<String, Double> judged = new Evaluator(task, task.evaluation()).run().orElseThrow();
      assertEquals(whole, judged.get("loss"), 1e-5);
    }
  }

  private static float loss(MultipleChoice task, int[] rows, float count) {
    return task.loss(task.inputs(task.examples().batch(rows)), count).item();
  }

  @Test
  void whatTheModelCannotReadIsNamedByItsLine() {
    try (MultipleChoiceModel small =
            MultipleChoiceModel.of(BertConfig.bertBase().withVocabSize(7).withEncoder(8, 1, 1, 8));
        Tokenizer tokenizer = SmallModel.tokenizer(temporary)) {
      List<Choices> rows =
          List.of(
              new Choices("good", List.of("good", "fine"), 0, 2),
              new Choices("good", List.of("good", "good", "film"), 0, 3));
      MultipleChoice task =
          MultipleChoice.of(small, tokenizer).train(ChoiceDataset.of("rows", rows));
      String message =
          assertThrows(DataException.class, () -> task.prepare(new TrainingLog())).getMessage();
      assertTrue(message.startsWith("rows:3: holds 'film'"), message);
    }
  }
}
