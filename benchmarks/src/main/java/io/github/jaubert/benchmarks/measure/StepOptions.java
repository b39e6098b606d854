package io.github.jaubert.benchmarks.measure;

import java.util.List;
import picocli.CommandLine.Option;

/**
 * What a program that times a whole step of an encoder is asked for, on a batch of random tokens in
 * sequences of full length: the options of {@code benchmarks/peers/torch_step.py}. A picocli mixin.
 */
public final class StepOptions {
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

  /** The step, as figures are labelled: {@code training step MiniLM B32 S128}. */
  public String name() {
    String what = mode == Mode.TRAIN ? "training step" : "inference";
    return "%s %s B%d S%d".formatted(what, shape().name(), batch, sequence);
  }

  /**
   * The time of the step that was asked for, and then the peak of the process's memory.
   *
   * @param train samples of a training step, in seconds
   * @param infer samples of an inference, in seconds
   */
  public List<Work> works(Work.Sampler train, Work.Sampler infer) {
    return works(shape().forwardFlops(sequence), train, infer);
  }

  /** The same where training computes so many FLOPs forward for a sequence. */
  public List<Work> works(double trainingFlops, Work.Sampler train, Work.Sampler infer) {
    boolean training = mode == Mode.TRAIN;
    double flops = batch * (training ? 3 * trainingFlops : shape().forwardFlops(sequence));
    Work.Sampler sampler = training ? train : infer;
    return List.of(
        new Work(name(), "ms", flops, 0, seconds -> Timing.times(sampler.sample(seconds), 1e3)),
        new Work(
            "peak memory, " + name(),
            "MB",
            0,
            0,
            seconds -> new double[] {ResidentMemory.peakMegabytes()}));
  }
}
