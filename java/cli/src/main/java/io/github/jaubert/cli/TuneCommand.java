package io.github.jaubert.cli;

import io.github.jaubert.cli.console.Figures;
import io.github.jaubert.cli.console.Program;
import io.github.jaubert.cli.options.TrainingOptions;
import io.github.jaubert.cli.repeat.FinetuneRun;
import io.github.jaubert.cli.repeat.Halving;
import io.github.jaubert.cli.repeat.Measured;
import io.github.jaubert.cli.repeat.RepeatedRuns;
import io.github.jaubert.cli.repeat.SearchSpace;
import io.github.jaubert.cli.repeat.Trials;
import io.github.jaubert.cli.repeat.Trials.Trial;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Searches options of finetune that do well: each trial is a run of it. */
@Command(
    name = "tune",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    abbreviateSynopsis = true,
    description = {
      "Tries options of finetune, and compares what comes of them by the first metric on --eval.",
      "Without --trials all combinations are tried; with it, so many drawn by chance. With"
          + " --halving only the best of them get all there is to learn from.",
      "A search that was interrupted goes on when the same command is given again, and what is"
          + " done is not done again."
    },
    footer = {
      "",
      "For example: tune --search learning-rate=1e-5..1e-3 --search epochs=2,3 --trials 8 --"
          + " --train a.tsv --eval b.tsv"
    })
final class TuneCommand implements Callable<Integer> {
  /** What is the same for all runs, or of all of them together. */
  private static final Set<String> NOT_SEARCHED =
      Set.of(
          "--out",
          "--overwrite",
          "--seeds",
          "--folds",
          "--keep-models",
          "--train",
          "--eval",
          "--config",
          "--dry-run");

  private static final Set<String> NOT_GIVEN =
      Set.of("--out", "--overwrite", "--seeds", "--folds", "--keep-models", "--dry-run");

  private static final String FILE = "tune.json";

  @Option(
      names = "--search",
      required = true,
      paramLabel = "OPTION=VALUES",
      description =
          "Required: an option of finetune and what to try, as learning-rate=1e-5,3e-5 or, with"
              + " --trials, learning-rate=1e-5..1e-3, from which numbers are drawn log-uniformly; as"
              + " often as needed.")
  private List<String> searches;

  @Option(
      names = "--trials",
      paramLabel = "N",
      description = "Try N combinations that are drawn by chance.")
  private Integer trials;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "By which they are drawn. Default: 1. That of finetune is behind --.")
  private long seed = 1;

  @Mixin private Halving halving;

  @Option(names = "--out", paramLabel = "DIR", description = "Where to write. Default: runs/tune.")
  private Path out = Path.of("runs", "tune");

  @Option(
      names = "--keep-models",
      description = "Keep the weights of all models; without, those of the best.")
  private boolean keepModels;

  @Parameters(
      paramLabel = "-- OPTION",
      arity = "0..*",
      description = "Behind --: options of finetune for all runs.")
  private List<String> options = List.of();

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    SearchSpace space = space();
    check(space);
    List<Map<String, String>> candidates = trials == null ? space.grid() : space.draw(trials, seed);
    RepeatedRuns runs = new RepeatedRuns(out, FILE, identity());
    PrintWriter say = spec.commandLine().getOut();
    Trials done = new Trials();
    List<Integer> rounds = halving.rounds();
    for (int round = 0; round < rounds.size(); round++) {
      if (halving.isGiven()) {
        say.printf(
            "round %d of %d: %s, %d %s%n",
            round + 1,
            rounds.size(),
            Figures.counted(candidates.size(), "trial"),
            rounds.get(round),
            halving.budget().word());
      }
      int code = round(runs, done, candidates, round, rounds.get(round));
      if (code != 0) {
        return code;
      }
      List<Trial> best = done.best(round);
      if (best.isEmpty()) {
        throw new IllegalStateException("every trial failed, see the messages above");
      }
      candidates =
          best.stream().limit(halving.left(candidates.size())).map(Trial::settings).toList();
    }
    tell(done, done.best(rounds.size() - 1).get(0));
    return 0;
  }

  /** Runs all trials of a round that are not done; gives the exit code of one that stopped. */
  private int round(
      RepeatedRuns runs, Trials done, List<Map<String, String>> candidates, int round, int budget) {
    PrintWriter say = spec.commandLine().getOut();
    int next = 0;
    for (Map<String, String> settings : candidates) {
      String name = name(settings, budget);
      say.printf("%d of %d: %s%n", ++next, candidates.size(), String.join(" ", words(settings)));
      say.flush();
      FinetuneRun run = runs.run(name);
      int code = 0;
      if (!run.isDone()) {
        List<String> words = new ArrayList<>(options);
        words.addAll(words(settings));
        if (halving.isGiven()) {
          words.add(halving.budget().option() + "=" + budget);
        }
        code = run.run(words, spec.commandLine());
        if (code > 1) {
          return code; // not understood, or stopped: the same command goes on from here
        }
      }
      Map<String, Double> measured = code == 0 ? run.measured() : null;
      say.println(measured == null ? "  failed" : "  " + Measured.words(measured));
      String amount = halving.isGiven() ? budget + " " + halving.budget().word() : "";
      done.add(new Trial(name, round, amount, settings, measured));
      done.describe(runs.json());
      runs.write();
      if (!keepModels) {
        Trial best = done.sorted().get(0);
        done.sorted().stream()
            .filter(one -> one != best)
            .forEach(one -> runs.run(one.name()).deleteWeights());
      }
    }
    return 0;
  }

  /** Of the settings, so that a trial is found again whatever is tried beside it. */
  private String name(Map<String, String> settings, int budget) {
    List<String> parts = new ArrayList<>();
    settings.forEach(
        (option, value) ->
            parts.add(option.substring(2) + "-" + value.replaceAll("[^\\w.-]", "_")));
    if (halving.isGiven()) {
      parts.add(budget + "-" + halving.budget().word());
    }
    return String.join("-", parts);
  }

  private static List<String> words(Map<String, String> settings) {
    return settings.entrySet().stream()
        .map(setting -> setting.getKey() + "=" + setting.getValue())
        .toList();
  }

  private List<String> identity() {
    List<String> words = new ArrayList<>();
    searches.forEach(search -> words.add("--search=" + search));
    words.add("--seed=" + seed);
    if (trials != null) {
      words.add("--trials=" + trials);
    }
    if (halving.isGiven()) {
      words.add("--halving=" + halving.budget().word() + halving.rounds());
    }
    words.add("--");
    words.addAll(options);
    return words;
  }

  // ---- what came of it ----

  private void tell(Trials done, Trial best) {
    PrintWriter say = spec.commandLine().getOut();
    say.println();
    done.print(say);
    say.printf(
        "%nthe best %s is %s, on the examples that chose it; the model is in %s%n",
        best.metric(), Figures.figure(best.metric(), best.value()), out.resolve(best.name()));
    List<String> words = new ArrayList<>(options);
    words.addAll(words(best.settings()));
    if (halving.isGiven()) {
      words.add(
          halving.budget().option() + "=" + halving.rounds().get(halving.rounds().size() - 1));
    }
    say.printf(
        "%n%s finetune %s%n%n",
        Program.command(),
        words.stream().map(TuneCommand::quoted).collect(Collectors.joining(" ")));
    say.printf("wrote %s in %s%n", FILE, out);
  }

  /** As a shell takes it for one word. */
  private static String quoted(String word) {
    return word.matches("[\\w./:=,@%+-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }

  // ---- what was asked for ----

  private SearchSpace space() {
    Map<String, String> values = new LinkedHashMap<>();
    for (String search : searches) {
      int sign = search.indexOf('=');
      if (sign < 1) {
        throw refused("--search %s: not OPTION=VALUES".formatted(search));
      }
      OptionSpec option = option(search, search.substring(0, sign));
      if (values.put(option.longestName(), search.substring(sign + 1)) != null) {
        throw refused(
            "--search %s: %s is searched already".formatted(search, option.longestName()));
      }
    }
    try {
      return SearchSpace.of(values);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--search " + e.getMessage(), e);
    }
  }

  private CommandSpec finetune() {
    return spec.root().subcommands().get("finetune").getCommandSpec();
  }

  private OptionSpec option(String search, String name) {
    OptionSpec option = finetune().findOption("--" + name.replaceFirst("^--", ""));
    if (option == null || option.arity().max() == 0) {
      throw refused(
          "--search %s: finetune has no option --%s%s"
              .formatted(search, name, option == null ? "" : " with values"));
    }
    if (NOT_SEARCHED.contains(option.longestName())) {
      throw refused("--search %s: not to be searched".formatted(search));
    }
    return option;
  }

  private void check(SearchSpace space) {
    halving.check(spec.commandLine());
    TrainingOptions.atLeast(spec.commandLine(), "--trials", trials, 1);
    if (trials == null && space.hasRange()) {
      throw refused("--search with a range needs --trials: how many numbers are drawn");
    }
    for (String name : space.names()) {
      if (isGiven(name)) {
        throw refused("--search %s: it is behind --, too".formatted(name.substring(2)));
      }
    }
    for (String name : NOT_GIVEN) {
      if (isGiven(name)) {
        throw refused(name + " behind --: it does not go with a search");
      }
    }
    if (isGiven("--train") && !isGiven("--eval") && !isGiven("--eval-share")) {
      throw refused("tune needs --eval or --eval-share behind --: trials are compared by it");
    }
    if (halving.isGiven()) {
      String name = halving.budget().option();
      if (space.names().contains(name) || isGiven(name)) {
        throw refused("%s is what --halving %s sets".formatted(name, halving.budget().word()));
      }
    }
  }

  /** Whether an option, by any of its names, is behind --. */
  private boolean isGiven(String name) {
    for (String each : finetune().findOption(name).names()) {
      if (options.stream().anyMatch(word -> word.equals(each) || word.startsWith(each + "="))) {
        return true;
      }
    }
    return false;
  }

  private ParameterException refused(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
