package io.github.jaubert.benchmarks.comparison;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Finds the peers that can run here. What cannot is left out, with a word.
 *
 * <p>Peers in Python are scripts of {@code benchmarks/peers} and need a Python with torch and
 * transformers. Peers on the JVM are Maven projects of their own in folders beside them, which the
 * build of Jaubert does not know; they are built when they are first asked for.
 */
final class Peers {
  private final Path root;
  private final ProgramRunner runner;
  private final List<String> leftOut = new ArrayList<>();

  Peers(Path root, ProgramRunner runner) {
    this.root = root;
    this.runner = runner;
  }

  /** What was left out and why. */
  List<String> leftOut() {
    return List.copyOf(leftOut);
  }

  /** Tells of something else that was left out. */
  void leaveOut(String what) {
    leftOut.add(what);
  }

  /** Our own programs: this class path on this JVM. */
  Program ours(String main) {
    return new Program(Program.JAUBERT, jvm(System.getProperty("java.class.path"), main));
  }

  /**
   * The command of a Python that has what the scripts need.
   *
   * @param python a path, or the name of a command
   */
  Optional<Program> python(String python) {
    Program interpreter = new Program("PyTorch", List.of(python));
    try {
      runner.output(interpreter.with("-c", "import torch, transformers"));
      return Optional.of(interpreter);
    } catch (ProgramFailure e) {
      leftOut.add(
          "PyTorch: no Python with torch and transformers; name one with --python. "
              + e.getMessage());
      return Optional.empty();
    }
  }

  /** A script of ours for that Python. */
  Program script(Program python, String name) {
    return python.with(root.resolve("benchmarks/peers").resolve(name).toString());
  }

  /**
   * cuBLASLt's program, compiled into a folder of its own, which goes with this JVM; empty if
   * something that it needs is not here.
   *
   * @param python whose packages may have cuBLAS
   */
  Optional<Program> cublasLt(Optional<Program> python) {
    try {
      Path folder = Files.createTempDirectory("jaubert-cublaslt");
      Path output = folder.resolve("cublaslt");
      folder.toFile().deleteOnExit(); // in the reverse order
      output.toFile().deleteOnExit();
      return Optional.of(
          new CublasLt(runner, Path.of("/"), System.getenv())
              .compile(root.resolve("benchmarks/peers/cublaslt/cublaslt.cpp"), python, output));
    } catch (ProgramFailure e) {
      leftOut.add(CublasLt.WHO + ": " + e.getMessage());
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The commands of main classes of one peer's project; empty if it cannot be built here. */
  Optional<Program> java(String who, String folder, String main) {
    Path project = root.resolve("benchmarks/peers").resolve(folder);
    // Made last, so that a build that was interrupted, or only compiled, does not count.
    Path jar = project.resolve("target").resolve(folder + ".jar");
    if (!Files.exists(jar) && !build(who, project)) {
      return Optional.empty();
    }
    if (!Files.exists(jar)) {
      leftOut.add(who + ": the build of " + project + " made no " + jar);
      return Optional.empty();
    }
    String classPath = jar + ":" + project.resolve("target/dependency") + "/*";
    return Optional.of(new Program(who, jvm(classPath, main)));
  }

  private boolean build(String who, Path project) {
    if (!Files.exists(project.resolve("pom.xml"))) {
      leftOut.add(who + ": there is no " + project);
      return false;
    }
    Program maven =
        new Program(
            who,
            List.of(
                root.resolve("mvnw").toString(),
                "-q",
                "-B",
                "-f",
                project.resolve("pom.xml").toString(),
                "package"));
    try {
      runner.output(maven);
      return true;
    } catch (ProgramFailure e) {
      leftOut.add(who + ": could not be built. " + e.getMessage());
      return false;
    }
  }

  private static List<String> jvm(String classPath, String main) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--enable-native-access=ALL-UNNAMED",
        "-cp",
        classPath,
        main);
  }
}
