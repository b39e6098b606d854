package io.github.jaubert.measure;

import io.github.jaubert.measure.ClusterReport.Cluster;
import io.github.jaubert.measure.ClusterReport.Placed;
import io.github.jaubert.measure.DuplicateReport.Equal;
import io.github.jaubert.measure.DuplicateReport.Member;
import io.github.jaubert.measure.DuplicateReport.Similar;
import io.github.jaubert.measure.LeakReport.Leak;
import io.github.jaubert.measure.PerplexityReport.Scored;
import io.github.jaubert.measure.text.Names;
import io.github.jaubert.measure.text.PersonalData;
import io.github.jaubert.measure.text.PersonalData.Found;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/** Masks names in all texts that a report shows, which are few beside those that were read. */
final class ShownNames {
  private ShownNames() {}

  static DataReport masked(DataReport report, Names names) {
    Set<String> shown = new LinkedHashSet<>();
    mapped(
        report,
        text -> {
          shown.add(text);
          return text;
        });
    List<String> texts = List.copyOf(shown);
    List<List<Found>> found = names.in(texts);
    Map<String, String> masked = new HashMap<>();
    for (int i = 0; i < texts.size(); i++) {
      masked.put(texts.get(i), PersonalData.masked(texts.get(i), found.get(i)));
    }
    return mapped(report, masked::get);
  }

  private static DataReport mapped(DataReport report, UnaryOperator<String> text) {
    return new DataReport(
        report.source(),
        report.rows(),
        report.texts(),
        report.tokens(),
        report.labels(),
        mapped(report.duplicates(), text),
        mapped(report.leaks(), text),
        report.vocabulary(),
        report.zipf(),
        report.associations(),
        report.personalData(),
        report.languages(),
        mapped(report.perplexity(), text),
        mapped(report.clusters(), text),
        report.seconds());
  }

  private static DuplicateReport mapped(DuplicateReport of, UnaryOperator<String> text) {
    return new DuplicateReport(
        of.distinct(),
        of.repeated(),
        of.repeatedShare(),
        of.identical(),
        of.conflicting(),
        of.groups().stream()
            .map(one -> new Equal(text.apply(one.text()), one.line(), one.rows()))
            .toList(),
        of.threshold(),
        of.similar(),
        of.similarGroups(),
        of.largestSimilar().stream()
            .map(
                group ->
                    new Similar(
                        group.size(),
                        group.members().stream()
                            .map(
                                one ->
                                    new Member(
                                        text.apply(one.text()), one.line(), one.similarity()))
                            .toList()))
            .toList(),
        of.notSearched());
  }

  private static LeakReport mapped(LeakReport of, UnaryOperator<String> text) {
    return of == null
        ? null
        : new LeakReport(
            of.against(),
            of.rows(),
            of.exact(),
            of.exactShare(),
            of.similar(),
            of.similarShare(),
            of.conflicting(),
            of.threshold(),
            of.examples().stream()
                .map(
                    one ->
                        new Leak(
                            text.apply(one.text()),
                            one.line(),
                            text.apply(one.learnt()),
                            one.learntLine(),
                            one.similarity(),
                            one.sameLabel()))
                .toList());
  }

  private static PerplexityReport mapped(PerplexityReport of, UnaryOperator<String> text) {
    return of == null
        ? null
        : new PerplexityReport(
            of.texts(),
            of.perplexity(),
            of.median(),
            of.p90(),
            of.limit(),
            of.outliers(),
            scored(of.strangest(), text),
            scored(of.plainest(), text));
  }

  private static List<Scored> scored(List<Scored> texts, UnaryOperator<String> text) {
    return texts.stream()
        .map(one -> new Scored(text.apply(one.text()), one.line(), one.perplexity()))
        .toList();
  }

  private static ClusterReport mapped(ClusterReport of, UnaryOperator<String> text) {
    return of == null
        ? null
        : new ClusterReport(
            of.texts(),
            of.of(),
            of.dimensions(),
            of.inertia(),
            of.silhouette(),
            of.labelAgreement(),
            of.tried(),
            of.limit(),
            of.outliers(),
            of.clusters().stream()
                .map(
                    one ->
                        new Cluster(
                            one.number(),
                            one.texts(),
                            one.share(),
                            one.distance(),
                            one.labels(),
                            placed(one.nearest(), text)))
                .toList(),
            placed(of.farthest(), text));
  }

  private static List<Placed> placed(List<Placed> texts, UnaryOperator<String> text) {
    return texts.stream()
        .map(one -> new Placed(text.apply(one.text()), one.line(), one.cluster(), one.distance()))
        .toList();
  }
}
