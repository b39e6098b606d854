package io.github.jaubert.benchmarks.comparison;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Finds the programs that can run here, ours and the peers'. What cannot is left out, with a word.
 *
 * <p>Peers in Python are scripts of {@code benchmarks/peers} and need a Python with torch and
 * transformers. Peers on the JVM are Maven projects of their own in folders beside them, which the
 * build of Jaubert does not know; they are built when they are first asked for.
 */
final class Peers {
  static final String CUBLASLT = "cuBLASLt";

  private static final String OURS = "io.github.jaubert.benchmarks.";
  private static final String THEIRS = "io.github.jaubert.peers.";

  private final Path root;
  private final Duration patience;
  private final Results results;
  private final Optional<Program> python;

  /**
   * Looks for a Python.
   *
   * @param root of the checkout
   * @param patience how long a program may take
   * @param python a path, or the name of a command
   * @param results are told what is left out
   */
  Peers(Path root, Duration patience, String python, Results results) {
    this.root = root;
    this.patience = patience;
    this.results = results;
    Program interpreter = program("PyTorch", python);
    this.python =
        runs(
                interpreter.with("-c", "import torch, transformers"),
                "no Python with torch and transformers; name one with --python. ")
            ? Optional.of(interpreter)
            : Optional.empty();
  }

  private Program program(String who, String... command) {
    return new Program(who, List.of(command), patience);
  }

  private Path file(String name) {
    return root.resolve("benchmarks/peers").resolve(name);
  }

  /** Runs something; if it fails, the peer is left out. */
  private boolean runs(Program program, String otherwise) {
    try {
      program.output();
      return true;
    } catch (Program.Failure e) {
      results.leaveOut(program.who() + ": " + otherwise + e.getMessage());
      return false;
    }
  }

  /** A program of ours, as {@code models.StepBenchmark}: this class path on this JVM. */
  Program ours(String main) {
    return jvm(Program.JAUBERT, System.getProperty("java.class.path"), OURS + main);
  }

  /** A program of ours and those of the peers' that can run here. */
  static List<Program> together(Program ours, List<Optional<Program>> others) {
    Stream<Program> theirs = others.stream().flatMap(Optional::stream);
    return Stream.concat(Stream.of(ours), theirs).toList();
  }

  private Program jvm(String who, String classPath, String main) {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    return program(who, java, "--enable-native-access=ALL-UNNAMED", "-cp", classPath, main);
  }

  /** A script of {@code benchmarks/peers}; empty without a Python. */
  Optional<Program> script(String name) {
    return python.map(interpreter -> interpreter.with(file(name).toString()));
  }

  /**
   * cuBLASLt's program, compiled into a folder of its own, which goes with this JVM; empty if
   * something that it needs is not here.
   */
  Optional<Program> cublasLt() {
    try {
      Path folder = Files.createTempDirectory("jaubert-cublaslt");
      Path output = folder.resolve("cublaslt");
      folder.toFile().deleteOnExit(); // in the reverse order
      output.toFile().deleteOnExit();
      Program build = program(CUBLASLT, "sh", file("cublaslt/build").toString(), output.toString());
      build = python.map(p -> p.command().get(0)).map(build::with).orElse(build);
      return runs(build, "could not be built. ")
          ? Optional.of(program(CUBLASLT, output.toString()))
          : Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A main class of one peer's project; empty if it cannot be built here. */
  Optional<Program> java(String who, String folder, String main) {
    Path project = file(folder);
    // Made last, so that a build that was interrupted, or only compiled, does not count.
    Path jar = project.resolve("target").resolve(folder + ".jar");
    String pom = project.resolve("pom.xml").toString();
    String mvnw = root.resolve("mvnw").toString();
    if (!Files.exists(jar)
        && !runs(program(who, mvnw, "-q", "-B", "-f", pom, "package"), "could not be built. ")) {
      return Optional.empty();
    }
    return Optional.of(
        jvm(who, jar + ":" + project.resolve("target/dependency") + "/*", THEIRS + main));
  }
}
