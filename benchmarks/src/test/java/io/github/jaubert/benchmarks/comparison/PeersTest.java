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

  private Peers peers() {
    return new Peers(root, new ProgramRunner(Duration.ofSeconds(60)));
  }

  private Path script(String name, String body) throws IOException {
    Path file = Files.writeString(root.resolve(name), "#!/bin/sh\n" + body + "\n");
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @Test
  void aPythonThatIsNotThereIsLeftOutWithAWord() {
    Peers peers = peers();
    assertEquals(Optional.empty(), peers.python("/nowhere/python"));
    assertEquals(1, peers.leftOut().size());
    assertTrue(
        peers.leftOut().get(0).startsWith("PyTorch: no Python with torch and transformers"),
        peers.leftOut()::toString);
  }

  @Test
  void aPythonWithoutTorchIsLeftOutWithItsOwnWords() throws IOException {
    Path python =
        script("python", "echo \"ModuleNotFoundError: No module named 'torch'\" >&2; exit 1");
    Peers peers = peers();
    assertEquals(Optional.empty(), peers.python(python.toString()));
    assertTrue(
        peers.leftOut().get(0).contains("No module named 'torch'"), peers.leftOut()::toString);
  }

  @Test
  void aPythonThatHasItRunsTheScripts() throws IOException {
    Path python = script("python", "exit 0");
    Peers peers = peers();
    Program found = peers.python(python.toString()).orElseThrow();
    assertEquals(List.of(), peers.leftOut());
    assertEquals(
        List.of(
            python.toString(), root.resolve("benchmarks/peers/torch_step.py").toString(), "--list"),
        peers.script(found, "torch_step.py").with("--list").command());
  }

  @Test
  void aPeerThatCannotBeBuiltIsLeftOut() throws IOException {
    script("mvnw", "echo 'no network' >&2; exit 1");
    Files.createDirectories(root.resolve("benchmarks/peers/djl"));
    Files.writeString(root.resolve("benchmarks/peers/djl/pom.xml"), "<project/>");
    Peers peers = peers();
    assertEquals(Optional.empty(), peers.java("DJL", "djl", "a.Main"));
    assertEquals(Optional.empty(), peers.java("ND4J", "nd4j", "a.Main"));
    assertTrue(
        peers.leftOut().get(0).startsWith("DJL: could not be built.")
            && peers.leftOut().get(0).endsWith("no network"),
        peers.leftOut()::toString);
    assertTrue(peers.leftOut().get(1).startsWith("ND4J: there is no "), peers.leftOut()::toString);
  }

  @Test
  void aPeerThatIsBuiltRuns() throws IOException {
    Path target = Files.createDirectories(root.resolve("benchmarks/peers/djl/target"));
    Files.createFile(target.resolve("djl.jar"));
    List<String> command = peers().java("DJL", "djl", "a.Main").orElseThrow().command();
    assertEquals("a.Main", command.get(command.size() - 1));
    assertEquals(
        target.resolve("djl.jar") + ":" + target.resolve("dependency") + "/*",
        command.get(command.size() - 2));
  }

  @Test
  void aPeerThatIsOnlyCompiledIsBuilt() throws IOException {
    Path project = root.resolve("benchmarks/peers/djl");
    Path classes = Files.createDirectories(project.resolve("target/classes/a"));
    Files.createFile(classes.resolve("Main.class"));
    Files.writeString(project.resolve("pom.xml"), "<project/>");
    script("mvnw", "touch '" + project.resolve("target/djl.jar") + "'");
    assertTrue(peers().java("DJL", "djl", "a.Main").isPresent());
    assertTrue(Files.exists(project.resolve("target/djl.jar")));
  }
}
