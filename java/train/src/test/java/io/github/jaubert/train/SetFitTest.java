package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.Encoder;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.Pooling;
import io.github.jaubert.bert.SentenceClassifier;
import io.github.jaubert.bert.SentenceEncoder;
import io.github.jaubert.bert.Thresholds;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.pipeline.LabelScore;
import io.github.jaubert.bert.pipeline.Pipelines;
import io.github.jaubert.bert.pipeline.SentenceClassification;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.EmbeddingDataset;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.TextDataset;
import io.github.jaubert.train.metrics.Accuracy;
import io.github.jaubert.train.metrics.F1;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SetFitTest extends TrainerFixture {
  private static SentenceEncoder encoder() {
    Rng.seed(5);
    return SentenceEncoder.of(
            Encoder.of(
                BertConfig.bertBase()
                    .withVocabSize(25)
                    .withEncoder(32, 2, 2, 64)
                    .withDropout(0, 0)),
            Pooling.MEAN)
        .normalize(true);
  }

  /** "it is" and a word, in any order. */
  private static TextDataset words(int count, long seed) {
    Random random = new Random(seed);
    List<Example> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      List<String> kind = random.nextBoolean() ? SmallModel.GOOD : SmallModel.BAD;
      List<String> words = new ArrayList<>(List.of("it", "is"));
      words.add(random.nextInt(3), kind.get(random.nextInt(kind.size())));
      rows.add(Example.of(String.join(" ", words), kind == SmallModel.GOOD ? "1" : "0"));
    }
    return TextDataset.of("words", rows);
  }

  @Test
  void aFewExamplesAreEnough() {
    long before = Memory.live();
    TextDataset dev = words(60, 2);
    Path out = folder.resolve("out");
    Predictions predictions;
    try (SentenceEncoder encoder = encoder()) {
      SetFit few = SetFit.of(encoder, tokenizer, TWO).train(words(200, 1).sampleEach(24, 4));
      double frozen = few.predictions(few.fitHead(), dev).measure(new Accuracy());
      TrainingResult result =
          Trainer.of(few.contrastive())
              .with(s -> s.epochs(1).batchSize(16).learningRate(3e-3f).seed(1))
              .run();
      assertTrue(result.steps() > 10, "" + result.steps());
      SentenceClassifier model = few.fitHead();
      predictions = few.predictions(model, dev);
      double accuracy = predictions.measure(new Accuracy());
      assertTrue(accuracy > 0.85 && accuracy >= frozen, accuracy + ", frozen " + frozen);
      assertEquals(accuracy, predictions.report(Thresholds.usual(TWO)).accuracy(), 1e-12);
      model.save(out);
    }
    assertTrue(SentenceClassifier.isIn(out) && SentenceEncoder.isIn(out));
    try (SentenceClassification classify = Pipelines.sentenceClassification(out)) {
      List<List<LabelScore>> all = classify.ofAll(dev.rows().stream().map(Example::text).toList());
      Accuracy accuracy = new Accuracy();
      for (int i = 0; i < all.size(); i++) {
        accuracy.update(
            TWO.indexOf(all.get(i).get(0).label()), TWO.indexOf(dev.rows().get(i).label()));
        assertEquals(1, all.get(i).get(0).score() + all.get(i).get(1).score(), 1e-5);
      }
      assertEquals(predictions.measure(new Accuracy()), accuracy.result(), 1e-12);
    }
    assertEquals(before, Memory.live());
  }

  @Test
  void severalLabelsHaveAHeadEach() {
    Labels labels = Labels.multi("bad", "good");
    List<Example> rows = new ArrayList<>();
    for (Example row : SmallModel.sentences(24, 3).rows()) {
      rows.add(
          new Example(
              row.text(), null, row.label().equals("1") ? List.of("good") : List.of("bad"), 0));
    }
    rows.add(new Example("good bad", null, List.of("good", "bad"), 0));
    rows.add(new Example("the film", null, List.of(), 0));
    TextDataset data = TextDataset.of("rows", rows);
    try (SentenceEncoder encoder = encoder()) {
      SetFit few = SetFit.of(encoder, tokenizer, labels).train(data).headC(100);
      SentenceClassifier model = few.fitHead();
      double f1 = few.predictions(model, data).measure(new F1());
      assertTrue(f1 > 0.9, "" + f1);
      model.save(folder.resolve("several"));
    }
    try (SentenceClassifier model = SentenceClassifier.fromPretrained(folder.resolve("several"))) {
      assertEquals(labels, model.labels());
    }
  }

  @Test
  void pairsAreAsManyAsTheSamplingSays() {
    List<Example> rows = new ArrayList<>();
    int[] counts = {4, 2, 3};
    for (int label = 0; label < counts.length; label++) {
      for (int i = 0; i < counts[label]; i++) {
        rows.add(Example.of("text " + rows.size(), "" + label));
      }
    }
    TextDataset data = TextDataset.of("rows", rows);
    int same = 6 + 1 + 3;
    int different = 36 - same;
    for (SetFit.Sampling sampling : SetFit.Sampling.values()) {
      EmbeddingDataset pairs = ContrastivePairs.of(data, sampling, 7);
      long ones = pairs.rows().stream().filter(row -> row.score() == 1).count();
      Set<List<String>> distinct = new HashSet<>();
      pairs.rows().forEach(row -> distinct.add(row.texts()));
      int all = pairs.size();
      switch (sampling) {
        case OVERSAMPLING -> {
          assertEquals(
              List.of(2 * different, different, 36), List.of(all, (int) ones, distinct.size()));
        }
        case UNDERSAMPLING -> {
          assertEquals(
              List.of(2 * same, same, 2 * same), List.of(all, (int) ones, distinct.size()));
        }
        case UNIQUE ->
            assertEquals(List.of(36, same, 36), List.of(all, (int) ones, distinct.size()));
      }
      for (EmbeddingDataset.Row row : pairs.rows()) {
        String left = rows.get(Integer.parseInt(row.texts().get(0).substring(5))).label();
        String right = rows.get(Integer.parseInt(row.texts().get(1).substring(5))).label();
        assertEquals(left.equals(right) ? 1 : 0, row.score());
      }
      assertEquals(pairs.rows(), ContrastivePairs.of(data, sampling, 7).rows());
    }
    assertEquals(
        6, ContrastivePairs.of(data.sampleEach(1, 1), SetFit.Sampling.OVERSAMPLING, 1).size());
  }

  @Test
  void whatIsNotForItIsRefused() {
    try (SentenceEncoder encoder = encoder()) {
      assertThrows(
          IllegalArgumentException.class, () -> SetFit.of(encoder, tokenizer, Labels.score()));
      SetFit few = SetFit.of(encoder, tokenizer, TWO);
      assertThrows(IllegalStateException.class, few::contrastive);
      refuses(
          "is a pair of texts",
          () -> few.train(TextDataset.of(List.of(Example.of("a", "b", "1")))));
      refuses("label 7 is", () -> few.train(TextDataset.of(List.of(Example.of("a", "7")))));
      refuses(
          "nothing to tell apart",
          () ->
              few.train(TextDataset.of(List.of(Example.of("a", "1"), Example.of("b", "1"))))
                  .contrastive());
      refuses(
          "1,001 examples make 500,500 pairs",
          () ->
              few.train(
                      TextDataset.of(
                          IntStream.range(0, 1001)
                              .mapToObj(i -> Example.of("a", "" + i % 2))
                              .toList()))
                  .contrastive());
    }
  }

  private static void refuses(String why, Runnable call) {
    String message = assertThrows(DataException.class, call::run).getMessage();
    assertTrue(message.contains(why), message);
  }
}
