package io.github.jaubert.cli.options;

import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Device;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** What to compute on. */
public final class DeviceOptions {
  @Option(
      names = "--device",
      paramLabel = "NAME",
      description = "cpu, cuda, cuda:1, …, or best: a GPU if there is one. Default: best.")
  private String device = "best";

  @Option(
      names = "--precision",
      paramLabel = "TYPE",
      description =
          "What the encoder computes in: f32; bf16, whose activations take half the room; or auto,"
              + " which trains in bf16 where that is faster, and answers in f32. Default: auto.")
  private Precision precision = Precision.AUTO;

  private enum Precision {
    AUTO,
    F32,
    BF16
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
  public void apply(CommandLine command) {
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

  /** What encoders are to compute in when they answer. */
  public DType forAnswers() {
    return precision == Precision.BF16 ? DType.BF16 : DType.F32;
  }

  /** What encoders are to compute in when they learn; said if that was chosen here. */
  public DType forTraining(PrintWriter out) {
    if (precision != Precision.AUTO) {
      return forAnswers();
    }
    DType fastest = Device.defaultDevice().fastestType();
    if (fastest == DType.BF16) {
      out.println("training in bf16, which is faster here than f32 (--precision f32 for that)");
    }
    return fastest;
  }
}
