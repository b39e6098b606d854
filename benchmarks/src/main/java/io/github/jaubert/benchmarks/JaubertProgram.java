package io.github.jaubert.benchmarks;

import io.github.jaubert.benchmarks.measure.MeasuringProgram;
import io.github.jaubert.tensor.Device;
import picocli.CommandLine.Option;

/** A program that measures Jaubert. */
public abstract class JaubertProgram extends MeasuringProgram {
  @Option(
      names = "--device",
      paramLabel = "NAME",
      defaultValue = "cpu",
      description = "Where to compute: cpu, or cuda:0 and so on.")
  private String device;

  @Override
  protected String start(int threads) {
    Device.cpu().threads(threads);
    Device.of(device).makeDefault();
    return "Jaubert, " + Device.defaultDevice().description();
  }
}
