package io.github.jaubert.benchmarks.comparison;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PeersTest {
  @TempDir private Path root;

  private final Results results = new Results();

  private Peers peers(String python) {
    return new Peers(root, Duration.ofSeconds(60), python, results);
  }

  /** With a Python that has everything. */
  private Peers peers() throws IOException {
    return peers(script("python", "exit 0").toString());
  }

  private Path script(String name, String body) throws IOException {
    Path file = Files.writeString(root.resolve(name), "#!/bin/sh\n" + body + "\n");
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @Test
  void aPythonThatIsNotThereIsLeftOutWithAWord() {
    assertEquals(Optional.empty(), peers("/nowhere/python").peer("torch_step.py"));
    assertEquals(1, results.leftOut().size());
    assertTrue(
        results.leftOut().get(0).startsWith("PyTorch: no Python with torch and transformers"),
        results.leftOut()::toString);
  }

  @Test
  void aPythonWithoutTorchIsLeftOutWithItsOwnWords() throws IOException {
    Path python =
        script("python", "echo \"ModuleNotFoundError: No module named 'torch'\" >&2; exit 1");
    assertEquals(Optional.empty(), peers(python.toString()).peer("torch_step.py"));
    assertTrue(
        results.leftOut().get(0).contains("No module named 'torch'"), results.leftOut()::toString);
  }

  @Test
  void aPythonThatHasItRunsTheScripts() throws IOException {
    Program found = peers().peer("torch_step.py").orElseThrow();
    assertEquals(List.of(), results.leftOut());
    assertEquals(
        List.of(
            root.resolve("python").toString(),
            root.resolve("benchmarks/peers/torch_step.py").toString(),
            "--list"),
        found.with("--list").command());
  }

  @Test
  void aPeerThatCannotBeBuiltIsLeftOut() throws IOException {
    script("mvnw", "echo 'no network' >&2; exit 1");
    assertEquals(Optional.empty(), peers().peer("djl/Main"));
    assertTrue(
        results.leftOut().get(0).startsWith("DJL: could not be built.")
            && results.leftOut().get(0).endsWith("no network"),
        results.leftOut()::toString);
  }

  @Test
  void aPeerThatIsBuiltRuns() throws IOException {
    Path target = Files.createDirectories(root.resolve("benchmarks/peers/target/djl"));
    Files.createFile(target.resolve("djl.jar"));
    List<String> command = peers().peer("djl/Main").orElseThrow().command();
    assertEquals("io.github.jaubert.peers.Main", command.get(command.size() - 1));
    assertEquals(
        target.resolve("djl.jar") + ":" + target.resolve("dependency") + "/*",
        command.get(command.size() - 2));
  }

  @Test
  void oursIsFirstAndPeersThatAreNotHereAreLeftOut() {
    List<Program> programs =
        peers("/nowhere/python").programs("models.StepBenchmark", List.of("a.py"));
    assertEquals(List.of("Jaubert"), programs.stream().map(Program::who).toList());
    List<String> command = programs.get(0).command();
    assertEquals(
        "io.github.jaubert.benchmarks.models.StepBenchmark", command.get(command.size() - 1));
  }

  @Test
  void aPeerThatIsOnlyCompiledIsBuilt() throws IOException {
    Path target = root.resolve("benchmarks/peers/target/djl");
    Files.createFile(Files.createDirectories(target.resolve("classes/a")).resolve("Main.class"));
    script(
        "mvnw",
        "case \"$*\" in *'-P djl package') touch '" + target.resolve("djl.jar") + "';; esac");
    assertTrue(peers().peer("djl/Main").isPresent());
    assertTrue(Files.exists(target.resolve("djl.jar")));
  }
}
