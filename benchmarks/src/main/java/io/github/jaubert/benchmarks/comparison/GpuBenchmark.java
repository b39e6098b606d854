package io.github.jaubert.benchmarks.comparison;

import io.github.jaubert.benchmarks.measure.MeasuringProgram;
import io.github.jaubert.tensor.DType;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ./jaubert bench gpu}: measures Jaubert and its peers on a GPU, in alternation. */
@Command(
    name = "jaubert bench gpu",
    mixinStandardHelpOptions = true,
    description = {
      "Measures Jaubert on a GPU beside PyTorch and cuBLASLt, in processes that take turns, and"
          + " writes report.md and report.json.",
      "Without a Python that has torch and transformers PyTorch is left out, with a word; the exit"
          + " code is 1 if one of our own programs failed."
    })
public final class GpuBenchmark extends ComparisonCommand {
  private static final String HOW =
      "Each program is a process of its own; ours and the peers' take turns. A figure is the"
          + " median over the rounds of each round's median. Times are between two events on"
          + " the device's stream, on random data that comes from memory: the peers' cache is"
          + " overwritten before each call, our inputs take turns and are larger than it."
          + " cuBLASLt's products are by the fastest of the heuristic's first eight algorithms; its"
          + " GELU is the tanh form, ours and PyTorch's is by erf."
          + " PyTorch's attention is by the fastest of its backends, its other sequences eager"
          + " or compiled, whichever is faster. FLOPs: attention forward 4 T S H, backward"
          + " 10 T S H; a training step three times 2 L (4 H² + 2 H I) T + 4 L T S H, ours less what"
          + " our classifier leaves out: the last layer after its attention for all but the first"
          + " tokens. In bf16 activations and products are bf16; parameters, their gradients and"
          + " moments are float32: PyTorch's steps by autocast, its operations on bf16 parameters."
          + " Sentences have log-normal lengths with median 32, one for 256 of --tokens in a batch;"
          + " PyTorch pads each batch to its longest, as sentences come or sorted by length first.";

  @Option(
      names = "--device",
      paramLabel = "NAME",
      defaultValue = "cuda:0",
      description = "The GPU; cpu checks the programs without one.")
  private String device;

  @Option(
      names = "--tokens",
      defaultValue = "65536",
      description = "Tokens of all works, a multiple of 2048.")
  private int tokens;

  @Option(
      names = "--seconds",
      defaultValue = "1",
      description = "How long each work is repeated in a round.")
  private double seconds;

  @Option(
      names = "--dtype",
      description = "What both compute in: bf16, as on a GPU by default, or f32, as on the CPU.")
  private DType given;

  /** Runs the comparison that the arguments describe. */
  public static void main(String[] arguments) {
    MeasuringProgram.run(new GpuBenchmark(), arguments);
  }

  private String type() {
    DType type = given != null ? given : device.equals("cpu") ? DType.F32 : DType.BF16;
    return type.name().toLowerCase(Locale.ROOT);
  }

  @Override
  Report.Words words() {
    return new Report.Words(
        "gpu", "Jaubert on a GPU beside its peers", type().equals("f32") ? "float32" : "bf16", HOW);
  }

  @Override
  List<Suite> suites() {
    boolean cpu = device.equals("cpu");
    List<String> products = cpu ? List.of("torch_ops.py") : List.of("torch_ops.py", Peers.CUBLASLT);
    String step = cpu ? "^training step" : "^(training|replayed) step";
    return List.of(
        suite("operations", "operations.Operations", products, ""),
        suite("steps", "models.StepBenchmark", List.of("torch_step.py"), step),
        suite(
            "sentences", "models.StepBenchmark", List.of("torch_step.py"), "^training, sentences"));
  }

  private Suite suite(String name, String ours, List<String> peers, String works) {
    List<String> options =
        List.of("--only", works, "--dtype", type(), "--tokens", "" + tokens, "--device", device);
    return new Suite(name, rounds, seconds, ours, peers, options);
  }

  @Override
  List<Goal> goals() {
    return Goal.of("gpu", "gpu " + type());
  }

  @Override
  void prepare(Results results) {
    if (device.equals("cpu")) {
      results.leftOut().add(Peers.CUBLASLT + ": needs a GPU, and the device is cpu");
    }
  }
}
