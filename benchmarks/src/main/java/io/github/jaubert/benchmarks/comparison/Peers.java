package io.github.jaubert.benchmarks.comparison;

import io.github.jaubert.benchmarks.comparison.Program.Outcome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Finds the programs that can run here, ours and the peers'. What cannot is left out, with a word.
 *
 * <p>Peers in Python are scripts of {@code benchmarks/peers} and need a Python with torch and
 * transformers. Peers on the JVM are profiles of a Maven project of its own there, which the build
 * of Jaubert does not know; they are built when they are first asked for.
 */
final class Peers {
  static final String CUBLASLT = "cuBLASLt";

  /** For which Bytedeco's libraries are fetched. */
  private static final String PLATFORM = "-Djavacpp.platform=linux-x86_64";

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
    String otherwise = "no Python with torch and transformers; name one with --python. ";
    Program interpreter = program("PyTorch", python);
    boolean runs = runs(interpreter.with("-c", "import torch, transformers"), otherwise);
    this.python = runs ? Optional.of(interpreter) : Optional.empty();
  }

  private Program program(String who, String... command) {
    return new Program(who, List.of(command), patience);
  }

  /** Runs something; if it fails, the peer is left out. */
  private boolean runs(Program program, String otherwise) {
    Outcome outcome = program.run();
    if (outcome.failure() != null) {
      results.leftOut().add(program.who() + ": " + otherwise + outcome.failure());
    }
    return outcome.failure() == null;
  }

  /**
   * A program of ours, on this class path and this JVM, and those of the peers' that can run here.
   *
   * @param ours its class, as {@code models.StepBenchmark}
   * @param peers scripts of {@code benchmarks/peers}, as {@code torch_ops.py}, folders and main
   *     classes, as {@code djl/Djl}, or {@link #CUBLASLT}, which is on this class path too
   */
  List<Program> programs(String ours, List<String> peers) {
    Stream<Program> found = peers.stream().map(this::peer).flatMap(Optional::stream);
    return Stream.concat(Stream.of(ofThisClassPath(Program.JAUBERT, ours)), found).toList();
  }

  /** One of those; empty, with a word, if it cannot run here. */
  Optional<Program> peer(String name) {
    Path file = root.resolve("benchmarks/peers").resolve(name);
    if (name.endsWith(".py")) {
      return python.map(interpreter -> interpreter.with(file.toString()));
    }
    return name.equals(CUBLASLT)
        ? Optional.of(ofThisClassPath(CUBLASLT, "operations.CublasLt"))
        : java(file.getParent().getFileName().toString(), file.getFileName().toString());
  }

  private Program ofThisClassPath(String who, String main) {
    return jvm(who, System.getProperty("java.class.path"), "benchmarks." + main);
  }

  private Program jvm(String who, String classPath, String main) {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String name = "io.github.jaubert." + main;
    return program(who, java, "--enable-native-access=ALL-UNNAMED", "-cp", classPath, name);
  }

  private Optional<Program> java(String name, String main) {
    String who = NAMES.get(name);
    Path target = root.resolve("benchmarks/peers/target").resolve(name);
    // Made last, so that a build that was interrupted, or only compiled, does not count.
    Path jar = target.resolve(name + ".jar");
    String pom = root.resolve("benchmarks/peers/pom.xml").toString();
    String mvnw = root.resolve("mvnw").toString();
    Program build = program(who, mvnw, "-q", "-B", PLATFORM, "-f", pom, "-P", name, "package");
    if (!Files.exists(jar) && !runs(build, "could not be built. ")) {
      return Optional.empty();
    }
    return Optional.of(jvm(who, jar + ":" + target + "/dependency/*", "peers." + main));
  }
}
