package io.github.jaubert.cli.repeat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.cli.console.Figures;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** The trials of a search and what they measured. */
public final class Trials {
  /**
   * A trial.
   *
   * @param round from 0; those of a later one had more to learn from
   * @param budget how much that is, in words; empty if it is the same for all
   * @param measured null if it failed
   */
  public record Trial(
      String name,
      int round,
      String budget,
      Map<String, String> settings,
      Map<String, Double> measured) {
    public String metric() {
      return Measured.main(measured);
    }

    public double value() {
      return measured.get(metric());
    }
  }

  private static final Comparator<Trial> BEST_FIRST =
      Comparator.comparing((Trial trial) -> trial.measured() == null)
          .thenComparing(Comparator.comparingInt(Trial::round).reversed())
          .thenComparing(Trials::compare);

  private final List<Trial> done = new ArrayList<>();

  private static int compare(Trial a, Trial b) {
    if (a.measured() == null || b.measured() == null) {
      return 0;
    }
    return Measured.isBetter(a.metric(), a.value(), b.value())
        ? -1
        : Measured.isBetter(a.metric(), b.value(), a.value()) ? 1 : 0;
  }

  public void add(Trial trial) {
    done.add(trial);
  }

  /** The best of the last round first; those that failed last. */
  public List<Trial> sorted() {
    return done.stream().sorted(BEST_FIRST).toList();
  }

  /** Those of a round that measured something, the best first. */
  public List<Trial> best(int round) {
    return sorted().stream().filter(one -> one.round() == round && one.measured() != null).toList();
  }

  /** Writes all. */
  public void describe(ObjectNode json) {
    ArrayNode trials = json.putArray("trials");
    for (Trial trial : sorted()) {
      ObjectNode one = trials.addObject().put("run", trial.name());
      ObjectNode settings = one.putObject("settings");
      trial.settings().forEach(settings::put);
      if (!trial.budget().isEmpty()) {
        one.put("budget", trial.budget());
      }
      if (trial.measured() == null) {
        one.put("failed", true);
      } else {
        ObjectNode figures = one.putObject("evaluation");
        trial.measured().forEach(figures::put);
      }
    }
  }

  /** Prints all as a table. */
  public void print(PrintWriter out) {
    List<List<String>> rows = new ArrayList<>();
    for (Trial trial : sorted()) {
      if (rows.isEmpty() && trial.measured() != null) {
        List<String> header = new ArrayList<>(List.of("run"));
        trial.settings().keySet().forEach(name -> header.add(name.substring(2)));
        header.addAll(trial.measured().keySet());
        rows.add(header);
      }
      List<String> row = new ArrayList<>(List.of(trial.name()));
      row.addAll(trial.settings().values());
      if (trial.measured() == null) {
        row.add("failed");
      } else {
        trial.measured().forEach((name, value) -> row.add(Figures.figure(name, value)));
      }
      rows.add(row);
    }
    int columns = rows.stream().mapToInt(List::size).max().orElse(0);
    int[] widths = new int[columns];
    rows.forEach(
        row -> {
          for (int i = 0; i < row.size(); i++) {
            widths[i] = Math.max(widths[i], row.get(i).length());
          }
        });
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.size(); i++) {
        line.append("  ").append(row.get(i)).append(" ".repeat(widths[i] - row.get(i).length()));
      }
      out.println(line.toString().stripTrailing());
    }
  }
}
