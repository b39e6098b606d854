package io.github.jaubert.internal.tape;

import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.binding.Native;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * The operations of a thread in the order they ran, so that running it from the end gives gradients
 * (reverse-mode automatic differentiation, as in Wengert 1964). A backward pass runs and removes
 * what its loss was computed from; the close of a scope removes what it recorded.
 */
public final class Tape {
  private static final ThreadLocal<Tape> CURRENT = ThreadLocal.withInitial(Tape::new);

  private final Thread thread = Thread.currentThread();
  private final List<Node> nodes = new ArrayList<>();
  private int disabled;

  private Tape() {}

  /** How an operation passes its result's gradient on to its inputs. */
  @FunctionalInterface
  public interface Backward {
    /**
     * Runs once; what it allocates is freed when it returns.
     *
     * @param dy gradient of the result, with the result's shape
     * @param saved the tensors given to {@link Tape#record}
     * @param gradients where the gradients of the inputs go
     */
    void run(NativeTensor dy, NativeTensor[] saved, Gradients gradients);
  }

  /** One recorded operation. */
  static final class Node {
    private final String name;
    private final NativeTensor output;
    private final NativeTensor[] inputs;
    private final NativeTensor[] saved;
    private final int[] savedVersions;
    private final Backward backward;
    private Tape tape; // null once the node has run or was thrown away

    Node(
        Tape tape,
        String name,
        NativeTensor output,
        NativeTensor[] inputs,
        NativeTensor[] saved,
        Backward backward) {
      this.tape = tape;
      this.name = name;
      this.output = output;
      this.inputs = inputs;
      this.backward = backward;
      this.saved = new NativeTensor[saved.length];
      this.savedVersions = new int[saved.length];
      for (int i = 0; i < saved.length; i++) {
        if (saved[i] != null) {
          this.saved[i] = saved[i].alias();
          savedVersions[i] = saved[i].version();
        }
      }
    }

    String name() {
      return name;
    }

    private void run(NativeTensor dy) {
      for (int i = 0; i < saved.length; i++) {
        if (saved[i] != null && saved[i].version() != savedVersions[i]) {
          throw new IllegalStateException(
              "backward of "
                  + name
                  + ": "
                  + saved[i].summary()
                  + " was overwritten after the operation that needs it");
        }
      }
      try (Region temporaries = Region.openInternal()) {
        backward.run(dy, saved, new Gradients(name, inputs, dy.backend()));
      }
    }

    /**
     * Refuses a gradient that this node could no longer pass on, which would be lost in silence.
     */
    void requireRecorded(String user) {
      if (tape == null || tape.thread != Thread.currentThread()) {
        throw new IllegalStateException(
            "backward of "
                + user
                + ": the record of its input "
                + output.summary()
                + ", the result of "
                + name
                + ", is gone: an earlier backward ran it, its scope closed, or another thread made it");
      }
    }

    private void free() {
      tape = null;
      for (NativeTensor tensor : saved) {
        if (tensor != null) {
          tensor.close();
        }
      }
    }
  }

  /** Whether an operation on this input has to be recorded. */
  public static boolean records(NativeTensor input) {
    return input.requiresGrad() && CURRENT.get().disabled == 0;
  }

  /** Whether an operation on these inputs has to be recorded. */
  public static boolean records(NativeTensor first, NativeTensor second) {
    return (first.requiresGrad() || second.requiresGrad()) && CURRENT.get().disabled == 0;
  }

  /** Whether an operation on these inputs (null where there is none) has to be recorded. */
  public static boolean records(NativeTensor... inputs) {
    for (NativeTensor input : inputs) {
      if (input != null && input.requiresGrad()) {
        return CURRENT.get().disabled == 0;
      }
    }
    return false;
  }

  /**
   * Records an operation if one of its inputs requires a gradient.
   *
   * @param name what messages call it
   * @param output its result
   * @param inputs the tensors it was computed from; null where an optional one is missing
   * @param saved what backward needs, kept alive until it has run; may hold nulls
   */
  public static void record(
      String name,
      NativeTensor output,
      NativeTensor[] inputs,
      NativeTensor[] saved,
      Backward backward) {
    if (records(inputs)) {
      recordAlways(name, output, inputs, saved, backward);
    }
  }

  /** Records an operation that differentiates with respect to more than its inputs. */
  public static void recordAlways(
      String name,
      NativeTensor output,
      NativeTensor[] inputs,
      NativeTensor[] saved,
      Backward backward) {
    Tape tape = CURRENT.get();
    Node node = new Node(tape, name, output, inputs, saved, backward);
    output.autograd().producedBy(node);
    tape.nodes.add(node);
  }

  /** Switches recording off until {@link #enable}; calls nest. */
  public static void disable() {
    CURRENT.get().disabled++;
  }

  /** Undoes one {@link #disable}. */
  public static void enable() {
    CURRENT.get().disabled--;
  }

  /**
   * Runs work with recording on and on a tape of its own, which is thrown away afterwards: for a
   * backward pass inside another.
   */
  public static <T> T apart(Supplier<T> work) {
    Tape outside = CURRENT.get();
    CURRENT.set(new Tape());
    try {
      return work.get();
    } finally {
      truncate(0);
      CURRENT.set(outside);
    }
  }

  /** Whether recording is off. */
  public static boolean isDisabled() {
    return CURRENT.get().disabled > 0;
  }

  static int length() {
    return CURRENT.get().nodes.size();
  }

  static void truncate(int length) {
    List<Node> nodes = CURRENT.get().nodes;
    for (int i = nodes.size() - 1; i >= length; i--) {
      nodes.remove(i).free();
    }
  }

  /** See {@link Tensor#backward(Tensor)}; a null gradient stands for 1. */
  public static void backward(Tensor loss, Tensor gradient) {
    NativeTensor root = NativeTensor.of(loss);
    Tape tape = CURRENT.get();
    if (!root.requiresGrad()) {
      throw new IllegalStateException(
          "backward: "
              + root.summary()
              + " was not computed from a tensor that requires a gradient");
    }
    NativeTensor seed = seed(root, gradient);
    if (!root.hasHistory()) {
      try (seed;
          Region temporaries = Region.openInternal()) {
        new Gradients("backward", new NativeTensor[] {root}, root.backend()).add(0, seed);
      }
      return;
    }
    int last = tape.nodes.lastIndexOf(root.producer());
    if (last < 0) {
      seed.close();
      throw new IllegalStateException(
          "backward: the record of "
              + root.summary()
              + " is gone: backward already ran, its scope closed, or another thread made it");
    }
    root.autograd().pending(seed);
    tape.run(last);
  }

  private static NativeTensor seed(NativeTensor root, Tensor gradient) {
    if (gradient != null) {
      NativeTensor given = NativeTensor.of(gradient);
      if (!given.shape().equals(root.shape()) || given.dtype() != root.dtype()) {
        throw new IllegalArgumentException(
            "backward: the tensor is " + root.summary() + ", the gradient is " + given.summary());
      }
      if (given.backend() != root.backend()) {
        throw new IllegalArgumentException(
            "backward: the tensor is on "
                + root.device()
                + ", the gradient is on "
                + given.device()
                + "; move it with to(Device)");
      }
      return given.alias();
    }
    if (root.numel() != 1) {
      throw new IllegalArgumentException(
          "backward: "
              + root.summary()
              + " is not a single number; give the gradient of the result");
    }
    NativeTensor one = NativeTensor.engineOwned(root.backend(), root.dtype(), root.shape());
    one.fill(1);
    return one;
  }

  private void run(int last) {
    disabled++;
    int firstRun = last + 1;
    try {
      for (int i = last; i >= 0; i--) {
        Node node = nodes.get(i);
        NativeTensor dy = node.output.autograd().pending();
        if (dy != null) {
          node.output.autograd().pending(null);
          firstRun = i;
          nodes.set(i, null);
          try (dy) {
            node.run(dy);
          } finally {
            node.free();
          }
        }
      }
    } finally {
      disabled--;
      dropPending(last);
      int kept = firstRun;
      for (int i = firstRun; i < nodes.size(); i++) {
        if (nodes.get(i) != null) {
          nodes.set(kept++, nodes.get(i));
        }
      }
      nodes.subList(kept, nodes.size()).clear();
    }
  }

  /** After a failure, gradients that were under way must not be found by the next pass. */
  private void dropPending(int last) {
    for (int i = last; i >= 0; i--) {
      Node node = nodes.get(i);
      if (node != null && node.output.autograd().pending() != null) {
        node.output.autograd().pending().close();
        node.output.autograd().pending(null);
      }
    }
  }

  /** Adds {@code x} to {@code y}. */
  static void accumulate(NativeTensor y, NativeTensor x) {
    Native.check(
        Kernels.jb_accumulate(
            y.context(), y.dtype().ordinal(), y.address(), x.address(), y.numel(), 1));
  }

  /** A gradient has the shape of its tensor, and is of real numbers. */
  static void requireFitting(String operation, NativeTensor tensor, NativeTensor gradient) {
    if (!tensor.shape().equals(gradient.shape()) || !gradient.dtype().isFloatingPoint()) {
      throw new IllegalArgumentException(
          "backward of "
              + operation
              + ": an input is "
              + tensor.summary()
              + ", its gradient is "
              + gradient.summary());
    }
  }
}
