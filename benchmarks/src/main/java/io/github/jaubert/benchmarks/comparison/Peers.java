package io.github.jaubert.benchmarks.comparison;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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

  /** Of the peers on the JVM, by their folders. */
  private static final Map<String, String> NAMES =
      Map.of(
          "djl", "DJL",
          "nd4j", "ND4J",
          "bytedeco", "Bytedeco PyTorch",
          "onnxruntime", "ONNX Runtime");

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

  /**
   * A program of ours, on this class path and this JVM, and those of the peers' that can run here.
   *
   * @param ours its class, as {@code models.StepBenchmark}
   * @param peers scripts of {@code benchmarks/peers}, as {@code torch_ops.py}, folders and main
   *     classes, as {@code djl/Djl}, or {@link #CUBLASLT}, which is on this class path too
   */
  List<Program> programs(String ours, List<String> peers) {
    List<Program> programs = new ArrayList<>();
    programs.add(ofThisClassPath(Program.JAUBERT, ours));
    peers.stream().map(this::peer).flatMap(Optional::stream).forEach(programs::add);
    return programs;
  }

  /** One of those; empty, with a word, if it cannot run here. */
  Optional<Program> peer(String name) {
    if (name.endsWith(".py")) {
      return python.map(interpreter -> interpreter.with(file(name).toString()));
    }
    return name.equals(CUBLASLT)
        ? Optional.of(ofThisClassPath(CUBLASLT, "operations.CublasLt"))
        : java(name);
  }

  private Program ofThisClassPath(String who, String main) {
    return jvm(who, System.getProperty("java.class.path"), OURS + main);
  }

  private Program jvm(String who, String classPath, String main) {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    return program(who, java, "--enable-native-access=ALL-UNNAMED", "-cp", classPath, main);
  }

  private Optional<Program> java(String peer) {
    Path project = file(peer).getParent();
    String name = project.getFileName().toString();
    // Made last, so that a build that was interrupted, or only compiled, does not count.
    Path jar = project.resolve("target").resolve(name + ".jar");
    String pom = project.resolve("pom.xml").toString();
    String mvnw = root.resolve("mvnw").toString();
    Program build = program(NAMES.get(name), mvnw, "-q", "-B", "-f", pom, "package");
    if (!Files.exists(jar) && !runs(build, "could not be built. ")) {
      return Optional.empty();
    }
    String classPath = jar + ":" + project.resolve("target/dependency") + "/*";
    String main = THEIRS + file(peer).getFileName();
    return Optional.of(jvm(NAMES.get(name), classPath, main));
  }
}
