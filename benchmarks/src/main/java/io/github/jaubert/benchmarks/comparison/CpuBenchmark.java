package io.github.jaubert.benchmarks.comparison;

import io.github.jaubert.benchmarks.models.BenchmarkInputs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
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
public final class CpuBenchmark implements Callable<Integer> {
  @Option(names = "--quick", description = "Fewer works, one round: under two minutes.")
  private boolean quick;

  @Option(
      names = "--only",
      paramLabel = "REGEX",
      defaultValue = "",
      description = "Only the suites whose name has a match of this; --list shows the names.")
  private Pattern only;

  @Option(names = "--list", description = "Print the names of the suites and measure nothing.")
  private boolean list;

  @Option(names = "--rounds", defaultValue = "3", description = "How often each program runs.")
  private int rounds;

  @Option(names = "--threads", defaultValue = "2", description = "Threads to compute with.")
  private int threads;

  @Option(names = "--seed", defaultValue = "1", description = "Of all random inputs.")
  private long seed;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "A folder with sst-2/train.tsv, sst-2/dev.tsv and mrpc/train.tsv as GLUE has them. Without"
              + " it, real sentences are left out.")
  private Path data;

  @Option(
      names = "--python",
      paramLabel = "PATH",
      defaultValue = "${env:JAUBERT_PEERS_PYTHON:-/tmp/peers/venv/bin/python}",
      description =
          "A Python with torch and transformers (default: $JAUBERT_PEERS_PYTHON, else"
              + " /tmp/peers/venv/bin/python).")
  private String python;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where to write; by default benchmarks/results/cpu-DATE-COMMIT.")
  private Path out;

  @Option(
      names = "--patience",
      paramLabel = "SECONDS",
      defaultValue = "600",
      description = "How long a program may take before it counts as hanging.")
  private int patience;

  @Option(names = "--root", required = true, hidden = true, description = "The checkout.")
  private Path root;

  private CpuBenchmark() {}

  /** Runs the comparison that the arguments describe. */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new CpuBenchmark()).setUsageHelpAutoWidth(true).execute(arguments));
  }

  @Override
  public Integer call() throws IOException {
    if (list) {
      Suites.names().forEach(System.out::println);
      return 0;
    }
    ProgramRunner runner = new ProgramRunner(Duration.ofSeconds(patience));
    Commit commit = Commit.of(root, runner);
    Map<String, String> facts = Machine.describe(threads);
    Peers peers = new Peers(root, runner);
    Optional<Program> interpreter = peers.python(python);
    Plan plan = quick ? Plan.quick() : Plan.full(rounds);
    Path inputs = inputs(plan, peers);
    Suites suites = new Suites(peers, plan, threads, seed, inputs, interpreter);

    long begin = System.nanoTime();
    Results results = new Results();
    Measuring measuring = new Measuring(runner, results, System.err);
    wanted().stream().map(suites::named).flatMap(Optional::stream).forEach(measuring::run);
    facts.put("took", "%d s".formatted((System.nanoTime() - begin) / 1_000_000_000));

    Report report =
        new Report(
            commit,
            facts,
            Goals.all().stream().map(goal -> Row.of(goal, results)).toList(),
            results,
            peers.leftOut(),
            measuring.failures());
    Path folder = out == null ? root.resolve("benchmarks/results").resolve(commit.folder()) : out;
    write(report, folder);
    System.out.println(Files.readString(folder.resolve("report.md")));
    System.out.println("Written to " + folder);
    return measuring.oursFailed() ? 1 : 0;
  }

  private List<String> wanted() {
    List<String> names = Suites.names().stream().filter(n -> only.matcher(n).find()).toList();
    if (names.isEmpty()) {
      throw new CommandLine.ParameterException(
          new CommandLine(this),
          "--only %s: no such suite; there are %s".formatted(only, Suites.names()));
    }
    return names;
  }

  /** Sentences and weights for all programs, kept for a look at single ones. */
  private Path inputs(Plan plan, Peers peers) {
    try {
      Path folder = Files.createDirectories(root.resolve("benchmarks/target/inputs"));
      if (data == null) {
        peers.leaveOut("Real sentences: --data names no folder with SST-2 and MRPC");
      }
      BenchmarkInputs.write(folder, data, plan.trainRows(), plan.devRows(), seed)
          .forEach(file -> peers.leaveOut("Real sentences: there is no " + file));
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void write(Report report, Path folder) throws IOException {
    Files.createDirectories(folder);
    Map<String, String> pictures = Map.of();
    List<String> leftOut = new ArrayList<>(report.leftOut());
    try {
      pictures = Pictures.draw(report.results(), folder);
    } catch (LinkageError | java.awt.AWTError e) {
      leftOut.add("Pictures: this JDK cannot draw. " + e);
    }
    Report whole =
        new Report(
            report.commit(),
            report.facts(),
            report.rows(),
            report.results(),
            leftOut,
            report.failures());
    JsonReport.write(folder.resolve("report.json"), whole);
    MarkdownReport.write(folder.resolve("report.md"), whole, pictures);
  }
}
