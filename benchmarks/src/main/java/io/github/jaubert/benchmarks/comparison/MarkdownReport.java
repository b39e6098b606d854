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
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A report for people: the goals, the pictures, then every work. */
final class MarkdownReport {
  private final Results results;
  private final List<String> lines = new ArrayList<>();

  private MarkdownReport(Results results) {
    this.results = results;
  }

  /**
   * The lines of the page.
   *
   * @param pictures names of image files beside it and what they show
   */
  static List<String> lines(Report report, Map<String, String> pictures) {
    MarkdownReport page = new MarkdownReport(report.results());
    page.head(report);
    page.add(
        "## Goals",
        "",
        "A goal about several works holds for each of them; the row shows the one that is worst off.",
        "",
        "| goal | bound | reached | met | work | Jaubert | held against | its figure |",
        "|---|---:|---:|:-:|---|---:|---|---:|");
    report.goals().forEach((goal, comparisons) -> page.add(row(goal, comparisons)));
    page.add("");
    if (!pictures.isEmpty()) {
      page.add("## Pictures", "");
      pictures.forEach((file, caption) -> page.add("![%s](%s)".formatted(caption, file)));
      page.add("");
    }
    page.works();
    page.add("## How it was measured", "", report.words().method(), "");
    page.results.versions().forEach((who, v) -> page.add("- " + who + ": " + String.join("; ", v)));
    page.list("## Left out", page.results.leftOut());
    page.list("## What failed", page.results.failures());
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

  private void head(Report report) {
    long measured = report.goals().values().stream().filter(c -> !c.isEmpty()).count();
    long met =
        report.goals().entrySet().stream().filter(e -> e.getKey().isMet(e.getValue())).count();
    String counts = "%d of %d goals measured are met; commit %s. Medians of alternating runs, %s.";
    add("# " + report.words().title(), "");
    add(counts.formatted(met, measured, report.commit(), report.words().dtype()), "");
    report.facts().forEach((name, value) -> add("- " + name + ": " + value));
    add("");
  }

  private static String row(Goal goal, List<Comparison> comparisons) {
    String cells = "| %s | %s |".formatted(goal.name(), goal.bound());
    String count = comparisons.size() > 1 ? " (worst of " + comparisons.size() + ")" : "";
    String met = goal.isMet(comparisons) ? "yes" : "**no**";
    return goal.worst(comparisons)
        .map(
            c ->
                cells
                    + " **%s** | %s | %s%s | %s %s | %s | %s |"
                        .formatted(
                            goal.format(c.ratio()),
                            met,
                            c.work(),
                            count,
                            figure(c.value()),
                            c.unit(),
                            c.peer(),
                            figure(c.peerValue())))
        .orElse(cells + " – | not measured | | | | |");
  }

  /** Works by the first word of their names, with a column for each who measured one of them. */
  private void works() {
    Map<String, List<String>> families =
        results.works("").stream()
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
    List<String> columns = results.whoMeasured(works);
    add("### " + family, "");
    add("| work | unit | " + String.join(" | ", columns) + " | Jaubert in GF/s, GB/s |");
    add("|---|---|" + "---:|".repeat(columns.size() + 1));
    for (String work : works) {
      Map<String, Series> measured = results.byWork().get(work);
      List<String> cells = new ArrayList<>();
      cells.add(work);
      cells.add(measured.values().iterator().next().unit());
      columns.forEach(
          who -> cells.add(measured.containsKey(who) ? figure(measured.get(who).value()) : ""));
      cells.add(results.find(Program.JAUBERT, work).map(MarkdownReport::rates).orElse(""));
      add("| " + String.join(" | ", cells) + " |");
    }
    add("");
  }

  /** Of a work that was measured as a time. */
  private static String rates(Series series) {
    return Stream.of("GF/s", "GB/s")
        .filter(rate -> series.rate(rate) > 0 && !series.moreIsBetter())
        .map(rate -> figure(series.rate(rate)) + " " + rate)
        .collect(Collectors.joining(", "));
  }

  private void list(String title, Collection<String> texts) {
    if (!texts.isEmpty()) {
      add("", title, "");
      texts.forEach(text -> add("- " + text));
    }
  }
}
