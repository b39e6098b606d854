package io.github.jaubert.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.models.bert.Bert;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.train.LogEntry;
import io.github.jaubert.train.Trainer;
import io.github.jaubert.train.TrainingListener;
import io.github.jaubert.train.TrainingResult;
import io.github.jaubert.train.TrainingSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A task from outside the library is trained with all that the built-in ones have. */
class OwnTaskTest {
  private static final int WORDS = 40;
  private static final TrainingSettings SETTINGS =
      TrainingSettings.defaults().epochs(6).batchSize(16).learningRate(2e-3f).seed(9);

  @TempDir private Path folder;
  private Tokenizer tokenizer;
  private final List<String> left = new ArrayList<>();
  private final List<String> right = new ArrayList<>();

  /** Two texts belong together that have a word in common, in other company. */
  @BeforeEach
  void open() throws IOException {
    List<String> vocabulary =
        new ArrayList<>(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"));
    for (int i = 0; i < WORDS; i++) {
      vocabulary.add("w" + i);
    }
    vocabulary.addAll(List.of("the", "a", "of", "and", "so"));
    Files.write(folder.resolve("vocab.txt"), vocabulary);
    tokenizer = Tokenizer.fromPretrained(folder);
    for (int i = 0; i < 200; i++) {
      String word = "w" + i % WORDS; // those to be judged by are all different
      left.add("the " + word + " of a");
      right.add("so " + word + " and " + word);
    }
  }

  @AfterEach
  void close() {
    tokenizer.close();
  }

  private static Bert encoder() {
    Rng.seed(5);
    return Bert.of(
        BertConfig.bertBase()
            .withVocabSize(WORDS + 10)
            .withEncoder(32, 2, 2, 64)
            .withDropout(0.1, 0.1));
  }

  private OwnTask task(Bert encoder) {
    return new OwnTask(encoder, tokenizer, left, right, 160);
  }

  private static Map<String, float[]> weights(Bert model) {
    Map<String, float[]> weights = new TreeMap<>();
    for (Parameter parameter : model.parameters()) {
      weights.put(parameter.name(), parameter.tensor().toFloats());
    }
    return weights;
  }

  private static void assertSameBits(Map<String, float[]> expected, Map<String, float[]> found) {
    expected.forEach((name, values) -> assertArrayEquals(values, found.get(name), name));
  }

  @Test
  void itLearns() {
    try (Bert encoder = encoder()) {
      TrainingResult result = Trainer.of(task(encoder)).settings(SETTINGS).run();
      List<Double> losses =
          result.history().stream()
              .filter(entry -> entry.kind() == LogEntry.Kind.EVALUATION)
              .map(entry -> entry.values().get("loss"))
              .toList();
      assertEquals(6, losses.size());
      assertEquals(60, result.steps());
      assertTrue(losses.get(5) < losses.get(0) / 2, losses.toString());
    }
  }

  @Test
  void aKilledRunGoesOnToTheSameBits() {
    TrainingSettings all =
        SETTINGS
            .gradientAccumulation(2)
            .emaDecay(0.9f)
            .layerDecay(0.9f)
            .keepBest(true)
            .patience(4)
            .freeze("^pooler");
    Map<String, float[]> whole;
    List<LogEntry> history;
    try (Bert encoder = encoder()) {
      history =
          Trainer.of(task(encoder))
              .settings(all)
              .checkpoints(folder.resolve("whole"), 7)
              .run()
              .history();
      whole = weights(encoder);
    }
    Path parts = folder.resolve("parts");
    TrainingListener kill =
        new TrainingListener() {
          @Override
          public void stepped(long step, long tokens) {
            if (step == 17) {
              throw new IllegalStateException("killed");
            }
          }
        };
    try (Bert encoder = encoder()) {
      Trainer trainer =
          Trainer.of(task(encoder)).settings(all).checkpoints(parts, 7).listener(kill);
      assertThrows(IllegalStateException.class, trainer::run);
    }
    try (Bert encoder = encoder()) {
      TrainingResult resumed = Trainer.of(task(encoder)).settings(all).checkpoints(parts, 7).run();
      assertEquals(history, resumed.history());
      assertSameBits(whole, weights(encoder));
    }
  }

  /** What the examples hold is known without a word of the task's. */
  @Test
  void otherExamplesAreAnotherRun() {
    Path run = folder.resolve("run");
    try (Bert encoder = encoder()) {
      Trainer.of(task(encoder)).settings(SETTINGS.epochs(1)).checkpoints(run).run();
    }
    right.set(7, right.get(7) + " so");
    try (Bert encoder = encoder()) {
      Trainer other = Trainer.of(task(encoder)).settings(SETTINGS.epochs(1)).checkpoints(run);
      String message = assertThrows(CheckpointException.class, other::run).getMessage();
      assertTrue(message.contains("another run: training_data was 160 examples "), message);
    }
  }

  @Test
  void aLoopOfOnesOwnLearnsToo() {
    try (Bert encoder = encoder()) {
      OwnTask task = task(encoder);
      float before = OwnLoop.train(task, 1, 16, 0);
      float after = OwnLoop.train(task, 6, 16, 2e-3f);
      assertTrue(after < before / 2, before + " to " + after);
    }
  }
}
