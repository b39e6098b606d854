package io.github.jaubert.cli.report;

import io.github.jaubert.cli.report.SortableTable.Share;
import io.github.jaubert.measure.AssociationReport;
import io.github.jaubert.measure.AssociationReport.Difference;
import io.github.jaubert.measure.AssociationReport.Term;
import io.github.jaubert.measure.DataReport;
import io.github.jaubert.measure.PersonalDataReport;
import java.util.Locale;

/** The part of a page on persons: whom texts are about, in which words and languages. */
final class PeopleTables {
  private final Html html;
  private final DataReport report;

  PeopleTables(Html html, DataReport report) {
    this.html = html;
    this.report = report;
  }

  void write() {
    associations();
    personalData();
    languages();
  }

  private void note(String format, Object... values) {
    html.element("p", String.format(Locale.ROOT, format, values), "class", "note");
  }

  private void associations() {
    AssociationReport found = report.associations();
    if (found.terms().isEmpty()) {
      return;
    }
    html.element("h2", "Words that go with words for people");
    note(
        "By normalised pointwise mutual information (nPMI) of the texts that words are in: 1 for words"
            + " that are never apart, 0 for words that do not mind each other, -1 for words that are"
            + " never together. A difference whose interval, of 95 in 100 samples of texts, holds 0"
            + " may be chance; so may a few others, as many words are looked at.");
    html.open("div", "class", "grid");
    for (Difference difference : found.differences()) {
      differences(difference);
    }
    for (Term term : found.terms()) {
      SortableTable table =
          new SortableTable(
              String.format(
                  Locale.ROOT, "With %s: %,d texts", String.join(", ", term.words()), term.texts()),
              "word",
              "texts",
              "together",
              "nPMI");
      term.associations()
          .forEach(one -> table.row(one.word(), one.texts(), one.together(), one.npmi()));
      table.draw(html);
    }
    html.close("div");
  }

  private void differences(Difference difference) {
    SortableTable table =
        new SortableTable(
            difference.first() + " rather than " + difference.second(),
            "word",
            "texts",
            difference.first(),
            difference.second(),
            "difference",
            "from",
            "to");
    difference
        .words()
        .forEach(
            one ->
                table.row(
                    one.word(),
                    one.texts(),
                    one.first(),
                    one.second(),
                    one.difference(),
                    one.low(),
                    one.high()));
    table.draw(html);
  }

  private void personalData() {
    PersonalDataReport found = report.personalData();
    html.element("h2", "Personal data");
    note(
        "%,d rows (%.2f %%) hold %se-mail addresses, telephone, card or account numbers, or US social"
            + " security numbers. All are shown masked. %s",
        found.rows(),
        100 * found.share(),
        found.names() ? "names of persons or places, " : "",
        found.names()
            ? "Names are those that a token classifier finds, which misses some; words by themselves,"
                + " as in the tables above, are not masked. Postal addresses are not looked for."
            : "Names and addresses are not looked for.");
    SortableTable table = new SortableTable("Found", "kind", "masked", "line");
    found
        .kinds()
        .forEach(
            kind ->
                kind.examples().forEach(one -> table.row(kind.kind(), one.masked(), one.line())));
    table.draw(html);
  }

  private void languages() {
    html.element("h2", "Languages");
    note(
        "Guessed by script and, of Latin script, by function words of eight languages; und-Latn are"
            + " texts without any, such as names.");
    SortableTable table = new SortableTable("Rows by language", "language", "rows", "share");
    report
        .languages()
        .forEach(one -> table.row(one.language(), one.rows(), new Share(one.share())));
    table.draw(html);
  }
}
