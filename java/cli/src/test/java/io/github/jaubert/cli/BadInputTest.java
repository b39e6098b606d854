package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.models.bert.Bert;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Input that cannot be used is one line on standard error, and leaves nothing behind. */
class BadInputTest extends CommandFixture {
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
    assertEquals(
        other + ": column words is both text and second text",
        train(
            other,
            out,
            "--text-column",
            "words",
            "--pair-column",
            "words",
            "--label-column",
            "class"));
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
            + ":21: label NA is not a number, as 19 of 20 are; correct it, leave it out with --skip-label \"NA\", or choose --task classification",
        train(scores, out));
    Path unknown = Files.writeString(folder.resolve("data.xlsx"), "x");
    assertEquals(
        unknown
            + ": its name does not end in .tsv, .csv, .jsonl or .parquet; choose its format with --format",
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
  void aSettingThatTheTrainerRefusesIsCalledAsTheOption() {
    Path out = folder.resolve("out");
    assertEquals(
        "--head-lr-scale: no parameter that is trained has a name with"
            + " ^classifier\\.|^qa_outputs\\.|\\.pooler\\.|^pre_classifier\\.|^sequence_summary\\.|^head\\.",
        train(train, out, "--head-lr-scale", "2", "--freeze", "classifier|pooler"));
    assertEquals("--freeze: no parameter is left to be trained", train(train, out, "--freeze", ""));
    String message = train(train, out, "--freeze", "layer9");
    assertTrue(
        message.startsWith("--freeze: no parameter's name matches the pattern 'layer9'; there are"),
        message);
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
            + ": holds an encoder without 'classifier.weight'; fine-tune it first: "
            + "jaubert finetune --model DIR --train FILE",
        jaubert("predict", "--model", encoder, "x").failure(1));
  }

  @Test
  void aModelThatLacksAWeightHasToBeFineTunedFirst() throws IOException {
    Path weights = model.resolve("model.safetensors");
    String bytes = Files.readString(weights, StandardCharsets.ISO_8859_1);
    Files.writeString(
        weights,
        bytes.replace("\"classifier.bias\"", "\"classifier.bits\""),
        StandardCharsets.ISO_8859_1);
    assertEquals(
        weights
            + ": lacks classifier.bias: its answers would come from random numbers;"
            + " jaubert finetune --model DIR initialises what is missing, for training",
        jaubert("predict", "--model", model, "x").failure(1));
  }

  @Test
  void aBrokenModelIsOneLine() throws IOException {
    Path weights = model.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    Files.write(weights, java.util.Arrays.copyOf(bytes, bytes.length - 100));
    assertTrue(jaubert("predict", "--model", model, "x").failure(1).startsWith(weights.toString()));
    assertTrue(train(train, folder.resolve("out")).startsWith(weights.toString()));
    Result traced = jaubert("--stacktrace", "predict", "--model", model, "x");
    assertEquals(1, traced.code());
    assertTrue(traced.err().contains("\tat io.github.jaubert."), traced.err());
  }
}
