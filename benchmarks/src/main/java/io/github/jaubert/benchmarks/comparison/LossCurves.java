package io.github.jaubert.benchmarks.comparison;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.jaubert.benchmarks.measure.MeasuringProgram;
import io.github.jaubert.train.LogEntry;
import io.github.jaubert.train.RunLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
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
  private static final JsonMapper MAPPER = new JsonMapper();

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

  /** Compares. */
  public static void main(String[] arguments) {
    MeasuringProgram.run(new LossCurves(), arguments);
  }

  /** What a run has recorded: losses by step, each a mean since the last, and its last scores. */
  private record Curve(SortedMap<Long, Double> losses, Map<String, Double> scores) {}

  @Override
  public Integer call() throws IOException {
    Curve a = read(first);
    Curve b = read(second);
    Set<Long> alone = union(a.losses.keySet(), b.losses.keySet());
    alone.removeIf(step -> a.losses.containsKey(step) && b.losses.containsKey(step));
    if (!alone.isEmpty()) {
      say("NOT THE SAME STEPS: step %d, for one, is in one run only", alone.iterator().next());
      return 1;
    }
    return compareScores(a.scores, b.scores) & compareLosses(a.losses, b.losses) ? 0 : 1;
  }

  /** Reads a run, and says on which device and in which precision it ran, if it has ended. */
  private Curve read(Path run) throws IOException {
    Curve curve = new Curve(new TreeMap<>(), new TreeMap<>());
    if (!Files.isReadable(run.resolve(RunLog.FILE))) {
      throw refused(run + " has no " + RunLog.FILE + " to read");
    }
    for (LogEntry entry : RunLog.read(run)) {
      if (entry.kind() == LogEntry.Kind.EVALUATION) {
        curve.scores.clear();
        curve.scores.putAll(entry.values());
      } else if (entry.values().containsKey("loss")) {
        curve.losses.put(entry.step(), entry.values().get("loss"));
      }
    }
    if (curve.losses.isEmpty()) {
      throw refused(run.resolve(RunLog.FILE) + " has no losses, or is no history of a run");
    }
    curve.losses.keySet().removeIf(step -> step > steps);
    Path end = run.resolve("run.json");
    JsonNode said = Files.exists(end) ? MAPPER.readTree(end.toFile()) : MAPPER.createObjectNode();
    say("%s: %s, %s", run, said.path("device").asText(), said.at("/settings/precision").asText());
    return curve;
  }

  private RuntimeException refused(String why) {
    return new CommandLine.ParameterException(spec.commandLine(), why);
  }

  private boolean compareLosses(SortedMap<Long, Double> a, SortedMap<Long, Double> b) {
    if (a.isEmpty()) {
      say("NO LOSSES in the first %d steps", steps);
      return false;
    }
    Map<Long, Double> differences = new TreeMap<>();
    a.forEach((step, loss) -> differences.put(step, distance(loss, b.get(step))));
    var farthest = Collections.max(differences.entrySet(), Map.Entry.comparingByValue());
    say(
        "losses at %d steps, %d to %d: largest difference %.3g at step %d (%.6f and %.6f), mean"
            + " difference %.3g%s",
        a.size(),
        a.firstKey(),
        a.lastKey(),
        farthest.getValue(),
        farthest.getKey(),
        a.get(farthest.getKey()),
        b.get(farthest.getKey()),
        differences.values().stream().mapToDouble(Double::doubleValue).average().orElseThrow(),
        verdict(within, farthest.getValue()));
    return within == null || farthest.getValue() <= within;
  }

  private boolean compareScores(Map<String, Double> a, Map<String, Double> b) {
    boolean all = true;
    Set<String> names = union(a.keySet(), b.keySet());
    for (String name : names) {
      double one = a.getOrDefault(name, Double.NaN);
      double other = b.getOrDefault(name, Double.NaN);
      boolean inBoth = a.containsKey(name) && b.containsKey(name);
      double difference = inBoth ? distance(one, other) : Double.POSITIVE_INFINITY;
      Double bound = name.equals("loss") ? null : scoresWithin;
      String words = "%s of the last evaluation: %.4f and %.4f, difference %.4f%s";
      say(words, name, one, other, difference, verdict(bound, difference));
      all &= bound == null || difference <= bound;
    }
    if (scoresWithin != null && Set.of("loss").containsAll(names)) {
      say("NO SCORES in %s", first);
      return false;
    }
    return all;
  }

  private static <T> Set<T> union(Set<T> a, Set<T> b) {
    Set<T> all = new TreeSet<>(a);
    all.addAll(b);
    return all;
  }

  /** NaN is far from every number, and at the same place as NaN. */
  private static double distance(double a, double b) {
    if (Double.compare(a, b) == 0) {
      return 0;
    }
    return Double.isNaN(a) || Double.isNaN(b) ? Double.POSITIVE_INFINITY : Math.abs(a - b);
  }

  private static String verdict(Double bound, double difference) {
    return bound == null
        ? ""
        : "%s within %s".formatted(difference <= bound ? ":" : ": NOT", bound);
  }

  private void say(String words, Object... values) {
    spec.commandLine().getOut().printf(Locale.ROOT, words + "%n", values);
    spec.commandLine().getOut().flush();
  }
}
