package io.github.jaubert.benchmarks.comparison;

import java.io.IOException;
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
import picocli.CommandLine.Option;

/** A command that measures Jaubert beside its peers and writes a report, on whatever device. */
abstract class Benchmark implements Callable<Integer> {
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
      description = "Where to write; by default a new folder in benchmarks/results.")
  private Path out;

  @Option(
      names = "--patience",
      paramLabel = "SECONDS",
      defaultValue = "600",
      description = "How long a program may take before it counts as hanging.")
  private int patience;

  @Option(names = "--root", required = true, hidden = true, description = "The checkout.")
  private Path root;

  /** What is measured by: {@code cpu} or {@code gpu}, as folders of results begin. */
  abstract String kind();

  /** The heading of a report, and how it was measured. */
  abstract Report.Words words();

  /** The names of the suites, in the order they run. */
  abstract List<String> suiteNames();

  /** Makes suites by their names; a name that the options leave out gives none. */
  abstract SuiteSource suites(Peers peers, Optional<Program> python);

  /** What is promised. */
  abstract List<Goal> goals();

  final int rounds() {
    return rounds;
  }

  final int threads() {
    return threads;
  }

  final long seed() {
    return seed;
  }

  final Path root() {
    return root;
  }

  @Override
  public final Integer call() throws IOException {
    if (list) {
      suiteNames().forEach(System.out::println);
      return 0;
    }
    ProgramRunner runner = new ProgramRunner(Duration.ofSeconds(patience));
    Commit commit = Commit.of(root, runner);
    Map<String, String> facts = Machine.describe(threads);
    Peers peers = new Peers(root, runner);
    SuiteSource suites = suites(peers, peers.python(python));

    long begin = System.nanoTime();
    Results results = new Results();
    Measuring measuring = new Measuring(runner, results, System.err);
    wanted().stream().map(suites::named).flatMap(Optional::stream).forEach(measuring::run);
    facts.put("took", "%d s".formatted((System.nanoTime() - begin) / 1_000_000_000));

    Report report =
        new Report(
            words(),
            commit,
            facts,
            goals().stream().map(goal -> Row.of(goal, results)).toList(),
            results,
            peers.leftOut(),
            measuring.failures());
    Path folder =
        out == null ? root.resolve("benchmarks/results").resolve(commit.folder(kind())) : out;
    write(report, folder);
    System.out.println(Files.readString(folder.resolve("report.md")));
    System.out.println("Written to " + folder);
    return measuring.oursFailed() ? 1 : 0;
  }

  private List<String> wanted() {
    List<String> names = suiteNames().stream().filter(n -> only.matcher(n).find()).toList();
    if (names.isEmpty()) {
      throw new CommandLine.ParameterException(
          new CommandLine(this),
          "--only %s: no such suite; there are %s".formatted(only, suiteNames()));
    }
    return names;
  }

  private static void write(Report report, Path folder) throws IOException {
    Files.createDirectories(folder);
    Map<String, String> pictures = Map.of();
    List<String> leftOut = new ArrayList<>(report.leftOut());
    try {
      pictures = Pictures.draw(report.results(), folder);
    } catch (LinkageError e) {
      leftOut.add("Pictures: this JDK cannot draw. " + e);
    }
    Report whole = report.withLeftOut(leftOut);
    JsonReport.write(folder.resolve("report.json"), whole);
    MarkdownReport.write(folder.resolve("report.md"), whole, pictures);
  }
}
