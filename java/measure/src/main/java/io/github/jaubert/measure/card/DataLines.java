package io.github.jaubert.measure.card;

import io.github.jaubert.measure.DataReport;
import io.github.jaubert.measure.LabelReport;
import io.github.jaubert.measure.LeakReport;
import io.github.jaubert.measure.LengthReport;
import io.github.jaubert.measure.TextReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What was measured of training data, in lines that quote no text of them. */
public final class DataLines {
  private static final int MANY_LABELS = 8;
  private static final int MANY_LANGUAGES = 4;

  private DataLines() {}

  /** The lines of a report, for the {@code data} of run.json and so for the card. */
  public static List<String> of(DataReport report) {
    List<String> lines = new ArrayList<>();
    report.texts().forEach(text -> lines.add(text(text, report.rows())));
    if (report.labels() != null) {
      lines.add(labels(report.labels()));
    }
    lines.add(
        String.format(
            Locale.ROOT,
            "Texts that an earlier row has, too: %,d; similar to one: %,d; with another label there: %,d.",
            report.duplicates().repeated(),
            report.duplicates().similar(),
            report.duplicates().conflicting()));
    LeakReport leaks = report.leaks();
    if (leaks != null) {
      lines.add(
          String.format(
              Locale.ROOT,
              "Of %,d rows to judge by, %,d have a text that is learnt from, %,d a similar one.",
              leaks.rows(),
              leaks.exact(),
              leaks.similar()));
    }
    if (report.personalData() == null) {
      lines.add("Personal data and languages: not measured; jaubert measure does.");
    } else {
      lines.add(
          String.format(
              Locale.ROOT, "Personal data were found in %,d rows.", report.personalData().rows()));
      lines.add(
          report.languages().stream()
              .limit(MANY_LANGUAGES)
              .map(
                  one ->
                      String.format(Locale.ROOT, "%s %.1f %%", one.language(), 100 * one.share()))
              .collect(Collectors.joining(", ", "Languages of the texts: ", ".")));
    }
    return lines;
  }

  private static String text(TextReport text, long rows) {
    String blank =
        String.format(Locale.ROOT, "%s: %,d rows, blank %,d", text.column(), rows, text.blank());
    boolean inWords = text.words() != null && text.words().count() > 0;
    LengthReport length = inWords ? text.words() : text.characters();
    if (length == null || length.count() == 0) {
      return blank + "; lengths: not measured.";
    }
    return String.format(
        Locale.ROOT,
        "%s; %s a text %,d to %,d, median %,d, nine in ten up to %,d.",
        blank,
        inWords ? "words" : "characters",
        length.min(),
        length.max(),
        length.median(),
        length.p90());
  }

  private static String labels(LabelReport labels) {
    LabelReport.Scores scores = labels.scores();
    if (scores != null) {
      return String.format(
          Locale.ROOT,
          "Scores from %.3f to %.3f, mean %.3f, standard deviation %.3f; none given: %,d.",
          scores.min(),
          scores.max(),
          scores.mean(),
          scores.standardDeviation(),
          labels.missing());
    }
    String shares =
        labels.classes().stream()
            .limit(MANY_LABELS)
            .map(one -> String.format(Locale.ROOT, "%s %.1f %%", one.label(), 100 * one.share()))
            .collect(Collectors.joining(", "));
    return "%d labels: %s%s; none given: %d."
        .formatted(
            labels.distinct(),
            shares,
            labels.distinct() > MANY_LABELS ? ", …" : "",
            labels.missing());
  }
}
