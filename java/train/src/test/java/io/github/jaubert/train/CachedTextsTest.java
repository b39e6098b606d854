package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.Source;
import io.github.jaubert.train.data.TextDataset;
import io.github.jaubert.train.metrics.Accuracy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows and tokens in files are those in memory, and train the same bits. */
class CachedTextsTest {
  private static final long SEED = Seeds.SEED;

  @TempDir Path folder;
  private Path csv;
  private Path jsonl;
  private Path cache;

  @BeforeEach
  void write() throws IOException {
    cache = folder.resolve("cache");
    Random random = new Random(SEED + 16);
    StringBuilder rows = new StringBuilder("label,first,second\n");
    StringBuilder objects = new StringBuilder();
    for (int i = 0; i < 40; i++) {
      String text = words(random) + (i % 7 == 0 ? "\né “a”, b" : "");
      String label = random.nextBoolean() ? "yes" : "no";
      rows.append(label)
          .append(",\"")
          .append(text)
          .append("\",")
          .append(words(random))
          .append('\n');
      objects.append(
          "{\"first\":\"%s\",\"more\":%d,\"second\":\"%s\",\"label\":\"%s\"}\n\n"
              .formatted(words(random), i, words(random), label));
    }
    csv = Files.writeString(folder.resolve("a.csv"), rows);
    jsonl = Files.writeString(folder.resolve("b.jsonl"), objects);
  }

  private static String words(Random random) {
    List<String> words = new ArrayList<>();
    for (int i = random.nextInt(6); i >= 0; i--) {
      words.add(random.nextBoolean() ? "the" : "a");
    }
    return String.join(" ", words);
  }

  private TextDataset data() {
    return TextDataset.files(List.of(csv, jsonl)).text("first").pair("second").label("label");
  }

  @Test
  void rowsAreThoseInMemory() {
    TextDataset memory = data();
    TextDataset files = data().cachedIn(cache);
    assertEquals(memory.rows(), files.rows(), "seed " + SEED);
    assertEquals(memory.labelNames(), files.labelNames());
    assertEquals(memory.sample(20, 3).rows(), files.sample(20, 3).rows());
    assertEquals(memory.sampleEach(5, 3).rows(), files.sampleEach(5, 3).rows());
    assertEquals(memory.split(0.3, 1).train().rows(), files.split(0.3, 1).train().rows());
    assertEquals(memory.split(0.3, 1).heldOut().rows(), files.split(0.3, 1).heldOut().rows());
    Map<String, String> names = Map.of("yes", "1", "no", "0");
    assertEquals(memory.mapLabels(names).rows(), files.mapLabels(names).rows());
    assertEquals(memory.skipLabels("no").rows(), files.skipLabels("no").rows());
    assertEquals(memory.columnNames(), List.of("label", "first", "second", "more"));
    assertEquals(memory.columnNames(), data().cachedIn(cache).columnNames());
    TextDataset flags = TextDataset.of(Source.of(csv), null).text("first").cachedIn(cache);
    assertEquals(40, flags.size());
    assertEquals(List.of(), flags.rows().get(0).labels());
  }

  private float[] train(TextDataset train, TextDataset eval, Path run, int interruptAt) {
    Rng.seed(5);
    try (Tokenizer tokenizer = SmallModel.tokenizer(folder);
        SequenceClassifier model = SmallModel.classifier(Labels.of("no", "yes"), 0.1f)) {
      Trainer trainer =
          Trainer.of(
                  SequenceClassification.of(model, tokenizer)
                      .train(train)
                      .evaluate(eval, new Accuracy()))
              .with(s -> s.epochs(2).batchSize(8).learningRate(1e-3f).logEvery(1))
              .checkpoints(run, 1)
              .listener(
                  new TrainingListener() {
                    @Override
                    public void stepped(long step, long tokens) {
                      if (step == interruptAt) {
                        Thread.currentThread().interrupt();
                      }
                    }
                  });
      if (interruptAt > 0) {
        assertThrows(TrainingInterruptedException.class, trainer::run);
        assertTrue(Thread.interrupted());
        return null;
      }
      trainer.run();
      return model.parameters().get(2).tensor().toFloats();
    }
  }

  @Test
  void trainingIsTheSameToTheLastBit() throws IOException {
    TextDataset.Split memory = data().split(0.2, 1);
    TextDataset.Split files = data().cachedIn(cache).split(0.2, 1);
    float[] expected = train(memory.train(), memory.heldOut(), folder.resolve("a"), 0);
    Path run = folder.resolve("b");
    train(files.train(), files.heldOut(), run, 7);
    // Going on from files, and from memory: it is the same run.
    Path other = folder.resolve("c");
    Files.createDirectories(other);
    try (Stream<Path> all = Files.list(run)) {
      for (Path file : all.toList()) {
        Files.copy(file, other.resolve(file.getFileName()));
      }
    }
    assertArrayEquals(expected, train(files.train(), files.heldOut(), run, 0), "seed " + SEED);
    assertArrayEquals(expected, train(memory.train(), memory.heldOut(), other, 0));
  }

  @Test
  void aFileThatChangedIsAnotherRun() throws IOException {
    TextDataset eval = data();
    train(data().cachedIn(cache), eval, folder.resolve("run"), 3);
    Files.writeString(csv, Files.readString(csv).replaceFirst("yes", "no"));
    String message =
        assertThrows(
                CheckpointException.class,
                () -> train(data().cachedIn(cache), eval, folder.resolve("run"), 0))
            .getMessage();
    assertTrue(message.contains("training_data was 80 examples "), message);
  }

  @Test
  void whatWasHalfWrittenIsMadeAnew() throws IOException {
    List<?> rows = data().rows();
    data().cachedIn(cache).rows();
    Path made;
    try (Stream<Path> all = Files.list(cache)) {
      made = all.filter(Files::isDirectory).findFirst().orElseThrow();
    }
    Path part = Path.of(made + ".part"); // as a kill leaves it
    Files.move(made, part);
    Files.write(part.resolve("bytes-00000.bin"), new byte[3]);
    assertEquals(rows, data().cachedIn(cache).rows());
    assertTrue(Files.notExists(part));
    Path bytes = made.resolve("bytes-00000.bin");
    Files.write(bytes, new byte[3]);
    String message =
        assertThrows(CheckpointException.class, () -> data().cachedIn(cache).rows()).getMessage();
    assertTrue(
        message.matches(
            "\\Q" + bytes + "\\E: has 3 bytes, not \\d+; delete the folder, then it is made anew"),
        message);
  }

  @Test
  void whatIsWrongIsSaidAsOfMemory() throws IOException {
    Path bad = Files.writeString(folder.resolve("bad.csv"), "label,first,second\nyes,a,b\n,a,b\n");

    for (List<Path> files :
        List.of(
            List.of(csv, bad),
            List.of(csv, Files.writeString(folder.resolve("o.csv"), "label,text\nyes,a\n")),
            List.of(Files.writeString(folder.resolve("e.csv"), "")),
            List.of(Files.writeString(folder.resolve("h.csv"), "label,first,second\n")),
            List.of(
                Files.writeString(
                    folder.resolve("f.csv"), "label,first,second\n1 0,a,b\n0 1,a,b\n")))) {
      TextDataset data = TextDataset.files(files).text("first").pair("second").label("label");
      String expected = assertThrows(DataException.class, data::rows).getMessage();
      assertEquals(
          expected, assertThrows(DataException.class, data.cachedIn(cache)::rows).getMessage());
    }
    try (Stream<Path> left = Files.list(cache)) {
      assertTrue(left.noneMatch(Files::isDirectory), "nothing is left of what failed");
    }
    assertThrows(
        DataException.class,
        () -> TextDataset.csv(folder.resolve("none.csv")).text("a").cachedIn(cache));
  }
}
