package io.github.jaubert.optim;

import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.binding.Native;
import io.github.jaubert.internal.memory.Backend;
import io.github.jaubert.internal.ops.CreationOps;
import io.github.jaubert.internal.tape.NativeTensor;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What AdamW and LAMB know of the past of their parameters, by PyTorch's names. */
final class AdamState implements AutoCloseable {
  private static final String MEAN = ".exp_avg";
  private static final String SQUARE = ".exp_avg_sq";
  private static final String STEP = ".step";
  private static final String STEPS = "steps";

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

  private final String optimizer;
  private final List<Slot> slots = new ArrayList<>();
  private final Tensor stepsTensor;

  /**
   * Nothing yet.
   *
   * @param optimizer its name, for messages
   * @throws IllegalArgumentException if a parameter is given twice
   */
  AdamState(String optimizer, List<ParameterGroup> groups) {
    this.optimizer = optimizer;
    Set<String> names = new HashSet<>();
    for (ParameterGroup group : groups) {
      for (Parameter parameter : group.parameters()) {
        if (!names.add(parameter.name())) {
          throw new IllegalArgumentException(
              "%s: parameter %s is given twice, the second time in group %s"
                  .formatted(optimizer, parameter.name(), group.name()));
        }
        slots.add(new Slot(parameter, group));
      }
    }
    stepsTensor = count();
  }

  /** One a parameter, in the order of the groups. */
  List<Slot> slots() {
    return slots;
  }

  static Tensor zerosBeside(NativeTensor parameter, Shape shape) {
    return CreationOps.full(parameter.backend(), DType.F32, 0, shape).unscoped();
  }

  /** A number of steps, which the program counts and no device needs. */
  private static Tensor count() {
    return CreationOps.full(Backend.cpu(), DType.I64, 0, Shape.SCALAR).unscoped();
  }

  /** The state as checkpoints hold it; the tensors belong to this. */
  Map<String, Tensor> toMap(long steps) {
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

  /**
   * Goes on from what {@link #toMap} gave.
   *
   * @return the number of steps
   */
  long restore(Map<String, Tensor> state) {
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
    return state.get(STEPS).toLongs()[0];
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
            throw new IllegalArgumentException(optimizer + ": the state lacks '" + key + "'");
          }
          if (!value.shape().equals(shape) || value.dtype() != dtype) {
            throw new IllegalArgumentException(
                "%s: the state's '%s' is %s %s, expected %s %s"
                    .formatted(optimizer, key, value.dtype(), value.shape(), dtype, shape));
          }
        });
    for (String key : state.keySet()) {
      if (!expected.containsKey(key)) {
        throw new IllegalArgumentException(
            optimizer + ": the state has '" + key + "', which belongs to none of its parameters");
      }
    }
  }

  @Override
  public void close() {
    slots.forEach(Slot::close);
    stepsTensor.close();
  }
}
