package io.github.jaubert.cli;

import io.github.jaubert.tensor.Device;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** What to compute on. */
final class DeviceOptions {
  @Option(
      names = "--device",
      paramLabel = "NAME",
      description = "cpu, cuda, cuda:1, …, or best: a GPU if there is one. Default: best.")
  private String device = "best";

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads to compute with on the CPU. Default: all cores.")
  private int threads;

  /**
   * Makes the device that of all new models and tensors.
   *
   * @throws IllegalStateException if it cannot be used
   */
  void apply(CommandLine command) {
    if (threads < 0) {
      throw new ParameterException(
          command, "--threads " + threads + ": a number from 1, or 0 for all cores");
    }
    Device.cpu().threads(threads);
    try {
      Device.of(device).makeDefault();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command, "--device " + device + ": " + e.getMessage(), e);
    }
  }
}
