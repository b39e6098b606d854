package io.github.jaubert.measure.bias;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.fixture.Seeds;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** Against precision and recall, label by label. */
class SliceMetricsTest {
  private final RandomGenerator random = Seeds.random("slices");

  private Judged row(String group) {
    String label = "l" + random.nextInt(4);
    return new Judged(label, random.nextInt(3) > 0 ? label : "l" + random.nextInt(5), group);
  }

  private static double macroF1(List<Judged> rows) {
    Set<String> labels = new HashSet<>();
    rows.forEach(row -> labels.addAll(List.of(row.label(), row.predicted())));
    double sum = 0;
    for (String label : labels) {
      double both = 0;
      double truth = 0;
      double said = 0;
      for (Judged row : rows) {
        both += row.label().equals(label) && row.predicted().equals(label) ? 1 : 0;
        truth += row.label().equals(label) ? 1 : 0;
        said += row.predicted().equals(label) ? 1 : 0;
      }
      double precision = said == 0 ? 0 : both / said;
      double recall = truth == 0 ? 0 : both / truth;
      sum += both == 0 ? 0 : 2 * precision * recall / (precision + recall);
    }
    return sum / labels.size();
  }

  @Test
  void eachSliceIsThatOfItsRows() {
    List<Judged> rows = new ArrayList<>();
    int[] sizes = {60, 25, 9};
    for (int slice = 0; slice < sizes.length; slice++) {
      for (int i = 0; i < sizes[slice]; i++) {
        rows.add(row("s" + slice));
      }
    }
    SliceMetrics.Result found = SliceMetrics.measure(rows, true, new Bootstrap(7, 100));
    assertEquals(List.of("s0", "s1", "s2"), List.copyOf(found.slices().keySet()));
    double[] accuracies = new double[3];
    double[] f1 = new double[3];
    for (int slice = 0; slice < 3; slice++) {
      String name = "s" + slice;
      List<Judged> own = rows.stream().filter(row -> row.group().equals(name)).toList();
      SliceMetrics.Slice one = found.slices().get(name);
      accuracies[slice] =
          (double) own.stream().filter(row -> row.label().equals(row.predicted())).count()
              / own.size();
      f1[slice] = macroF1(own);
      assertEquals(sizes[slice], one.rows());
      assertEquals(accuracies[slice], one.accuracy().value(), 1e-12, Seeds.said());
      assertEquals(f1[slice], one.macroF1().value(), 1e-12, Seeds.said());
      assertTrue(one.accuracy().low() <= one.accuracy().high());
      assertTrue(one.macroF1().high() <= 1);
    }
    assertEquals(largest(accuracies), found.accuracyGap().value(), 1e-12, Seeds.said());
    assertEquals(largest(f1), found.macroF1Gap().value(), 1e-12, Seeds.said());
  }

  private static double largest(double[] values) {
    double gap = 0;
    for (double one : values) {
      for (double other : values) {
        gap = Math.max(gap, one - other);
      }
    }
    return gap;
  }

  @Test
  void rareValuesAreOneSlice() {
    List<Judged> rows = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      rows.add(row("v" + i));
      if (i < 10) {
        rows.add(row("v" + i));
      }
    }
    rows.addAll(List.of(row(" "), row(""), row("")));
    SliceMetrics.Result found = SliceMetrics.measure(rows, false, new Bootstrap(7, 10));
    assertEquals(SliceMetrics.MOST, found.slices().size());
    assertEquals(3, found.slices().get("(none)").rows());
    assertEquals(41 - 29, found.slices().get(SliceMetrics.OTHERS).rows());
    assertNull(found.slices().get("v0").macroF1());
    assertNull(found.macroF1Gap());
  }

  @Test
  void sharesHaveWilsonsInterval() {
    Estimate all = Estimate.share(1, 84);
    assertEquals(84 / (84 + 3.841459), all.low(), 1e-6);
    assertEquals(1, all.high(), 1e-12);
    Estimate half = Estimate.share(0.5, 10);
    assertEquals(0.236593, half.low(), 1e-6);
    assertEquals(0.763407, half.high(), 1e-6);
    assertTrue(Double.isNaN(Estimate.share(0, 0).value()));
  }

  @Test
  void ofOneSliceThereIsNoGap() {
    SliceMetrics.Result found =
        SliceMetrics.measure(List.of(row("a"), row("a")), true, new Bootstrap(7, 10));
    assertTrue(Double.isNaN(found.accuracyGap().value()));
  }
}
