package io.github.jaubert.internal.ops;

import io.github.jaubert.internal.tape.NativeTensor;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;
import java.util.Arrays;

/**
 * Checks that operations make of their operands, with messages that name the operation and the
 * values.
 */
final class Operands {
  private Operands() {}

  /**
   * An operand as a general operation takes it. These compute in F32: BF16 and F16 are cast up to
   * it, and so is the result; on the way back the gradient is rounded to the operand's type.
   */
  static NativeTensor wide(Tensor operand) {
    boolean narrow = operand.dtype() == DType.BF16 || operand.dtype() == DType.F16;
    return NativeTensor.of(narrow ? CastOps.cast(operand, DType.F32) : operand);
  }

  static void requireType(String operation, String operand, NativeTensor tensor, DType expected) {
    if (tensor.dtype() != expected) {
      throw new IllegalArgumentException(
          operation + ": " + operand + " is " + tensor.summary() + ", expected type " + expected);
    }
  }

  /** All of type F32 and on one device; nulls are passed over. */
  static void requireFloat(String operation, NativeTensor... tensors) {
    for (NativeTensor tensor : tensors) {
      if (tensor != null) {
        requireType(operation, "an operand", tensor, DType.F32);
        requireOneDevice(operation, tensors[0], tensor);
      }
    }
  }

  /** The input of a layer, which computes in its type: F32, BF16, or what else it takes. */
  static void requireActivation(String operation, String operand, NativeTensor x, DType... more) {
    boolean known = x.dtype() == DType.F32 || x.dtype() == DType.BF16;
    if (!known && !Arrays.asList(more).contains(x.dtype())) {
      throw new IllegalArgumentException(
          operation
              + ": "
              + operand
              + " is "
              + x.summary()
              + ", expected type F32 or BF16"
              + (more.length == 0 ? "" : " or " + more[0]));
    }
  }

  /** The parameters of a layer: F32 whatever its input is, on the same device; nulls are none. */
  static void requireParameters(String operation, NativeTensor x, NativeTensor... parameters) {
    for (NativeTensor parameter : parameters) {
      if (parameter != null) {
        requireType(operation, "a parameter", parameter, DType.F32);
        requireOneDevice(operation, x, parameter);
      }
    }
  }

  /** A second input of a layer, of the type and on the device of the first. */
  static void requireLike(
      String operation, String first, NativeTensor a, String second, NativeTensor b) {
    requireOneDevice(operation, a, b);
    if (a.dtype() != b.dtype()) {
      throw new IllegalArgumentException(
          operation
              + ": "
              + first
              + " is "
              + a.summary()
              + " and "
              + second
              + " is "
              + b.summary()
              + ": the types differ; convert one with to(DType)");
    }
  }

  /** Both on one device; a second operand that is null is passed over. */
  static void requireOneDevice(String operation, NativeTensor a, NativeTensor b) {
    if (b != null && a.backend() != b.backend()) {
      throw new IllegalArgumentException(
          "%s: operand %s is on %s and operand %s is on %s; move one with to(Device)"
              .formatted(operation, a.summary(), a.device(), b.summary(), b.device()));
    }
  }

  /** An index of the device of {@code x}. */
  static void requireIndex(String operation, NativeTensor x, NativeTensor index) {
    requireOneDevice(operation, x, index);
    if (index.dtype() != DType.I32 && index.dtype() != DType.I64) {
      throw new IllegalArgumentException(
          operation + ": the index is " + index.summary() + ", expected type I32 or I64");
    }
  }

  static void requireShape(String operation, String operand, NativeTensor tensor, long... sizes) {
    Shape expected = Shape.of(sizes);
    if (!tensor.shape().equals(expected)) {
      throw new IllegalArgumentException(
          operation + ": " + operand + " has shape " + tensor.shape() + ", expected " + expected);
    }
  }

  static void requireRank(String operation, String operand, NativeTensor tensor, int rank) {
    if (tensor.rank() != rank) {
      throw new IllegalArgumentException(
          operation
              + ": "
              + operand
              + " has shape "
              + tensor.shape()
              + ", expected "
              + rank
              + " axes");
    }
  }

  static void requireProbability(String operation, float p) {
    if (!(p >= 0 && p < 1)) {
      throw new IllegalArgumentException(
          operation + ": the dropout probability is " + p + ", expected 0 <= p < 1");
    }
  }

  /** Elements per row of a tensor seen as rows along its last axis. */
  static long columns(NativeTensor tensor) {
    return tensor.rank() == 0 ? 1 : tensor.size(-1);
  }

  /** Rows of a tensor seen as rows along its last axis. */
  static long rows(NativeTensor tensor) {
    long rows = 1;
    for (int i = 0; i < tensor.rank() - 1; i++) {
      rows *= tensor.size(i);
    }
    return rows;
  }

  static NativeTensor[] list(NativeTensor... tensors) {
    return tensors;
  }

  /** The address of an operand that may be missing. */
  static long addressOrNull(NativeTensor tensor) {
    return tensor == null ? 0 : tensor.address();
  }
}
