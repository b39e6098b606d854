package io.github.jaubert.benchmarks.comparison;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.regex.Pattern;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Our operations against the two roofs of the machine: GF/s over FLOPs a byte, under the bandwidth
 * of a copy and the matrix product's peak (Williams, Waterman and Patterson 2009).
 */
final class Roofline {
  private static final double LOWEST = 0.05;
  private static final double HIGHEST = 500;

  private Roofline() {}

  /** The picture, if both roofs and an operation with FLOPs and bytes were measured. */
  static Optional<XYChart> draw(Results results) {
    OptionalDouble peak = best(results, "^sgemm .* [2-9]\\d* threads$");
    OptionalDouble bandwidth = best(results, "^copy [2-9]\\d* threads$");
    Map<String, List<Series>> families = families(results);
    if (peak.isEmpty() || bandwidth.isEmpty() || families.isEmpty()) {
      return Optional.empty();
    }
    XYChart chart = Pictures.curve("Roofline", "FLOPs a byte", "GF/s");
    chart.getStyler().setXAxisLogarithmic(true);
    chart.getStyler().setYAxisLogarithmic(true);
    double ridge = peak.getAsDouble() / bandwidth.getAsDouble();
    double[] x = {LOWEST, ridge, HIGHEST};
    double[] y = {LOWEST * bandwidth.getAsDouble(), peak.getAsDouble(), peak.getAsDouble()};
    String roof =
        "roof: %s GF/s, %s GB/s"
            .formatted(Figures.format(peak.getAsDouble()), Figures.format(bandwidth.getAsDouble()));
    chart.addSeries(roof, x, y).setMarker(SeriesMarkers.NONE);
    families.forEach((family, series) -> points(chart, family, series));
    return Optional.of(chart);
  }

  private static void points(XYChart chart, String family, List<Series> works) {
    XYSeries points =
        chart.addSeries(
            family,
            works.stream().mapToDouble(Roofline::intensity).toArray(),
            works.stream().mapToDouble(Series::gigaflops).toArray());
    points.setXYSeriesRenderStyle(XYSeriesRenderStyle.Scatter);
  }

  private static double intensity(Series series) {
    return series.gigaflops() / series.gigabytes();
  }

  private static OptionalDouble best(Results results, String works) {
    return results.ourWorks(Pattern.compile(works)).stream()
        .mapToDouble(work -> results.find(Program.JAUBERT, work).orElseThrow().value())
        .max();
  }

  /** Works with FLOPs and bytes by the first word of their names. */
  private static Map<String, List<Series>> families(Results results) {
    Map<String, List<Series>> families = new LinkedHashMap<>();
    for (String work : results.ourWorks(Pattern.compile(""))) {
      Series series = results.find(Program.JAUBERT, work).orElseThrow();
      if (series.gigaflops() > 0 && series.gigabytes() > 0) {
        families
            .computeIfAbsent(MarkdownReport.family(work), name -> new ArrayList<>())
            .add(series);
      }
    }
    return families;
  }
}
