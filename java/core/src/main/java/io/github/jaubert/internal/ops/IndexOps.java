package io.github.jaubert.internal.ops;

import static io.github.jaubert.internal.ops.Operands.list;

import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.binding.Native;
import io.github.jaubert.internal.tape.Gradients.Target;
import io.github.jaubert.internal.tape.NativeTensor;
import io.github.jaubert.internal.tape.Tape;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;

/** Rows and elements picked by index, their gradients, and means over packed sequences. */
public final class IndexOps {
  private IndexOps() {}

  /** Entries of an axis in the order of an index. */
  public static Tensor indexSelect(Tensor x, int axis, Tensor index) {
    int at = x.shape().axis(axis);
    if (at == 0) {
      return rows("indexSelect", x, index);
    }
    return ShapeOps.transpose(rows("indexSelect", ShapeOps.transpose(x, 0, at), index), 0, at);
  }

  /**
   * {@code y[i] = table[index[i]]} for an index of any shape; the result has the index's axes, then
   * the table's others.
   */
  public static Tensor embedding(Tensor table, Tensor ids) {
    Operands.requireRank("embedding", "the table", NativeTensor.of(table), 2);
    Tensor picked = rows("embedding", table, ShapeOps.flatten(ids));
    long[] sizes = java.util.Arrays.copyOf(ids.shape().toArray(), ids.rank() + 1);
    sizes[ids.rank()] = table.size(1);
    return ShapeOps.reshape(picked, sizes);
  }

  private static Tensor rows(String name, Tensor operand, Tensor indices) {
    NativeTensor x = NativeTensor.of(operand);
    NativeTensor index = NativeTensor.of(indices);
    Operands.requireIndex(name, x, index);
    Operands.requireRank(name, "the index", index, 1);
    long rows = x.size(0);
    Shape original = x.shape();
    long width = original.without(0).numel();
    NativeTensor y = x.allocateLike(x.dtype(), original.with(0, index.numel()));
    Native.check(
        Kernels.jb_index_rows(
            x.context(),
            x.dtype().ordinal(),
            y.address(),
            x.address(),
            index.address(),
            index.dtype().ordinal(),
            index.numel(),
            rows,
            width));
    Tape.record(
        name,
        y,
        list(x),
        list(index),
        (dy, saved, gradients) -> {
          if (dy.dtype() == DType.F32) {
            addRows(gradients.target(0), dy, saved[0], rows, width);
          } else {
            NativeTensor dx = dy.allocateLike(DType.F32, original);
            addRows(new Target(dx.address(), false), Operands.wide(dy), saved[0], rows, width);
            gradients.add(0, dx);
          }
        });
    return y;
  }

  /** Adds the rows of dy to the rows of a gradient of type F32 that an index names. */
  static void addRows(Target target, NativeTensor dy, NativeTensor index, long rows, long width) {
    if (target.address() != 0) {
      Native.check(
          Kernels.jb_index_add_rows(
              dy.context(),
              dy.dtype().ordinal(),
              target.address(),
              dy.address(),
              index.address(),
              index.dtype().ordinal(),
              index.numel(),
              rows,
              width,
              target.flag(1)));
    }
  }

  /** x with source[i] added at row index[i]. */
  public static Tensor indexAdd(Tensor operand, Tensor indices, Tensor addend) {
    NativeTensor x = Operands.wide(operand);
    NativeTensor index = NativeTensor.of(indices);
    NativeTensor source = Operands.wide(addend);
    Operands.requireFloat("indexAdd", x, source);
    Operands.requireIndex("indexAdd", x, index);
    Operands.requireRank("indexAdd", "the index", index, 1);
    Operands.requireShape(
        "indexAdd", "the source", source, x.shape().with(0, index.numel()).toArray());
    NativeTensor y = x.allocateLike(DType.F32, x.shape());
    y.copyFrom(x);
    Native.check(
        Kernels.jb_index_add_rows(
            x.context(),
            source.dtype().ordinal(),
            y.address(),
            source.address(),
            index.address(),
            index.dtype().ordinal(),
            index.numel(),
            x.size(0),
            x.shape().without(0).numel(),
            1));
    Tape.record(
        "indexAdd",
        y,
        list(x, source),
        list(index),
        (dy, saved, gradients) -> {
          gradients.add(0, dy);
          if (gradients.needs(1)) {
            gradients.add(1, (NativeTensor) rows("indexAdd", dy, saved[0]));
          }
        });
    return y;
  }

  /** Elements picked along the last axis. */
  public static Tensor takeAlong(Tensor operand, Tensor indices) {
    NativeTensor x = NativeTensor.of(operand);
    NativeTensor index = NativeTensor.of(indices);
    Operands.requireIndex("takeAlong", x, index);
    boolean sameLeading =
        x.rank() > 0
            && index.rank() == x.rank()
            && index.shape().with(-1, x.size(-1)).equals(x.shape());
    if (!sameLeading) {
      throw new IllegalArgumentException(
          "takeAlong: shapes "
              + x.shape()
              + " and index "
              + index.shape()
              + " differ before the last axis");
    }
    Shape original = x.shape();
    long rows = Operands.rows(x);
    long columns = Operands.columns(x);
    long picked = Operands.columns(index);
    NativeTensor y = x.allocateLike(x.dtype(), index.shape());
    Native.check(
        Kernels.jb_take_along_rows(
            x.context(),
            x.dtype().ordinal(),
            y.address(),
            x.address(),
            index.address(),
            index.dtype().ordinal(),
            rows,
            columns,
            picked));
    Tape.record(
        "takeAlong",
        y,
        list(x),
        list(index),
        (dy, saved, gradients) -> {
          NativeTensor dx = dy.allocateLike(DType.F32, original);
          Native.check(
              Kernels.jb_take_along_rows_backward(
                  dy.context(),
                  dx.address(),
                  Operands.wide(dy).address(),
                  saved[0].address(),
                  saved[0].dtype().ordinal(),
                  rows,
                  columns,
                  picked));
          gradients.add(0, dx);
        });
    return y;
  }

  /** The mean of each sequence's rows, [count, width] from [tokens, width]. */
  public static Tensor segmentMean(Tensor operand, PackedSequences lengths) {
    NativeTensor x = Operands.wide(operand);
    Operands.requireFloat("segmentMean", x);
    Operands.requireRank("segmentMean", "x", x, 2);
    long width = x.size(1);
    Operands.requireShape("segmentMean", "x", x, lengths.tokens(), width);
    int[] cuSeqlens = lengths.cuSeqlens();
    int sequences = cuSeqlens.length - 1; // padding is one more
    Shape original = x.shape();
    NativeTensor y = x.allocateLike(DType.F32, Shape.of(sequences, width));
    Native.check(
        Kernels.jb_segment_mean_forward(
            x.context(), y.address(), x.address(), cuSeqlens, sequences, width));
    Tape.record(
        "segmentMean",
        y,
        list(x),
        list(),
        (dy, saved, gradients) -> {
          NativeTensor dx = dy.allocateLike(DType.F32, original);
          Native.check(
              Kernels.jb_segment_mean_backward(
                  dy.context(), dx.address(), dy.address(), cuSeqlens, sequences, width));
          gradients.add(0, dx);
        });
    return lengths.isPadded() ? ShapeOps.narrow(y, 0, 0, lengths.count()) : y;
  }
}
