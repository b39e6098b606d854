package io.github.jaubert.benchmarks.comparison;

import io.github.jaubert.benchmarks.comparison.Results.Series;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** A report for people: the goals, the pictures, then every work. */
final class MarkdownReport {
  private final Report report;
  private final List<String> lines = new ArrayList<>();

  private MarkdownReport(Report report) {
    this.report = report;
  }

  /**
   * The lines of the page.
   *
   * @param pictures names of image files beside it and what they show
   */
  static List<String> lines(Report report, Map<String, String> pictures) {
    MarkdownReport page = new MarkdownReport(report);
    page.head();
    page.goals();
    if (!pictures.isEmpty()) {
      page.add("## Pictures", "");
      pictures.forEach((file, caption) -> page.add("![%s](%s)".formatted(caption, file)));
      page.add("");
    }
    page.works();
    page.notes();
    return page.lines;
  }

  /** Three significant digits, whole numbers in full with commas; a dash for what is no number. */
  static String figure(double value) {
    if (!Double.isFinite(value)) {
      return "–";
    }
    return Math.abs(value) >= 100
        ? String.format(Locale.ROOT, "%,.0f", value)
        : new BigDecimal(value).round(new MathContext(3)).stripTrailingZeros().toPlainString();
  }

  private void add(String... text) {
    lines.addAll(Arrays.asList(text));
  }

  private void head() {
    long measured = report.goals().values().stream().filter(c -> !c.isEmpty()).count();
    long met =
        report.goals().entrySet().stream().filter(e -> e.getKey().isMet(e.getValue())).count();
    add("# " + report.words().title(), "");
    String counts = "%d of %d goals measured are met; commit %s. Medians of alternating runs, %s.";
    add(counts.formatted(met, measured, report.commit(), report.words().dtype()), "");
    report.facts().forEach((name, value) -> add("- " + name + ": " + value));
    add("");
  }

  private void goals() {
    add("## Goals", "");
    add(
        "A goal about several works holds for each of them; the row shows the one that is worst off.",
        "",
        "| goal | bound | reached | met | work | Jaubert | held against | its figure |",
        "|---|---:|---:|:-:|---|---:|---|---:|");
    report.goals().forEach((goal, comparisons) -> add(row(goal, comparisons)));
    add("");
  }

  private static String row(Goal goal, List<Comparison> comparisons) {
    String cells = "| %s | %s |".formatted(goal.name(), goal.bound());
    Optional<Comparison> worst = goal.worst(comparisons);
    if (worst.isEmpty()) {
      return cells + " – | not measured | | | | |";
    }
    return cells
        + " **%s** | %s | %s%s | %s %s | %s | %s |"
            .formatted(
                goal.format(worst.get().ratio()),
                goal.isMet(comparisons) ? "yes" : "**no**",
                worst.get().work(),
                comparisons.size() > 1 ? " (worst of " + comparisons.size() + ")" : "",
                figure(worst.get().value()),
                worst.get().unit(),
                worst.get().peer(),
                figure(worst.get().peerValue()));
  }

  /** Works by the first word of their names, with a column for each who measured one of them. */
  private void works() {
    Map<String, List<String>> families =
        report.results().works("").stream()
            .collect(
                Collectors.groupingBy(
                    MarkdownReport::family, LinkedHashMap::new, Collectors.toList()));
    if (!families.isEmpty()) {
      add("## All works", "");
    }
    families.forEach(this::family);
  }

  static String family(String work) {
    return work.split("[ ,]", 2)[0];
  }

  private void family(String family, List<String> works) {
    List<String> columns = report.results().whoMeasured(works);
    add("### " + family, "");
    add("| work | unit | " + String.join(" | ", columns) + " | Jaubert in GF/s, GB/s |");
    add("|---|---|" + "---:|".repeat(columns.size() + 1));
    for (String work : works) {
      List<String> cells = new ArrayList<>(List.of(work, ""));
      for (String who : columns) {
        Optional<Series> series = report.results().find(who, work);
        series.ifPresent(s -> cells.set(1, s.unit()));
        cells.add(series.map(s -> figure(s.value())).orElse(""));
      }
      cells.add(report.results().find(Program.JAUBERT, work).map(MarkdownReport::rates).orElse(""));
      add("| " + String.join(" | ", cells) + " |");
    }
    add("");
  }

  /** Of a work that was measured as a time. */
  private static String rates(Series series) {
    List<String> rates = new ArrayList<>();
    if (series.gigaflops() > 0 && !series.moreIsBetter()) {
      rates.add(figure(series.gigaflops()) + " GF/s");
    }
    if (series.gigabytes() > 0 && !series.moreIsBetter()) {
      rates.add(figure(series.gigabytes()) + " GB/s");
    }
    return String.join(", ", rates);
  }

  private void notes() {
    add("## How it was measured", "", report.words().method(), "");
    report
        .results()
        .versions()
        .forEach((who, versions) -> add("- " + who + ": " + String.join("; ", versions)));
    list("## Left out", report.results().leftOut());
    list("## What failed", report.results().failures());
  }

  private void list(String title, Collection<String> texts) {
    if (!texts.isEmpty()) {
      add("", title, "");
      texts.forEach(text -> add("- " + text));
    }
  }
}
