package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.jaubert.cli.options.OutputFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Runs in a process of their own that is killed, or whose disk is full. */
class InterruptionTest extends CommandFixture {
  /** The command in a process of its own, as a shell line that ends in {@code exec java …}. */
  private Process started(String before, Path out, String... more) throws IOException {
    List<String> java = new ArrayList<>(List.of("sh", "-c", before + " exec \"$@\"", "sh"));
    java.addAll(java());
    java.addAll(List.of("finetune", "--model", model.toString()));
    java.addAll(List.of("--train", train.toString(), "--out", out.toString()));
    java.addAll(List.of("--checkpoint-every", "10"));
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
    assertTrue(appeared(process, checkpoint), Files.readString(folder.resolve("said")));
    process.destroyForcibly().waitFor();
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
    assertSameBytes(whole, killed, "config.json", "model.safetensors", "train_log.jsonl");
    assertFalse(Files.exists(checkpoint));
  }

  @Test
  void aRunThatIsToldToEndSaysHowToGoOnAndDoes() throws Exception {
    Path ended = folder.resolve("ended");
    String[] settings = {"--epochs", "60", "--lr", "1e-3", "--ema-decay", "0.9"};
    Process process = started("", ended, settings);
    Path checkpoint = ended.resolve("checkpoint.safetensors");
    assertTrue(appeared(process, checkpoint), Files.readString(folder.resolve("said")));
    process.destroy(); // SIGTERM
    int code = process.waitFor();
    List<String> said = Files.readAllLines(folder.resolve("said"));
    assertEquals(128 + 15, code, said.toString());
    assertTrue(
        said.get(said.size() - 1)
            .matches("jaubert: interrupted after step \\d+; the same command goes on from there"),
        said.toString());
    assertFalse(Files.exists(ended.resolve("config.json")));
    Path whole = folder.resolve("whole");
    for (Path out : List.of(ended, whole)) {
      List<Object> arguments =
          new ArrayList<>(List.of("finetune", "--model", model, "--train", train, "--out", out));
      arguments.addAll(List.of(settings));
      jaubert(arguments.toArray()).succeeded();
    }
    assertSameBytes(whole, ended, "model.safetensors", "train_log.jsonl");
  }

  /** A bar on a terminal must not take the signals away. */
  @Test
  void onATerminalToo() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/script")), "script, of util-linux");
    Path ended = folder.resolve("ended");
    List<String> command = new ArrayList<>(java());
    command.addAll(List.of("finetune", "--model", model.toString(), "--train", train.toString()));
    command.addAll(List.of("--eval", eval.toString(), "--out", ended.toString()));
    // Every step is an epoch and evaluated: the interrupt meets a new bar.
    command.addAll(List.of("--epochs", "3000", "--batch-size", "300", "--checkpoint-every", "20"));
    String words = command.stream().map(word -> "'" + word + "'").collect(Collectors.joining(" "));
    Path said = folder.resolve("said");
    Process script =
        // A build in the background of a shell ignores SIGINT, and so would all that it starts.
        new ProcessBuilder("script", "-qec", "exec env --default-signal=INT " + words, "/dev/null")
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start();
    assertTrue(appeared(script, ended.resolve("checkpoint.safetensors")), Files.readString(said));
    script.getOutputStream().write(3); // Ctrl-C
    script.getOutputStream().flush();
    assertEquals(128 + 2, script.waitFor(), Files.readString(said));
    assertTrue(Files.readString(said).contains("the same command goes on from there"));
    assertTrue(Files.readString(said).contains("training  "), "there was a bar");
  }

  @Test
  void aRunThatWasKilledBeforeItsFirstCheckpointBeginsAnew() throws Exception {
    Path whole = folder.resolve("whole");
    brief(whole).succeeded();
    for (List<String> left :
        List.of(
            List.<String>of(),
            List.of(".train_log.jsonl.tmp"),
            List.of("train_log.jsonl", ".checkpoint.safetensors.tmp"),
            List.of(".jaubert.lock", ".run.json.tmp"),
            List.of("train_log.jsonl", "best.safetensors", ".best.safetensors.tmp"))) {
      Path out = Files.createDirectories(folder.resolve("out" + left.size() + left.hashCode()));
      for (String name : left) {
        Files.writeString(out.resolve(name), "a part");
      }
      brief(out).succeeded();
      assertSameBytes(whole, out, "model.safetensors", "train_log.jsonl");
      for (String name : left) {
        assertTrue(name.equals("train_log.jsonl") || !Files.exists(out.resolve(name)), name);
      }
    }
    Path other = Files.createDirectories(folder.resolve("other"));
    Files.writeString(other.resolve(".notes.tmp"), "not of a run");
    assertTrue(brief(other).failure(1).contains("exists and is not an interrupted run"));
  }

  @Test
  void aRunThatWasKilledWhileItSavedItsModelGoesOn() throws Exception {
    Path whole = folder.resolve("whole");
    brief(whole, "--epochs", 4).succeeded();
    // As if it had come as far as the first of the model's files.
    Path out = folder.resolve("out");
    Process process = started("", out, "--epochs", "4");
    assertTrue(appeared(process, out.resolve("checkpoint.safetensors")));
    process.destroyForcibly().waitFor();
    Files.copy(whole.resolve("config.json"), out.resolve("config.json"));
    brief(out, "--epochs", 4).succeeded();
    assertSameBytes(whole, out, "config.json", "model.safetensors", "train_log.jsonl");
    assertFalse(Files.exists(out.resolve("checkpoint.safetensors")));
  }

  @Test
  void aRunThatReplacesGoesOnWithAndWithoutTheOption() throws Exception {
    Path whole = folder.resolve("whole");
    brief(whole, "--epochs", 4).succeeded();
    for (boolean again : new boolean[] {true, false}) {
      Path out = folder.resolve("out" + again);
      Path run = out.resolve(OutputFolder.REPLACING);
      Process process = started("", out, "--overwrite", "--epochs", "4");
      assertTrue(appeared(process, run.resolve("checkpoint.safetensors")));
      process.destroyForcibly().waitFor();
      if (again) { // what another command left there is no reason to refuse
        brief(out, "--overwrite", "--epochs", 1).succeeded();
        assertFalse(Files.exists(run));
        brief(out, "--overwrite", "--epochs", 4).succeeded();
      } else {
        String other = brief(out, "--epochs", 1).failure(1);
        assertTrue(other.contains("another run: epochs was 4 and is 1;"), other);
        brief(out, "--epochs", 4).succeeded();
      }
      assertSameBytes(whole, out, "config.json", "model.safetensors", "train_log.jsonl");
      assertFalse(Files.exists(run));
    }
  }

  @Test
  void aSecondProcessInTheFolderIsRefused() throws Exception {
    Path out = folder.resolve("out");
    Process process = started("", out, "--epochs", "2000");
    assertTrue(appeared(process, out.resolve("train_log.jsonl")));
    for (Object[] more : new Object[][] {{}, {"--overwrite"}}) {
      assertEquals(
          out
              + ": another run is at work in this folder (process "
              + process.pid()
              + "); wait until it ends, or use another folder",
          brief(out, more).failure(1));
    }
    assertTrue(process.isAlive());
    process.destroyForcibly().waitFor();
    brief(out, "--overwrite").succeeded();
    assertFalse(Files.exists(out.resolve(".jaubert.lock")));
  }

  private Result brief(Path out, Object... more) {
    List<Object> words = new ArrayList<>(List.of("finetune", "--model", model, "--train", train));
    words.addAll(List.of("--out", out));
    words.addAll(more.length == 0 ? List.of("--epochs", 1) : List.of(more));
    return jaubert(words.toArray());
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
}
