package io.github.jaubert.optim;

import io.github.jaubert.internal.graph.Capture;
import io.github.jaubert.internal.tape.NativeTensor;
import io.github.jaubert.tensor.Tensor;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A step of an optimizer that was captured. Its counts go on with every replay, so that checkpoints
 * and steps that are not replayed find them as they ought to be.
 */
final class CapturedUpdate implements Capture.Update {
  private final AdamOptimizer optimizer;
  private final List<AdamState.Slot> all;
  private final List<AdamState.Slot> moved;
  private final List<Long> stepsThen; // of those that move
  private final Set<AdamState.Slot> beganWithGradient; // the others got theirs in the step
  private final List<Tensor> means; // the tensors that the graph reads and writes
  private final float rate;

  /**
   * Notes the counts.
   *
   * @param all parameters of the optimizer
   * @param moved those that have a gradient
   * @throws IllegalStateException if one of these has no state yet
   */
  CapturedUpdate(
      AdamOptimizer optimizer, List<AdamState.Slot> all, List<AdamState.Slot> moved, float rate) {
    this.optimizer = optimizer;
    this.all = all;
    this.moved = List.copyOf(moved);
    this.stepsThen = moved.stream().map(slot -> slot.step).toList();
    this.means = moved.stream().map(slot -> slot.mean).toList();
    this.rate = rate;
    this.beganWithGradient = new HashSet<>();
    Capture capture = Capture.current();
    for (AdamState.Slot slot : moved) {
      capture.requireDevice(slot.parameter, "parameter " + slot.name);
      if (slot.mean == null) {
        throw new IllegalStateException(
            "%s: parameter %s has no state yet: take one step as usual before a step is captured"
                .formatted(optimizer, slot.name));
      }
      if (capture.beganWithGradient(slot.parameter)) {
        beganWithGradient.add(slot);
      }
    }
  }

  @Override
  public long steps() {
    for (AdamState.Slot slot : all) {
      if (slot.parameter.grad() != null != beganWithGradient.contains(slot)) {
        throw new IllegalStateException(
            "%s: parameter %s has %s"
                .formatted(
                    optimizer,
                    slot.name,
                    beganWithGradient.contains(slot)
                        ? "no gradient, but the captured step began with one: compute it first"
                        : "a gradient, which a replay would not see: take a step with it, or clear it"));
      }
    }
    long steps = moved.get(0).step - stepsThen.get(0);
    for (int i = 0; i < moved.size(); i++) {
      AdamState.Slot slot = moved.get(i);
      if (slot.mean != means.get(i)) {
        throw new IllegalStateException(
            "%s: the state of parameter %s is another than the captured one, since a state without it was restored: capture the step again"
                .formatted(optimizer, slot.name));
      }
      if (slot.step - stepsThen.get(i) != steps) {
        throw new IllegalStateException(
            "%s: since the step was captured, parameters %s and %s have not moved at the same steps: capture it again"
                .formatted(optimizer, moved.get(0).name, slot.name));
      }
      NativeTensor.of(slot.mean); // open, as is the optimizer
    }
    return steps;
  }

  @Override
  public void taken() {
    moved.forEach(slot -> slot.step++);
    optimizer.replayed();
  }

  @Override
  public float checkRate(float value) {
    return optimizer.checkRate(value);
  }

  @Override
  public float rate() {
    return rate;
  }
}
