package io.github.jaubert.internal.tape;

import io.github.jaubert.internal.memory.Backend;

/**
 * Where one operation's backward leaves the gradients of its inputs. Inputs are named by their
 * place in the list that was given to {@link Tape#record}.
 */
public final class Gradients {
  private final String operation;
  private final NativeTensor[] inputs;
  private final Backend backend;

  /** For an operation whose result is on the device of {@code backend}. */
  Gradients(String operation, NativeTensor[] inputs, Backend backend) {
    this.operation = operation;
    this.inputs = inputs;
    this.backend = backend;
  }

  /** Whether the gradient of an input is wanted; an input that is null wants none. */
  public boolean needs(int input) {
    return inputs[input] != null && inputs[input].requiresGrad();
  }

  /**
   * Adds a finished gradient of the shape of its input; does nothing if it is not wanted. A
   * gradient has the type of its input: one that was computed in another is rounded to it.
   */
  public void add(int input, NativeTensor finished) {
    if (!needs(input)) {
      return;
    }
    NativeTensor tensor = inputs[input];
    Tape.requireFitting(operation, tensor, finished);
    requireDevice(tensor, finished.backend());
    NativeTensor gradient = finished;
    if (finished.dtype() != tensor.dtype()) {
      gradient = finished.allocateLike(tensor.dtype(), finished.shape());
      DeviceCopy.convert(gradient, finished);
    }
    if (!tensor.hasHistory()) {
      addToLeaf(tensor.autograd(), gradient);
      return;
    }
    tensor.producer().requireRecorded(operation);
    AutogradMeta autograd = tensor.autograd();
    if (autograd.pending() == null) {
      autograd.pending(gradient.alias());
    } else {
      Tape.accumulate(exclusivePending(autograd), gradient);
    }
  }

  /** Refuses to write to an input that has moved since the operation ran. */
  private void requireDevice(NativeTensor input, Backend written) {
    if (input.backend() != written) {
      throw new IllegalStateException(
          "backward of "
              + operation
              + ": its input "
              + input.summary()
              + " is on "
              + input.device()
              + ", its gradient on "
              + written.name());
    }
  }

  private static void addToLeaf(AutogradMeta leaf, NativeTensor gradient) {
    NativeTensor sum = leaf.gradientBuffer();
    if (leaf.gradientValid()) {
      Tape.accumulate(sum, gradient);
    } else {
      DeviceCopy.copy(sum, gradient);
      leaf.gradientWritten();
    }
  }

  /**
   * The gradient collected so far; if its memory is shared (an add hands on one gradient twice), a
   * copy takes its place.
   */
  private static NativeTensor exclusivePending(AutogradMeta autograd) {
    NativeTensor pending = autograd.pending();
    if (!pending.isExclusive()) {
      NativeTensor own =
          NativeTensor.engineOwned(pending.backend(), pending.dtype(), pending.shape());
      DeviceCopy.copy(own, pending);
      pending.close();
      autograd.pending(own);
      return own;
    }
    return pending;
  }

  /**
   * Memory into which a kernel writes the gradient of an input itself, which saves a pass over it.
   *
   * @param address where, 0 (null) if the gradient is not wanted
   * @param accumulate whether there is a gradient already, to be added to; if not, the memory is
   *     overwritten
   */
  public record Target(long address, boolean accumulate) {
    private static final Target NONE = new Target(0, false);

    /**
     * {@code bit} if the kernel has to add, else 0: for the {@code accumulate} flags of the C ABI.
     */
    public int flag(int bit) {
      return accumulate ? bit : 0;
    }
  }

  /** A {@link Target} for an input that the kernel may also be asked to add to. */
  public Target target(int input) {
    if (!needs(input)) {
      return Target.NONE;
    }
    NativeTensor tensor = inputs[input];
    requireDevice(tensor, backend);
    AutogradMeta autograd = tensor.autograd();
    if (!tensor.hasHistory()) {
      NativeTensor buffer = autograd.gradientBuffer();
      boolean accumulate = autograd.gradientValid();
      autograd.gradientWritten();
      return new Target(buffer.address(), accumulate);
    }
    tensor.producer().requireRecorded(operation);
    if (autograd.pending() != null) {
      return new Target(exclusivePending(autograd).address(), true);
    }
    autograd.pending(NativeTensor.engineOwned(tensor.backend(), tensor.dtype(), tensor.shape()));
    return new Target(autograd.pending().address(), false);
  }
}
