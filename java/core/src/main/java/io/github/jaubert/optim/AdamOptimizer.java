package io.github.jaubert.optim;

import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.engine.Backend;
import io.github.jaubert.internal.engine.Capture;
import io.github.jaubert.internal.engine.Native;
import io.github.jaubert.internal.engine.NativeTensor;
import io.github.jaubert.internal.ops.Creation;
import io.github.jaubert.nn.Init;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What AdamW and LAMB share: two running means a parameter, and one native call for all parameters
 * together. Only their kernel differs.
 *
 * <p>Each parameter counts its own steps, as in PyTorch: one that gets its first gradient late has
 * its means corrected from there. Parameters with the same count go into one call; unless some were
 * passed over earlier that is all of them.
 */
abstract class AdamOptimizer implements Optimizer {
  private static final String MEAN = ".exp_avg";
  private static final String SQUARE = ".exp_avg_sq";
  private static final String STEP = ".step";
  private static final String STEPS = "steps";

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
        long tensors,
        long norm,
        float maxNorm,
        float beta1,
        float beta2,
        float eps,
        long step,
        int biasCorrection);
  }

  /** A parameter and what is known of its past. */
  static final class Slot {
    final String name;
    final NativeTensor parameter;
    final float learningRateScale;
    final float weightDecay;
    Tensor mean; // null until the first gradient
    Tensor square;
    Tensor stepTensor; // the count below, for state()
    long step;

    Slot(Parameter parameter, ParameterGroup group) {
      this.name = parameter.name();
      this.parameter = NativeTensor.of(parameter.tensor());
      this.learningRateScale = group.learningRateScale();
      this.weightDecay = group.weightDecay();
    }

    void allocate() {
      if (mean == null) {
        mean = zerosBeside(parameter, parameter.shape());
        square = zerosBeside(parameter, parameter.shape());
        stepTensor = count();
      }
    }

    void close() {
      if (mean != null) {
        mean.close();
        square.close();
        stepTensor.close();
      }
    }
  }

  private final String name;
  private final Kernel kernel;
  private final List<ParameterGroup> groups;
  private final float learningRate;
  private final AdamWOptions options;
  private final List<Slot> slots = new ArrayList<>();
  private Tensor norm; // on the device of the parameters
  private final Tensor stepsTensor;
  private long steps;

  // Arguments of the native calls, filled again at every step.
  private final Slot[] ready;
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
    Set<String> names = new HashSet<>();
    for (ParameterGroup group : groups) {
      for (Parameter parameter : group.parameters()) {
        if (!names.add(parameter.name())) {
          throw new IllegalArgumentException(
              "%s: parameter %s is given twice, the second time in group %s"
                  .formatted(name, parameter.name(), group.name()));
        }
        slots.add(new Slot(parameter, group));
      }
    }
    int count = slots.size();
    ready = new Slot[count];
    moved = new NativeTensor[count];
    parameters = new long[count];
    gradients = new long[count];
    means = new long[count];
    squares = new long[count];
    copies = new long[count];
    sizes = new long[count];
    learningRates = new float[count];
    weightDecays = new float[count];
    norm = slots.isEmpty() ? Init.zeros() : zerosBeside(slots.get(0).parameter, Shape.SCALAR);
    stepsTensor = count();
  }

  private static Tensor zerosBeside(NativeTensor parameter, Shape shape) {
    return Creation.full(parameter.backend(), DType.F32, 0, shape).unscoped();
  }

  /** A number of steps, which the program counts and no device needs. */
  private static Tensor count() {
    return Creation.full(Backend.cpu(), DType.I64, 0, Shape.SCALAR).unscoped();
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
    for (Slot slot : slots) {
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
      Slot slot = ready[i];
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
      norm = zerosBeside(first, Shape.SCALAR);
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
      Slot slot = ready[i];
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
            moving,
            total.address(),
            options.maxNorm(),
            options.beta1(),
            options.beta2(),
            options.eps(),
            step + 1,
            options.biasCorrection() ? 1 : 0));
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
    Map<String, Tensor> state = new LinkedHashMap<>();
    state.put(STEPS, write(stepsTensor, steps));
    for (Slot slot : slots) {
      if (slot.mean != null) {
        state.put(slot.name + MEAN, slot.mean);
        state.put(slot.name + SQUARE, slot.square);
        state.put(slot.name + STEP, write(slot.stepTensor, slot.step));
      }
    }
    return state;
  }

  private static Tensor write(Tensor scalar, long value) {
    NativeTensor count = NativeTensor.of(scalar);
    Native.check(Kernels.jb_write_longs(count.context(), count.address(), new long[] {value}, 1));
    return scalar;
  }

  @Override
  public final void restore(Map<String, Tensor> state) {
    checkState(state);
    for (Slot slot : slots) {
      if (state.containsKey(slot.name + MEAN)) {
        slot.allocate();
        slot.mean.copyFrom(state.get(slot.name + MEAN));
        slot.square.copyFrom(state.get(slot.name + SQUARE));
        slot.step = state.get(slot.name + STEP).toLongs()[0];
      } else {
        slot.close();
        slot.mean = null;
        slot.step = 0;
      }
    }
    steps = state.get(STEPS).toLongs()[0];
  }

  private void checkState(Map<String, Tensor> state) {
    Map<String, Shape> expected = new LinkedHashMap<>();
    expected.put(STEPS, Shape.SCALAR);
    for (Slot slot : slots) {
      boolean any = false;
      for (String part : List.of(MEAN, SQUARE, STEP)) {
        any |= state.containsKey(slot.name + part);
      }
      if (any) {
        expected.put(slot.name + MEAN, slot.parameter.shape());
        expected.put(slot.name + SQUARE, slot.parameter.shape());
        expected.put(slot.name + STEP, Shape.SCALAR);
      }
    }
    expected.forEach(
        (key, shape) -> {
          Tensor value = state.get(key);
          DType dtype = key.equals(STEPS) || key.endsWith(STEP) ? DType.I64 : DType.F32;
          if (value == null) {
            throw new IllegalArgumentException(name + ": the state lacks '" + key + "'");
          }
          if (!value.shape().equals(shape) || value.dtype() != dtype) {
            throw new IllegalArgumentException(
                "%s: the state's '%s' is %s %s, expected %s %s"
                    .formatted(name, key, value.dtype(), value.shape(), dtype, shape));
          }
        });
    for (String key : state.keySet()) {
      if (!expected.containsKey(key)) {
        throw new IllegalArgumentException(
            name + ": the state has '" + key + "', which belongs to none of its parameters");
      }
    }
  }

  @Override
  public final void close() {
    slots.forEach(Slot::close);
    norm.close();
    stepsTensor.close();
  }

  /** As {@code AdamW(201 parameters, 12 steps)}. */
  @Override
  public final String toString() {
    return "%s(%d parameters, %d steps)".formatted(name, slots.size(), steps);
  }
}
