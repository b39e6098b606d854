package io.github.jaubert.optim;

import io.github.jaubert.internal.binding.Arguments;
import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.binding.Native;
import io.github.jaubert.internal.graph.Capture;
import io.github.jaubert.internal.tape.NativeTensor;
import io.github.jaubert.nn.Init;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * What AdamW and LAMB share: two running means a parameter, and one native call for all parameters
 * together. Only their kernel differs.
 *
 * <p>Each parameter counts its own steps, as in PyTorch: one that gets its first gradient late has
 * its means corrected from there. Parameters with the same count go into one call; unless some were
 * passed over earlier that is all of them.
 */
abstract class AdamOptimizer implements Optimizer {
  /** {@code jb_adamw} or {@code jb_lamb}. */
  @FunctionalInterface
  interface Kernel {
    int run(
        long context,
        long[] parameters,
        long[] gradients,
        long[] means,
        long[] squares,
        long[] copies,
        long[] sizes,
        float[] learningRates,
        float[] weightDecays,
        long args);
  }

  /** The fields of {@code jb_adam_args}, in their order. */
  private enum Field {
    TENSORS,
    NORM,
    MAX_NORM,
    BETA1,
    BETA2,
    EPS,
    STEP,
    BIAS_CORRECTION;

    static final int COUNT = values().length;
  }

  private final String name;
  private final Kernel kernel;
  private final List<ParameterGroup> groups;
  private final float learningRate;
  private final AdamWOptions options;
  private final AdamState state;
  private final List<AdamState.Slot> slots;
  private Tensor norm; // on the device of the parameters
  private long steps;

  // Arguments of the native calls, filled again at every step.
  private final AdamState.Slot[] ready;
  private final NativeTensor[] moved;
  private final long[] parameters;
  private final long[] gradients;
  private final long[] means;
  private final long[] squares;
  private final long[] copies; // of the parameters in 16 bits; 0 where there is none
  private final long[] sizes;
  private final float[] learningRates;
  private final float[] weightDecays;

  AdamOptimizer(
      String name,
      Kernel kernel,
      List<ParameterGroup> groups,
      float learningRate,
      AdamWOptions options) {
    this.name = name;
    this.kernel = kernel;
    this.groups = List.copyOf(groups);
    this.learningRate = checkRate(learningRate);
    this.options = options;
    state = new AdamState(name, groups);
    slots = state.slots();
    int count = slots.size();
    ready = new AdamState.Slot[count];
    moved = new NativeTensor[count];
    parameters = new long[count];
    gradients = new long[count];
    means = new long[count];
    squares = new long[count];
    copies = new long[count];
    sizes = new long[count];
    learningRates = new float[count];
    weightDecays = new float[count];
    norm =
        slots.isEmpty()
            ? Init.zeros()
            : AdamState.zerosBeside(slots.get(0).parameter, Shape.SCALAR);
  }

  float checkRate(float rate) {
    if (!(rate >= 0 && rate < Float.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          name + ": learning rate " + rate + " is negative or not finite");
    }
    return rate;
  }

  @Override
  public final void step(float rate) {
    checkRate(rate);
    int waiting = 0;
    for (AdamState.Slot slot : slots) {
      if (slot.parameter.grad() != null) {
        ready[waiting++] = slot;
      }
    }
    if (waiting == 0) {
      throw new IllegalStateException(
          name
              + ": none of "
              + slots.size()
              + " parameters has a gradient; backward() comes first");
    }
    requireOneDevice(waiting);
    Capture capture = Capture.current();
    if (capture != null) {
      capture.updates(
          new CapturedUpdate(this, slots, Arrays.asList(ready).subList(0, waiting), rate));
      rate = 1; // times what each replay is given
    } else {
      for (int i = 0; i < waiting; i++) {
        ready[i].allocate();
      }
    }
    computeNorm(waiting);
    while (waiting > 0) {
      waiting = stepThoseAt(ready[0].step, waiting, rate, capture == null ? 1 : 0);
    }
    steps += capture == null ? 1 : 0;
  }

  /** Counts the step that a replay takes. */
  void replayed() {
    steps++;
  }

  /** All parameters that move, and what is known of their past, must be on one device. */
  private void requireOneDevice(int count) {
    NativeTensor first = ready[0].parameter;
    for (int i = 0; i < count; i++) {
      AdamState.Slot slot = ready[i];
      if (slot.parameter.backend() != first.backend()) {
        throw new IllegalStateException(
            "%s: parameter %s is on %s and parameter %s is on %s"
                .formatted(
                    name, ready[0].name, first.device(), slot.name, slot.parameter.device()));
      }
      if (slot.mean != null && slot.mean.device() != first.device()) {
        throw new IllegalStateException(
            "%s: parameter %s is on %s, and its optimizer's state on %s: make a new optimizer after a move"
                .formatted(name, slot.name, first.device(), slot.mean.device()));
      }
    }
    if (norm.device() != first.device()) { // moved before the first step
      norm.close();
      norm = AdamState.zerosBeside(first, Shape.SCALAR);
    }
  }

  private void computeNorm(int count) {
    for (int i = 0; i < count; i++) {
      gradients[i] = NativeTensor.of(ready[i].parameter.grad()).address();
      sizes[i] = ready[i].parameter.numel();
    }
    NativeTensor result = NativeTensor.of(norm);
    Native.check(
        Kernels.jb_global_norm(result.context(), result.address(), gradients, sizes, count));
  }

  /**
   * Moves the waiting parameters that took {@code step} steps; the others stay in {@link #ready},
   * and are counted.
   *
   * @param taken what to add to the steps of those that moved: a captured one is not taken yet
   */
  private int stepThoseAt(long step, int waiting, float rate, int taken) {
    int moving = 0;
    int left = 0;
    boolean anyCopy = false;
    for (int i = 0; i < waiting; i++) {
      AdamState.Slot slot = ready[i];
      if (slot.step == step) {
        parameters[moving] = slot.parameter.address();
        gradients[moving] = NativeTensor.of(slot.parameter.grad()).address();
        means[moving] = NativeTensor.of(slot.mean).address();
        squares[moving] = NativeTensor.of(slot.square).address();
        sizes[moving] = slot.parameter.numel();
        learningRates[moving] = rate * slot.learningRateScale;
        weightDecays[moving] = slot.weightDecay;
        slot.step += taken;
        copies[moving] = slot.parameter.touchWithCopy();
        anyCopy |= copies[moving] != 0;
        moved[moving++] = slot.parameter;
      } else {
        ready[left++] = slot;
      }
    }
    NativeTensor total = NativeTensor.of(norm);
    Native.check(
        kernel.run(
            total.context(),
            parameters,
            gradients,
            means,
            squares,
            anyCopy ? copies : null,
            sizes,
            learningRates,
            weightDecays,
            Arguments.begin(Field.COUNT)
                .set(Field.TENSORS, moving)
                .set(Field.NORM, total.address())
                .set(Field.MAX_NORM, options.maxNorm())
                .set(Field.BETA1, options.beta1())
                .set(Field.BETA2, options.beta2())
                .set(Field.EPS, options.eps())
                .set(Field.STEP, step + 1)
                .set(Field.BIAS_CORRECTION, options.biasCorrection() ? 1 : 0)
                .address()));
    for (int i = 0; i < moving; i++) {
      moved[i].zeroGrad();
    }
    return left;
  }

  @Override
  public final float learningRate() {
    return learningRate;
  }

  /** The settings this optimizer was made with. */
  public final AdamWOptions options() {
    return options;
  }

  @Override
  public final List<ParameterGroup> groups() {
    return groups;
  }

  @Override
  public final void zeroGrad() {
    slots.forEach(slot -> slot.parameter.zeroGrad());
  }

  @Override
  public final Tensor gradNorm() {
    return norm;
  }

  @Override
  public final long steps() {
    return steps;
  }

  @Override
  public final Map<String, Tensor> state() {
    return state.toMap(steps);
  }

  @Override
  public final void restore(Map<String, Tensor> saved) {
    steps = state.restore(saved);
  }

  @Override
  public final void close() {
    state.close();
    norm.close();
  }

  /** As {@code AdamW(201 parameters, 12 steps)}. */
  @Override
  public final String toString() {
    return "%s(%d parameters, %d steps)".formatted(name, slots.size(), steps);
  }
}
