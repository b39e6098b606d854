package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.ConfigJson;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.models.distilbert.DistilBertConfig;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.cli.console.Wording;
import io.github.jaubert.tensor.Device;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Files become a model, and the model answers. */
class FinetuneTest extends CommandFixture {
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
    JsonNode settings = run.path("settings");
    assertEquals(Device.defaultDevice().fastestType().name(), settings.path("precision").asText());
    assertEquals(42, settings.path("seed").asInt());
    assertEquals(0.01, settings.path("weight_decay").asDouble(), 1e-6);
    assertEquals("LINEAR", settings.path("schedule").asText());
    assertEquals(40, run.path("eval_examples").asInt());
    assertEquals(Runtime.version().toString(), run.path("jdk").path("version").asText());
    assertTrue(run.path("processor").path("cores").asInt() > 0, run.toString());

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

  /** By its config.json alone; a pair, too, though the model has no segments. */
  @Test
  void finetunesADistilBert() throws IOException {
    ObjectNode json = DistilBertConfig.distilBertBase().toJson();
    json.put("vocab_size", Files.readAllLines(model.resolve("vocab.txt")).size());
    json.put("dim", 32).put("n_layers", 2).put("n_heads", 2).put("hidden_dim", 64);
    DistilBertConfig config = DistilBertConfig.read(ConfigJson.of("test", json));
    try (Tokenizer tokenizer = Tokenizer.fromPretrained(model);
        SequenceClassifier classifier = SequenceClassifier.of(config, Labels.of("x", "y", "z"))) {
      classifier.save(model, tokenizer);
    }
    Path out = folder.resolve("distilbert");
    finetune(out).succeeded();
    JsonNode run = new JsonMapper().readTree(out.resolve("run.json").toFile());
    assertTrue(run.path("evaluation").path("accuracy").asDouble() > 0.9, run.toString());
    assertEquals(
        "DistilBertForSequenceClassification",
        JsonFiles.readObject(out.resolve("config.json")).path("architectures").path(0).asText());
    jaubert("predict", "--model", out, "the story", "--pair", "was good").succeeded();
  }

  @Test
  void numbersAreThoseOfOneLocale() throws IOException {
    Path rows = Files.writeString(folder.resolve("many.tsv"), "text\tlabel\n" + sentences(1200, 4));
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.GERMANY);
      List<Object> words = new ArrayList<>(List.of("finetune", "--model", model, "--train", rows));
      words.addAll(List.of("--eval", rows, "--train-limit", 8, "--epochs", 1));
      words.addAll(List.of("--out", folder.resolve("many")));
      String said = jaubert(words.toArray()).succeeded().out();
      assertTrue(said.contains("8 examples to learn from, 1,200 to be judged by;"), said);
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void aModelOfPairsSaysThatItGetsSingleTexts() throws IOException {
    Path rows =
        Files.writeString(folder.resolve("p.tsv"), "text\ttext_pair\tlabel\na\tb\tx\nc\td\ty\n");
    Path out = folder.resolve("pairs");
    List<Object> words = List.of("finetune", "--train", rows, "--epochs", 1, "--new-head");
    List<Object> learn = new ArrayList<>(words);
    learn.addAll(List.of("--model", model, "--out", out));
    assertEquals("", logged(learn));
    List<Object> predict = List.of("predict", "--model", out, "good film", "bad film");
    assertEquals(
        "the model was trained on pairs of texts, and is given single ones: its answers mean little;"
            + " --pair or --pairs gives both",
        logged(predict));
    List<Object> both = new ArrayList<>(predict);
    both.addAll(List.of("--pair", "a story", "--pair", "a film"));
    assertEquals("", logged(both));
    List<Object> single = new ArrayList<>(List.of("finetune", "--train", rows, "--epochs", 1));
    single.addAll(List.of("--pair-column", "", "--model", out, "--out", folder.resolve("single")));
    assertEquals(
        rows
            + ": the model was trained on pairs of texts, and these are single ones;"
            + " --pair-column NAME chooses the column of the second",
        logged(single));
    assertEquals("", logged(List.of("predict", "--model", folder.resolve("single"), "good")));
  }

  /** The warnings of a command that succeeds, in words of the command. */
  private static String logged(List<Object> words) {
    PrintStream before = System.err;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    System.setErr(Wording.stream(log));
    try {
      jaubert(words.toArray()).succeeded();
    } finally {
      System.setErr(before);
    }
    return log.toString(StandardCharsets.UTF_8)
        .lines()
        .filter(line -> line.startsWith("[WARN] "))
        .map(line -> line.substring("[WARN] ".length()))
        .filter(line -> line.contains("trained on pairs"))
        .collect(Collectors.joining("\n"));
  }

  @Test
  void aTextMayBeginWithAnAt() throws IOException {
    // Neither a file that is missing nor one that is there.
    Path file = Files.writeString(folder.resolve("arguments"), "--help");
    for (String text : List.of("@user", "@" + file, "@@user")) {
      String out = jaubert("predict", "--json", "--model", model, text).succeeded().out();
      assertEquals(text, new JsonMapper().readTree(out).path("text").asText());
    }
  }

  @Test
  void predictCutsTextsWhereTrainingDid() throws IOException {
    // The first word tells the label; behind it, many tell the other one.
    StringBuilder rows = new StringBuilder("text\tlabel\n");
    for (String line : sentences(200, 3).split("\n")) {
      boolean good = line.endsWith("pos");
      rows.append(good ? "good" : "bad").append(" the film was a story".repeat(2));
      rows.append((good ? " bad" : " good").repeat(40)).append(good ? "\tpos\n" : "\tneg\n");
    }
    Path texts = Files.writeString(folder.resolve("long.tsv"), rows);
    Path out = folder.resolve("out");
    List<Object> learn = new ArrayList<>(List.of("finetune", "--train", texts, "--eval", texts));
    learn.addAll(List.of("--model", model, "--lr", "4e-3", "--epochs", "12"));
    learn.addAll(List.of("--max-length", "8", "--out", out));
    assertTrue(jaubert(learn.toArray()).succeeded().out().contains("100.0 %"));
    for (String first : List.of("good", "bad")) {
      String text =
          first + " the film was a story" + (first.equals("good") ? " bad" : " good").repeat(40);
      String label = jaubert("predict", "--model", out, "--top", "1", text).succeeded().out();
      assertTrue(label.startsWith(first.equals("good") ? "pos " : "neg "), label);
    }

    // Who goes on with what was cut short may cut later.
    Path longer = folder.resolve("longer");
    learn = new ArrayList<>(List.of("finetune", "--model", out, "--train", texts));
    learn.addAll(List.of("--max-length", "64", "--lr", "0", "--epochs", "1", "--out", longer));
    jaubert(learn.toArray()).succeeded();
    String config = Files.readString(longer.resolve("tokenizer_config.json"));
    assertTrue(config.contains("\"model_max_length\": 64"), config);
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
          message.startsWith("standard input:2: byte 0xE9 at offset 8 is not UTF-8"), message);
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
    String message = finetune(out, "--overwrite", "--eval", bad).failure(1); // beside another file
    assertEquals(
        bad
            + ":2: label maybe is not one of the 2 known: neg, pos; --map-label OLD=NEW renames labels",
        message);
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
    assertEquals(
        bad
            + ":2: label maybe is not one of the 2 known: neg, pos; --map-label OLD=NEW renames labels",
        failed.failure(1));
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
    assertSameBytes(one, two, "config.json", "model.safetensors", "train_log.jsonl");
  }

  @Test
  void everyStepCanBeRecorded() throws IOException {
    Path out = folder.resolve("logged");
    finetune(out, "--log-every", 1).succeeded();
    int steps = new JsonMapper().readTree(out.resolve("run.json").toFile()).path("steps").asInt();
    long lines =
        Files.readAllLines(out.resolve("train_log.jsonl")).stream()
            .filter(line -> line.contains("\"grad_norm\":"))
            .count();
    assertTrue(steps > 10);
    assertEquals(steps, lines);
  }

  @Test
  void aDryRunTellsWhatWouldBeTrainedAndWritesNothing() throws IOException {
    Path out = folder.resolve("dry");
    String said = finetune(out, "--dry-run", "--max-length", 5).succeeded().out();
    assertFalse(Files.exists(out));
    assertTrue(said.contains("300 examples to learn from, 40 to be judged by"), said);
    assertTrue(
        said.matches(
            "(?s).*examples by label: (pos|neg) \\(1\\d\\d\\), (pos|neg) \\(1\\d\\d\\)\n.*"),
        said);
    assertTrue(
        said.contains("5 to 5, median 5, 95 % have at most 5; 100.0 % have the 5 that"), said);
    assertTrue(said.contains("steps: 120 in 12 epochs, 18,000 tokens; batches of 32 texts"), said);
    assertTrue(said.matches("(?s).*time: about 0:\\d\\d:\\d\\d .*by 10 steps measured.*"), said);
    assertTrue(finetune(out, "--dry-run", "--seeds", 2).failure(2).contains("--dry-run"));
    finetune(out, "--dry-run", "--train-limit", 20).succeeded();
  }

  @Test
  void whatIsRecordedIsThereForTensorBoard() throws IOException {
    Path out = folder.resolve("board");
    finetune(out, "--tensorboard").succeeded();
    assertEquals(1, boards(out));
    finetune(out, "--tensorboard", "--overwrite").succeeded();
    assertEquals(1, boards(out)); // and not those of both runs
    assertFalse(Files.exists(out.resolve(".jaubert-overwrite")));
  }

  private static int boards(Path out) {
    String[] names = out.resolve("tensorboard").toFile().list();
    return names == null ? 0 : names.length;
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
}
