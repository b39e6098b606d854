package io.github.jaubert.benchmarks.comparison;

import io.github.jaubert.benchmarks.models.BenchmarkInputs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
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
public final class CpuBenchmark extends Benchmark {
  private static final Report.Words WORDS =
      new Report.Words(
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

  @Option(names = "--quick", description = "Fewer works, one round: under two minutes.")
  private boolean quick;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "A folder with sst-2/train.tsv, sst-2/dev.tsv and mrpc/train.tsv as GLUE has them. Without"
              + " it, real sentences are left out.")
  private Path data;

  private CpuBenchmark() {}

  /** Runs the comparison that the arguments describe. */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new CpuBenchmark()).setUsageHelpAutoWidth(true).execute(arguments));
  }

  @Override
  String kind() {
    return "cpu";
  }

  @Override
  Report.Words words() {
    return WORDS;
  }

  @Override
  List<String> suiteNames() {
    return Suites.names();
  }

  @Override
  SuiteSource suites(Peers peers, Optional<Program> python) {
    Plan plan = quick ? Plan.quick() : Plan.full(rounds());
    Path inputs = inputs(plan, peers);
    return new Suites(peers, plan, threads(), seed(), inputs, python);
  }

  @Override
  List<Goal> goals() {
    return Goals.all();
  }

  /** Sentences and weights for all programs, kept for a look at single ones. */
  private Path inputs(Plan plan, Peers peers) {
    try {
      Path folder = Files.createDirectories(root().resolve("benchmarks/target/inputs"));
      if (data == null) {
        peers.leaveOut("Real sentences: --data names no folder with SST-2 and MRPC");
      }
      BenchmarkInputs.write(folder, data, plan.trainRows(), plan.devRows(), seed())
          .forEach(file -> peers.leaveOut("Real sentences: there is no " + file));
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
