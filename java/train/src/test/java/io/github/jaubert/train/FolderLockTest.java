package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.FolderLock;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** One run at a time works in a folder. */
class FolderLockTest extends TrainerFixture {
  /** Holds a folder until it is killed. */
  static final class Holder {
    private Holder() {}

    public static void main(String[] args) throws Exception {
      try (FolderLock lock = FolderLock.take(Path.of(args[0]))) {
        System.out.println("held");
        Thread.sleep(60_000);
      }
    }
  }

  /** Another process that has the folder, or the words in which it was refused. */
  private static Process other(Path folder) throws IOException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    return new ProcessBuilder(
            java,
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            Holder.class.getName(),
            folder.toString())
        .redirectErrorStream(true)
        .start();
  }

  private static String said(Process process) throws IOException {
    BufferedReader reader =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    return reader.readLine();
  }

  private static String refusal(Path folder) {
    assertEquals(Optional.empty(), FolderLock.tryTake(folder));
    return assertThrows(CheckpointException.class, () -> FolderLock.take(folder)).getMessage();
  }

  /** What a thread other than this one is told. */
  private static String refusalElsewhere(Path folder) {
    return CompletableFuture.supplyAsync(() -> refusal(folder)).join();
  }

  @Test
  void aProcessThatIsKilledLeavesNoLock() throws Exception {
    Path run = folder.resolve("a/run");
    Process process = other(run);
    try {
      assertEquals("held", said(process));
      assertEquals(
          run
              + ": another run is at work in this folder (process "
              + process.pid()
              + "); wait until it ends, or use another folder",
          refusal(run));
    } finally {
      process.destroyForcibly().waitFor();
    }
    assertTrue(Files.exists(run.resolve(FolderLock.FILE)));
    FolderLock.take(run).close();
    assertNothingIn(run);
  }

  private static void assertNothingIn(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(List.of(), files.toList());
    }
  }

  @Test
  void anotherProcessIsRefusedWhateverHappensInThisOne() throws Exception {
    Path run = folder.resolve("run");
    try (FolderLock lock = FolderLock.take(run)) {
      refusalElsewhere(run);
      FolderLock.take(run).close(); // by the thread that has it
      Thread.currentThread().interrupt();
      Thread.yield();
      assertTrue(Thread.interrupted());
      Process process = other(run);
      String said = said(process);
      assertTrue(
          said.contains("another run is at work in this folder (process ")
              && said.contains(" (process " + ProcessHandle.current().pid() + ")"),
          said);
      process.waitFor();
    }
    assertNothingIn(run);
  }

  @Test
  void anInterruptedThreadTakesAFolderToo() throws Exception {
    Path run = folder.resolve("run");
    Thread.currentThread().interrupt();
    try (FolderLock lock = FolderLock.take(run)) {
      assertTrue(Thread.interrupted());
      Process process = other(run);
      assertTrue(said(process).contains("another run is at work"));
      process.waitFor();
    } finally {
      Thread.interrupted();
    }
  }

  @Test
  void otherThreadsAreRefusedByWhateverName() throws Exception {
    Path run = Files.createDirectories(folder.resolve("run"));
    Path link = Files.createSymbolicLink(folder.resolve("link"), run);
    FolderLock lock = FolderLock.take(run);
    for (Path name : List.of(run, link, folder.resolve("x/../run"), run.resolve("."))) {
      Files.createDirectories(folder.resolve("x"));
      assertEquals(
          name
              + ": another run is at work in this folder (in this process); wait until it ends, or use another folder",
          refusalElsewhere(name));
    }
    lock.close();
    lock.close();
    CompletableFuture.runAsync(() -> FolderLock.take(link).close()).join();
    assertNothingIn(run);
  }

  @Test
  void anotherClassLoaderIsRefused() throws Exception {
    Path run = folder.resolve("run");
    List<URL> classPath = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(java.io.File.pathSeparator)) {
      classPath.add(Path.of(entry).toUri().toURL());
    }
    try (URLClassLoader loader =
            new URLClassLoader(
                classPath.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
        FolderLock lock = FolderLock.take(run)) {
      Class<?> twin = loader.loadClass(FolderLock.class.getName());
      assertFalse(twin == FolderLock.class);
      Object taken =
          CompletableFuture.supplyAsync(
                  () -> {
                    try {
                      return twin.getMethod("tryTake", Path.class).invoke(null, run);
                    } catch (ReflectiveOperationException e) {
                      throw new AssertionError(e);
                    }
                  })
              .join();
      assertEquals(Optional.empty(), taken);
      // Trying did not take the lock from this one either.
      Process process = other(run);
      assertTrue(said(process).contains("another run is at work"));
      process.waitFor();
    }
  }

  @Test
  void aLinkInPlaceOfTheFileIsNotFollowed() throws IOException {
    Path run = Files.createDirectories(folder.resolve("run"));
    Path precious = Files.writeString(folder.resolve("precious"), "precious");
    Files.createSymbolicLink(run.resolve(FolderLock.FILE), precious);
    String message =
        assertThrows(CheckpointException.class, () -> FolderLock.take(run)).getMessage();
    assertTrue(message.startsWith(run + ": cannot be written: "), message);
    assertEquals("precious", Files.readString(precious));
  }

  @Test
  void aSecondTrainerInTheFolderIsRefused() throws Exception {
    Path run = folder.resolve("run");
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch refused = new CountDownLatch(1);
    TrainingListener waiting =
        new TrainingListener() {
          @Override
          public void stepped(long step, long tokens) {
            begun.countDown();
            try {
              refused.await();
            } catch (InterruptedException e) {
              throw new AssertionError(e);
            }
          }
        };
    CompletableFuture<Long> first =
        CompletableFuture.supplyAsync(
            () -> {
              try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
                return trainer(model).checkpoints(run).listener(waiting).run().steps();
              }
            });
    begun.await();
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      String message =
          assertThrows(CheckpointException.class, trainer(model).checkpoints(run)::run)
              .getMessage();
      assertTrue(message.startsWith(run + ": another run is at work in this folder"), message);
      refused.countDown();
      assertEquals(24, first.join());
      assertEquals(0, trainer(model).checkpoints(run).run().tokensPerSecond());
    }
    assertFalse(Files.exists(run.resolve(FolderLock.FILE)));
  }
}
