package io.github.jaubert.benchmarks;

import io.github.jaubert.benchmarks.measure.MeasuringProgram;
import io.github.jaubert.tensor.Device;

/** A program that measures Jaubert on the CPU. */
public abstract class JaubertProgram extends MeasuringProgram {
  @Override
  protected final void start(int threads) {
    Device.cpu().threads(threads);
  }

  @Override
  protected final String program() {
    return "Jaubert, " + Device.cpu().description();
  }
}
