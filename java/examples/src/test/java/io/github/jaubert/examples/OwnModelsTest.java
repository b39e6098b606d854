package io.github.jaubert.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.models.bert.Bert;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.train.Task;
import io.github.jaubert.train.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models from outside the library learn, and are what they were when they are loaded again. */
class OwnModelsTest {
  private static final int WORDS = 20;

  @TempDir private Path folder;
  private Tokenizer tokenizer;

  @BeforeEach
  void open() throws IOException {
    List<String> vocabulary =
        new ArrayList<>(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"));
    for (int i = 0; i < WORDS; i++) {
      vocabulary.add("w" + i);
    }
    Files.write(folder.resolve("vocab.txt"), vocabulary);
    tokenizer = Tokenizer.fromPretrained(folder);
    Rng.seed(7);
  }

  @AfterEach
  void close() {
    tokenizer.close();
  }

  private static Bert encoder(int width) {
    return Bert.of(
        BertConfig.bertBase()
            .withVocabSize(WORDS + 5)
            .withEncoder(width, 1, 2, 2 * width)
            .withDropout(0, 0));
  }

  /** As a folder that is loaded. */
  private void save(Bert encoder) {
    try (encoder) {
      encoder.save(folder);
      tokenizer.save(folder);
    }
  }

  @Test
  void aTaggerIsWhatItWasWhenItIsLoadedAgain() throws IOException {
    Random random = new Random(3);
    List<String> sentences = new ArrayList<>();
    List<List<String>> tags = new ArrayList<>();
    for (int i = 0; i < 120; i++) {
      List<String> words = new ArrayList<>();
      List<String> own = new ArrayList<>();
      for (int n = 1 + random.nextInt(6); n > 0; n--) {
        int word = random.nextInt(WORDS);
        words.add("w" + word);
        own.add(word < 7 ? "LOW" : word % 2 == 0 ? "EVEN" : "ODD");
      }
      sentences.add(String.join(" ", words));
      tags.add(own);
    }
    save(encoder(32));
    Path out = folder.resolve("tagger");
    assertEquals(
        List.of("LOW", "EVEN", "ODD", "LOW"),
        OwnModels.tagger(folder, sentences, tags, out, "w3 w10 w19 w0"));
    String json = Files.readString(out.resolve("config.json"));
    assertTrue(json.contains("\"BertForOwnTagging\""), json);
    try (OwnTagger tagger = OwnTagger.fromPretrained(out)) {
      tagger.save(folder.resolve("again")); // the same, with its configuration
    }
    for (String file : List.of("config.json", "model.safetensors")) {
      assertArrayEquals(
          Files.readAllBytes(out.resolve(file)),
          Files.readAllBytes(folder.resolve("again").resolve(file)),
          file);
    }
  }

  @Test
  void twoTowersAreWhatTheyWereWhenTheyAreLoadedAgain() {
    List<String> queries = new ArrayList<>();
    List<String> passages = new ArrayList<>();
    for (int i = 0; i < WORDS; i++) {
      queries.add("w" + i);
      passages.add("w" + (i + 7) % WORDS + " w" + (i + 7) % WORDS);
    }
    TokenBatch asked = TokenBatch.of(tokenizer.encodeAll(queries));
    TokenBatch read = TokenBatch.of(tokenizer.encodeAll(passages));
    Path out = folder.resolve("towers");
    float[] vectors;
    try (TwoTowers towers = new TwoTowers(encoder(32), encoder(24), 16, 20)) {
      Task task = towers.task(tokenizer, queries, passages);
      Trainer.of(task).with(s -> s.epochs(40).batchSize(20).learningRate(3e-3f).seed(1)).run();
      towers.save(out);
      try (Scope scope = Scope.open()) {
        vectors = towers.queries(asked).toFloats();
      }
    }
    try (TwoTowers towers = TwoTowers.fromPretrained(out);
        Scope scope = Scope.open()) {
      assertArrayEquals(vectors, towers.queries(asked).toFloats());
      float[] cosines = towers.queries(asked).matmul(towers.passages(read).t()).toFloats();
      int right = 0;
      for (int row = 0; row < WORDS; row++) {
        boolean best = true;
        for (int other = 0; other < WORDS; other++) {
          best &= cosines[row * WORDS + other] <= cosines[row * WORDS + row];
        }
        right += best ? 1 : 0;
      }
      assertTrue(right >= WORDS - 2, right + " of " + WORDS);
    }
    save(encoder(32));
    int found = OwnModels.towers(folder, queries, passages, folder.resolve("more"), "w4");
    assertTrue(found >= 0 && found < WORDS, "" + found);
  }
}
