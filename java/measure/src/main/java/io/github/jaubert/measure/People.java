package io.github.jaubert.measure;

import io.github.jaubert.measure.PersonalDataReport.Masked;
import io.github.jaubert.measure.text.PersonalData.Found;
import io.github.jaubert.measure.text.PersonalData.Kind;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Counts personal data; a few of each kind are kept, masked. */
final class People {
  private static final int SHOWN = 20;

  private final Map<Kind, Long> counts = new EnumMap<>(Kind.class);
  private final Map<Kind, List<Masked>> examples = new EnumMap<>(Kind.class);
  private long rows;

  void add(List<Found> found, long line) {
    rows += found.isEmpty() ? 0 : 1;
    for (Found one : found) {
      counts.merge(one.kind(), 1L, Long::sum);
      List<Masked> shown = examples.computeIfAbsent(one.kind(), kind -> new ArrayList<>());
      if (shown.size() < SHOWN) {
        shown.add(new Masked(one.masked(), line));
      }
    }
  }

  PersonalDataReport report(long all, boolean names) {
    return new PersonalDataReport(
        rows,
        Similarity.share(rows, all),
        names,
        counts.entrySet().stream()
            .map(
                one ->
                    new PersonalDataReport.Kind(
                        one.getKey().name().toLowerCase(Locale.ROOT),
                        one.getValue(),
                        List.copyOf(examples.get(one.getKey()))))
            .toList());
  }
}
