package io.github.jaubert.benchmarks.comparison;

import io.github.jaubert.benchmarks.measure.MeasuringProgram;
import io.github.jaubert.benchmarks.models.BenchmarkInputs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code ./jaubert bench cpu}: measures Jaubert and its peers in alternation and writes a report.
 */
@Command(
    name = "jaubert bench cpu",
    mixinStandardHelpOptions = true,
    description = {
      "Measures Jaubert on the CPU beside PyTorch (from Python, and by Bytedeco's presets), DJL, ONNX"
          + " Runtime and ND4J, in processes that take turns, and writes report.md, report.json and"
          + " pictures.",
      "Peers that are not here are left out, with a word; the exit code is 1 if one of our own"
          + " programs failed. Leave the machine alone meanwhile."
    })
public final class CpuBenchmark extends ComparisonCommand {
  private static final Report.Words WORDS =
      new Report.Words(
          "cpu",
          "Jaubert on the CPU beside its peers",
          "float32",
          "Each program is a process of its own; ours and the peers' take turns, and each is first"
              + " in one round after another. A figure is the median over the rounds of each"
              + " round's median. Peers choose their own kernels: OPENBLAS_CORETYPE is unset."
              + " Tokenising is part of no time. Peak memory is the process' resident high-water"
              + " mark (VmHWM). FLOPs: forward 2 L (4 H² + 2 H I) T + 4 L ΣS² H for T tokens in"
              + " sequences of S, a training step three times that; ours less what our classifier"
              + " leaves out, the last layer after its attention for all but the first tokens. Every"
              + " round and sample is in report.json.");

  private static final int BATCH = 32;

  @Option(names = "--quick", description = "Fewer works, one round: under two minutes.")
  private boolean quick;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "A folder with sst-2/train.tsv, sst-2/dev.tsv and mrpc/train.tsv as GLUE has them. Without"
              + " it, real sentences are left out.")
  private Path data;

  private Path inputs;

  /** Runs the comparison that the arguments describe. */
  public static void main(String[] arguments) {
    MeasuringProgram.run(new CpuBenchmark(), arguments);
  }

  @Override
  Report.Words words() {
    return WORDS;
  }

  @Override
  List<String> suiteNames() {
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

  @Override
  List<Goal> goals() {
    return Goal.of("cpu");
  }

  /** Sentences and weights for all programs, kept for a look at single ones. */
  @Override
  void prepare(Results results) throws IOException {
    inputs = Files.createDirectories(root.resolve("benchmarks/target/inputs"));
    if (data == null) {
      results.leaveOut("Real sentences: --data names no folder with SST-2 and MRPC");
    }
    int trainRows = (quick ? 3 : 16) * BATCH;
    int devRows = quick ? 4 * BATCH : 872;
    BenchmarkInputs.write(inputs, data, trainRows, devRows, seed)
        .forEach(file -> results.leaveOut("Real sentences: there is no " + file));
  }

  @Override
  Optional<Suite> suite(String name, Peers peers) {
    return switch (name) {
      case "roofs" -> {
        String only = quick ? "^(sgemm|copy).* \\d+ threads$" : "";
        yield suite(name, quick ? 0.4 : 1, peers.programs("operations.Roofs"), "--only", only);
      }
      case "step minilm" -> step(name, "minilm", "32", peers);
      case "step bert-base" -> quick ? Optional.empty() : step(name, "bert-base", "8", peers);
      case "text" -> {
        String[] others = {"torch_text.py", "onnxruntime/OnnxRuntime"};
        yield text(name, "^(inference|training)", peers.programs("models.TextBenchmark", others));
      }
      case "losses" ->
          Files.exists(inputs.resolve("SST-2-train.tsv"))
              ? text(name, "^losses", peers.programs("models.TextBenchmark", "torch_text.py"))
                  .map(suite -> suite.withRounds(1))
              : Optional.empty();
      case "operations" -> {
        String only = quick ? "d64 S128$|forward H384" : "^(?!.*8x8)"; // the rest is small
        List<Program> programs = peers.programs("operations.Operations", "torch_ops.py");
        yield suite(name, quick ? 0.1 : 0.25, programs, "--only", only);
      }
      case "small" -> {
        String only = quick ? "^add 8x8(: garbage)?$" : "8x8";
        String[] others = {"djl/Djl", "nd4j/Nd4jCalls", "bytedeco/Bytedeco"};
        List<Program> programs = peers.programs("operations.Operations", others);
        yield suite(name, quick ? 0.4 : 1, programs, "--only", only);
      }
      case "growth" ->
          quick
              ? Optional.empty()
              : suite(name, 2, peers.programs("models.GrowthBenchmark"))
                  .map(suite -> suite.withRounds(1));
      default -> throw new IllegalArgumentException("no suite " + name);
    };
  }

  private Optional<Suite> step(String name, String shape, String batch, Peers peers) {
    String[] others = {"torch_step.py", "djl/Djl", "bytedeco/Bytedeco"};
    String works = "^(?!.* 8x8)"; // what DJL and Bytedeco also measure
    String[] options = {"--shape", shape, "--batch", batch, "--seq", "128", "--only", works};
    return suite(name, quick ? 1 : 8, peers.programs("models.StepBenchmark", others), options);
  }

  private Optional<Suite> text(String name, String works, List<Program> programs) {
    String wanted = quick ? "^(inference, |(training|losses), SST-2)" : "";
    String only = "^(?=.*(?:%s))(?=.*(?:%s))".formatted(wanted, works);
    return suite(name, quick ? 0.5 : 2, programs, "--inputs", inputs.toString(), "--only", only);
  }

  private Optional<Suite> suite(
      String name, double seconds, List<Program> programs, String... options) {
    return Optional.of(new Suite(name, quick ? 1 : rounds, measuring(programs, seconds, options)));
  }
}
