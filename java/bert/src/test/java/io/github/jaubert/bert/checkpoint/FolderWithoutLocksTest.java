package io.github.jaubert.bert.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Some network file systems lock no files: a run is possible there, with a warning. */
class FolderWithoutLocksTest {
  @TempDir Path folder;

  private Optional<FolderLock> take(String refusal) {
    return FolderLock.tryTake(
        folder,
        channel -> {
          if (refusal.isEmpty()) {
            throw new UnsupportedOperationException();
          }
          throw new IOException(refusal);
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"No locks available", "Function not implemented", ""})
  void isTakenWithAWarningAndByOneThread(String refusal) {
    ByteArrayOutputStream warned = new ByteArrayOutputStream();
    PrintStream before = System.err;
    System.setErr(new PrintStream(warned, true, StandardCharsets.UTF_8));
    try (FolderLock lock = take(refusal).orElseThrow()) {
      assertTrue(Files.exists(folder.resolve(FolderLock.FILE)));
      assertFalse(CompletableFuture.supplyAsync(() -> take(refusal).isPresent()).join());
    } finally {
      System.setErr(before);
    }
    String said = warned.toString(StandardCharsets.UTF_8);
    assertTrue(said.contains("cannot be locked (" + refusal), said);
    assertTrue(said.contains("see to it that no other run uses this folder"), said);
    assertFalse(Files.exists(folder.resolve(FolderLock.FILE)));
  }

  @Test
  void whatAKilledRunLeftIsNoLock() throws IOException {
    Files.writeString(folder.resolve(FolderLock.FILE), "12345");
    try (FolderLock lock = take("No locks available").orElseThrow()) {
      assertEquals(
          Long.toString(ProcessHandle.current().pid()),
          Files.readString(folder.resolve(FolderLock.FILE)));
    }
  }
}
