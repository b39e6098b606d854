package io.github.jaubert.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.MaskedLanguageModel;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.measure.bias.MaskedScorer;
import io.github.jaubert.measure.bias.PseudoPerplexity;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.TextDataset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against one masked copy at a time, with the softmax in double precision. */
class PerplexityTest {
  private static final int WORDS = 40;

  @TempDir Path folder;

  private final Random random = new Random(Seeds.seed("perplexity"));

  private String text(int words) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < words; i++) {
      text.append(i == 0 ? "" : " ").append("w").append(random.nextInt(WORDS));
    }
    return text.toString();
  }

  private static double reference(MaskedLanguageModel model, Tokenizer tokenizer, String text) {
    Encoding encoding = tokenizer.encode(text);
    int length = encoding.length();
    double sum = 0;
    for (int place = 1; place < length - 1; place++) {
      int[] ids = encoding.ids().clone();
      int truth = ids[place];
      ids[place] = tokenizer.maskId();
      try (NoGrad off = NoGrad.open();
          Scope scope = Scope.open()) {
        TokenBatch batch = new TokenBatch(ids, encoding.typeIds(), PackedSequences.of(length));
        float[] all = model.forward(model.encoder().inputs(batch)).toFloats();
        int vocabulary = all.length / length;
        double exponentials = 0;
        for (int i = 0; i < vocabulary; i++) {
          exponentials += Math.exp(all[place * vocabulary + i]);
        }
        sum += all[place * vocabulary + truth] - Math.log(exponentials);
      }
    }
    return Math.exp(-sum / (length - 2));
  }

  @Test
  void itIsThatOfTokensMaskedOneByOne() throws IOException {
    StringBuilder vocabulary = new StringBuilder("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n");
    for (int i = 0; i < WORDS; i++) {
      vocabulary.append("w").append(i).append('\n');
    }
    Files.writeString(folder.resolve("vocab.txt"), vocabulary);
    Rng.seed(random.nextLong());
    BertConfig config =
        BertConfig.bertBase()
            .withVocabSize(WORDS + 5)
            .withEncoder(32, 2, 2, 64)
            .withDropout(0.1, 0.1);
    try (Tokenizer tokenizer = Tokenizer.fromPretrained(folder);
        MaskedLanguageModel model = MaskedLanguageModel.of(config)) {
      model.parameters().stream()
          .filter(one -> one.name().endsWith("word_embeddings.weight"))
          .forEach(one -> one.tensor().copyFrom(scaled(one.tensor().toFloats())));
      MaskedScorer scorer = MaskedScorer.of(model, tokenizer);
      List<String> texts = new ArrayList<>(List.of("w1", text(60), "!"));
      for (int i = 0; i < 9; i++) {
        texts.add(text(1 + random.nextInt(12)));
      }
      List<PseudoPerplexity.Score> scores = PseudoPerplexity.of(scorer, texts);
      for (int i = 0; i < texts.size(); i++) {
        double truth = reference(model, tokenizer, texts.get(i));
        assertEquals(truth, scores.get(i).value(), 1e-3 * truth, Seeds.said());
      }
      List<Example> rows = texts.stream().map(text -> Example.of(text, "x")).toList();
      PerplexityReport report =
          DataMeasurement.of(TextDataset.of(rows)).perplexity(scorer, 5).run().perplexity();
      assertEquals(5, report.texts());
      assertEquals(report.strangest().get(4), report.plainest().get(0));
      PerplexityReport all =
          DataMeasurement.of(TextDataset.of(rows)).perplexity(scorer, 99).run().perplexity();
      assertEquals(texts.size(), all.texts());
      double sum = scores.stream().mapToDouble(PseudoPerplexity.Score::logProbability).sum();
      int tokens = scores.stream().mapToInt(PseudoPerplexity.Score::tokens).sum();
      assertEquals(Math.exp(-sum / tokens), all.perplexity(), 1e-6 * all.perplexity());
      assertTrue(all.plainest().get(0).perplexity() <= all.median());
      assertThrows(
          IllegalArgumentException.class,
          () -> DataMeasurement.of(TextDataset.of(rows)).perplexity(scorer, 0));
    }
  }

  /** New weights are so small that every token is as probable as any other. */
  private static float[] scaled(float[] weights) {
    for (int i = 0; i < weights.length; i++) {
      weights[i] *= 20;
    }
    return weights;
  }
}
