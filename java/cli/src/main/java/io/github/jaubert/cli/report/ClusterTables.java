package io.github.jaubert.cli.report;

import io.github.jaubert.cli.report.SortableTable.Share;
import io.github.jaubert.measure.ClusterReport;
import io.github.jaubert.measure.ClusterReport.Cluster;
import io.github.jaubert.measure.ClusterReport.Placed;
import io.github.jaubert.measure.ClusterReport.Tried;
import io.github.jaubert.measure.LabelReport.LabelShare;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The part of a page on clusters of texts. */
final class ClusterTables {
  private static final int SHOWN = 20;
  private static final int MIX = 4;

  private final Html html;
  private final ClusterReport report;

  ClusterTables(Html html, ClusterReport report) {
    this.html = html;
    this.report = report;
  }

  void write() {
    html.element("h2", "Clusters").element("p", said(), "class", "note");
    boolean labelled = report.clusters().stream().anyMatch(one -> !one.labels().isEmpty());
    SortableTable table =
        labelled
            ? new SortableTable(
                "By size", "cluster", "texts", "share", "spread", "at its centre", "labels")
            : new SortableTable("By size", "cluster", "texts", "share", "spread", "at its centre");
    for (Cluster one : report.clusters()) {
      String text = one.nearest().get(0).text();
      if (labelled) {
        table.row(
            one.number(),
            one.texts(),
            new Share(one.share()),
            one.distance(),
            text,
            mix(one.labels()));
      } else {
        table.row(one.number(), one.texts(), new Share(one.share()), one.distance(), text);
      }
    }
    table.draw(html);
    html.element("h2", "Texts at the centres").open("div", "class", "examples");
    report.clusters().stream().limit(SHOWN).forEach(this::nearest);
    html.close("div");
    html.element("h2", "Texts far from any centre").open("div", "class", "grid");
    SortableTable far = new SortableTable("Farthest", "text", "line", "cluster", "distance");
    report
        .farthest()
        .forEach(one -> far.row(one.text(), one.line(), one.cluster(), one.distance()));
    far.draw(html);
    if (!report.tried().isEmpty()) {
      SortableTable numbers =
          new SortableTable("Numbers that were tried", "clusters", "silhouette");
      for (Tried one : report.tried()) {
        numbers.row(one.clusters(), one.silhouette());
      }
      numbers.draw(html);
    }
    html.close("div");
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  private String said() {
    return format(
        "K-means on the encoder's vectors, of length one, of %,d of %,d texts, drawn at random."
            + " Spread is the mean distance to the centre; two texts are sqrt(2 - 2 cos) apart.%s%s"
            + " %,d texts are farther than %.2f from any centre, far from the others.",
        report.texts(),
        report.of(),
        report.silhouette() == null
            ? ""
            : format(
                " Silhouette %.3f: 1 if clusters are far apart, 0 if they touch.",
                report.silhouette()),
        report.labelAgreement() == null
            ? ""
            : format(
                " Labels and clusters share %.3f of their information: 1 if each tells the other.",
                report.labelAgreement()),
        report.outliers(),
        report.limit());
  }

  private static String mix(List<LabelShare> labels) {
    return labels.stream()
        .limit(MIX)
        .map(one -> format("%s %.1f %%", one.label(), 100 * one.share()))
        .collect(Collectors.joining(", "));
  }

  private void nearest(Cluster cluster) {
    html.open("div", "class", "card example group");
    html.element("div", format("cluster %d, %,d texts", cluster.number(), cluster.texts()));
    for (Placed one : cluster.nearest()) {
      html.open("p", "dir", "auto").open("small");
      html.text(format("line %d · %.2f", one.line(), one.distance())).close("small");
      html.text(one.text()).close("p");
    }
    html.close("div");
  }
}
