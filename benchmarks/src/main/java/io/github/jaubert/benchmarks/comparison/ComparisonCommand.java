package io.github.jaubert.benchmarks.comparison;

import io.github.jaubert.benchmarks.comparison.Report.Commit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** A command that measures Jaubert beside its peers and writes a report, on whatever device. */
abstract class ComparisonCommand implements Callable<Integer> {
  @Option(
      names = "--only",
      paramLabel = "REGEX",
      defaultValue = "",
      description = "Only the suites whose name has a match of this; --list shows the names.")
  private Pattern only;

  @Option(names = "--list", description = "Print the names of the suites and measure nothing.")
  private boolean list;

  @Option(names = "--rounds", defaultValue = "3", description = "How often each program runs.")
  int rounds;

  @Option(names = "--threads", defaultValue = "2", description = "Threads to compute with.")
  private int threads;

  @Option(names = "--seed", defaultValue = "1", description = "Of all random inputs.")
  long seed;

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
  Path root;

  /** The heading of a report, and how it was measured. */
  abstract Report.Words words();

  /** The suites in the order they run, but for those that the options leave out. */
  abstract List<Suite> suites();

  /** What every suite needs, made before the first one. */
  void prepare(Results results) throws IOException {}

  /** What is promised. */
  abstract List<Goal> goals();

  @Override
  public final Integer call() throws IOException {
    List<String> names = suites().stream().map(Suite::name).toList();
    List<Suite> wanted = suites().stream().filter(s -> only.matcher(s.name()).find()).toList();
    if (list) {
      names.forEach(System.out::println);
      return 0;
    }
    if (wanted.isEmpty()) {
      throw new CommandLine.ParameterException(
          new CommandLine(this), "--only %s: no such suite; there are %s".formatted(only, names));
    }
    Commit commit = commit();
    Map<String, String> facts = Machine.describe(threads);
    double before = SpinLoop.spread(threads);
    Results results = new Results();
    Peers peers = new Peers(root, Duration.ofSeconds(patience), python, results);
    prepare(results);

    long begin = System.nanoTime();
    boolean oursRan = true;
    for (Suite suite : wanted) {
      oursRan &= suite.measure(programs(suite, peers), results, System.err);
    }
    facts.put("took", "%d s".formatted((System.nanoTime() - begin) / 1_000_000_000));
    facts.put("spin loop", disturbance(before, SpinLoop.spread(threads)));

    String name = words().kind() + "-" + commit.date() + "-" + commit.hash();
    Path folder = out == null ? root.resolve("benchmarks/results").resolve(name) : out;
    new Report(words(), commit, facts, Report.compare(goals(), results), results).write(folder);
    System.out.println(Files.readString(folder.resolve("report.md")));
    System.out.println("Written to " + folder);
    return oursRan ? 0 : 1;
  }

  /** How much a loop's times spread before and after the run, and whether that is much. */
  private static String disturbance(double before, double after) {
    boolean much = Math.max(before, after) > SpinLoop.MOST;
    return "slowest tenth %.1f %% over the median before the run, %.1f %% after: %s"
        .formatted(100 * before, 100 * after, much ? "a disturbed machine" : "a quiet machine");
  }

  /** Of the checkout, or what a packaged folder says of itself; unknown where there is neither. */
  private Commit commit() throws IOException {
    Path packaged = root.resolve("commit");
    if (Files.exists(packaged)) {
      String[] words = Files.readString(packaged).strip().split(" ");
      return new Commit(words[0], words[1]);
    }
    List<String> command = List.of("git", "-C", root.toString());
    Program git = new Program("git", command, Duration.ofSeconds(patience));
    Program.Outcome log = git.with("log", "-1", "--format=%h %cs").run();
    if (log.failure() != null) {
      return new Commit("unknown", "undated");
    }
    String[] words = log.output().strip().split(" ");
    boolean changed = !git.with("status", "--porcelain").run().output().isBlank();
    return new Commit(words[0] + (changed ? "+" : ""), words[1]);
  }

  private List<Program> programs(Suite suite, Peers peers) {
    String[] own = suite.options().toArray(String[]::new);
    return peers.programs(suite.ours(), suite.peers()).stream()
        .map(program -> program.with(own).with("--threads", "" + threads, "--seed", "" + seed))
        .map(program -> program.with("--seconds", "" + suite.seconds()))
        .toList();
  }
}
