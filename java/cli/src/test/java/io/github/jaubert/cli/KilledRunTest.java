package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.checkpoint.ModelFolder;
import io.github.jaubert.cli.options.OutputFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

/**
 * Runs that are killed again and again, at any moment: the same command always goes on or begins
 * anew, and in the end all is as if nothing had happened.
 */
@DisabledOnOs(OS.WINDOWS)
class KilledRunTest extends CommandFixture {
  /** More with {@code -Djaubert.test.kills=N}. */
  private static final int KILLS = Integer.getInteger("jaubert.test.kills", 6);

  /** Of a run, with what tells when a process of it has come there. */
  private enum Stage {
    ANY(1000),
    TRAINING(150),
    SAVING(20),
    REPORTING(150);

    private final int longestDelayMillis;

    Stage(int longestDelayMillis) {
      this.longestDelayMillis = longestDelayMillis;
    }
  }

  private final Random random = new Random(11);
  private Path whole;
  private Path out;

  @BeforeEach
  void runUndisturbed() throws IOException {
    train = Files.writeString(folder.resolve("few.tsv"), "sentence\tlabel\n" + sentences(64, 1));
    whole = folder.resolve("whole");
    out = folder.resolve("out");
    jaubert(command(whole).toArray()).succeeded();
  }

  private List<String> command(Path folder, String... more) {
    List<String> words = new ArrayList<>(List.of("finetune", "--model", model.toString()));
    words.addAll(List.of("--train", train.toString(), "--eval", eval.toString(), "--keep-best"));
    words.addAll(List.of("--epochs", "6", "--lr", "4e-3", "--checkpoint-every", "2"));
    words.addAll(List.of("--keep-checkpoints", "3"));
    words.addAll(List.of("--out", folder.toString()));
    words.addAll(List.of(more));
    return words;
  }

  @Test
  void aRunGoesOnOrBeginsAnewWheneverItIsKilled() throws Exception {
    killOften(out, false);
    jaubert(command(out).toArray()).succeeded();
    assertSameFiles(contents(whole), contents(out));
  }

  @Test
  void whatIsReplacedStaysUntilTheNewModelIsThere() throws Exception {
    makeOld();
    killOften(out.resolve(OutputFolder.REPLACING), true);
    jaubert("predict", "--model", out, "the film was good").succeeded();
    jaubert(command(out, "--overwrite").toArray()).succeeded();
    Map<String, byte[]> after = contents(out);
    assertEquals("kept", new String(after.remove("notes.txt")));
    assertSameFiles(contents(whole), after);
  }

  /** As often as {@link #KILLS}, and each time goes on with what the last one left. */
  private void killOften(Path run, boolean overwrite) throws Exception {
    String[] more = overwrite ? new String[] {"--overwrite"} : new String[0];
    Map<String, byte[]> old = overwrite ? contents(out) : Map.of();
    for (int kill = 0; kill < KILLS; kill++) {
      Stage stage = Stage.values()[kill % Stage.values().length];
      Path said = folder.resolve("said");
      Process process = started(said, command(out, more));
      boolean ended =
          !happened(process, reached(stage, run))
              || process.waitFor(random.nextInt(stage.longestDelayMillis), TimeUnit.MILLISECONDS);
      if (!ended) {
        process.destroyForcibly().waitFor();
        ended = !overwrite && isFinished();
      } else {
        assertEquals(0, process.waitFor(), Files.readString(said));
      }
      if (ended) { // faster than the kill
        assertSameModel(contents(whole), contents(out));
        Files.move(out, folder.resolve("done" + kill));
        if (overwrite) {
          makeOld();
        }
      } else if (overwrite) {
        if (kill % 2 == 0) {
          ModelFolder.recover(out); // as whoever reads the model does first
        }
        if (!Files.exists(out.resolve(".jaubert-saved"))) {
          assertOldOrNew(old, contents(out));
        }
      }
    }
  }

  /** Whether there was nothing left to do but to end the process. */
  private boolean isFinished() {
    return Files.exists(out.resolve("config.json"))
        && !Files.exists(out.resolve("checkpoint.safetensors"));
  }

  private void makeOld() throws IOException {
    jaubert(command(out, "--seed", "9").toArray()).succeeded();
    Files.writeString(out.resolve("notes.txt"), "kept");
  }

  private void assertOldOrNew(Map<String, byte[]> old, Map<String, byte[]> found)
      throws IOException {
    byte[] weights = found.get("model.safetensors");
    boolean isOld = Arrays.equals(old.get("model.safetensors"), weights);
    assertSameModel(isOld ? old : contents(whole), found);
  }

  private BooleanSupplier reached(Stage stage, Path run) throws IOException {
    Path log = run.resolve("train_log.jsonl");
    Path report = out.resolve("run.json");
    Object logBefore = key(log);
    Object reportBefore = key(report);
    return switch (stage) {
      case ANY -> () -> true;
      case TRAINING -> () -> Files.exists(log) && !key(log).equals(logBefore);
      case SAVING ->
          () ->
              Files.exists(out.resolve(".jaubert-saving"))
                  || Files.exists(out.resolve(".jaubert-saved"));
      case REPORTING -> () -> Files.exists(report) && !key(report).equals(reportBefore);
    };
  }

  /** Changes when a file is replaced. */
  private static Object key(Path file) {
    try {
      return Files.getAttribute(file, "unix:ino") + " " + Files.getLastModifiedTime(file);
    } catch (IOException e) {
      return "none";
    }
  }

  private static Process started(Path said, List<String> words) throws IOException {
    List<String> java = new ArrayList<>(java());
    java.add(1, "-XX:+UseSerialGC");
    java.addAll(words);
    return new ProcessBuilder(java).redirectErrorStream(true).redirectOutput(said.toFile()).start();
  }

  // ---- what is in a folder ----

  private static final Set<String> TIMED =
      Set.of("run.json", "report.html", "README.md", "ml-bom.cdx.json");

  private static Map<String, byte[]> contents(Path folder) throws IOException {
    Map<String, byte[]> contents = new TreeMap<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        contents.put(folder.relativize(file).toString(), Files.readAllBytes(file));
      }
    }
    return contents;
  }

  private static void assertSameModel(Map<String, byte[]> expected, Map<String, byte[]> actual) {
    for (String name : List.of("config.json", "model.safetensors", "vocab.txt")) {
      assertTrue(Arrays.equals(expected.get(name), actual.get(name)), name);
    }
  }

  /** All but what tells how long it took. */
  private static void assertSameFiles(Map<String, byte[]> expected, Map<String, byte[]> actual) {
    assertEquals(expected.keySet(), actual.keySet());
    expected.forEach(
        (name, bytes) -> {
          if (name.equals("train_log.jsonl")) {
            assertEquals(
                withoutTimes(new String(bytes, StandardCharsets.UTF_8)),
                withoutTimes(new String(actual.get(name), StandardCharsets.UTF_8)));
          } else {
            assertTrue(TIMED.contains(name) || Arrays.equals(bytes, actual.get(name)), name);
          }
        });
  }
}
