package io.github.jaubert.cli.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.github.jaubert.train.LogEntry.Kind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * Several runs on one page: their figures, what differs in how they came about, and their curves.
 */
public final class ComparisonPage {
  private static final List<String> FACTS =
      List.of("model", "train", "train_examples", "eval", "eval_examples", "device", "jaubert");

  /** Which of two values of a metric is the better one. */
  @FunctionalInterface
  public interface Order {
    /** Whether {@code value} is better than another. */
    boolean isBetter(String metric, double value, double than);
  }

  private final List<RecordedRun> runs;
  private final Order order;
  private final List<String> names;
  private final Html html;

  private ComparisonPage(List<RecordedRun> runs, Order order) {
    this.order = order;
    this.runs = List.copyOf(runs);
    names = names(runs);
    html = Page.begin(runs.size() + " runs");
  }

  /** The page as a text. */
  public static String of(List<RecordedRun> runs, Order order) {
    ComparisonPage page = new ComparisonPage(runs, order);
    page.html.element("h1", runs.size() + " runs");
    page.figures();
    page.differences();
    page.curves();
    return Page.end(page.html);
  }

  /** What folders are called, or, if some are called the same, where they are. */
  private static List<String> names(List<RecordedRun> runs) {
    List<String> names = runs.stream().map(RecordedRun::name).toList();
    return new HashSet<>(names).size() == names.size()
        ? names
        : runs.stream().map(run -> run.folder().toString()).toList();
  }

  private void heading(String first, List<String> columns) {
    html.open("tr").element("th", first);
    columns.forEach(name -> html.element("th", name, "class", "name", "title", name));
    html.close("tr");
  }

  private void figures() {
    Set<String> metrics = new LinkedHashSet<>();
    runs.forEach(run -> metrics.addAll(run.measured().keySet()));
    html.element("h2", "Figures").open("div", "class", "card scroll").open("table");
    List<String> columns = new ArrayList<>(metrics);
    columns.addAll(List.of("steps", "seconds", "state"));
    heading("run", columns);
    for (int i = 0; i < runs.size(); i++) {
      RecordedRun run = runs.get(i);
      html.open("tr").open("td", "class", "name", "title", run.folder());
      html.element("i", "", "class", "swatch c" + Page.color(i)).text(names.get(i)).close("td");
      for (String metric : metrics) {
        double value = run.measured().getOrDefault(metric, Double.NaN);
        html.element(
            "td",
            Double.isNaN(value) ? "–" : Page.figure(metric, value),
            "class",
            isBest(metric, value) ? "best" : "");
      }
      html.element("td", run.steps());
      html.element("td", Page.words(run.description().path("training_seconds")));
      html.element("td", run.state().name().toLowerCase(Locale.ROOT));
      html.close("tr");
    }
    html.close("table").close("div");
  }

  private boolean isBest(String metric, double value) {
    return !Double.isNaN(value)
        && runs.stream()
            .map(run -> run.measured().getOrDefault(metric, Double.NaN))
            .noneMatch(other -> order.isBetter(metric, other, value));
  }

  private void differences() {
    html.element("h2", "What differs");
    Set<String> settings = new LinkedHashSet<>();
    runs.forEach(
        run -> run.description().path("settings").fieldNames().forEachRemaining(settings::add));
    int rows = 0;
    html.open("div", "class", "card scroll").open("table");
    heading("", names);
    for (String name : FACTS) {
      rows += difference(name, (run, key) -> run.description().path(key));
    }
    for (String name : settings) {
      rows += difference(name, (run, key) -> run.description().path("settings").path(key));
    }
    html.close("table");
    if (rows == 0) {
      html.element("p", "Nothing that is recorded.", "class", "note");
    }
    html.close("div");
  }

  private int difference(String name, BiFunction<RecordedRun, String, JsonNode> value) {
    List<String> values =
        runs.stream()
            .map(run -> value.apply(run, name))
            .map(node -> node == null ? MissingNode.getInstance() : node)
            .map(Page::words)
            .toList();
    if (new HashSet<>(values).size() < 2) {
      return 0;
    }
    html.open("tr").element("td", name);
    values.forEach(said -> html.element("td", said, "class", "name", "title", said));
    html.close("tr");
    return 1;
  }

  private void curves() {
    List<LineChart> charts = new ArrayList<>();
    charts.add(chart("Training loss", Kind.TRAIN, "loss"));
    Set<String> measured = new LinkedHashSet<>();
    runs.forEach(run -> measured.addAll(run.names(Kind.EVALUATION)));
    measured.forEach(name -> charts.add(chart("Evaluation: " + name, Kind.EVALUATION, name)));
    charts.add(chart("Learning rate", Kind.TRAIN, "learning_rate"));
    charts.add(chart("Gradient norm, before clipping", Kind.TRAIN, "grad_norm"));
    charts.removeIf(LineChart::isEmpty);
    if (!charts.isEmpty()) {
      html.element("h2", "Curves").open("div", "class", "grid");
      charts.forEach(chart -> chart.draw(html));
      html.close("div");
    }
  }

  private LineChart chart(String title, Kind kind, String name) {
    LineChart chart = new LineChart(title);
    for (int i = 0; i < runs.size(); i++) {
      chart.line(names.get(i), Page.color(i), i >= 8, runs.get(i).curve(kind, name));
    }
    return chart;
  }
}
