package io.github.jaubert.benchmarks.comparison;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code jaubert bench curves A B}: how far two runs of {@code jaubert finetune} lie apart. */
@Command(
    name = "jaubert bench curves",
    mixinStandardHelpOptions = true,
    description = {
      "Compares the losses and the last scores that two runs of jaubert finetune have recorded, such"
          + " as one on the CPU and one on a GPU with the same seed. finetune --log-every 1 records"
          + " each step by itself.",
      "The exit code is 1 if they lie further apart than --within or --scores-within allow, or have"
          + " recorded other steps."
    })
public final class LossCurves implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "RUN", description = "The folder of a run.")
  private Path first;

  @Parameters(index = "1", paramLabel = "RUN", description = "The folder of another.")
  private Path second;

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "" + Long.MAX_VALUE,
      showDefaultValue = CommandLine.Help.Visibility.NEVER,
      description = "Compare the losses of the first N steps only.")
  private long steps;

  @Option(
      names = "--within",
      paramLabel = "LOSS",
      description = "How far apart two losses of a step may lie.")
  private Double within;

  @Option(
      names = "--scores-within",
      paramLabel = "SCORE",
      description = "How far apart the last scores may lie, the loss apart: 0.005 is half a point.")
  private Double scoresWithin;

  @Spec private CommandSpec spec;

  private LossCurves() {}

  /** Compares. */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new LossCurves()).setUsageHelpAutoWidth(true).execute(arguments));
  }

  /** A command for tests. */
  static CommandLine command() {
    return new CommandLine(new LossCurves());
  }

  @Override
  public Integer call() {
    try {
      return compare(RunHistory.read(first), RunHistory.read(second)) ? 0 : 1;
    } catch (IllegalArgumentException e) {
      throw new CommandLine.ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  private boolean compare(RunHistory a, RunHistory b) {
    say("%s: %s", a.name(), a.device());
    say("%s: %s", b.name(), b.device());
    SortedSet<Long> recorded = upTo(a);
    SortedSet<Long> alone = upTo(b);
    recorded.stream().filter(step -> !alone.remove(step)).toList().forEach(alone::add);
    if (!alone.isEmpty()) {
      say("NOT THE SAME STEPS: step %d, for one, is in one run only", alone.first());
      return false;
    }
    return scores(a.scores(), b.scores()) & losses(a, b, recorded);
  }

  private SortedSet<Long> upTo(RunHistory run) {
    SortedSet<Long> recorded = new TreeSet<>(run.losses().keySet());
    recorded.removeIf(step -> step > steps);
    return recorded;
  }

  private boolean losses(RunHistory a, RunHistory b, SortedSet<Long> recorded) {
    long farthest = 0;
    double largest = -1;
    double sum = 0;
    for (long step : recorded) {
      double difference = distance(a.losses().get(step), b.losses().get(step));
      sum += difference;
      if (difference > largest) {
        largest = difference;
        farthest = step;
      }
    }
    if (recorded.isEmpty()) {
      say("NO LOSSES in the first %d steps", steps);
      return false;
    }
    boolean fits = within == null || largest <= within;
    say(
        "losses at %d steps, %d to %d: largest difference %.3g at step %d (%.6f and %.6f), mean"
            + " difference %.3g%s",
        recorded.size(),
        recorded.first(),
        recorded.last(),
        largest,
        farthest,
        a.losses().get(farthest),
        b.losses().get(farthest),
        sum / recorded.size(),
        verdict(within, fits));
    return fits;
  }

  private boolean scores(Map<String, Double> a, Map<String, Double> b) {
    boolean all = true;
    Set<String> names = new TreeSet<>(a.keySet());
    names.addAll(b.keySet());
    for (String name : names) {
      double one = a.getOrDefault(name, Double.NaN);
      double other = b.getOrDefault(name, Double.NaN);
      boolean inBoth = a.containsKey(name) && b.containsKey(name);
      double difference = inBoth ? distance(one, other) : Double.POSITIVE_INFINITY;
      Double bound = name.equals("loss") ? null : scoresWithin;
      boolean fits = bound == null || difference <= bound;
      say(
          "%s of the last evaluation: %.4f and %.4f, difference %.4f%s",
          name, one, other, difference, verdict(bound, fits));
      all &= fits;
    }
    names.remove("loss");
    if (scoresWithin != null && names.isEmpty()) {
      say("NO SCORES in %s", first);
      return false;
    }
    return all;
  }

  /** NaN is far from every number, and at the same place as NaN. */
  private static double distance(double a, double b) {
    if (Double.compare(a, b) == 0) {
      return 0;
    }
    return Double.isNaN(a) || Double.isNaN(b) ? Double.POSITIVE_INFINITY : Math.abs(a - b);
  }

  private static String verdict(Double bound, boolean fits) {
    return bound == null ? "" : "%s within %s".formatted(fits ? ":" : ": NOT", bound);
  }

  private void say(String words, Object... values) {
    spec.commandLine().getOut().printf(Locale.ROOT, words + "%n", values);
    spec.commandLine().getOut().flush();
  }
}
