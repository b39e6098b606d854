package io.github.jaubert.cli.report;

import io.github.jaubert.cli.report.SortableTable.Share;
import io.github.jaubert.measure.DataReport;
import io.github.jaubert.measure.DuplicateReport;
import io.github.jaubert.measure.DuplicateReport.Member;
import io.github.jaubert.measure.DuplicateReport.Similar;
import io.github.jaubert.measure.LabelReport;
import io.github.jaubert.measure.LeakReport;
import io.github.jaubert.measure.LengthReport;
import io.github.jaubert.measure.LengthReport.Bin;
import io.github.jaubert.measure.Notice;
import io.github.jaubert.measure.PerplexityReport;
import io.github.jaubert.measure.PerplexityReport.Scored;
import io.github.jaubert.measure.TextReport;
import io.github.jaubert.measure.VocabularyReport;
import io.github.jaubert.measure.VocabularyReport.WordShare;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** The page of a data set: what was measured of it. */
public final class DataPage {
  static final String STYLE =
      """
      .notices { margin: 18px 0 0; padding: 12px 18px 12px 36px; border-left: 4px solid var(--c1); }
      .notices.none { border-left-color: var(--good); padding-left: 18px; } .notices li { margin: 2px 0; overflow-wrap: anywhere; }
      .head { display: flex; flex-wrap: wrap; gap: 4px 16px; align-items: center; justify-content: space-between; margin-bottom: 4px; }
      input { font: inherit; font-size: 14px; color: inherit; background: var(--page); border: 1px solid var(--rule);
        border-radius: 7px; padding: 3px 9px; width: 170px; }
      .tall { max-height: 460px; overflow: auto; } table.sortable { width: 100%; }
      table.sortable th { cursor: pointer; position: sticky; top: 0; background: var(--card); user-select: none; }
      th[aria-sort=descending]::after { content: " \\2193"; } th[aria-sort=ascending]::after { content: " \\2191"; }
      td.words, th.words { text-align: left; } td.words { white-space: pre-wrap; overflow-wrap: anywhere; min-width: 110px; }
      td.share { min-width: 84px; background: linear-gradient(to right, color-mix(in srgb, var(--c0) 26%, transparent) var(--share), transparent 0); }
      .wide { margin-top: 16px; } .wide figure { max-width: 580px; } .bar:hover { fill-opacity: 1; } .facts { font-size: 13.5px; color: var(--dim); margin-top: 4px; }
      .group p { margin: 0 0 4px; } .group small { color: var(--dim); margin-right: 8px; font-variant-numeric: tabular-nums; }
      """;

  private static final int GROUPS = 20;

  private final DataReport report;
  private final Html html;

  private DataPage(DataReport report) {
    this.report = report;
    html = Page.begin(name(), STYLE, PageScript.TABLES);
  }

  /** The page as a text. */
  public static String of(DataReport report) {
    DataPage page = new DataPage(report);
    page.head();
    page.lengths();
    page.labels();
    page.vocabulary();
    page.leaks();
    new PeopleTables(page.html, report).write();
    page.perplexity();
    if (report.clusters() != null) {
      new ClusterTables(page.html, report.clusters()).write();
    }
    page.duplicates();
    page.html.element("h2", "How it was measured");
    page.html.element("p", HOW, "class", "note");
    return Page.end(page.html, PageScript.TABLES);
  }

  private static final String HOW =
      "Words are runs of letters and digits in small letters. Two texts are equal if they are without"
          + " case, punctuation and kind of space, and similar if the overlapping pieces of five"
          + " characters of what is left have Jaccard's index of at least the threshold; candidates"
          + " come from MinHash (16 bands of 5), which finds 99.8 % of pairs at 0.8.";

  private String name() {
    return String.valueOf(Path.of(report.source()).getFileName());
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  private void tile(String name, String format, Object... values) {
    html.open("div", "class", "card tile").element("b", format(format, values));
    html.element("span", name).close("div");
  }

  private void head() {
    html.element("h1", name()).element("p", report.source(), "class", "dim");
    List<Notice> notices = report.notices();
    if (notices.isEmpty()) {
      html.element("p", "Nothing that calls for care.", "class", "card notices none");
    } else {
      html.open("ul", "class", "card notices");
      notices.forEach(notice -> html.element("li", notice));
      html.close("ul");
    }
    html.open("div", "class", "tiles");
    tile("rows", "%,d", report.rows());
    tile("different texts", "%,d", report.duplicates().distinct());
    tile("rows that repeat a text", "%.1f %%", 100 * report.duplicates().repeatedShare());
    tile("similar texts", "%,d", report.duplicates().similar());
    if (report.leaks() != null) {
      tile("of evaluation is learnt from", "%.1f %%", 100 * report.leaks().exactShare());
      tile("more is similar", "%.1f %%", 100 * report.leaks().similarShare());
    }
    if (report.labels() != null) {
      tile("labels", "%,d", report.labels().distinct());
    }
    tile("words", "%,d", report.vocabulary().words());
    tile("different words", "%,d", report.vocabulary().distinct());
    if (report.tokens() != null) {
      tile(
          "longer than " + report.tokens().maxLength() + " tokens",
          "%.1f %%",
          100 * report.tokens().truncatedShare());
      tile("unknown tokens", "%.2f %%", 100 * report.tokens().unknownShare());
    }
    html.close("div");
  }

  // ---- lengths ----

  private void lengths() {
    html.element("h2", "Lengths").open("div", "class", "grid");
    for (TextReport text : report.texts()) {
      histogram(text.column() + ", in words", "words", text.words());
      histogram(text.column() + ", in characters", "characters", text.characters());
    }
    if (report.tokens() != null) {
      histogram("In tokens", "tokens", report.tokens().lengths());
    }
    html.close("div");
  }

  private void histogram(String caption, String unit, LengthReport lengths) {
    if (lengths.count() == 0) {
      return;
    }
    List<Bin> bins = lengths.histogram();
    long width = bins.get(0).to() - bins.get(0).from();
    List<Bin> even = bins.stream().filter(bin -> bin.to() - bin.from() == width).toList();
    double most = even.stream().mapToLong(Bin::count).max().orElse(1);
    html.open("figure").element("figcaption", caption);
    Axes axes = new Axes(even.get(even.size() - 1).to(), 0, Math.max(1, most));
    axes.open(html, caption, unit);
    for (Bin bin : even) {
      double left = axes.px(bin.from()) + 0.75;
      double top = axes.py(bin.count());
      html.open(
          "rect",
          "class",
          "bar",
          "x",
          Axes.at(left),
          "y",
          Axes.at(top),
          "width",
          Axes.at(Math.max(1, axes.px(bin.to()) - 0.75 - left)),
          "height",
          Axes.at(axes.py(0) - top));
      html.element(
          "title",
          bin.to() == bin.from() + 1
              ? format("%,d %s: %,d texts", bin.from(), unit, bin.count())
              : format("%,d to %,d %s: %,d texts", bin.from(), bin.to() - 1, unit, bin.count()));
      html.close("rect");
    }
    html.close("svg");
    long longer = lengths.count() - even.stream().mapToLong(Bin::count).sum();
    html.element(
        "p",
        format(
            "mean %.1f ± %.1f, median %,d, 90 %% up to %,d, 99 %% up to %,d%s",
            lengths.mean(),
            lengths.standardDeviation(),
            lengths.median(),
            lengths.p90(),
            lengths.p99(),
            longer == 0
                ? format(", longest %,d", lengths.max())
                : format("; %,d more are longer, the longest %,d", longer, lengths.max())),
        "class",
        "facts");
    html.close("figure");
  }

  // ---- labels and words ----

  private void labels() {
    LabelReport labels = report.labels();
    if (labels == null) {
      return;
    }
    html.element("h2", "Labels");
    if (labels.entropy() != null) {
      html.element(
          "p",
          format(
              "Entropy %.3f bits%s; the commonest label occurs %.1f times as often as the rarest.",
              labels.entropy(),
              labels.evenness() == null
                  ? ""
                  : format(", %.3f of the most that so many labels can have", labels.evenness()),
              labels.imbalance()),
          "class",
          "note");
    }
    if (labels.scores() != null) {
      html.element(
          "p",
          format(
              "Scores: mean %.4g ± %.4g, from %.4g to %.4g, skewness %.3f.",
              labels.scores().mean(),
              labels.scores().standardDeviation(),
              labels.scores().min(),
              labels.scores().max(),
              labels.scores().skewness()),
          "class",
          "note");
    }
    SortableTable table = new SortableTable(labels.column(), "label", "rows", "share");
    labels.classes().forEach(one -> table.row(one.label(), one.count(), new Share(one.share())));
    table.draw(html);
  }

  private void vocabulary() {
    VocabularyReport words = report.vocabulary();
    html.element("h2", "Words");
    html.element(
        "p",
        format(
            "%,d words, %s%,d different ones, of which %,d occur once. %.1f %% of all words are"
                + " function words, such as articles and pronouns.%s",
            words.words(),
            words.countError() == 0 ? "" : "about ",
            words.distinct(),
            words.once(),
            100.0 * (words.words() - words.openWords()) / Math.max(1, words.words()),
            words.countError() == 0
                ? ""
                : format(" Counts are too small by at most %,d.", words.countError())),
        "class",
        "note");
    html.open("div", "class", "grid");
    words("Words with a meaning of their own", words.open());
    words("Function words", words.closed());
    html.close("div");
    if (report.zipf() != null) {
      ZipfChart.draw(html, report.zipf());
    }
  }

  private void words(String caption, List<WordShare> words) {
    SortableTable table = new SortableTable(caption, "word", "times", "share");
    words.forEach(one -> table.row(one.word(), one.count(), new Share(one.share())));
    table.draw(html);
  }

  private void perplexity() {
    PerplexityReport found = report.perplexity();
    if (found == null) {
      return;
    }
    html.element("h2", "How surprising texts are to the model");
    html.element(
        "p",
        format(
            "Pseudo-perplexity %.1f of all tokens of %,d texts that were drawn, median %.1f, 90 %% up to"
                + " %.1f. %,d texts are above %.1f, far from the others: another language, mark-up, or"
                + " noise, it may be.",
            found.perplexity(),
            found.texts(),
            found.median(),
            found.p90(),
            found.outliers(),
            found.limit()),
        "class",
        "note");
    html.open("div", "class", "grid");
    scored("Strangest", found.strangest());
    scored("Plainest", found.plainest());
    html.close("div");
  }

  private void scored(String caption, List<Scored> texts) {
    SortableTable table = new SortableTable(caption, "text", "line", "perplexity");
    texts.forEach(one -> table.row(one.text(), one.line(), one.perplexity()));
    table.draw(html);
  }

  // ---- repetitions ----

  private void duplicates() {
    DuplicateReport found = report.duplicates();
    html.element("h2", "More than once");
    html.element(
        "p",
        format(
            "%,d rows repeat the text of an earlier one, %,d of them to the last character; %,d have"
                + " another label than the first. %,d more different texts are similar to an earlier"
                + " one (Jaccard's index from %.2g on), in %,d groups.",
            found.repeated(),
            found.identical(),
            found.conflicting(),
            found.similar(),
            found.threshold(),
            found.similarGroups()),
        "class",
        "note");
    SortableTable table =
        new SortableTable("Texts that most rows have", "text", "rows", "first line");
    found.groups().forEach(one -> table.row(one.text(), one.rows(), one.line()));
    table.draw(html);
    if (!found.largestSimilar().isEmpty()) {
      html.element("h2", "Similar texts");
      html.open("div", "class", "examples");
      found.largestSimilar().stream().limit(GROUPS).forEach(this::group);
      html.close("div");
    }
  }

  private void group(Similar group) {
    html.open("div", "class", "card example group");
    html.element("div", format("%,d texts", group.size()));
    for (Member one : group.members()) {
      html.open("p", "dir", "auto").open("small");
      html.text(format("line %d · %.2f", one.line(), one.similarity())).close("small");
      html.text(one.text()).close("p");
    }
    html.close("div");
  }

  private void leaks() {
    LeakReport leaks = report.leaks();
    if (leaks == null) {
      return;
    }
    html.element("h2", "Leaks");
    html.element(
        "p",
        format(
            "Of %,d rows of %s %,d have a text that is learnt from (%.2f %%), and %,d more one that"
                + " is similar (%.2f %%). %,d have another label there.",
            leaks.rows(),
            leaks.against(),
            leaks.exact(),
            100 * leaks.exactShare(),
            leaks.similar(),
            100 * leaks.similarShare(),
            leaks.conflicting()),
        "class",
        "note");
    SortableTable table =
        new SortableTable(
            "In both", "to be judged by", "line", "learnt from", "its line", "similarity", "label");
    leaks
        .examples()
        .forEach(
            one ->
                table.row(
                    one.text(),
                    one.line(),
                    one.learnt(),
                    one.learntLine(),
                    one.similarity(),
                    one.sameLabel() ? "same" : "another"));
    table.draw(html);
  }
}
