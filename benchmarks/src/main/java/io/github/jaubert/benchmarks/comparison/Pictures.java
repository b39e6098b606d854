package io.github.jaubert.benchmarks.comparison;

import java.awt.AWTError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.Styler.ChartTheme;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.lines.SeriesLines;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Draws what a run gave as PNG files; what was not measured is not drawn. */
final class Pictures {
  private static final int WIDTH = 900;
  private static final int HEIGHT = 500;

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
    try {
      return drawAll(results, folder);
    } catch (AWTError e) {
      // Only here, where AWT is used anyway: a class that names it does not even load without it.
      throw new LinkageError(e.getMessage(), e);
    }
  }

  private static Map<String, String> drawAll(Results results, Path folder) throws IOException {
    Pictures pictures = new Pictures(results, folder);
    pictures.bars("steps.png", "Training steps", "GF/s", "^training step .*", Series::gigaflops);
    pictures.bars(
        "text.png", "Real sentences", "sentences/s", "^(training|inference), .*", Pictures::rate);
    pictures.bars(
        "memory.png", "Peak memory of training steps", "MB", "^peak memory, .*", Series::value);
    pictures.losses();
    pictures.growth("growth-tokens.png", "growth, tokens", "tokens T");
    pictures.growth("growth-length.png", "growth, length", "sequence length S, 4,096 tokens");
    pictures.growth("growth-hidden.png", "growth, hidden", "hidden size H, 2,048 tokens");
    pictures.growth("growth-threads.png", "growth, threads", "threads");
    Roofline.draw(results).ifPresent(chart -> pictures.save(chart, "roofline.png", "Roofline"));
    return pictures.drawn;
  }

  private static double rate(Series series) {
    return series.moreIsBetter() ? series.value() : 0;
  }

  /** A group of bars a work, a bar a program and its way to do it. */
  private void bars(
      String file, String title, String unit, String works, ToDoubleFunction<Series> height) {
    List<String> matching = results.works(Pattern.compile(works));
    List<Way> ways = Way.of(results, matching);
    List<String> names =
        Way.works(matching).stream()
            .filter(work -> ways.stream().anyMatch(way -> height(way, work, height) > 0))
            .toList();
    if (names.isEmpty()) {
      return;
    }
    CategoryChart chart =
        new CategoryChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(title)
            .yAxisTitle(unit)
            .theme(ChartTheme.Matlab)
            .build();
    chart.getStyler().setLegendPosition(LegendPosition.OutsideE);
    chart.getStyler().setPlotGridVerticalLinesVisible(false);
    for (Way way : ways) {
      List<Double> heights = names.stream().map(work -> height(way, work, height)).toList();
      if (heights.stream().anyMatch(value -> value > 0)) {
        chart.addSeries(way.toString(), names, heights);
      }
    }
    save(chart, file, title);
  }

  private double height(Way way, String work, ToDoubleFunction<Series> height) {
    return way.find(results, work).map(height::applyAsDouble).orElse(0.0);
  }

  /** The losses of each program, step by step. */
  private void losses() {
    for (String work : results.works(Pattern.compile("^losses, "))) {
      String title = "Losses without dropout, " + work.substring("losses, ".length());
      XYChart chart = curve(title, "step", "loss");
      for (String who : results.programs()) {
        results
            .find(who, work)
            .map(series -> series.rounds().get(0).samples())
            .filter(samples -> !samples.isEmpty())
            .ifPresent(
                samples ->
                    chart
                        .addSeries(
                            who,
                            IntStream.rangeClosed(1, samples.size()).asDoubleStream().toArray(),
                            samples.stream().mapToDouble(Double::doubleValue).toArray())
                        .setMarker(SeriesMarkers.NONE)
                        .setLineStyle(
                            who.equals(Program.JAUBERT)
                                ? SeriesLines.SOLID
                                : SeriesLines.DASH_DASH));
      }
      save(chart, work.replaceAll("[^A-Za-z0-9]+", "-") + ".png", title);
    }
  }

  /** Our step times against a size, and the straight line that fits them. */
  private void growth(String file, String name, String axis) {
    List<Curves.Point> points = Curves.points(results, name);
    if (points.size() < 2) {
      return;
    }
    String title = "Training step against " + axis;
    XYChart chart = curve(title, axis, "ms");
    double[] x = points.stream().mapToDouble(Curves.Point::x).toArray();
    double[] y = points.stream().mapToDouble(Curves.Point::y).toArray();
    chart.addSeries("measured", x, y);
    if (points.size() > 2) {
      Statistics.Line line = Curves.line(points);
      String label =
          "%s ms + %s ms x %s (R² %.4f)"
              .formatted(
                  Figures.format(line.intercept()),
                  Figures.format(line.slope()),
                  axis.split(",")[0],
                  line.rSquared());
      chart
          .addSeries(
              label, x, IntStream.range(0, x.length).mapToDouble(i -> line.at(x[i])).toArray())
          .setMarker(SeriesMarkers.NONE);
    }
    save(chart, file, title);
  }

  static XYChart curve(String title, String x, String y) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(title)
            .xAxisTitle(x)
            .yAxisTitle(y)
            .theme(ChartTheme.Matlab)
            .build();
    chart.getStyler().setDefaultSeriesRenderStyle(XYSeriesRenderStyle.Line);
    chart.getStyler().setLegendPosition(LegendPosition.OutsideS);
    return chart;
  }

  private void save(Chart<?, ?> chart, String file, String caption) {
    try {
      ImageIO.write(BitmapEncoder.getBufferedImage(chart), "png", folder.resolve(file).toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    drawn.put(file, caption);
  }
}
