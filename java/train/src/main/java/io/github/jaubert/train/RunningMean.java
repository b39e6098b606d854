package io.github.jaubert.train;

import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;

/**
 * A figure of the steps since the last line of the log: a sum, such as that of the tokens told
 * rightly, by a count. Both are summed on the device, so that adding waits for nothing, and
 * recorded steps (CUDA graphs) add, too. See {@link Task#figures}.
 */
public final class RunningMean implements AutoCloseable {
  private final Tensor sum;
  private final Tensor count;
  private boolean isOpen = true;

  /** One whose sums are 0, on the device of what will be added. */
  public RunningMean(Device device) {
    try (Scope scope = Scope.open()) {
      sum = Tensor.zeros(1).to(device).unscoped();
      count = Tensor.zeros(1).to(device).unscoped();
    }
  }

  /** Adds to the sum and to what it is divided by, numbers of one element on the device of both. */
  public void add(Tensor some, Tensor counted) {
    increase(sum, some);
    increase(count, counted);
  }

  private static void increase(Tensor to, Tensor some) {
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      to.copyFrom(to.add(some.detach().reshape(1)));
    }
  }

  /** Adds to the count, for who adds to {@link #sum} by other means. */
  void addCount(Tensor counted) {
    increase(count, counted);
  }

  /** Whether it still can be added to: until the run ends for which it was made. */
  public boolean isOpen() {
    return isOpen;
  }

  /** The mean since the last call, not a number if nothing counted; begins anew. */
  double take() {
    double mean = sum.toFloats()[0] / count.toFloats()[0];
    sum.fill(0);
    count.fill(0);
    return mean;
  }

  /** The sum {@code [1]}, which is also how it is restored. */
  Tensor sum() {
    return sum;
  }

  /** The same of the count. */
  Tensor count() {
    return count;
  }

  @Override
  public void close() {
    if (isOpen) {
      isOpen = false;
      sum.close();
      count.close();
    }
  }
}
