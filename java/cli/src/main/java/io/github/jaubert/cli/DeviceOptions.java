package io.github.jaubert.cli;

import io.github.jaubert.tensor.DType;
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
      names = "--precision",
      paramLabel = "TYPE",
      description =
          "What the encoder computes in: f32, or on a GPU bf16, whose activations take half the room."
              + " Default: f32.")
  private Precision precision = Precision.F32;

  private enum Precision {
    F32(DType.F32),
    BF16(DType.BF16);

    private final DType type;

    Precision(DType type) {
      this.type = type;
    }
  }

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
    Device chosen;
    try {
      chosen = Device.of(device);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command, "--device " + device + ": " + e.getMessage(), e);
    }
    chosen.makeDefault();
  }

  /** What encoders are to compute in. */
  DType precision() {
    return precision.type;
  }
}
