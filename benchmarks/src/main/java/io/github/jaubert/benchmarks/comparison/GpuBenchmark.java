package io.github.jaubert.benchmarks.comparison;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ./jaubert bench gpu}: measures Jaubert and PyTorch on a GPU, in alternation. */
@Command(
    name = "jaubert bench gpu",
    mixinStandardHelpOptions = true,
    description = {
      "Measures Jaubert on a GPU beside PyTorch, in processes that take turns, and writes report.md"
          + " and report.json.",
      "Without a Python that has torch and transformers PyTorch is left out, with a word; the exit"
          + " code is 1 if one of our own programs failed."
    })
public final class GpuBenchmark extends Benchmark {
  private static final Report.Words WORDS =
      new Report.Words(
          "Jaubert on a GPU beside PyTorch",
          "float32",
          "Each program is a process of its own; ours and PyTorch's take turns. A figure is the"
              + " median over the rounds of each round's median. Times are between two events on"
              + " the device's stream, on random data that comes from memory: PyTorch's cache is"
              + " overwritten before each call, our inputs take turns and are larger than it."
              + " PyTorch's attention is by the fastest of its backends, its other sequences eager"
              + " or compiled, whichever is faster. FLOPs: attention forward 4 T S H, backward"
              + " 10 T S H; a training step three times 2 L (4 H² + 2 H I) T + 4 L T S H.");

  private static final String OPERATIONS = "operations";
  private static final String PACKAGE = "io.github.jaubert.benchmarks.";

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

  private GpuBenchmark() {}

  /** Runs the comparison that the arguments describe. */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new GpuBenchmark()).setUsageHelpAutoWidth(true).execute(arguments));
  }

  @Override
  String kind() {
    return "gpu";
  }

  @Override
  Report.Words words() {
    return WORDS;
  }

  @Override
  List<String> suiteNames() {
    return List.of(OPERATIONS, "step 128", "step 512");
  }

  @Override
  List<Goal> goals() {
    return GpuGoals.all();
  }

  @Override
  SuiteSource suites(Peers peers, Optional<Program> python) {
    Optional<Program> torch =
        python.map(
            interpreter ->
                peers
                    .script(interpreter, "torch_gpu.py")
                    .with("--dtype", "f32", "--tokens", "" + tokens)
                    .with("--device", device.equals("cpu") ? "cpu" : "cuda"));
    return name ->
        Optional.of(
            name.equals(OPERATIONS)
                ? suite(
                    name,
                    peers.ours(PACKAGE + "operations.GpuOperations").with("--tokens", "" + tokens),
                    torch.map(program -> program.with("--only", "^(?!training)")))
                : step(name, Integer.parseInt(name.substring("step ".length())), peers, torch));
  }

  private Suite step(String name, int length, Peers peers, Optional<Program> torch) {
    String batch = "" + tokens / length;
    Program ours =
        peers
            .ours(PACKAGE + "models.StepBenchmark")
            .with("--shape", "bert-base", "--mode", "train")
            .with("--batch", batch, "--seq", "" + length);
    return suite(
        name,
        device.equals("cpu") ? ours : ours.with("--replayed"),
        torch.map(program -> program.with("--only", "^training.* S" + length + "$")));
  }

  private Suite suite(String name, Program ours, Optional<Program> torch) {
    List<Program> programs = new ArrayList<>();
    programs.add(ours.with("--device", device));
    torch.ifPresent(programs::add);
    programs.replaceAll(
        program ->
            program.with(
                "--threads", "" + threads(), "--seconds", "" + seconds, "--seed", "" + seed()));
    return new Suite(name, rounds(), programs);
  }
}
