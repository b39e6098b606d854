package io.github.jaubert.benchmarks.comparison;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Which programs measure what: ours and, where they can run, the peers'. */
final class Suites implements SuiteSource {
  private static final String PACKAGE = "io.github.jaubert.benchmarks.";
  private static final String PEERS = "io.github.jaubert.peers.";

  private final Peers peers;
  private final Plan plan;
  private final int threads;
  private final Path inputs;
  private final Optional<Program> python;
  private final long seed;

  /**
   * Suites to make.
   *
   * @param inputs the folder that BenchmarkInputs wrote
   * @param python the Python with PyTorch, if there is one
   */
  Suites(Peers peers, Plan plan, int threads, long seed, Path inputs, Optional<Program> python) {
    this.peers = peers;
    this.plan = plan;
    this.threads = threads;
    this.seed = seed;
    this.inputs = inputs;
    this.python = python;
  }

  /** The names of the suites, in the order they run. */
  static List<String> names() {
    return List.of(
        "roofs",
        "step minilm",
        "step bert-base",
        "text",
        "losses",
        "operations",
        "small",
        "growth");
  }

  /** The suite of one of those names; empty if the plan leaves it out. */
  @Override
  public Optional<Suite> named(String name) {
    return switch (name) {
      case "roofs" ->
          suite(
              name,
              plan.rounds(),
              plan.seconds().roof(),
              ours("operations.Roofs").with("--only", plan.roofs()));
      case "step minilm" -> step(name, "minilm", "32");
      case "step bert-base" -> step(name, "bert-base", "8");
      case "text" -> text(name);
      case "losses" -> losses(name);
      case "operations" -> operations(name);
      case "small" -> small(name);
      case "growth" -> growth(name);
      default -> throw new IllegalArgumentException("no suite " + name + "; there are " + names());
    };
  }

  private Optional<Suite> step(String name, String shape, String batch) {
    if (!plan.shapes().contains(shape)) {
      return Optional.empty();
    }
    String[] arguments = {"--shape", shape, "--batch", batch, "--seq", "128", "--mode", "train"};
    return suite(
        name,
        plan.rounds(),
        plan.seconds().step(),
        ours("models.StepBenchmark").with(arguments),
        script("torch_step.py").map(p -> p.with(arguments)),
        peers.java("DJL", "djl", PEERS + "DjlStep").map(p -> p.with(arguments)),
        peers
            .java("Bytedeco PyTorch", "bytedeco", PEERS + "BytedecoStep")
            .map(p -> p.with(arguments)));
  }

  private Optional<Suite> text(String name) {
    String[] arguments = {"--inputs", inputs.toString(), "--only", only("^(inference|training)")};
    return suite(
        name,
        plan.rounds(),
        plan.seconds().text(),
        ours("models.TextBenchmark").with(arguments),
        script("torch_text.py").map(p -> p.with(arguments)),
        peers.java("ONNX Runtime", "onnxruntime", PEERS + "OnnxText").map(p -> p.with(arguments)));
  }

  /** Works of the plan whose name also has a match of this. */
  private String only(String pattern) {
    return "^(?=.*(?:%s))(?=.*(?:%s))".formatted(plan.texts(), pattern);
  }

  /** Once: what is the same in every round. */
  private Optional<Suite> losses(String name) {
    String[] arguments = {"--inputs", inputs.toString(), "--only", only("^losses")};
    if (!inputsHold("SST-2-train.tsv")) {
      return Optional.empty();
    }
    return suite(
        name,
        1,
        plan.seconds().text(),
        ours("models.TextBenchmark").with(arguments),
        script("torch_text.py").map(p -> p.with(arguments)));
  }

  private boolean inputsHold(String file) {
    return Files.exists(inputs.resolve(file));
  }

  private Optional<Suite> operations(String name) {
    String[] arguments = {"--only", plan.operations()};
    return suite(
        name,
        plan.rounds(),
        plan.seconds().operation(),
        ours("operations.Operations").with(arguments),
        script("torch_ops.py").map(p -> p.with(arguments)));
  }

  private Optional<Suite> small(String name) {
    String[] arguments = {"--only", plan.small()};
    return suite(
        name,
        plan.rounds(),
        plan.seconds().roof(),
        ours("operations.Operations").with(arguments),
        peers.java("DJL", "djl", PEERS + "DjlSmall").map(p -> p.with(arguments)),
        peers.java("ND4J", "nd4j", PEERS + "Nd4jSmall").map(p -> p.with(arguments)),
        peers
            .java("Bytedeco PyTorch", "bytedeco", PEERS + "BytedecoSmall")
            .map(p -> p.with(arguments)));
  }

  private Optional<Suite> growth(String name) {
    return plan.growth()
        ? suite(name, 1, plan.seconds().growth(), ours("models.GrowthBenchmark"))
        : Optional.empty();
  }

  private Program ours(String main) {
    return peers.ours(PACKAGE + main);
  }

  private Optional<Program> script(String name) {
    return python.map(interpreter -> peers.script(interpreter, name));
  }

  @SafeVarargs
  private final Optional<Suite> suite(
      String name, int rounds, double seconds, Program ours, Optional<Program>... others) {
    List<Program> programs = new ArrayList<>();
    programs.add(ours);
    for (Optional<Program> other : others) {
      other.ifPresent(programs::add);
    }
    programs.replaceAll(
        program ->
            program.with(
                "--threads", String.valueOf(threads),
                "--seconds", String.valueOf(seconds),
                "--seed", String.valueOf(seed)));
    return Optional.of(new Suite(name, rounds, programs));
  }
}
