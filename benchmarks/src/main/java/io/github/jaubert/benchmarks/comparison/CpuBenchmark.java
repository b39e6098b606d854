package io.github.jaubert.benchmarks.comparison;

import io.github.jaubert.benchmarks.measure.MeasuringProgram;
import io.github.jaubert.benchmarks.models.BenchmarkInputs;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
  private static final List<String> BF16 = List.of("--dtype", "bf16");

  @Option(names = "--quick", description = "Fewer works, one round: under two minutes.")
  private boolean quick;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "A folder with sst-2/train.tsv, sst-2/dev.tsv and mrpc/train.tsv as GLUE has them. Without"
              + " it, real sentences are left out.")
  private Path data;

  /** Runs the comparison that the arguments describe. */
  public static void main(String[] arguments) {
    MeasuringProgram.run(new CpuBenchmark(), arguments);
  }

  @Override
  Report.Words words() {
    return WORDS;
  }

  @Override
  List<Suite> suites() {
    List<Suite> suites = new ArrayList<>();
    String roofs = quick ? "^(sgemm|copy).* \\d+ threads$" : "";
    suites.add(suite("roofs", quick ? 0.4 : 1, "operations.Roofs", List.of(), roofs));
    List<String> minilm = List.of("--shape", "minilm", "--batch", "32");
    List<String> bertBase = List.of("--shape", "bert-base", "--batch", "8");
    List<String> peers = List.of("torch_step.py", "djl/Djl", "bytedeco/Bytedeco");
    suites.add(step("step minilm", minilm, peers));
    if (!quick) {
      suites.add(step("step bert-base", bertBase, peers));
    }
    suites.add(text("text", times(), "^(inference|training)", "onnxruntime/OnnxRuntime"));
    if (!quick && Device.cpu().fastestType() == DType.BF16) {
      List<String> torch = List.of("torch_step.py");
      suites.add(step("step minilm, bf16", minilm, torch).with(BF16));
      suites.add(step("step bert-base, bf16", bertBase, torch).with(BF16));
      suites.add(text("text, bf16", times(), "^(inference|training)").with(BF16));
    }
    if (data != null && Files.exists(data.resolve("sst-2/train.tsv"))) {
      suites.add(text("losses", 1, "^losses"));
    }
    String some = quick ? "d64 S128$|forward H384" : "^(?!.*8x8)"; // the rest is small
    List<String> torch = List.of("torch_ops.py");
    suites.add(suite("operations", quick ? 0.1 : 0.25, "operations.Operations", torch, some));
    String small = quick ? "^add 8x8(: garbage)?$" : "8x8";
    List<String> java = List.of("djl/Djl", "nd4j/Nd4jCalls", "bytedeco/Bytedeco");
    suites.add(suite("small", quick ? 0.4 : 1, "operations.Operations", java, small));
    if (!quick) {
      List<String> growth = List.of("--growth");
      suites.add(new Suite("growth", 1, 2, "models.StepBenchmark", List.of(), growth));
    }
    return suites;
  }

  private int times() {
    return quick ? 1 : rounds;
  }

  private Suite suite(String name, double seconds, String ours, List<String> peers, String works) {
    return new Suite(name, times(), seconds, ours, peers, List.of("--only", works));
  }

  private Suite step(String name, List<String> shape, List<String> peers) {
    List<String> options = new ArrayList<>(shape);
    options.addAll(List.of("--only", "^(?!.* 8x8)")); // what DJL and Bytedeco also measure
    return new Suite(name, times(), quick ? 1 : 8, "models.StepBenchmark", peers, options);
  }

  private Suite text(String name, int times, String works, String... more) {
    List<String> peers = new ArrayList<>(List.of("torch_text.py"));
    peers.addAll(List.of(more));
    String wanted = quick ? "^(inference, |(training|losses), SST-2)" : "";
    String only = "^(?=.*(?:%s))(?=.*(?:%s))".formatted(wanted, works);
    List<String> options = List.of("--inputs", inputs().toString(), "--only", only);
    return new Suite(name, times, quick ? 0.5 : 2, "models.TextBenchmark", peers, options);
  }

  /** Sentences and weights for all programs, kept for a look at single ones. */
  private Path inputs() {
    return root.resolve("benchmarks/target/inputs");
  }

  @Override
  List<Goal> goals() {
    return Goal.of("cpu");
  }

  @Override
  void prepare(Results results) throws IOException {
    Files.createDirectories(inputs());
    if (data == null) {
      results.leftOut().add("Real sentences: --data names no folder with SST-2 and MRPC");
    }
    int trainRows = (quick ? 3 : 16) * BATCH;
    int devRows = quick ? 4 * BATCH : 872;
    BenchmarkInputs.write(inputs(), data, trainRows, devRows, seed)
        .forEach(file -> results.leftOut().add("Real sentences: there is no " + file));
  }
}
