package io.github.jaubert.operations;

import io.github.jaubert.reference.NdArray;
import java.util.function.Function;

/** A reference at given operands: its value, and its derivatives by differences. */
final class ReferencePoint {
  private final Function<NdArray[], NdArray> reference;
  private final NdArray[] operands;
  private final NdArray value;

  ReferencePoint(Function<NdArray[], NdArray> reference, NdArray[] operands) {
    this.reference = reference;
    this.operands = operands;
    this.value = reference.apply(operands);
  }

  NdArray value() {
    return value;
  }

  /**
   * The derivative of {@code sum(value * dy)} by one element of an operand: a central difference;
   * or, where the function has a kink within the step, whichever one-sided difference lies nearer
   * to what was found: one of the two is right.
   */
  double derivative(NdArray dy, int operand, int element, double found) {
    double at = operands[operand].data()[element];
    double step = 1e-6 * Math.max(1, Math.abs(at));
    double right = weightedChange(dy, operand, element, at + step) / step;
    double left = -weightedChange(dy, operand, element, at - step) / step;
    double central = (left + right) / 2;
    if (Math.abs(right - left) <= 1e-3 * Math.max(1, Math.abs(central))) {
      return central;
    }
    return Math.abs(found - left) < Math.abs(found - right) ? left : right;
  }

  private double weightedChange(NdArray dy, int operand, int element, double moved) {
    NdArray[] others = operands.clone();
    others[operand] = operands[operand].copy();
    others[operand].data()[element] = moved;
    double[] result = reference.apply(others).data();
    double sum = 0;
    for (int i = 0; i < result.length; i++) {
      sum += (result[i] - value.data()[i]) * dy.data()[i];
    }
    return sum;
  }
}
