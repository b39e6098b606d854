package io.github.jaubert.train;

import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;

/**
 * The mean loss of some steps. It is summed on the device, so adding to it waits for nothing; only
 * reading it does.
 */
final class LossMeter implements AutoCloseable {
  private final Tensor sum;
  private int steps;

  /** Sums losses of a device. */
  LossMeter(Device device) {
    try (Scope scope = Scope.open()) {
      sum = Tensor.zeros(1).to(device).unscoped();
    }
  }

  /** Adds the loss of a batch, already divided by the sequences of its step. */
  void add(Tensor loss) {
    if (loss.shape().numel() != 1) {
      throw new IllegalArgumentException("the task's loss is " + loss.shape() + ", no scalar");
    }
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      sum.copyFrom(sum.add(loss.detach().reshape(1)));
    }
  }

  /** All batches of a step were added. */
  void stepped() {
    steps++;
  }

  /** The mean since the last call; begins anew. */
  double take() {
    double mean = sum.toFloats()[0] / steps;
    sum.fill(0);
    steps = 0;
    return mean;
  }

  /** The sum {@code [1]}, which is also how it is restored. */
  Tensor sum() {
    return sum;
  }

  int steps() {
    return steps;
  }

  void steps(int steps) {
    this.steps = steps;
  }

  @Override
  public void close() {
    sum.close();
  }
}
