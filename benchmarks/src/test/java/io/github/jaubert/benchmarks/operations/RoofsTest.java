package io.github.jaubert.benchmarks.operations;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RoofsTest {
  @TempDir private Path folder;

  @Test
  void findsOpenBlasWhereJavaCppHasUnpackedNothingYet() throws Exception {
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Dorg.bytedeco.javacpp.cachedir=" + folder.resolve("cache"),
                "-cp",
                System.getProperty("java.class.path"),
                Roofs.class.getName(),
                "--only=sgemm OpenBLAS 1 thread",
                "--seconds=0.01")
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    assertEquals(0, process.waitFor(), Files.readString(err));
    List<String> lines = Files.readAllLines(out);
    assertEquals(1, lines.size(), lines::toString);
    assertTrue(lines.get(0).contains("\"sgemm OpenBLAS 1 thread\""), lines::toString);
  }
}
