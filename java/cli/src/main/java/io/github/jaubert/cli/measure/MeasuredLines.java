package io.github.jaubert.cli.measure;

import io.github.jaubert.measure.AssociationReport.Difference;
import io.github.jaubert.measure.ClusterReport;
import io.github.jaubert.measure.ClusterReport.Cluster;
import io.github.jaubert.measure.DataReport;
import io.github.jaubert.measure.DuplicateReport;
import io.github.jaubert.measure.LabelReport;
import io.github.jaubert.measure.LabelReport.LabelShare;
import io.github.jaubert.measure.LengthReport;
import io.github.jaubert.measure.PerplexityReport;
import io.github.jaubert.measure.TextReport;
import io.github.jaubert.measure.VocabularyReport;
import io.github.jaubert.measure.VocabularyReport.WordShare;
import io.github.jaubert.measure.ZipfReport;
import io.github.jaubert.train.data.LabelText;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What was measured, in some lines. */
public final class MeasuredLines {
  private static final int LISTED = 6;
  private static final int WORDS = 10;
  private static final int MIX = 3;
  private static final int EXCERPT = 60;

  private final PrintWriter out;

  private MeasuredLines(PrintWriter out) {
    this.out = out;
  }

  public static void print(DataReport report, PrintWriter out) {
    MeasuredLines lines = new MeasuredLines(out);
    lines.say("%s: %,d rows, read in %.1f s", report.source(), report.rows(), report.seconds());
    report.texts().forEach(lines::text);
    if (report.tokens() != null) {
      lines.length("tokens", report.tokens().lengths());
    }
    if (report.labels() != null) {
      lines.labels(report.labels());
    }
    lines.vocabulary(report.vocabulary());
    lines.zipf(report.zipf());
    lines.duplicates(report);
    lines.people(report);
    lines.perplexity(report.perplexity());
    lines.clusters(report.clusters());
    if (report.notices().isEmpty()) {
      out.println("nothing that calls for care");
    } else {
      out.println("worth a look:");
      report.notices().forEach(notice -> out.println("  " + notice));
    }
  }

  private void say(String format, Object... values) {
    out.println(String.format(Locale.ROOT, format, values));
  }

  private void text(TextReport text) {
    length(text.column() + ": characters", text.characters());
    length(text.column() + ": words", text.words());
  }

  private void length(String name, LengthReport length) {
    say(
        "%-24s mean %.1f ± %.1f, median %,d, 99 of 100 up to %,d, longest %,d",
        LabelText.escaped(name),
        length.mean(),
        length.standardDeviation(),
        length.median(),
        length.p99(),
        length.max());
  }

  private void labels(LabelReport labels) {
    List<LabelShare> classes = labels.classes();
    if (!classes.isEmpty()) {
      say(
          "%-24s %s; entropy %.3f bits%s",
          labels.distinct() + (labels.distinct() == 1 ? " label" : " labels"),
          mix(classes.subList(0, Math.min(LISTED, classes.size())))
              + (classes.size() > LISTED ? ", …" : ""),
          labels.entropy(),
          labels.evenness() == null
              ? ""
              : String.format(Locale.ROOT, " (%.3f of the most)", labels.evenness()));
    }
    if (labels.scores() != null) {
      say(
          "%-24s mean %.4g ± %.4g, from %.4g to %.4g, skewness %.3f",
          "scores",
          labels.scores().mean(),
          labels.scores().standardDeviation(),
          labels.scores().min(),
          labels.scores().max(),
          labels.scores().skewness());
    }
  }

  private void vocabulary(VocabularyReport words) {
    say(
        "%-24s %,d in all, %s%,d different, %,d of them once; commonest: %s",
        "words",
        words.words(),
        words.countError() == 0 ? "" : "about ",
        words.distinct(),
        words.once(),
        words.open().stream().limit(WORDS).map(WordShare::word).collect(Collectors.joining(", ")));
  }

  private void zipf(ZipfReport zipf) {
    if (zipf != null) {
      say(
          "%-24s counts from %,d on fall off with the power %.3f (by rank %.3f), which is %s (p ="
              + " %.2f)",
          "Zipf's law",
          zipf.xmin(),
          zipf.alpha(),
          zipf.rankExponent(),
          zipf.plausibility() > 0.1 ? "plausible" : "not plausible",
          zipf.plausibility());
    }
  }

  private void perplexity(PerplexityReport found) {
    if (found != null) {
      say(
          "%-24s %.1f of all tokens of %,d texts, median %.1f; %,d texts are far above (%.1f)",
          "pseudo-perplexity",
          found.perplexity(),
          found.texts(),
          found.median(),
          found.outliers(),
          found.limit());
    }
  }

  private void clusters(ClusterReport found) {
    if (found == null) {
      return;
    }
    say(
        "%-24s %,d of %,d texts, silhouette %s, %sinertia %.4g; %,d texts are far from any centre"
            + " (%.2f)",
        found.clusters().size() + (found.clusters().size() == 1 ? " cluster" : " clusters"),
        found.texts(),
        found.of(),
        found.silhouette() == null ? "–" : String.format(Locale.ROOT, "%.3f", found.silhouette()),
        found.labelAgreement() == null
            ? ""
            : String.format(Locale.ROOT, "agreement with labels %.3f, ", found.labelAgreement()),
        found.inertia(),
        found.outliers(),
        found.limit());
    for (Cluster one : found.clusters().subList(0, Math.min(LISTED, found.clusters().size()))) {
      say(
          "%-24s %,d texts%s; such as '%s'",
          "  cluster " + one.number(),
          one.texts(),
          one.labels().isEmpty()
              ? ""
              : ": " + mix(one.labels().subList(0, Math.min(MIX, one.labels().size()))),
          excerpt(one.nearest().get(0).text()));
    }
    if (found.clusters().size() > LISTED) {
      say("  … %d more", found.clusters().size() - LISTED);
    }
  }

  private static String mix(List<LabelShare> labels) {
    return labels.stream()
        .map(
            one ->
                String.format(
                    Locale.ROOT, "%s %.1f %%", LabelText.escaped(one.label()), 100 * one.share()))
        .collect(Collectors.joining(", "));
  }

  private static String excerpt(String text) {
    String line = LabelText.escaped(text);
    return line.codePointCount(0, line.length()) <= EXCERPT
        ? line
        : line.substring(0, line.offsetByCodePoints(0, EXCERPT)) + "…";
  }

  /** Of each pair of terms the words that differ most, if chance hardly makes that. */
  private void people(DataReport report) {
    for (Difference difference : report.associations().differences()) {
      String words =
          difference.words().stream()
              .filter(one -> one.low() > 0 || one.high() < 0)
              .limit(LISTED)
              .map(one -> String.format(Locale.ROOT, "%s %+.2f", one.word(), one.difference()))
              .collect(Collectors.joining(", "));
      if (!words.isEmpty()) {
        say(
            "%-24s %s (difference of nPMI)",
            difference.first() + " less " + difference.second(), words);
      }
    }
    say(
        "%-24s %s",
        "languages",
        report.languages().stream()
            .limit(LISTED)
            .map(one -> String.format(Locale.ROOT, "%s %.1f %%", one.language(), 100 * one.share()))
            .collect(Collectors.joining(", ")));
  }

  private void duplicates(DataReport report) {
    DuplicateReport found = report.duplicates();
    say(
        "%-24s %,d different; %,d rows repeat one (%,d to the last character); %,d more are similar"
            + " to one, in %,d groups",
        "texts",
        found.distinct(),
        found.repeated(),
        found.identical(),
        found.similar(),
        found.similarGroups());
    if (report.leaks() != null) {
      say(
          "%-24s of %,d rows %,d are learnt from (%.2f %%), %,d more are similar to one (%.2f %%)",
          report.leaks().against(),
          report.leaks().rows(),
          report.leaks().exact(),
          100 * report.leaks().exactShare(),
          report.leaks().similar(),
          100 * report.leaks().similarShare());
    }
  }
}
