package io.github.jaubert.benchmarks.measure;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/**
 * What a program that times a whole step of an encoder is asked for, on a batch of random tokens in
 * sequences of full length: the options of {@code benchmarks/peers/torch_step.py}. A picocli mixin.
 */
public final class StepOptions {
  private static final Path STATUS = Path.of("/proc/self/status");

  /** Forward, backward and update; or forward alone. */
  private enum Mode {
    TRAIN,
    INFER
  }

  @Option(names = "--shape", defaultValue = "minilm", description = "minilm or bert-base")
  private String shape;

  @Option(names = "--mode", defaultValue = "train", description = "${COMPLETION-CANDIDATES}")
  private Mode mode;

  @Option(names = "--batch", defaultValue = "32", description = "sequences in a batch")
  private int batch;

  @Option(names = "--seq", defaultValue = "128", description = "tokens in a sequence")
  private int sequence;

  /** The encoder to measure. */
  public EncoderShape shape() {
    return EncoderShape.named(shape);
  }

  /** Sequences in the batch. */
  public int batch() {
    return batch;
  }

  /** Tokens in each sequence. */
  public int sequence() {
    return sequence;
  }

  /** What a work is called besides where activations are of a type other than {@code f32}. */
  public static String suffix(String type) {
    return type.equals("f32") ? "" : ", " + type;
  }

  /** The step, as figures are labelled: {@code training step MiniLM B32 S128}. */
  public String name(String type) {
    String what = mode == Mode.TRAIN ? "training step" : "inference";
    return "%s %s B%d S%d%s".formatted(what, shape().name(), batch, sequence, suffix(type));
  }

  /**
   * The time of the step that was asked for, and then the peak of the process's memory.
   *
   * @param train samples of a training step, in seconds
   * @param infer samples of an inference, in seconds
   */
  public List<Work> works(Work.Sampler train, Work.Sampler infer) {
    return works("f32", shape().forwardFlops(sequence), train, infer);
  }

  /** The same in a type, where training computes so many FLOPs forward for a sequence. */
  public List<Work> works(
      String type, double trainingFlops, Work.Sampler train, Work.Sampler infer) {
    String name = name(type);
    boolean training = mode == Mode.TRAIN;
    double flops = batch * (training ? 3 * trainingFlops : shape().forwardFlops(sequence));
    return List.of(
        Work.timed(name, flops, 0, training ? train : infer),
        Work.of("peak memory, " + name, "MB", seconds -> new double[] {peakMegabytes()}));
  }

  /**
   * The most that was resident in this process at any time, in MB (10⁶ bytes): code, Java's heap
   * and everything else.
   */
  public static double peakMegabytes() {
    try {
      String peak =
          Files.readAllLines(STATUS).stream()
              .filter(line -> line.startsWith("VmHWM:")) // "VmHWM:   1234 kB"
              .findFirst()
              .orElseThrow(() -> new IllegalStateException(STATUS + " has no VmHWM"));
      return Long.parseLong(peak.replaceAll("\\D", "")) * 1024 / 1e6;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
