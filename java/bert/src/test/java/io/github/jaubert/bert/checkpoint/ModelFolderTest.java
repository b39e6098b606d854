package io.github.jaubert.bert.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import io.github.jaubert.fixture.Seeds;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFolderTest {
  @TempDir Path temporary;

  private static final List<String> NAMES =
      List.of("config.json", "model.safetensors", "tokenizer.json");

  /** A model of which every file says the same. */
  private static Map<String, AtomicFile.Content> model(String content) {
    Map<String, AtomicFile.Content> files = new LinkedHashMap<>();
    NAMES.forEach(name -> files.put(name, AtomicFile.content(content.getBytes())));
    return files;
  }

  /** The contents of the files in a folder by name. */
  private static Map<String, String> read(Path folder) {
    Map<String, String> contents = new TreeMap<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        contents.put(
            file.getFileName().toString(), Files.isDirectory(file) ? "/" : Files.readString(file));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return contents;
  }

  private static Map<String, String> all(String content) {
    Map<String, String> contents = new TreeMap<>();
    NAMES.forEach(name -> contents.put(name, content));
    return contents;
  }

  @Test
  void makesTheFolder() {
    Path folder = temporary.resolve("runs/first");
    ModelFolder.write(folder, model("new"));
    assertEquals(all("new"), read(folder));
  }

  @Test
  void replacesAModelAndItsStaleFilesButNothingElse() throws IOException {
    Path folder = temporary.resolve("out");
    ModelFolder.write(folder, model("old"));
    for (String stale :
        List.of(
            "pytorch_model.bin",
            "model-00001-of-00002.safetensors",
            "model.safetensors.index.json",
            "config_setfit.json",
            "model_head.safetensors",
            "vocab.txt")) {
      Files.writeString(folder.resolve(stale), "old");
    }
    Files.writeString(folder.resolve("README.md"), "mine");
    Files.createDirectory(folder.resolve("checkpoints"));
    ModelFolder.write(folder, model("new"));
    Map<String, String> expected = all("new");
    expected.put("README.md", "mine");
    expected.put("checkpoints", "/");
    assertEquals(expected, read(folder));
  }

  @Test
  void aFullDiskLeavesTheOldModel() throws IOException {
    Configuration small =
        Configuration.unix().toBuilder().setMaxSize(64 * 1024).setBlockSize(1024).build();
    try (FileSystem disk = Jimfs.newFileSystem(small)) {
      Path folder = disk.getPath("/work/out");
      ModelFolder.write(folder, model("old"));
      Map<String, AtomicFile.Content> large = model("new");
      large.put("model.safetensors", AtomicFile.content(new byte[100_000]));
      CheckpointException e =
          assertThrows(CheckpointException.class, () -> ModelFolder.write(folder, large));
      assertTrue(e.getMessage().startsWith("/work/out: cannot be written: "), e.getMessage());
      assertEquals(all("old"), read(folder));

      Path other = disk.getPath("/work/other");
      assertThrows(CheckpointException.class, () -> ModelFolder.write(other, large));
      assertFalse(Files.exists(other));
    }
  }

  @Test
  void finishesAnInterruptedSaveFromEveryStage() throws IOException {
    for (int moved = 0; moved <= NAMES.size(); moved++) {
      Path folder = temporary.resolve("stage" + moved);
      ModelFolder.write(folder, model("old"));
      Files.writeString(folder.resolve("vocab.txt"), "old");
      Path complete = folder.resolve(ModelFolder.COMPLETE);
      Files.createDirectory(complete);
      Files.writeString(complete.resolve("manifest"), String.join("\n", NAMES));
      for (int i = 0; i < NAMES.size(); i++) { // those that were moved already are in place
        Files.writeString((i < moved ? folder : complete).resolve(NAMES.get(i)), "new");
      }
      ModelFolder.recover(folder);
      assertEquals(all("new"), read(folder), moved + " files had been moved");
    }
  }

  @Test
  void severalFinishASaveTogether() throws Exception {
    int readers = 4;
    ExecutorService threads = Executors.newFixedThreadPool(readers);
    try {
      for (int round = 0; round < 100; round++) {
        Path folder = temporary.resolve("together" + round);
        Path complete = Files.createDirectories(folder.resolve(ModelFolder.COMPLETE));
        for (String name : NAMES) {
          Files.writeString(folder.resolve(name), "old");
          Files.writeString(complete.resolve(name), "new");
        }
        Files.writeString(folder.resolve("vocab.txt"), "old");
        Files.writeString(complete.resolve("manifest"), String.join("\n", NAMES));
        CyclicBarrier together = new CyclicBarrier(readers);
        Callable<Map<String, String>> reader =
            () -> {
              together.await();
              ModelFolder.recover(folder);
              Map<String, String> found = new TreeMap<>();
              for (String name : NAMES) {
                found.put(name, Files.readString(folder.resolve(name)));
              }
              return found;
            };
        for (Future<Map<String, String>> found :
            threads.invokeAll(Collections.nCopies(readers, reader))) {
          assertEquals(all("new"), found.get());
        }
        assertEquals(all("new"), read(folder));
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void forgetsASaveThatWasInterruptedBeforeItWasComplete() throws IOException {
    Path folder = temporary.resolve("out");
    ModelFolder.write(folder, model("old"));
    Files.createDirectory(folder.resolve(ModelFolder.WRITING));
    Files.writeString(folder.resolve(ModelFolder.WRITING).resolve("config.json"), "half");
    ModelFolder.recover(folder);
    assertEquals("old", read(folder).get("config.json"));
    ModelFolder.write(folder, model("new"));
    assertEquals(all("new"), read(folder));
  }

  @Test
  void doesNotReplaceAFile() throws IOException {
    Path file = temporary.resolve("out");
    Files.writeString(file, "mine");
    assertThrows(CheckpointException.class, () -> ModelFolder.write(file, model("new")));
    assertEquals("mine", Files.readString(file));
  }

  /** Saves one model after another until it is killed. */
  static final class Saver {
    public static void main(String[] arguments) {
      for (int i = 0; ; i++) {
        ModelFolder.write(
            Path.of(arguments[0]), model("model " + i + " " + "x".repeat(i % 7 * 10_000)));
        if (i == 0) {
          System.out.println(i);
        }
      }
    }
  }

  @Test
  void aKillAtAnyMomentLeavesAWholeModel() throws Exception {
    long seed = Seeds.SEED;
    System.out.println("the moments of the kills are drawn from -Djaubert.seed=" + seed);
    Random random = new Random(seed);
    Path folder = temporary.resolve("killed");
    for (int round = 0; round < 4; round++) {
      Process saver =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  System.getProperty("java.class.path"),
                  Saver.class.getName(),
                  folder.toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT) // a JVM may greet there
              .start();
      try {
        assertEquals('0', saver.getInputStream().read(), "the first save");
        Thread.sleep(random.nextInt(60));
      } finally {
        saver.destroyForcibly();
      }
      assertTrue(saver.waitFor(10, TimeUnit.SECONDS));
      ModelFolder.recover(folder);
      Map<String, String> left = read(folder);
      left.remove(ModelFolder.WRITING);
      assertEquals(all(left.get("config.json")), left);
    }
  }
}
