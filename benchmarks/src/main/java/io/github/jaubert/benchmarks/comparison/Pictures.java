package io.github.jaubert.benchmarks.comparison;

import io.github.jaubert.benchmarks.comparison.Results.Series;
import java.awt.AWTError;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.internal.ChartBuilder;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.Styler.ChartTheme;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.lines.SeriesLines;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Draws what a run gave as PNG files; what was not measured is not drawn. */
final class Pictures {
  private static final int WIDTH = 900;
  private static final int HEIGHT = 500;

  /** The roofline's range of FLOPs a byte. */
  private static final double LOWEST = 0.05;

  private static final double HIGHEST = 500;

  private final Results results;
  private final Path folder;
  private final Map<String, String> drawn = new LinkedHashMap<>();

  private Pictures(Results results, Path folder) {
    this.results = results;
    this.folder = folder;
  }

  /**
   * Draws everything that can be drawn.
   *
   * @return the names of the files and what they show, in the order of a report
   * @throws LinkageError if this JDK cannot draw: a packaged runtime has no AWT, and a JDK may have
   *     it without what it needs of the system
   */
  static Map<String, String> draw(Results results, Path folder) throws IOException {
    System.setProperty("java.awt.headless", "true");
    Pictures pictures = new Pictures(results, folder);
    try {
      pictures.drawAll();
    } catch (AWTError e) {
      // Only here, where AWT is used anyway: a class that names it does not even load without it.
      throw new LinkageError(e.getMessage(), e);
    }
    return pictures.drawn;
  }

  private void drawAll() throws IOException {
    bars("steps.png", "Training steps", "GF/s", "^training step .*", s -> s.rate("GF/s"));
    bars(
        "text.png",
        "Real sentences",
        "sentences/s",
        "^(training|inference), .*",
        series -> series.moreIsBetter() ? series.value() : 0);
    bars("memory.png", "Peak memory of training steps", "MB", "^peak memory, .*", Series::value);
    losses();
    growth("growth-tokens.png", "growth, tokens", "tokens T");
    growth("growth-length.png", "growth, length", "sequence length S, 4,096 tokens");
    growth("growth-hidden.png", "growth, hidden", "hidden size H, 2,048 tokens");
    growth("growth-threads.png", "growth, threads", "threads");
    roofline();
  }

  /** A group of bars a work, a bar for each who measured one of them. */
  private void bars(
      String file, String title, String unit, String pattern, ToDoubleFunction<Series> height)
      throws IOException {
    List<String> works = new ArrayList<>(results.works(pattern));
    works.removeIf(
        w -> results.byWork().get(w).values().stream().allMatch(s -> height.applyAsDouble(s) == 0));
    CategoryChart chart = build(new CategoryChartBuilder().yAxisTitle(unit));
    chart.getStyler().setPlotGridVerticalLinesVisible(false);
    for (String who : results.whoMeasured(works)) {
      List<Double> bars =
          works.stream()
              .map(work -> results.find(who, work).map(height::applyAsDouble).orElse(0.0))
              .toList();
      if (Collections.max(bars) > 0) {
        chart.addSeries(who, works, bars);
      }
    }
    if (!works.isEmpty()) {
      save(chart, file, title, LegendPosition.OutsideE);
    }
  }

  /** The losses of each program, step by step. */
  private void losses() throws IOException {
    for (String work : results.works("^losses, ")) {
      XYChart chart = curve("step", "loss");
      for (String who : results.whoMeasured(List.of(work))) {
        double[] losses = results.find(who, work).orElseThrow().samplesOfFirstRound();
        double[] steps = IntStream.rangeClosed(1, losses.length).asDoubleStream().toArray();
        boolean ours = who.equals(Program.JAUBERT);
        chart
            .addSeries(who, steps, losses)
            .setMarker(SeriesMarkers.NONE)
            .setLineStyle(ours ? SeriesLines.SOLID : SeriesLines.DASH_DASH);
      }
      String title = "Losses without dropout, " + work.substring("losses, ".length());
      save(chart, work.replaceAll("[^A-Za-z0-9]+", "-") + ".png", title, LegendPosition.OutsideS);
    }
  }

  /** Our step times against a size, and the straight line that fits them. */
  private void growth(String file, String name, String axis) throws IOException {
    Map<Double, Double> points = Line.points(results, name);
    if (points.size() < 2) {
      return;
    }
    String title = "Training step against " + axis;
    XYChart chart = curve(axis, "ms");
    List<Double> x = List.copyOf(points.keySet());
    chart.addSeries("measured", x, List.copyOf(points.values()));
    if (points.size() > 2) {
      Line line = Line.through(points);
      String label =
          "%s ms + %s ms x %s (R² %.4f)"
              .formatted(
                  MarkdownReport.figure(line.intercept()),
                  MarkdownReport.figure(line.slope()),
                  axis.split(",")[0],
                  line.rSquared());
      chart.addSeries(label, x, x.stream().map(line::at).toList()).setMarker(SeriesMarkers.NONE);
    }
    save(chart, file, title, LegendPosition.OutsideS);
  }

  /**
   * Our operations against the two roofs of the machine: GF/s over FLOPs a byte, under the
   * bandwidth of a copy and the matrix product's peak (Williams, Waterman and Patterson 2009).
   */
  private void roofline() throws IOException {
    double peak = best("^sgemm .* [2-9]\\d* threads$");
    double bandwidth = best("^copy [2-9]\\d* threads$");
    Map<String, List<Series>> families =
        results.ours("").entrySet().stream()
            .filter(e -> e.getValue().rate("GF/s") > 0 && e.getValue().rate("GB/s") > 0)
            .collect(
                Collectors.groupingBy(
                    e -> MarkdownReport.family(e.getKey()),
                    LinkedHashMap::new,
                    Collectors.mapping(Map.Entry::getValue, Collectors.toList())));
    if (peak == 0 || bandwidth == 0 || families.isEmpty()) {
      return;
    }
    XYChart chart = curve("FLOPs a byte", "GF/s");
    chart.getStyler().setXAxisLogarithmic(true);
    chart.getStyler().setYAxisLogarithmic(true);
    double[] x = {LOWEST, peak / bandwidth, HIGHEST};
    double[] y = {LOWEST * bandwidth, peak, peak};
    String roof =
        "roof: %s GF/s, %s GB/s"
            .formatted(MarkdownReport.figure(peak), MarkdownReport.figure(bandwidth));
    chart.addSeries(roof, x, y).setMarker(SeriesMarkers.NONE);
    families.forEach(
        (family, works) ->
            chart
                .addSeries(
                    family,
                    works.stream().map(s -> s.rate("GF/s") / s.rate("GB/s")).toList(),
                    works.stream().map(s -> s.rate("GF/s")).toList())
                .setXYSeriesRenderStyle(XYSeriesRenderStyle.Scatter));
    save(chart, "roofline.png", "Roofline", LegendPosition.OutsideS);
  }

  private double best(String works) {
    return results.ours(works).values().stream().mapToDouble(Series::value).max().orElse(0);
  }

  private static XYChart curve(String x, String y) {
    XYChart chart = build(new XYChartBuilder().xAxisTitle(x).yAxisTitle(y));
    chart.getStyler().setDefaultSeriesRenderStyle(XYSeriesRenderStyle.Line);
    return chart;
  }

  private static <C extends Chart<?, ?>> C build(ChartBuilder<?, C> builder) {
    builder.width = WIDTH;
    builder.height = HEIGHT;
    builder.chartTheme = ChartTheme.Matlab;
    return builder.build();
  }

  private void save(Chart<?, ?> chart, String file, String title, LegendPosition legend)
      throws IOException {
    chart.setTitle(title);
    chart.getStyler().setLegendPosition(legend);
    ImageIO.write(BitmapEncoder.getBufferedImage(chart), "png", folder.resolve(file).toFile());
    drawn.put(file, title);
  }
}
