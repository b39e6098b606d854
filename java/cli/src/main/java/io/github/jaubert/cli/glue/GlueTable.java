package io.github.jaubert.cli.glue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.cli.console.Bars;
import io.github.jaubert.cli.repeat.Spread;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;

/**
 * What came of GLUE's tasks: for each metric the median over the seeds, and the average of the
 * tasks, of which each counts as the mean of its metrics.
 *
 * <p>WNLI is left out of the average. Its pairs to be judged by were made to contradict those that
 * are learnt from, so that a model is hardly ever better than the commonest label.
 */
public final class GlueTable {
  /** A metric of a task. */
  private record Row(GlueTask task, String metric) {}

  private final Map<GlueTask, Map<GlueMethod, Map<Long, Map<String, Double>>>> runs =
      new EnumMap<>(GlueTask.class);

  /** Adds what a run measured, by name of the metric. */
  public void add(GlueTask task, GlueMethod method, long seed, Map<String, Double> measured) {
    runs.computeIfAbsent(task, t -> new EnumMap<>(GlueMethod.class))
        .computeIfAbsent(method, m -> new TreeMap<>())
        .put(seed, measured);
  }

  private Map<Long, Map<String, Double>> of(GlueTask task, GlueMethod method) {
    return runs.get(task).getOrDefault(method, Map.of());
  }

  private double[] values(Row row, GlueMethod method) {
    return of(row.task, method).values().stream()
        .filter(measured -> measured.containsKey(row.metric))
        .mapToDouble(measured -> 100 * measured.get(row.metric))
        .sorted()
        .toArray();
  }

  private List<Row> rows() {
    return runs.entrySet().stream()
        .flatMap(
            task ->
                task.getValue().values().stream()
                    .flatMap(seeds -> seeds.values().stream())
                    .flatMap(measured -> measured.keySet().stream())
                    .distinct()
                    .map(metric -> new Row(task.getKey(), metric)))
        .toList();
  }

  /** The median over the seeds of the mean of a task's metrics, in percent. */
  OptionalDouble score(GlueTask task, GlueMethod method) {
    double[] scores =
        of(task, method).values().stream()
            .mapToDouble(
                measured ->
                    measured.values().stream().mapToDouble(v -> 100 * v).average().orElse(0))
            .sorted()
            .toArray();
    return scores.length == 0
        ? OptionalDouble.empty()
        : OptionalDouble.of(Spread.of(scores).median());
  }

  /** The mean of the tasks but WNLI, if the method was tried on all of them that there are. */
  OptionalDouble average(GlueMethod method) {
    double[] scores =
        runs.keySet().stream()
            .filter(task -> task != GlueTask.WNLI)
            .flatMapToDouble(task -> score(task, method).stream())
            .toArray();
    long tasks = runs.keySet().stream().filter(task -> task != GlueTask.WNLI).count();
    return scores.length < tasks ? OptionalDouble.empty() : Arrays.stream(scores).average();
  }

  /** As Markdown; a cell is the median and, of several seeds, the least and the largest. */
  public String markdown(List<GlueMethod> methods) {
    StringBuilder text = new StringBuilder("| task | metric |");
    methods.forEach(method -> text.append(' ').append(method.folder()).append(" |"));
    text.append("\n|---|---|").append("---|".repeat(methods.size())).append('\n');
    for (Row row : rows()) {
      text.append("| %s | %s |".formatted(row.task.title(), row.metric));
      methods.forEach(method -> text.append(cell(values(row, method))));
      text.append('\n');
    }
    text.append("| **average** | |");
    for (GlueMethod method : methods) {
      OptionalDouble average = average(method);
      text.append(
          average.isEmpty()
              ? " – |"
              : String.format(Locale.ROOT, " **%.1f** |", average.getAsDouble()));
    }
    return text.append('\n').toString();
  }

  private static String cell(double[] sorted) {
    if (sorted.length == 0) {
      return " – |";
    }
    Spread all = Spread.of(sorted);
    String spread =
        sorted.length == 1
            ? ""
            : String.format(Locale.ROOT, " (%.1f–%.1f)", all.least(), all.largest());
    return String.format(Locale.ROOT, " %.1f%s |", all.median(), spread);
  }

  /** All that was measured, by task, method and seed, and the averages. */
  public ObjectNode json(List<GlueMethod> methods) {
    ObjectNode json = JsonFiles.object();
    ObjectNode tasks = json.putObject("tasks");
    runs.forEach(
        (task, byMethod) -> {
          ObjectNode ofTask = tasks.putObject(task.folder());
          byMethod.forEach(
              (method, seeds) -> {
                ObjectNode ofMethod = ofTask.putObject(method.folder());
                seeds.forEach(
                    (seed, measured) -> {
                      ObjectNode ofSeed = ofMethod.putObject(seed.toString());
                      measured.forEach(ofSeed::put);
                    });
              });
        });
    ObjectNode averages = json.putObject("average");
    methods.forEach(
        method -> average(method).ifPresent(value -> averages.put(method.folder(), value)));
    return json;
  }

  /** The tasks' scores as bars, one drawing for all methods. */
  public String picture(List<GlueMethod> methods) {
    Map<String, List<OptionalDouble>> groups = new LinkedHashMap<>();
    runs.keySet()
        .forEach(
            task ->
                groups.put(
                    task.title(), methods.stream().map(method -> score(task, method)).toList()));
    groups.put("average", methods.stream().map(this::average).toList());
    return Bars.svg(groups, methods.stream().map(GlueMethod::folder).toList());
  }
}
