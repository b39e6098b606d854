package io.github.jaubert.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.Encoder;
import io.github.jaubert.bert.Pooling;
import io.github.jaubert.bert.SentenceEncoder;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.pipeline.Embeddings;
import io.github.jaubert.bert.pipeline.Pipelines;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.measure.ClusterReport.Cluster;
import io.github.jaubert.measure.bias.BiasListener;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.TextDataset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Words of three topics, whose embeddings point into three directions. */
class ClustersTest {
  private static final int TOPICS = 3;
  private static final int WORDS = 12;
  private static final int WIDTH = 32;

  @TempDir Path folder;

  private final RandomGenerator random = Seeds.random("clusters");

  private Embeddings encoder() throws IOException {
    StringBuilder vocabulary = new StringBuilder("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n");
    for (int i = 0; i < TOPICS * WORDS; i++) {
      vocabulary.append((char) ('a' + i / WORDS)).append(i % WORDS).append('\n');
    }
    Files.writeString(folder.resolve("vocab.txt"), vocabulary);
    Rng.seed(random.nextLong());
    BertConfig config =
        BertConfig.bertBase()
            .withVocabSize(TOPICS * WORDS + 5)
            .withEncoder(WIDTH, 1, 2, 64)
            .withDropout(0.1, 0.1);
    Encoder encoder = Encoder.of(config);
    encoder.parameters().stream()
        .filter(one -> one.name().endsWith("word_embeddings.weight"))
        .forEach(one -> one.tensor().copyFrom(directed(one.tensor().toFloats())));
    return Pipelines.embeddings(
        SentenceEncoder.of(encoder, Pooling.MEAN), Tokenizer.fromPretrained(folder));
  }

  /** The words of a topic have one coordinate that is large, a block of others that is small. */
  private float[] directed(float[] weights) {
    for (int i = 0; i < TOPICS * WORDS; i++) {
      for (int j = 0; j < WIDTH; j++) {
        float noise = (float) random.nextDouble(-0.05, 0.05);
        weights[(5 + i) * WIDTH + j] = (j % TOPICS == i / WORDS ? 1 : -1) + noise;
      }
    }
    return weights;
  }

  private String text(int topic) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 3 + random.nextInt(5); i++) {
      text.append(i == 0 ? "" : " ").append((char) ('a' + topic)).append(random.nextInt(WORDS));
    }
    return text.toString();
  }

  @Test
  void textsOfATopicComeTogether() throws IOException {
    int[] sizes = {40, 25, 15};
    List<Example> rows = new ArrayList<>();
    for (int topic = 0; topic < TOPICS; topic++) {
      for (int i = 0; i < sizes[topic]; i++) {
        rows.add(Example.of(text(topic), "label " + topic));
      }
    }
    rows.add(Example.of(" ", "label 1"));
    TextDataset topics = TextDataset.of(rows);
    rows.add(Example.of("a1 b1 c1 a2 b2 c2 a3 b3 c3", "label 0"));
    TextDataset data = TextDataset.of(rows);
    try (Embeddings encoder = encoder()) {
      List<Integer> told = new ArrayList<>();
      BiasListener listener = (work, done, all) -> told.add(done);
      ClusterReport chosen =
          DataMeasurement.of(topics).clusters(encoder, 0, 1000, listener).run().clusters();
      assertTrue(chosen.tried().size() > 3);
      ClusterReport asked =
          DataMeasurement.of(data).clusters(encoder, TOPICS, 1000, listener).run().clusters();
      assertEquals(List.of(), asked.tried());
      assertEquals(81, asked.texts());
      assertEquals(81, asked.of());
      assertTrue(asked.outliers() >= 1, Seeds.said());
      assertTrue(asked.farthest().get(0).text().startsWith("a1 b1 c1"), Seeds.said());
      for (ClusterReport found : List.of(chosen, asked)) {
        assertEquals(WIDTH, found.dimensions());
        assertEquals(TOPICS, found.clusters().size(), Seeds.said() + found);
        assertTrue(found.labelAgreement() > 0.9, Seeds.said() + found);
        assertTrue(found.silhouette() > 0.5, Seeds.said() + found);
        int at = 0;
        for (Cluster one : found.clusters()) {
          assertEquals(++at, one.number());
          String label = one.labels().get(0).label();
          char topic = (char) ('a' + label.charAt(label.length() - 1) - '0');
          assertTrue(one.texts() == sizes[topic - 'a'] || one.texts() == sizes[topic - 'a'] + 1);
          one.nearest().forEach(near -> assertEquals(topic, near.text().charAt(0), Seeds.said()));
        }
      }
      assertEquals(List.of(80, 81), told);
      ClusterReport drawn =
          DataMeasurement.of(data)
              .clusters(encoder, TOPICS, 20, BiasListener.NONE)
              .run()
              .clusters();
      assertEquals(20, drawn.texts());
      assertEquals(81, drawn.of());
      ClusterReport one =
          DataMeasurement.of(data).clusters(encoder, 1, 99, BiasListener.NONE).run().clusters();
      assertEquals(1, one.clusters().size());
      assertNull(one.silhouette());
      assertThrows(
          IllegalArgumentException.class,
          () -> DataMeasurement.of(data).clusters(encoder, -1, 9, BiasListener.NONE));
    }
  }
}
