package io.github.jaubert.bert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.OnnxWeights;
import io.github.jaubert.bert.checkpoint.SafeTensors;
import io.github.jaubert.bert.checkpoint.SafeTensorsWriter;
import io.github.jaubert.bert.checkpoint.TestFiles;
import io.github.jaubert.bert.tokenizer.SmallVocabulary;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A thread that was told to stop, or is being told so, reads and writes whole files. */
class InterruptedThreadTest {
  private static final Path GOLDEN = TestFiles.golden().resolve("single-label");

  @TempDir Path temporary;

  @AfterEach
  void clear() {
    Thread.interrupted();
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void loadsAndSavesModelsWithTheFlagSet() throws IOException {
    Path vocabulary = temporary.resolve("vocabulary");
    SmallVocabulary.write(vocabulary);
    Path expected = temporary.resolve("expected");
    Path saved = temporary.resolve("saved");
    try (SequenceClassifier model = SequenceClassifier.fromPretrained(GOLDEN);
        Tokenizer tokenizer = Tokenizer.fromPretrained(vocabulary)) {
      model.save(expected, tokenizer);
    }
    Thread.currentThread().interrupt();
    try (SequenceClassifier model = SequenceClassifier.fromPretrained(GOLDEN);
        Tokenizer tokenizer = Tokenizer.fromPretrained(vocabulary)) {
      model.save(saved, tokenizer);
      model.save(saved, tokenizer); // in place of what is there
    }
    assertTrue(Thread.interrupted());
    assertEquals(names(expected), names(saved));
    for (String name : names(expected)) {
      assertEquals(-1, Files.mismatch(expected.resolve(name), saved.resolve(name)), name);
    }
  }

  @Test
  void readsEveryFormatWithTheFlagSet() {
    Thread.currentThread().interrupt();
    try (SafeTensors weights = SafeTensors.open(GOLDEN.resolve("model.safetensors"));
        OnnxWeights onnx = OnnxWeights.open(TestFiles.golden().resolve("model.onnx"))) {
      for (String name : onnx.names()) {
        assertArrayEquals(weights.floats("bert." + name), onnx.floats(name), name);
      }
    }
    assertTrue(Thread.interrupted());
  }

  @Test
  void writesAndReadsWhileInterruptsFall() throws Exception {
    Path file = temporary.resolve("x.safetensors");
    float[] values = new float[500_003];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    AtomicBoolean done = new AtomicBoolean();
    Thread reader = Thread.currentThread();
    Thread interrupter =
        new Thread(
            () -> {
              while (!done.get()) {
                reader.interrupt();
                Thread.onSpinWait();
              }
            });
    interrupter.start();
    try (Scope scope = Scope.open()) {
      Tensor tensor = Tensor.of(values);
      for (int round = 0; round < 10; round++) {
        SafeTensorsWriter.write(file, Map.of("x", tensor), Map.of());
        try (SafeTensors read = SafeTensors.open(file)) {
          Thread.interrupted(); // so that the next one falls in the middle
          assertArrayEquals(values, read.floats("x"));
        }
      }
    } finally {
      done.set(true);
      while (interrupter.isAlive()) {
        Thread.interrupted();
        Thread.onSpinWait();
      }
    }
    assertEquals(List.of("x.safetensors"), names(temporary));
  }

  @Test
  void anInterruptedThreadClosesNoFileThatOthersRead() throws Exception {
    try (SafeTensors weights = SafeTensors.open(GOLDEN.resolve("model.safetensors"))) {
      String name = weights.names().iterator().next();
      float[] values = weights.floats(name);
      Thread interrupted =
          new Thread(
              () -> {
                Thread.currentThread().interrupt();
                weights.floats(name);
              });
      interrupted.start();
      interrupted.join();
      assertArrayEquals(values, weights.floats(name));
    }
  }

  @Test
  void whatCannotBeWrittenIsStillSaid() throws IOException {
    Files.write(temporary.resolve("file"), new byte[0]);
    Path below = temporary.resolve("file/x.bin");
    Thread.currentThread().interrupt();
    String message =
        assertThrows(CheckpointException.class, () -> AtomicFile.write(below, new byte[1]))
            .getMessage();
    assertTrue(message.startsWith(below + ": cannot be written: "), message);
    assertTrue(Thread.interrupted());
  }
}
