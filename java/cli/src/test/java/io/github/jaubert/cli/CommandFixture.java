package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.Rng;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/**
 * A small model, data to train it with, and the command as a user gives it: its exit code and what
 * it prints.
 */
abstract class CommandFixture {
  static final String[] WORDS = {
    "good", "fine", "warm", "bad", "poor", "cold", "a", "the", "film", "story", "was", "very"
  };

  @TempDir Path folder;
  Path model;
  Path train;
  Path eval;

  /** The exit code and both outputs of a command. */
  record Result(int code, String out, String err) {
    /** A failure that is told in one line, which is returned. */
    String failure(int expected) {
      assertEquals(expected, code, err);
      List<String> lines = err.lines().toList();
      assertTrue(expected == 2 || lines.size() == 1, err);
      assertTrue(lines.get(0).startsWith("jaubert: "), err);
      return lines.get(0).substring("jaubert: ".length());
    }

    Result succeeded() {
      assertEquals(0, code, err);
      return this;
    }
  }

  static Result jaubert(Object... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    List<String> words = new ArrayList<>();
    for (Object argument : arguments) {
      words.add(argument.toString());
    }
    int code =
        Main.execute(new PrintWriter(out), new PrintWriter(err), words.toArray(String[]::new));
    return new Result(code, out.toString(), err.toString());
  }

  /** What predict writes for the rows of a file, to one that ends in so. */
  List<String> predicted(Path model, String name, String rows, String ending) throws IOException {
    Path data = Files.writeString(folder.resolve(name), rows);
    Path out = folder.resolve("predicted" + ending);
    jaubert("predict", "--model", model, "--data", data, "--out", out, "--overwrite").succeeded();
    return Files.readAllLines(out);
  }

  @BeforeEach
  void makeModelAndData() throws IOException {
    model = folder.resolve("model");
    Files.createDirectories(model);
    List<String> vocabulary =
        new ArrayList<>(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"));
    vocabulary.addAll(List.of(WORDS));
    Files.writeString(model.resolve("vocab.txt"), String.join("\n", vocabulary) + "\n");
    Rng.seed(1);
    BertConfig config =
        BertConfig.bertBase()
            .withVocabSize(vocabulary.size())
            .withEncoder(32, 2, 2, 64)
            .withDropout(0.1, 0.1);
    try (Tokenizer tokenizer = Tokenizer.fromPretrained(model);
        SequenceClassifier classifier = SequenceClassifier.of(config, Labels.of("x", "y", "z"))) {
      classifier.save(model, tokenizer);
    }
    train = Files.writeString(folder.resolve("train.tsv"), "sentence\tlabel\n" + sentences(300, 1));
    eval = Files.writeString(folder.resolve("dev.tsv"), "sentence\tlabel\n" + sentences(40, 2));
  }

  static String sentences(int count, long seed) {
    Random random = new Random(seed);
    StringBuilder rows = new StringBuilder();
    for (int i = 0; i < count; i++) {
      boolean good = random.nextBoolean();
      rows.append("the ")
          .append(WORDS[6 + random.nextInt(6)])
          .append(" was ")
          .append(WORDS[(good ? 0 : 3) + random.nextInt(3)]);
      rows.append('\t').append(good ? "pos" : "neg").append('\n');
    }
    return rows.toString();
  }

  Result finetune(Path out, Object... more) {
    List<Object> arguments =
        new ArrayList<>(List.of("finetune", "--model", model, "--train", train, "--eval", eval));
    arguments.addAll(List.of("--out", out, "--lr", "4e-3", "--epochs", "12"));
    arguments.addAll(List.of(more));
    return jaubert(arguments.toArray());
  }

  // ---- a process of its own ----

  /** The words that start the command in another JVM, without its arguments. */
  static List<String> java() {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--enable-native-access=ALL-UNNAMED",
        "-XX:TieredStopAtLevel=1",
        "-XX:-UsePerfData",
        "-cp",
        System.getProperty("java.class.path"),
        Main.class.getName());
  }

  /** Waits until something happens, and tells whether it did before the process ended. */
  static boolean happened(Process process, BooleanSupplier event) throws InterruptedException {
    while (!event.getAsBoolean()) {
      if (process.waitFor(1, TimeUnit.MILLISECONDS)) {
        return event.getAsBoolean();
      }
    }
    return true;
  }

  static boolean appeared(Process process, Path file) throws InterruptedException {
    return happened(process, () -> Files.exists(file));
  }

  // ---- what is in a folder ----

  /** Of the log of a run, all but what the clock said. */
  static void assertSameBytes(Path expected, Path actual, String... names) throws IOException {
    for (String name : names) {
      if (name.equals("train_log.jsonl")) {
        assertEquals(
            withoutTimes(Files.readString(expected.resolve(name))),
            withoutTimes(Files.readString(actual.resolve(name))));
      } else {
        assertEquals(-1, Files.mismatch(expected.resolve(name), actual.resolve(name)), name);
      }
    }
  }

  /** The log of a run but for what the clock said. */
  static String withoutTimes(String log) {
    return log.replaceAll("\"\\w+_(runtime|samples_per_second|steps_per_second)\":[^,]+,", "");
  }
}
