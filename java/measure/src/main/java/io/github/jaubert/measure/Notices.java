package io.github.jaubert.measure;

import io.github.jaubert.measure.LabelReport.LabelShare;
import io.github.jaubert.measure.Notice.Subject;
import io.github.jaubert.train.data.LabelText;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The lines that are worth a word before anything is learnt. */
final class Notices {
  /** A share below which repetitions are told nowhere but in the report. */
  private static final double NOTICED = 0.01;

  /** Short texts are taken for another language now and then; more than this is none of those. */
  private static final double OTHER_LANGUAGE = 0.03;

  /** So many times as often as the rarest, the commonest label is worth a word. */
  private static final double IMBALANCED = 10;

  private final DataReport report;
  private final List<Notice> lines = new ArrayList<>();

  private Notices(DataReport report) {
    this.report = report;
  }

  static List<Notice> of(DataReport report) {
    Notices notices = new Notices(report);
    notices.leaks();
    notices.duplicates();
    notices.labels();
    notices.texts();
    notices.people();
    return List.copyOf(notices.lines);
  }

  private void say(Subject subject, String format, Object... values) {
    lines.add(new Notice(subject, String.format(Locale.ROOT, format, values)));
  }

  private void leaks() {
    LeakReport leaks = report.leaks();
    if (leaks == null || leaks.exact() + leaks.similar() == 0) {
      return;
    }
    say(
        Subject.LEAK,
        "leak: %,d of %,d rows of %s have a text that is learnt from (%.1f %%)%s%s",
        leaks.exact(),
        leaks.rows(),
        leaks.against(),
        100 * leaks.exactShare(),
        leaks.similar() == 0
            ? ""
            : String.format(Locale.ROOT, ", %,d more a similar one", leaks.similar()),
        leaks.conflicting() == 0
            ? ""
            : String.format(Locale.ROOT, "; %,d have another label there", leaks.conflicting()));
  }

  private void duplicates() {
    DuplicateReport found = report.duplicates();
    boolean scores = report.labels() != null && report.labels().scores() != null;
    if (found.conflicting() > 0 && !scores) {
      say(
          Subject.CONTRADICTIONS,
          "contradictions: %,d rows have a text that an earlier row has with another label",
          found.conflicting());
    }
    if (found.repeatedShare() >= NOTICED
        || found.similar() >= Math.max(1, NOTICED * report.rows())) {
      say(
          Subject.DUPLICATES,
          "duplicates: %,d of %,d rows repeat the text of an earlier one (%.1f %%), %,d more are"
              + " similar to one",
          found.repeated(),
          report.rows(),
          100 * found.repeatedShare(),
          found.similar());
    }
  }

  private void labels() {
    LabelReport labels = report.labels();
    if (labels == null) {
      return;
    }
    if (!labels.alike().isEmpty()) {
      LabelReport.Alike first = labels.alike().get(0);
      say(
          Subject.ALIKE_LABELS,
          "labels that look alike are different ones: '%s' (%,d) and '%s' (%,d)%s",
          LabelText.escaped(first.label()),
          first.count(),
          LabelText.escaped(first.other()),
          first.otherCount(),
          labels.alike().size() > 1 ? " and %d more".formatted(labels.alike().size() - 1) : "");
    }
    if (labels.scores() == null && labels.imbalance() != null && labels.imbalance() >= IMBALANCED) {
      LabelShare most = labels.classes().get(0);
      LabelShare least = labels.classes().get(labels.classes().size() - 1);
      say(
          Subject.IMBALANCE,
          "imbalance: %s has %,d rows (%.1f %%), %s has %,d",
          LabelText.escaped(most.label()),
          most.count(),
          100 * most.share(),
          LabelText.escaped(least.label()),
          least.count());
    }
    if (labels.missing() > 0) {
      say(Subject.NO_LABEL, "no label: %,d of %,d rows", labels.missing(), report.rows());
    }
  }

  private void people() {
    PersonalDataReport people = report.personalData();
    if (people != null && people.rows() > 0) {
      say(
          Subject.PERSONAL_DATA,
          "personal data: %,d of %,d rows, %s",
          people.rows(),
          report.rows(),
          people.kinds().stream()
              .map(kind -> String.format(Locale.ROOT, "%s %,d", kind.kind(), kind.count()))
              .collect(Collectors.joining(", ")));
    }
    List<LanguageShare> spoken =
        report.languages() == null
            ? List.of()
            : report.languages().stream()
                .filter(one -> !one.language().equals("und") && !one.language().equals("und-Latn"))
                .toList();
    if (spoken.size() > 1 && spoken.get(1).share() >= OTHER_LANGUAGE) {
      say(
          Subject.LANGUAGES,
          "languages: %s",
          spoken.stream()
              .filter(one -> one.share() >= NOTICED)
              .map(
                  one ->
                      String.format(Locale.ROOT, "%s %.1f %%", one.language(), 100 * one.share()))
              .collect(Collectors.joining(", ")));
    }
  }

  private void texts() {
    for (TextReport text : report.texts()) {
      long none = text.missing() + text.blank() + text.placeholders();
      if (none > 0) {
        say(
            Subject.NO_TEXT,
            "no text in %s: %,d of %,d rows (%,d missing, %,d blank, %,d such as nan)",
            text.column(),
            none,
            report.rows(),
            text.missing(),
            text.blank(),
            text.placeholders());
      }
    }
    TokenReport tokens = report.tokens();
    if (tokens != null && tokens.truncatedShare() >= NOTICED) {
      say(
          Subject.TRUNCATION,
          "truncation: %.1f %% of the texts are longer than %d tokens; %.1f %% of all tokens are"
              + " not read",
          100 * tokens.truncatedShare(),
          tokens.maxLength(),
          100 * tokens.lostShare());
    }
  }
}
