package io.github.jaubert.benchmarks.comparison;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Writes a report for people: the goals, the pictures, then every work. */
final class MarkdownReport {
  private final Report report;
  private final List<String> lines = new ArrayList<>();

  private MarkdownReport(Report report) {
    this.report = report;
  }

  /**
   * Writes the page.
   *
   * @param pictures names of image files beside it and what they show
   */
  static void write(Path file, Report report, Map<String, String> pictures) throws IOException {
    MarkdownReport page = new MarkdownReport(report);
    page.head();
    page.goals();
    page.pictures(pictures);
    page.works();
    page.notes();
    Files.write(file, page.lines);
  }

  private void head() {
    long measured = report.rows().stream().filter(Row::isMeasured).count();
    long met = report.rows().stream().filter(Row::isMet).count();
    lines.add("# " + report.words().title());
    lines.add("");
    lines.add(
        "%d of %d goals measured are met; commit %s of %s. Medians of alternating runs, %s."
            .formatted(
                met,
                measured,
                report.commit().hash(),
                report.commit().date(),
                report.words().dtype()));
    lines.add("");
    report.facts().forEach((name, value) -> lines.add("- " + name + ": " + value));
    lines.add("");
  }

  private void goals() {
    lines.add("## Goals");
    lines.add("");
    lines.add(
        "A goal about several works holds for each of them; the row shows the one that is worst off.");
    lines.add("");
    lines.add("| goal | bound | reached | met | work | Jaubert | held against | its figure |");
    lines.add("|---|---:|---:|:-:|---|---:|---|---:|");
    for (Row row : report.rows()) {
      Optional<Comparison> decisive = row.decisive();
      String start = "| %s | %s |".formatted(row.goal().name(), row.goal().boundInWords());
      lines.add(
          decisive
              .map(c -> start + measured(row, c))
              .orElse(start + " – | not measured | | | | |"));
    }
    lines.add("");
  }

  private static String measured(Row row, Comparison c) {
    int others = row.comparisons().size() - 1;
    return " **%s** | %s | %s%s | %s %s | %s | %s |"
        .formatted(
            row.goal().scale().format(c.ratio()),
            row.isMet() ? "yes" : "**no**",
            c.work(),
            others > 0 ? " (worst of " + (others + 1) + ")" : "",
            Figures.format(c.value()),
            c.unit(),
            c.peer(),
            Figures.format(c.peerValue()));
  }

  private void pictures(Map<String, String> pictures) {
    if (!pictures.isEmpty()) {
      lines.add("## Pictures");
      lines.add("");
      pictures.forEach((file, caption) -> lines.add("![%s](%s)".formatted(caption, file)));
      lines.add("");
    }
  }

  /** Works by the first word of their names, with a column for each who measured one of them. */
  private void works() {
    Results results = report.results();
    Map<String, List<String>> families =
        results.works(Pattern.compile("")).stream()
            .collect(
                Collectors.groupingBy(
                    MarkdownReport::family, LinkedHashMap::new, Collectors.toList()));
    if (!families.isEmpty()) {
      lines.add("## All works");
      lines.add("");
    }
    families.forEach((family, works) -> family(results, family, works));
  }

  static String family(String work) {
    return work.split("[ ,]", 2)[0];
  }

  private void family(Results results, String family, List<String> works) {
    List<Way> ways = Way.of(results, Way.works(works));
    lines.add("### " + family);
    lines.add("");
    String heads = ways.stream().map(Way::toString).collect(Collectors.joining(" | "));
    lines.add("| work | unit | " + heads + " | Jaubert in GF/s, GB/s |");
    lines.add("|---|---|" + "---:|".repeat(ways.size() + 1));
    for (String work : Way.works(works)) {
      List<String> cells = new ArrayList<>();
      String unit = "";
      for (Way way : ways) {
        Optional<Series> series = way.find(results, work);
        unit = series.map(Series::unit).orElse(unit);
        cells.add(series.map(s -> Figures.format(s.value())).orElse(""));
      }
      cells.add(results.find(Program.JAUBERT, work).map(MarkdownReport::rates).orElse(""));
      lines.add("| %s | %s | %s |".formatted(work, unit, String.join(" | ", cells)));
    }
    lines.add("");
  }

  private static String rates(Series series) {
    List<String> rates = new ArrayList<>();
    if (series.gigaflops() > 0) {
      rates.add(Figures.format(series.gigaflops()) + " GF/s");
    }
    if (series.gigabytes() > 0) {
      rates.add(Figures.format(series.gigabytes()) + " GB/s");
    }
    return String.join(", ", rates);
  }

  private void notes() {
    lines.add("## How it was measured");
    lines.add("");
    lines.add(report.words().method());
    lines.add("");
    for (String who : report.results().programs()) {
      lines.add("- %s: %s".formatted(who, String.join("; ", report.results().versions(who))));
    }
    list("## Left out", report.leftOut());
    list("## What failed", report.failures());
  }

  private void list(String title, List<String> texts) {
    if (!texts.isEmpty()) {
      lines.add("");
      lines.add(title);
      lines.add("");
      texts.forEach(text -> lines.add("- " + text));
    }
  }
}
