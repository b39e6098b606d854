package io.github.jaubert.cli.report;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jaubert.cli.report.RecordedRun.State;
import io.github.jaubert.train.LogEntry.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The page of one run: its figures, curves, tables, examples, settings, and the command that
 * repeats it. Of {@code report.json} it shows {@code calibration}, {@code errors} and {@code
 * high_loss}.
 */
public final class RunPage {
  private static final Set<String> OF_THE_OPTIMIZER = Set.of("loss", "learning_rate", "grad_norm");

  private final RecordedRun run;
  private final State state;
  private final Html html;

  private RunPage(RecordedRun run, State state) {
    this.run = run;
    this.state = state;
    html = Page.begin(run.name());
  }

  /** The page as a text. */
  public static String of(RecordedRun run, State state) {
    RunPage page = new RunPage(run, state);
    page.head();
    page.curves();
    new AnswerTables(page.html, run).write();
    page.settings();
    page.environment();
    page.command();
    return Page.end(page.html);
  }

  // ---- what came of it ----

  private void head() {
    JsonNode json = run.description();
    html.element("h1", run.name());
    List<String> said = new ArrayList<>();
    if (!run.task().isEmpty()) {
      said.add(run.task());
    }
    if (json.has("model")) {
      said.add(json.path("model").asText());
    }
    if (state != State.FINISHED) {
      said.add(state.name().toLowerCase(Locale.ROOT));
    }
    html.element("p", String.join(" · ", said), "class", "dim");
    data("learnt from", json.path("train"), json.path("train_examples"));
    data("judged by", json.path("eval"), json.path("eval_examples"));
    html.open("div", "class", "tiles");
    run.measured().forEach((name, value) -> tile(name, Page.figure(name, value)));
    json.path("baseline_accuracy")
        .properties()
        .forEach(
            one ->
                tile(
                    "accuracy, " + one.getKey(),
                    Page.figure("accuracy", one.getValue().asDouble())));
    tile("steps", String.format(Locale.ROOT, "%,d", run.steps()));
    if (json.path("training_seconds").asDouble() > 0) {
      tile("training", time(json.path("training_seconds").asDouble()));
      tile(
          "tokens/s",
          String.format(Locale.ROOT, "%,.0f", json.path("tokens_per_second").asDouble()));
    }
    html.close("div");
  }

  private void data(String what, JsonNode source, JsonNode examples) {
    if (source.isTextual()) {
      String count =
          examples.isNumber()
              ? String.format(Locale.ROOT, ", %,d examples", examples.asLong())
              : "";
      html.element("p", what + " " + source.asText() + count, "class", "note");
    }
  }

  private void tile(String name, String value) {
    html.open("div", "class", "card tile").element("b", value).element("span", name).close("div");
  }

  private static String time(double seconds) {
    Duration time = Duration.ofMillis(Math.round(seconds * 1000));
    return seconds < 60
        ? String.format(Locale.ROOT, "%.0f s", seconds)
        : seconds < 3600
            ? "%d min %02d s".formatted(time.toMinutes(), time.toSecondsPart())
            : "%d h %02d min".formatted(time.toHours(), time.toMinutesPart());
  }

  private void curves() {
    List<LineChart> charts = new ArrayList<>();
    charts.add(
        new LineChart("Loss")
            .line("training", 0, false, run.curve(Kind.TRAIN, "loss"))
            .line("evaluation", 1, false, run.curve(Kind.EVALUATION, "loss")));
    Set<String> measured = new LinkedHashSet<>(run.names(Kind.EVALUATION));
    measured.addAll(run.names(Kind.TRAIN));
    measured.removeAll(OF_THE_OPTIMIZER);
    for (String name : measured) {
      charts.add(
          new LineChart(name)
              .line("training", 0, false, run.curve(Kind.TRAIN, name))
              .line("evaluation", 1, false, run.curve(Kind.EVALUATION, name)));
    }
    charts.add(
        new LineChart("Learning rate")
            .line("rate", 0, false, run.curve(Kind.TRAIN, "learning_rate")));
    charts.add(
        new LineChart("Gradient norm, before clipping")
            .line("norm", 0, false, run.curve(Kind.TRAIN, "grad_norm")));
    charts.removeIf(LineChart::isEmpty);
    if (!charts.isEmpty()) {
      html.element("h2", "Curves").open("div", "class", "grid");
      charts.forEach(chart -> chart.draw(html));
      html.close("div");
    }
  }

  // ---- how it came about ----

  private void settings() {
    JsonNode settings = run.description().path("settings");
    if (!settings.isEmpty()) {
      html.element("h2", "Settings").open("div", "class", "card").open("dl");
      for (Map.Entry<String, JsonNode> one : settings.properties()) {
        fact(one.getKey(), Page.words(one.getValue()));
      }
      html.close("dl").close("div");
    }
  }

  private void environment() {
    JsonNode json = run.description();
    if (json.isEmpty()) {
      return;
    }
    html.element("h2", "Environment").open("div", "class", "card").open("dl");
    fact("jaubert", json.path("jaubert").asText());
    fact("device", json.path("device").asText());
    fact(
        "processor",
        json.at("/processor/model").asText()
            + ", "
            + json.at("/processor/cores").asText()
            + " cores");
    fact("memory", json.at("/memory/total_mib").asText("?") + " MiB");
    fact("JDK", json.at("/jdk/version").asText());
    fact("system", json.at("/system/name").asText() + " " + json.at("/system/version").asText());
    html.close("dl").close("div");
  }

  private void fact(String name, String value) {
    html.open("div").element("dt", name).element("dd", value).close("div");
  }

  private void command() {
    List<String> words = new ArrayList<>(List.of("jaubert"));
    run.description().path("command").forEach(word -> words.add(quoted(word.asText())));
    if (words.size() > 1) {
      html.element("h2", "The command that repeats it");
      html.open("div", "class", "card").element("pre", String.join(" ", words)).close("div");
    }
  }

  /** As a shell takes it. */
  static String quoted(String word) {
    return word.matches("[\\w@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }
}
