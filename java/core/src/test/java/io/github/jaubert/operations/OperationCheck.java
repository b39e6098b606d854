package io.github.jaubert.operations;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.reference.NdArray;
import io.github.jaubert.reference.RoundingErrors;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.function.ToDoubleFunction;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/** Runs one case in every way in which its kernels can be reached. */
final class OperationCheck {
  private static final int SAMPLED_ELEMENTS = 24;

  /** Of so many draws of rounding errors the one that changes a result most counts. */
  private static final int ROUNDINGS = 16;

  /** How many times that a result may be off: backward rounds, too. */
  private static final double ROUNDED_TIMES = 4;

  private final OperationCase operation;
  private final RandomGenerator random;
  private final NdArray[] arrays;
  private final ReferencePoint reference;
  private final List<ReferencePoint> rounded = new ArrayList<>();
  private final NdArray dy;

  OperationCheck(OperationCase operation) {
    this.operation = operation;
    this.random = Seeds.random(operation.toString());
    this.arrays = operation.inputs().stream().map(i -> i.draw(random)).toArray(NdArray[]::new);
    this.reference = new ReferencePoint(operation.reference(), arrays);
    this.dy = Input.normal(reference.value().shape()).draw(random);
    for (int i = 0; operation.bounds().rounding() != null && i < ROUNDINGS; i++) {
      RoundingErrors errors = RoundingErrors.ofFloat32(random.nextLong());
      rounded.add(
          new ReferencePoint(v -> operation.bounds().rounding().apply(v, errors.begin()), arrays));
    }
  }

  void run() {
    try (Scope scope = Scope.open()) {
      Tensor[] constants = operands(-1);
      Tensor value = operation.operation().apply(constants);
      assertEquals(operation.result(), value.dtype(), "type of the result");
      compare(
          "value",
          NdArray.of(value),
          reference.value(),
          Math.max(operation.bounds().floor(), operation.bounds().valueFloor()),
          i -> effectOfRounding(at -> at.value().data()[i]));
      for (int i = 0; i < constants.length; i++) {
        assertArrayEquals(
            arrays[i].data(), NdArray.of(constants[i]).data(), "operand " + i + " was changed");
      }
      if (operation.differentiable()) {
        assertTrue(hasFloatingPointOperand(), "there is nothing to differentiate by");
        checkGradients(value);
      }
      if (value.device() == Device.cpu()) {
        checkThreads(value);
      }
    }
  }

  private boolean hasFloatingPointOperand() {
    return operation.inputs().stream().anyMatch(i -> i.dtype().isFloatingPoint());
  }

  /**
   * The operands as tensors; gradients are wanted for operand {@code wanted}, -1: for none, -2: for
   * all.
   */
  private Tensor[] operands(int wanted) {
    Tensor[] tensors = new Tensor[arrays.length];
    for (int i = 0; i < tensors.length; i++) {
      tensors[i] = Input.tensor(arrays[i], operation.inputs().get(i).dtype());
      if (tensors[i].dtype().isFloatingPoint() && (wanted == i || wanted == -2)) {
        tensors[i].requiresGrad(true);
      }
    }
    return tensors;
  }

  private Tensor seedGradient() {
    return Input.tensor(dy, operation.result());
  }

  private void checkGradients(Tensor valueWithoutGradients) {
    Tensor[] leaves = operands(-2);
    Tensor value = operation.operation().apply(leaves);
    assertTrue(value.requiresGrad(), "the operation was not recorded");
    assertSameBits("value while recording", value, valueWithoutGradients);
    value.backward(seedGradient());
    for (int i = 0; i < leaves.length; i++) {
      if (leaves[i].requiresGrad()) {
        assertNotNull(leaves[i].grad(), "operand " + i + " got no gradient");
        compareSampled("gradient of operand " + i, NdArray.of(leaves[i].grad()), i);
        checkAlone(i, leaves[i].grad());
      }
    }
    checkUnderNoGrad(valueWithoutGradients);
    checkAccumulation(leaves);
    checkInsideGraph(leaves);
  }

  /**
   * Against differences of the reference in double precision, at some elements if there are many.
   */
  private void compareSampled(String what, NdArray found, int operand) {
    assertArrayEquals(arrays[operand].shape(), found.shape(), what + ": shape");
    int count = found.data().length;
    int[] elements =
        count <= SAMPLED_ELEMENTS
            ? IntStream.range(0, count).toArray()
            : random.ints(SAMPLED_ELEMENTS, 0, count).toArray();
    double[] sample = new double[elements.length];
    double[] derivatives = new double[elements.length];
    for (int i = 0; i < elements.length; i++) {
      sample[i] = found.data()[elements[i]];
      derivatives[i] = reference.derivative(dy, operand, elements[i], sample[i]);
    }
    compare(
        what,
        NdArray.of(sample, sample.length),
        NdArray.of(derivatives, sample.length),
        gradientFloor(count),
        i -> effectOfRounding(at -> at.derivative(dy, operand, elements[i], sample[i])));
  }

  /** By how much rounding errors on the way may change a figure of the reference. */
  private double effectOfRounding(ToDoubleFunction<ReferencePoint> figure) {
    double exact = rounded.isEmpty() ? 0 : figure.applyAsDouble(reference);
    return ROUNDED_TIMES
        * rounded.stream()
            .mapToDouble(at -> Math.abs(figure.applyAsDouble(at) - exact))
            .max()
            .orElse(0);
  }

  /**
   * A kernel that computes one gradient alone must give the bits it gives together with the others.
   */
  private void checkAlone(int operand, Tensor together) {
    Tensor[] leaves = operands(operand);
    operation.operation().apply(leaves).backward(seedGradient());
    assertSameBits("gradient of operand " + operand + " alone", leaves[operand].grad(), together);
  }

  private void checkUnderNoGrad(Tensor value) {
    try (NoGrad off = NoGrad.open()) {
      Tensor[] leaves = operands(-2);
      Tensor again = operation.operation().apply(leaves);
      // Where there is nothing to do, the result is the operand itself.
      boolean recorded = again.requiresGrad() && !Arrays.asList(leaves).contains(again);
      assertFalse(recorded, "recorded in spite of NoGrad");
      assertSameBits("value under NoGrad", again, value);
    }
  }

  /** A second backward adds to the gradients of the first. */
  private void checkAccumulation(Tensor[] leaves) {
    NdArray[] once = gradients(leaves);
    operation.operation().apply(leaves).backward(seedGradient());
    NdArray[] twice = gradients(leaves);
    for (int i = 0; i < leaves.length; i++) {
      if (once[i] != null) {
        compare("gradient of operand " + i + " added to", twice[i], once[i].map(v -> 2 * v));
      }
    }
  }

  /**
   * With operands that are results themselves, and have another use whose gradient arrives first.
   */
  private void checkInsideGraph(Tensor[] reference) {
    Tensor[] leaves = operands(-2);
    Tensor[] inner = leaves.clone();
    for (int i = 0; i < inner.length; i++) {
      if (leaves[i].requiresGrad()) {
        inner[i] = leaves[i].mul(2f).mul(0.5f);
      }
    }
    Tensor loss = operation.operation().apply(inner).mul(seedGradient()).sum();
    for (int i = 0; i < inner.length; i++) {
      if (leaves[i].requiresGrad()) {
        loss = loss.add(inner[i].mul(3f).sum());
      }
    }
    loss.backward();
    for (int i = 0; i < inner.length; i++) {
      if (leaves[i].requiresGrad()) {
        // The reference was added to twice by now.
        NdArray wanted = NdArray.of(reference[i].grad()).map(v -> v / 2 + 3);
        compare("gradient of operand " + i + " in a graph", NdArray.of(leaves[i].grad()), wanted);
      }
    }
  }

  private static NdArray[] gradients(Tensor[] leaves) {
    return Arrays.stream(leaves)
        .map(leaf -> leaf.grad() == null ? null : NdArray.of(leaf.grad()))
        .toArray(NdArray[]::new);
  }

  /** Values and gradients have the same bits for any number of threads. */
  private void checkThreads(Tensor value) {
    int before = Device.cpu().threads();
    try {
      Tensor[][] leaves = new Tensor[2][];
      for (int threads = 1; threads <= 2; threads++) {
        Device.cpu().threads(threads);
        leaves[threads - 1] = operands(operation.differentiable() ? -2 : -1);
        Tensor again = operation.operation().apply(leaves[threads - 1]);
        assertSameBits("value with " + threads + " threads", again, value);
        if (operation.differentiable()) {
          again.backward(seedGradient());
        }
      }
      for (int i = 0; i < arrays.length; i++) {
        if (leaves[0][i].grad() != null) {
          assertSameBits(
              "gradient of operand " + i + " with 1 and 2 threads",
              leaves[0][i].grad(),
              leaves[1][i].grad());
        }
      }
    } finally {
      Device.cpu().threads(before);
    }
  }

  private static void assertSameBits(String what, Tensor found, Tensor wanted) {
    assertEquals(wanted.shape(), found.shape(), what + ": shape");
    assertArrayEquals(NdArray.of(wanted).data(), NdArray.of(found).data(), what);
  }

  /** Each element of a gradient adds up as many terms of size 1 as there are results for it. */
  private double gradientFloor(int elements) {
    return operation.bounds().floor()
        * Math.max(1, dy.data().length / (double) Math.max(1, elements));
  }

  private void compare(String what, NdArray found, NdArray wanted) {
    compare(what, found, wanted, gradientFloor(wanted.data().length), i -> 0);
  }

  /** {@code effect} is what an element may be off by besides. */
  private void compare(
      String what, NdArray found, NdArray wanted, double floor, IntToDoubleFunction effect) {
    assertArrayEquals(wanted.shape(), found.shape(), what + ": shape");
    double[] got = found.data();
    double[] want = wanted.data();
    double typical =
        Math.sqrt(Arrays.stream(want).filter(Double::isFinite).map(v -> v * v).average().orElse(0));
    boolean exact = !operation.result().isFloatingPoint();
    for (int i = 0; i < got.length; i++) {
      double size = Math.max(Math.abs(want[i]), Math.max(typical, floor));
      double allowed = exact ? 0 : operation.bounds().tolerance() * size;
      double error = Double.compare(got[i], want[i]) == 0 ? 0 : Math.abs(got[i] - want[i]);
      // What rounding does is worked out only where it matters, as it takes long.
      if (!(error <= allowed) && !(error <= allowed + effect.applyAsDouble(i))) {
        fail(
            "%s of %s differs at %d of %d: found %.9g, expected %.9g, allowed error %.2g + %.2g; repeat with -Djaubert.seed=%d"
                .formatted(
                    what,
                    operation,
                    i,
                    got.length,
                    got[i],
                    want[i],
                    allowed,
                    effect.applyAsDouble(i),
                    Seeds.SEED));
      }
    }
  }
}
