package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;

/** A small corpus, and {@code pretrain} on it. */
abstract class PretrainFixture extends CommandFixture {
  Path corpus;

  @BeforeEach
  void writeCorpus() throws IOException {
    corpus = Files.writeString(folder.resolve("corpus.txt"), documents(250, 1));
  }

  /** Documents of a few sentences whose last word follows from the first. */
  static String documents(int count, long seed) {
    Random random = new Random(seed);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      for (int sentence = 0; sentence < 3; sentence++) {
        boolean good = random.nextBoolean();
        text.append(good ? "the film was very " : "a story was very ")
            .append(good ? "good" : "poor")
            .append(".\n");
      }
      text.append('\n');
    }
    return text.toString();
  }

  List<Object> command(Path out, Object... more) {
    List<Object> words = new ArrayList<>(List.of("pretrain", "--corpus", corpus, "--out", out));
    words.addAll(List.of("--cache", folder.resolve("cache"), "--batch-tokens", "512"));
    words.addAll(List.of(more));
    return words;
  }

  Result fromNothing(Path out, Object... more) {
    return fromNothing(60, out, more);
  }

  Result fromNothing(int vocabulary, Path out, Object... more) {
    List<Object> words =
        command(out, "--vocab-size", vocabulary, "--layers", "2", "--hidden", "32");
    words.addAll(List.of("--heads", "2", "--lr", "5e-3"));
    words.addAll(List.of(more));
    return jaubert(words.toArray());
  }

  void finetuned(Path from) {
    Path to = folder.resolve(from.getFileName() + "-fine");
    jaubert("finetune", "--model", from, "--train", train, "--out", to, "--epochs", "1")
        .succeeded();
  }

  /** A run that is killed ends with the bytes of one that is not. */
  void goesOnWhenKilled(int kills, List<String> options, String... files) throws Exception {
    Path whole = folder.resolve("whole");
    Path out = folder.resolve("out");
    List<Object> given = new ArrayList<>(options);
    given.addAll(List.of("--checkpoint-every", "3"));
    Object[] more = given.toArray();
    fromNothing(whole, more).succeeded();
    List<Object> words = command(out, "--vocab-size", "60", "--layers", "2", "--hidden", "32");
    words.addAll(List.of("--heads", "2", "--lr", "5e-3"));
    words.addAll(List.of(more));
    List<String> line = new ArrayList<>(java());
    words.forEach(word -> line.add(word.toString()));
    for (int kill = 0; kill < kills; kill++) {
      Process process =
          new ProcessBuilder(line)
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("said-" + kill + ".txt").toFile())
              .start();
      assertTrue(appeared(process, out.resolve("checkpoint.safetensors")));
      Thread.sleep(150);
      process.destroyForcibly().waitFor();
    }
    fromNothing(out, more).succeeded();
    assertSameBytes(whole, out, files);
  }

  static void refused(int code, String part, Result result) {
    assertEquals(code, result.code(), result.out() + result.err());
    assertTrue(result.err().contains(part), result.err());
    assertFalse(result.err().contains("Exception"), result.err());
  }
}
