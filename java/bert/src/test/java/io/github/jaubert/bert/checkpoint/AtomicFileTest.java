package io.github.jaubert.bert.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
  @TempDir Path folder;

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void createsAndReplaces() throws IOException {
    Path file = folder.resolve("below/x.bin");
    AtomicFile.write(file, new byte[] {1});
    AtomicFile.write(file, new byte[] {2, 3});
    assertEquals(2, Files.size(file));
    assertEquals(List.of("x.bin"), names(file.getParent()));
  }

  @Test
  void aFullDiskLeavesTheEarlierFile() throws IOException {
    Configuration small =
        Configuration.unix().toBuilder().setMaxSize(64 * 1024).setBlockSize(1024).build();
    try (FileSystem disk = Jimfs.newFileSystem(small)) {
      Path file = disk.getPath("/work/x.bin");
      AtomicFile.write(file, new byte[20_000]);
      CheckpointException e =
          assertThrows(CheckpointException.class, () -> AtomicFile.write(file, new byte[60_000]));
      assertTrue(e.getMessage().startsWith("/work/x.bin: cannot be written: "), e.getMessage());
      assertTrue(e.getMessage().endsWith("what was there before is untouched"), e.getMessage());
      assertEquals(20_000, Files.size(file));
      assertEquals(List.of("x.bin"), names(file.getParent()));
    }
  }

  @Test
  void aFailureInBetweenLeavesTheEarlierFile() throws IOException {
    Path file = folder.resolve("x.bin");
    AtomicFile.write(file, new byte[] {1});
    assertThrows(
        ArithmeticException.class,
        () ->
            AtomicFile.write(
                file,
                channel -> {
                  AtomicFile.content(new byte[1000]).writeTo(channel);
                  throw new ArithmeticException("half way");
                }));
    assertEquals(1, Files.size(file));
    assertEquals(List.of("x.bin"), names(folder));
  }

  @Test
  void doesNotFollowALinkPlantedAtTheTemporaryName() throws IOException {
    Path victim = folder.resolve("victim");
    Files.write(victim, new byte[] {9});
    Files.createSymbolicLink(folder.resolve(".x.bin.tmp"), victim);
    AtomicFile.write(folder.resolve("x.bin"), new byte[] {1, 2});
    assertEquals(1, Files.size(victim));
    assertFalse(Files.isSymbolicLink(folder.resolve("x.bin")));
  }

  @Test
  void saysWhyItCannotWrite() throws IOException {
    Files.write(folder.resolve("file"), new byte[0]);
    Path below = folder.resolve("file/x.bin");
    CheckpointException e =
        assertThrows(CheckpointException.class, () -> AtomicFile.write(below, new byte[1]));
    assertTrue(e.getMessage().startsWith(below + ": cannot be written: "), e.getMessage());
  }
}
