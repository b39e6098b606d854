package io.github.jaubert.cli.repeat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.cli.console.Figures;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;

/** The same run of finetune with several seeds. */
public final class SeedRuns {
  private final PrintWriter say;
  private final CommandLine command;
  private final RepeatedRuns runs;
  private final List<String> options;
  private final boolean keepModels;

  /**
   * Runs that may be done already.
   *
   * @param options of each
   */
  public SeedRuns(CommandLine command, Path folder, List<String> options, boolean keepModels) {
    say = command.getOut();
    this.command = command;
    this.keepModels = keepModels;
    runs = new RepeatedRuns(folder, "seeds.json", options);
    this.options = options;
  }

  /**
   * Runs those that are not done.
   *
   * @return the exit code of one that failed, or 0
   */
  public int run(long... seeds) {
    for (int i = 0; i < seeds.length; i++) {
      String name = "seed-" + seeds[i];
      say.printf("%d of %d: seed %d%n", i + 1, seeds.length, seeds[i]);
      say.flush();
      FinetuneRun run = runs.run(name);
      if (!run.isDone()) {
        List<String> words = new ArrayList<>(options);
        words.add("--seed=" + seeds[i]);
        int code = run.run(words, command);
        if (code != 0) {
          return code; // the same command goes on from here
        }
      }
      Map<String, Double> measured = run.measured();
      say.println("  " + Measured.words(measured));
      runs.add(name, measured);
      if (!keepModels) {
        deleteAllBut(runs.best());
      }
    }
    tell(seeds);
    return 0;
  }

  /** At no time are there weights of more than two. */
  private void deleteAllBut(String best) {
    for (String name : runs.measured().keySet()) {
      if (!name.equals(best)) {
        runs.run(name).deleteWeights();
      }
    }
  }

  private void tell(long... seeds) {
    say.printf(
        "%nmedian of %d runs, seeds %d to %d (least – largest):%n",
        seeds.length, seeds[0], seeds[seeds.length - 1]);
    ObjectNode all = runs.json().putObject("metrics");
    runs.spreads(
        (metric, spread) -> {
          say.printf(
              "  %-30s %8s (%s – %s)%n",
              metric,
              Figures.figure(metric, spread.median()),
              Figures.figure(metric, spread.least()),
              Figures.figure(metric, spread.largest()));
          all.putObject(metric)
              .put("median", spread.median())
              .put("least", spread.least())
              .put("largest", spread.largest())
              .put("mean", spread.mean())
              .put("standard_deviation", spread.deviation());
        });
    String best = runs.best();
    String metric = Measured.main(runs.measured().get(best));
    runs.json().put("best", best);
    runs.write();
    say.printf(
        "%nthe model in %s has the best %s, %s, on the examples that chose it%s%n",
        runs.folder().resolve(best),
        metric,
        Figures.figure(metric, runs.measured().get(best).get(metric)),
        keepModels
            ? ""
            : "; the weights of the others were deleted, which --keep-models would keep");
    say.printf("wrote seeds.json in %s%n", runs.folder());
  }
}
