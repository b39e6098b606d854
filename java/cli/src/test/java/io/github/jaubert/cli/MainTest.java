package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.jaubert.bert.Bert;
import io.github.jaubert.bert.BertConfig;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.Rng;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The command as a user gives it: what it prints, where, and the exit code. */
class MainTest {
  private static final String[] WORDS = {
    "good", "fine", "warm", "bad", "poor", "cold", "a", "the", "film", "story", "was", "very"
  };

  @TempDir Path folder;
  private Path model;
  private Path train;
  private Path eval;

  /** The exit code and both outputs of a command. */
  private record Result(int code, String out, String err) {
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

  private static Result jaubert(Object... arguments) {
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

  private static String sentences(int count, long seed) {
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

  private Result finetune(Path out, Object... more) {
    List<Object> arguments =
        new ArrayList<>(List.of("finetune", "--model", model, "--train", train, "--eval", eval));
    arguments.addAll(List.of("--out", out, "--lr", "4e-3", "--epochs", "12"));
    arguments.addAll(List.of(more));
    return jaubert(arguments.toArray());
  }

  // ---- help ----

  @ParameterizedTest
  @ValueSource(strings = {"", "finetune", "predict", "doctor"})
  void everyCommandHasHelp(String command) {
    Result result =
        (command.isEmpty() ? jaubert("--help") : jaubert(command, "--help")).succeeded();
    assertTrue(result.out().startsWith(("Usage: jaubert " + command).strip()), result.out());
    assertTrue(result.out().contains("--help"), result.out());
    assertEquals("", result.err());
  }

  @Test
  void versionIsThatOfTheBuild() {
    String out = jaubert("--version").succeeded().out().strip();
    assertTrue(out.matches("jaubert \\d+\\.\\d+\\.\\d+(-SNAPSHOT)?"), out);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''|which command? finetune, predict or doctor",
        "fintune|Unmatched argument at index 0: 'fintune'",
        "finetune --epoks 3|Unknown options: '--epoks', '3'",
        "finetune --epochs three|Invalid value for option '--epochs': 'three' is not an int",
        "finetune --batch-size 8 --batch-tokens 100|--batch-size=N, --batch-tokens=N are mutually exclusive (specify only one)",
        "finetune --eval dev.tsv|--eval needs --train",
        "finetune --label-column x|--label-column needs --train",
        "finetune --train a.tsv --keep-best|--eval-limit, --metric and --keep-best need --eval",
        "finetune --overwrite|--overwrite needs --out",
        "finetune --epochs -1|--epochs -1: a whole number from 1",
        "finetune --max-length 2|--max-length 2: a whole number from 3",
        "finetune --batch-size 0|--batch-size 0: a whole number from 1",
        "finetune --batch-tokens 0|--batch-tokens 0: a whole number from 1",
        "finetune --gradient-accumulation 0|--gradient-accumulation 0: a whole number from 1",
        "finetune --train-limit 0|--train-limit 0: a whole number from 1",
        "finetune --train none.tsv --warmup 2|--warmup 2.0: a number from 0 to 1",
        "finetune --train none.tsv --lr -1|--lr -1.0: a number from 0, finite",
        "finetune --weight-decay NaN|--weight-decay NaN: a number from 0, finite",
        "finetune --metric pearson|--metric pearson measures scores, but the task is to predict one of 26 labels",
        "finetune --threads -1|--threads -1: a number from 1, or 0 for all cores",
        "predict text|Missing required option: '--model=DIR'",
        "predict --model m a b --pair c|--pair is given 1 times for 2 texts",
        "predict --model m a --pairs|--pairs is about standard input; with texts use --pair",
      })
  void whatIsNotUnderstoodIsExitCode2(String line, String message) {
    Result result = jaubert((Object[]) (line.isEmpty() ? new String[0] : line.split(" ")));
    assertEquals(message, result.failure(2));
    assertEquals("", result.out());
  }

  // ---- finetune and predict ----

  @Test
  void finetunesFilesAndUsesTheResult() throws IOException {
    Path out = folder.resolve("runs/one");
    String said = finetune(out).succeeded().out();
    assertTrue(
        said.contains("300 examples to learn from, 40 to be judged by; one of 2 labels"), said);
    assertTrue(said.contains("accuracy, fine-tuned") && said.contains("commonest label"), said);
    assertTrue(said.contains("On 40 evaluation examples:"), said);
    for (String name :
        List.of("config.json", "model.safetensors", "vocab.txt", "train_log.jsonl", "run.json")) {
      assertTrue(Files.exists(out.resolve(name)), name);
    }
    assertFalse(Files.exists(out.resolve("checkpoint.safetensors")));
    JsonNode run = new JsonMapper().readTree(out.resolve("run.json").toFile());
    assertTrue(run.path("evaluation").path("accuracy").asDouble() > 0.9, run.toString());
    assertEquals("finetune", run.path("command").get(0).asText());

    String good = jaubert("predict", "--model", out, "the story was good").succeeded().out();
    assertTrue(good.matches("pos \\d\\.\\d{3}, neg \\d\\.\\d{3}\\R"), good);
    JsonNode answer =
        new JsonMapper()
            .readTree(
                jaubert("predict", "--json", "--model", out, "a film", "--pair", "was bad")
                    .succeeded()
                    .out());
    assertEquals("was bad", answer.path("pair").asText());
    assertEquals(
        1,
        answer.path("scores").path("pos").asDouble() + answer.path("scores").path("neg").asDouble(),
        1e-5);
  }

  @Test
  void predictReadsStandardInput() {
    InputStream before = System.in;
    try {
      System.setIn(
          new ByteArrayInputStream(
              "the film was bad\n\nthe story\n".getBytes(StandardCharsets.UTF_8)));
      List<String> lines =
          jaubert("predict", "--model", model, "--top", "1").succeeded().out().lines().toList();
      assertEquals(3, lines.size());
      assertTrue(
          lines.stream().allMatch(line -> line.matches("[xyz] \\d\\.\\d{3}")), lines.toString());
      System.setIn(new ByteArrayInputStream("one\ttwo\nthree\n".getBytes(StandardCharsets.UTF_8)));
      String message = jaubert("predict", "--model", model, "--pairs").failure(1);
      assertEquals(
          "standard input:2: no tab; with --pairs a line is two texts with a tab between", message);
      System.setIn(
          new ByteArrayInputStream("fine\ncaf\u00e9\n".getBytes(StandardCharsets.ISO_8859_1)));
      message = jaubert("predict", "--model", model).failure(1);
      assertTrue(
          message.startsWith("standard input: after line ") && message.endsWith(": not UTF-8"),
          message);
    } finally {
      System.setIn(before);
    }
  }

  @Test
  void earlierResultsAreNotReplacedUnasked() throws IOException {
    Path out = folder.resolve("out");
    finetune(out).succeeded();
    byte[] weights = Files.readAllBytes(out.resolve("model.safetensors"));
    assertEquals(
        out
            + ": holds a model already; choose another folder with --out, or replace it with --overwrite",
        finetune(out).failure(1));
    assertEquals(
        out
            + ": holds a model already; choose another folder with --out, or replace it with --overwrite",
        finetune(out, "--seed", 7).failure(1));
    // A run that fails leaves them too.
    Path bad = Files.writeString(folder.resolve("bad.tsv"), "sentence\tlabel\nx\tmaybe\n");
    String message = finetune(out, "--overwrite", "--eval", bad).failure(2);
    assertTrue(message.contains("--eval"), message);
    Result failed =
        jaubert(
            "finetune",
            "--model",
            model,
            "--train",
            train,
            "--eval",
            bad,
            "--out",
            out,
            "--overwrite");
    assertEquals(bad + ":2: label maybe is not one of the 2 known: neg, pos", failed.failure(1));
    assertEquals(
        -1, Arrays.mismatch(weights, Files.readAllBytes(out.resolve("model.safetensors"))));
    finetune(out, "--overwrite", "--seed", 7).succeeded();
    assertTrue(Arrays.mismatch(weights, Files.readAllBytes(out.resolve("model.safetensors"))) >= 0);
    Path notes = Files.createDirectories(folder.resolve("notes"));
    Files.writeString(notes.resolve("diary.txt"), "dear diary");
    assertTrue(finetune(notes).failure(1).contains("exists and is not an interrupted run"));
  }

  @Test
  void theSameCommandGivesTheSameBytes() throws IOException {
    Path one = folder.resolve("one");
    Path two = folder.resolve("two");
    finetune(one, "--threads", 1).succeeded();
    finetune(two, "--threads", 2).succeeded();
    for (String name : List.of("config.json", "model.safetensors", "train_log.jsonl")) {
      assertEquals(-1, Files.mismatch(one.resolve(name), two.resolve(name)), name);
    }
  }

  @Test
  void scoresAndSeveralLabelsAreRecognised() throws IOException {
    Path scores =
        Files.writeString(
            folder.resolve("s.csv"),
            "a,b,score\n\"good, film\",warm,4.5\nbad,cold,0\nbad,poor,1.25\n");
    Path out = folder.resolve("scores");
    String said =
        jaubert(
                "finetune",
                "--model",
                model,
                "--train",
                scores,
                "--eval",
                scores,
                "--text-column",
                "a",
                "--pair-column",
                "b",
                "--out",
                out)
            .succeeded()
            .out();
    assertTrue(said.contains("; a score") && said.contains("pearson, fine-tuned"), said);
    assertTrue(
        jaubert("predict", "--model", out, "good")
            .succeeded()
            .out()
            .strip()
            .matches("-?\\d\\.\\d{4}"));
    Path tags =
        Files.writeString(
            folder.resolve("t.jsonl"),
            "{\"text\":\"good film\",\"label\":[\"a\",\"b\"]}\n{\"text\":\"bad\",\"label\":[]}\n");
    said =
        jaubert(
                "finetune",
                "--model",
                model,
                "--train",
                tags,
                "--eval",
                tags,
                "--out",
                folder.resolve("tags"))
            .succeeded()
            .out();
    assertTrue(said.contains("any of 2 labels") && said.contains("f1, fine-tuned"), said);
  }

  /** The command in a process of its own, as a shell line that ends in {@code exec java …}. */
  private Process started(String before, Path out, String... more) throws IOException {
    List<String> java = new ArrayList<>(List.of("sh", "-c", before + " exec \"$@\"", "sh"));
    java.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    java.addAll(
        List.of(
            "-XX:-UsePerfData",
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName()));
    java.addAll(
        List.of(
            "finetune",
            "--model",
            model.toString(),
            "--train",
            train.toString(),
            "--out",
            out.toString()));
    java.addAll(List.of(more));
    return new ProcessBuilder(java)
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("said").toFile())
        .start();
  }

  @Test
  void aRunThatWasKilledGoesOnToTheSameBytes() throws Exception {
    Path killed = folder.resolve("killed");
    Process process = started("", killed, "--epochs", "30", "--lr", "1e-3");
    Path checkpoint = killed.resolve("checkpoint.safetensors");
    while (process.isAlive() && !Files.exists(checkpoint)) {
      Thread.sleep(5);
    }
    process.destroyForcibly().waitFor();
    assertTrue(Files.exists(checkpoint), Files.readString(folder.resolve("said")));
    assertFalse(Files.exists(killed.resolve("config.json")));
    String other =
        jaubert("finetune", "--model", model, "--train", train, "--out", killed, "--epochs", "31")
            .failure(1);
    assertTrue(
        other.startsWith(checkpoint + ": belongs to another run: epochs was 30 and is 31"), other);
    Path whole = folder.resolve("whole");
    for (Path out : List.of(killed, whole)) {
      jaubert(
              "finetune",
              "--model",
              model,
              "--train",
              train,
              "--out",
              out,
              "--epochs",
              "30",
              "--lr",
              "1e-3")
          .succeeded();
    }
    for (String name : List.of("config.json", "model.safetensors", "train_log.jsonl")) {
      assertEquals(-1, Files.mismatch(killed.resolve(name), whole.resolve(name)), name);
    }
    assertFalse(Files.exists(checkpoint));
  }

  @Test
  void aFullDiskIsOneLineAndLeavesEarlierResults() throws Exception {
    Path out = folder.resolve("out");
    finetune(out).succeeded();
    byte[] weights = Files.readAllBytes(out.resolve("model.safetensors"));
    // No file may grow beyond 64 blocks of 512 bytes: a disk that is full for the weights, but not
    // for the log.
    Process process = started("ulimit -f 64;", out, "--overwrite", "--epochs", "1");
    int code = process.waitFor();
    List<String> said = Files.readAllLines(folder.resolve("said"));
    assertEquals(1, code, said.toString());
    String last = said.get(said.size() - 1);
    assertTrue(
        last.startsWith("jaubert: " + out)
            && last.contains("checkpoint.safetensors: cannot be written"),
        last);
    assertEquals(
        -1, Arrays.mismatch(weights, Files.readAllBytes(out.resolve("model.safetensors"))));
    jaubert("predict", "--model", out, "the story was good").succeeded();
  }

  // ---- bad input ----

  @Test
  void badInputIsOneLineAndLeavesNothing() throws IOException {
    Path out = folder.resolve("out");
    Path empty = Files.createFile(folder.resolve("empty.tsv"));
    assertEquals(empty + ": the file is empty", train(empty, out));
    assertEquals(
        folder.resolve("none.tsv") + ": no such file", train(folder.resolve("none.tsv"), out));
    Path other = Files.writeString(folder.resolve("other.tsv"), "words\tclass\na\tb\n");
    assertEquals(
        other + ": choose a column with --text-column; the columns are words, class",
        train(other, out));
    assertEquals(
        other + ": no column sentence; the columns are words, class",
        train(other, out, "--text-column", "sentence", "--label-column", "class"));
    assertEquals(
        other + ": column class is both text and label",
        train(other, out, "--text-column", "class", "--label-column", "class"));
    Path latin1 =
        Files.write(
            folder.resolve("latin1.tsv"),
            "sentence\tlabel\ncaf\u00e9\t1\n".getBytes(StandardCharsets.ISO_8859_1));
    assertEquals(
        latin1
            + ":2: byte 0xE9 at offset 18 is not UTF-8; convert the file, for example with iconv -t UTF-8",
        train(latin1, out));
    Path same = Files.writeString(folder.resolve("same.tsv"), "sentence\tlabel\na\tyes\nb\tyes\n");
    assertEquals(same + ": every label is yes; there is nothing to tell apart", train(same, out));
    Path scores =
        Files.writeString(
            folder.resolve("scores.tsv"), "sentence\tscore\n" + "a\t2.5\n".repeat(19) + "b\tNA\n");
    assertEquals(
        scores
            + ":21: label NA is not a number, as 19 of 20 are; correct it, or choose --task classification",
        train(scores, out));
    Path unknown = Files.writeString(folder.resolve("data.xlsx"), "x");
    assertEquals(
        unknown + ": its name does not end in .tsv, .csv or .jsonl; say which format it has",
        train(unknown, out));
    assertFalse(Files.exists(out));
  }

  private String train(Path file, Path out, Object... more) {
    List<Object> arguments =
        new ArrayList<>(List.of("finetune", "--model", model, "--train", file, "--out", out));
    arguments.addAll(List.of(more));
    return jaubert(arguments.toArray()).failure(1);
  }

  @Test
  void aFolderThatCannotBeWrittenIsFoundFirst() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "x");
    assertEquals(
        file + ": is a file, not a folder; choose a folder with --out", train(train, file));
    Path below = file.resolve("out");
    String message = train(train, below);
    assertTrue(message.startsWith(below + ": cannot be written: "), message);
  }

  @Test
  void aMetricOfAnotherTaskIsRefused() throws IOException {
    Path scores = Files.writeString(folder.resolve("s.csv"), "text,score\ngood,4.5\nbad,0\n");
    Object[] line = {
      "finetune", "--model", model, "--train", scores, "--eval", scores, "--metric", "f1"
    };
    assertEquals(
        "--metric f1 measures labels, but the task is to predict a score",
        jaubert(line).failure(2));
  }

  @Test
  void aLengthBeyondTheModelIsCutAndSaid() {
    String said = finetune(folder.resolve("long"), "--max-length", 9999).succeeded().out();
    assertTrue(
        said.contains(
            "--max-length 9999 is more than the model takes: texts are cut to 512 tokens"),
        said);
  }

  @Test
  void anEncoderWithoutAHeadHasToBeFineTunedFirst() {
    Path encoder = folder.resolve("encoder");
    try (Bert bert = Bert.fromPretrained(model)) {
      bert.save(encoder);
    }
    assertEquals(
        encoder
            + ": is an encoder without a classification head (no 'classifier.weight'); "
            + "fine-tune it first: jaubert finetune --model "
            + encoder
            + " --train FILE",
        jaubert("predict", "--model", encoder, "x").failure(1));
  }

  @Test
  void aBrokenModelIsOneLine() throws IOException {
    Path weights = model.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    Files.write(weights, java.util.Arrays.copyOf(bytes, bytes.length - 100));
    assertTrue(jaubert("predict", "--model", model, "x").failure(1).startsWith(weights.toString()));
    assertTrue(train(train, folder.resolve("out")).startsWith(weights.toString()));
    String nowhere = jaubert("predict", "--model", folder.resolve("nowhere"), "x").failure(1);
    assertTrue(nowhere.contains("nowhere"), nowhere);
    Result traced = jaubert("--stacktrace", "predict", "--model", folder.resolve("nowhere"), "x");
    assertEquals(1, traced.code());
    assertTrue(traced.err().contains("\tat io.github.jaubert."), traced.err());
  }

  // ---- doctor ----

  @Test
  void doctorSaysWhatThereIs() {
    String out = jaubert("doctor").succeeded().out();
    for (String name :
        List.of(
            "jaubert",
            "JDK",
            "system",
            "processor",
            "memory",
            "kernels",
            "GPU",
            "embedded job",
            "missing")) {
      assertTrue(
          out.lines().anyMatch(line -> line.startsWith(name + " ") && line.length() > 14),
          name + "\n" + out);
    }
    assertTrue(out.contains("cpu (") && out.contains(Runtime.version().toString()), out);
    assertEquals("b: c", DoctorCommand.field("x : y\nname\t: b: c\n", "name"));
  }
}
