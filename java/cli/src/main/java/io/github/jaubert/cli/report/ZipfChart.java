package io.github.jaubert.cli.report;

import io.github.jaubert.measure.ZipfReport;
import io.github.jaubert.measure.ZipfReport.Rank;
import java.util.List;
import java.util.Locale;

/** Counts of words by their ranks, both as powers of ten, and the law that was fitted to them. */
final class ZipfChart {
  private static final double RADIUS = 3.2;

  private ZipfChart() {}

  static void draw(Html html, ZipfReport zipf) {
    List<Rank> ranks = zipf.ranks();
    double toX = Math.log10(Math.max(10, ranks.get(ranks.size() - 1).rank()));
    html.open("div", "class", "grid wide").open("figure");
    html.element("figcaption", "Counts by rank (Zipf), as powers of ten");
    Axes axes = new Axes(toX, 0, Math.log10(ranks.get(0).count()));
    axes.open(html, "Counts of words by their ranks", "rank: 10 to the power of");
    double end = Math.log10(zipf.tail());
    double low = Math.log10(zipf.xmin());
    double high = low + end * zipf.rankExponent();
    double most = Math.log10(ranks.get(0).count()) + 0.3;
    double from = high <= most ? 0 : end - (most - low) / zipf.rankExponent();
    html.open(
        "line",
        "class",
        "even",
        "x1",
        Axes.at(axes.px(from)),
        "y1",
        Axes.at(axes.py(low + (end - from) * zipf.rankExponent())),
        "x2",
        Axes.at(axes.px(end)),
        "y2",
        Axes.at(axes.py(low)));
    html.close("line");
    for (Rank one : ranks) {
      html.open(
          "circle",
          "class",
          "dot c0",
          "cx",
          Axes.at(axes.px(Math.log10(one.rank()))),
          "cy",
          Axes.at(axes.py(Math.log10(one.count()))),
          "r",
          RADIUS);
      html.element(
          "title", String.format(Locale.ROOT, "rank %,d: %,d times", one.rank(), one.count()));
      html.close("circle");
    }
    html.close("svg");
    html.element("p", said(zipf), "class", "facts").close("figure").close("div");
  }

  private static String said(ZipfReport zipf) {
    return String.format(
        Locale.ROOT,
        "Counts of %,d or more fall off with the power %.3f, so that a count goes with the %.3fth power"
            + " of 1 / rank (Zipf: 1); distance %.4f. %.0f of %d samples of that law are no nearer to"
            + " it: the law is %s.",
        zipf.xmin(),
        zipf.alpha(),
        zipf.rankExponent(),
        zipf.distance(),
        zipf.plausibility() * zipf.rounds(),
        zipf.rounds(),
        zipf.plausibility() > 0.1 ? "plausible" : "not plausible");
  }
}
