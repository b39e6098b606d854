package io.github.jaubert.autograd;

import io.github.jaubert.internal.graph.Capture;
import io.github.jaubert.internal.graph.CapturedGraph;
import io.github.jaubert.internal.memory.Backend;
import io.github.jaubert.internal.tape.NativeTensor;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Tensor;
import java.util.function.Supplier;

/**
 * A whole step of training (forward, loss, backward, optimizer) that a GPU has recorded and runs
 * again at one call, a CUDA graph: the program no longer begins each of its hundreds of kernels.
 *
 * <pre>{@code
 * Supplier<Tensor> step =
 *     () -> {
 *       Tensor loss = F.crossEntropy(model.forward(inputs, lengths), labels);
 *       loss.backward();
 *       optimizer.step();
 *       return loss;
 *     };
 * try (Scope first = Scope.open()) {
 *   step.get();                                  // as usual: the optimizer makes its state
 * }
 * try (CapturedStep captured = CapturedStep.of(device, step)) {
 *   for (Batch batch : batches) {
 *     inputs.copyFrom(batch.inputs());           // the same tensors, other values
 *     labels.copyFrom(batch.labels());
 *     captured.sequences(lengths, batch.lengths()).replay(schedule.at(optimizer.steps()));
 *   }
 *   System.out.println(captured.result().item());
 * }
 * }</pre>
 *
 * <p>A replay has the bits of the step itself, called at that moment: it reads what the tensors
 * made before hold by then, draws the random numbers that its sources would give, and moves the
 * parameters by the optimizer's own count of steps and the learning rate it is given. Afterwards
 * sources and optimizer are as the step would have left them, so replays, steps without a graph and
 * checkpoints go together in any order.
 *
 * <p>What does not change is all that Java decides: sizes, numbers such as a probability of dropout
 * or a normalizer, branches, and what is computed on the CPU. So inside the step no values can be
 * read ({@code item}, {@code toFloats}) nor tensors made of arrays; what should be seen of it is
 * its result, or is copied with {@code copyFrom} into a tensor that was made before. It takes one
 * step of one optimizer at most, whose state has to exist, and does not set a source of random
 * numbers that was made before. {@link Checkpoint} and {@link CustomOperation} are fine.
 *
 * <p>A replay has to find gradients where the step began with some and none where it began without,
 * and leaves them as the step does. So, to accumulate gradients over several batches, a first
 * captured step computes them, a second, captured while they are there, adds to them, and a third
 * is {@code optimizer.step()} alone. From the first capture on, gradients keep their memory until
 * the last captured step that has to do with them is closed.
 *
 * <p>Captured steps of a device share the memory for what they compute on the way, which counts as
 * {@link io.github.jaubert.tensor.Memory#live in use} and serves no other tensor until the last of
 * them is closed. What a step reads or writes of the program's tensors stays allocated as long,
 * even if they are closed. Mutable, for the thread that made it; while it is made, no other thread
 * may use the device.
 */
public final class CapturedStep implements AutoCloseable {
  private final CapturedGraph graph;

  private CapturedStep(CapturedGraph graph) {
    this.graph = graph;
  }

  /** Whether the device has graphs. */
  public static boolean isSupportedBy(Device device) {
    return Backend.of(device.name()).graphs() != null;
  }

  /**
   * Captures a step. It is called once, but nothing of it runs: parameters, sources of random
   * numbers and counts are as before.
   *
   * @param step returns what is to be seen of it, such as the loss; what else it makes is freed
   * @throws UnsupportedOperationException if the device has no graphs, as the CPU
   * @throws IllegalStateException if the step does what cannot be captured; nothing is changed then
   */
  public static CapturedStep of(Device device, Supplier<? extends Tensor> step) {
    return new CapturedStep(
        Capture.of(Backend.of(device.name()), () -> NativeTensor.of(step.get())));
  }

  /**
   * Other sequences from the next replay on. They are told apart by their lengths: a step on two
   * batches has to be captured with batches of different lengths, or both get the same here.
   *
   * @param captured those the step was captured with, however often they were replaced
   * @param now as many sequences of as many tokens together; {@link PackedSequences#padTo} helps
   * @return this
   * @throws IllegalArgumentException if they are not as many, or the step has nothing to do with
   *     {@code captured}
   */
  public CapturedStep sequences(PackedSequences captured, PackedSequences now) {
    if (now.count() != captured.count()
        || now.tokens() != captured.tokens()
        || now.isPadded() != captured.isPadded()) {
      throw new IllegalArgumentException(
          "the step was captured with " + captured + "; " + now + " do not fit");
    }
    graph.sequences(captured.cuSeqlens(), now.cuSeqlens());
    return this;
  }

  /**
   * Runs the step with the learning rate that its optimizer was given when it was captured. Nothing
   * waits for the device.
   *
   * @throws IllegalStateException if tensors have gradients that the step began without, or none
   *     where it began with some; if the optimizer's parameters have not all moved since the
   *     capture; if a source of random numbers has another seed; from another thread
   */
  public void replay() {
    graph.replay();
  }

  /**
   * Runs the step with a learning rate.
   *
   * @throws IllegalArgumentException if {@code learningRate} is negative or not finite
   * @throws IllegalStateException as {@link #replay()}, and if there is no optimizer in the step
   */
  public void replay(float learningRate) {
    graph.replay(learningRate);
  }

  /**
   * What the step returned, as the last replay computed it: one tensor, which belongs to this and
   * is overwritten by the next replay. Reading its values waits for the device.
   *
   * @throws IllegalStateException if there was no replay yet
   */
  public Tensor result() {
    return graph.result();
  }

  /**
   * Frees the graph.
   *
   * @throws IllegalStateException while another step is captured
   */
  @Override
  public void close() {
    graph.close();
  }

  /** As {@code CapturedStep(12 replays)}. */
  @Override
  public String toString() {
    return "CapturedStep(" + graph.replays() + " replays)";
  }
}
