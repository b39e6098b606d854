package io.github.jaubert.measure;

import io.github.jaubert.measure.DuplicateReport.Equal;
import io.github.jaubert.measure.DuplicateReport.Member;
import io.github.jaubert.measure.DuplicateReport.Similar;
import io.github.jaubert.measure.LeakReport.Leak;
import io.github.jaubert.measure.similar.TextIndex;
import io.github.jaubert.measure.similar.TextIndex.Group;
import io.github.jaubert.measure.similar.TextIndex.Shared;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** What indexes of texts tell of repetitions within a data set and between two. */
final class Similarity {
  private static final int LISTED = 50;
  private static final int MEMBERS = 8;

  private Similarity() {}

  static DuplicateReport duplicates(TextIndex index, long rows, double threshold) {
    List<Equal> equal = new ArrayList<>();
    for (int number : index.commonest(LISTED)) {
      equal.add(new Equal(index.shown(number), index.line(number), index.rows(number)));
    }
    List<Group> groups = index.similar(threshold);
    List<Similar> largest = new ArrayList<>();
    for (Group group : groups.subList(0, Math.min(LISTED, groups.size()))) {
      Group measured = index.measured(group, MEMBERS);
      List<Member> members = new ArrayList<>();
      for (int i = 0; i < measured.texts().length; i++) {
        int number = measured.texts()[i];
        members.add(new Member(index.shown(number), index.line(number), measured.similarity()[i]));
      }
      largest.add(new Similar(group.texts().length, members));
    }
    return new DuplicateReport(
        index.size(),
        index.repeated(),
        share(index.repeated(), rows),
        index.identical(),
        index.conflicting(),
        equal,
        threshold,
        groups.stream().mapToLong(group -> group.texts().length - 1).sum(),
        groups.size(),
        largest,
        index.notSearched());
  }

  static LeakReport leaks(
      String source, TextIndex judged, long rows, TextIndex learnt, double threshold) {
    List<Shared> shared = judged.shared(learnt, threshold);
    long exact = rows(judged, shared.stream().filter(one -> one.similarity() == 1).toList());
    long similar = rows(judged, shared) - exact;
    List<Leak> examples =
        shared.stream()
            .sorted(
                Comparator.comparingDouble(Shared::similarity)
                    .thenComparing(one -> judged.shown(one.text()).length())
                    .reversed()
                    .thenComparing(Shared::text))
            .limit(LISTED)
            .map(
                one ->
                    new Leak(
                        judged.shown(one.text()),
                        judged.line(one.text()),
                        learnt.shown(one.other()),
                        learnt.line(one.other()),
                        one.similarity(),
                        one.sameLabel()))
            .toList();
    return new LeakReport(
        source,
        rows,
        exact,
        share(exact, rows),
        similar,
        share(similar, rows),
        rows(judged, shared.stream().filter(one -> !one.sameLabel()).toList()),
        threshold,
        examples);
  }

  private static long rows(TextIndex index, List<Shared> shared) {
    return shared.stream().mapToLong(one -> index.rows(one.text())).sum();
  }

  static double share(long part, long all) {
    return all == 0 ? 0 : (double) part / all;
  }
}
