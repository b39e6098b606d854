package io.github.jaubert.operations;

import io.github.jaubert.reference.NdArray;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/** Other shapes of the same elements, and matrix products. */
final class ShapeCases {
  private final List<OperationCase> cases = new ArrayList<>();

  private ShapeCases() {}

  static List<OperationCase> cases() {
    ShapeCases table = new ShapeCases();
    table.views();
    table.permutations();
    table.parts();
    table.joins();
    table.products();
    return table.cases;
  }

  /** A case for each of the types that shapes are changed of. */
  private void add(
      String method,
      String variant,
      int[] shape,
      UnaryOperator<Tensor> operation,
      UnaryOperator<NdArray> reference) {
    OperationCase row =
        OperationCase.of(
                "Tensor." + method,
                List.of(Input.normal(shape)),
                t -> operation.apply(t[0]),
                x -> reference.apply(x[0]))
            .with(variant);
    cases.add(row);
    for (Input other :
        List.of(
            Input.integers(DType.I32, -99, 99, shape),
            Input.integers(DType.I64, -99, 99, shape),
            Input.booleans(shape))) {
      cases.add(
          OperationCase.of(row.method(), List.of(other), row.operation(), row.reference())
              .with(variant)
              .giving(other.dtype()));
    }
  }

  private void views() {
    reshape(new int[] {2, 3, 5}, new long[] {6, 5}, 6, 5);
    reshape(new int[] {2, 3, 5}, new long[] {-1, 10}, 3, 10);
    reshape(new int[] {7}, new long[] {1, 7, 1}, 1, 7, 1);
    reshape(new int[] {1, 1}, new long[] {});
    reshape(new int[] {}, new long[] {1}, 1);
    reshape(new int[] {3, 0}, new long[] {0, 5}, 0, 5);
    for (int[] shape : new int[][] {{}, {1}, {5, 13}, {2, 3, 17}, {3, 0}}) {
      add("flatten()", "", shape, Tensor::flatten, x -> x.reshape(x.data().length));
      for (int axis = 0; axis <= shape.length; axis++) {
        int at = axis;
        add(
            "unsqueeze(int)",
            "axis " + axis,
            shape,
            t -> t.unsqueeze(at),
            x -> x.reshape(NdArray.insert(shape, at, 1)));
      }
      add(
          "unsqueeze(int)",
          "axis -1",
          shape,
          t -> t.unsqueeze(-1),
          x -> x.reshape(NdArray.insert(shape, shape.length, 1)));
    }
    add("squeeze(int)", "axis 0", new int[] {1, 31}, t -> t.squeeze(0), x -> x.reshape(31));
    add("squeeze(int)", "axis -2", new int[] {5, 1, 7}, t -> t.squeeze(-2), x -> x.reshape(5, 7));
    add("squeeze(int)", "axis 0", new int[] {1}, t -> t.squeeze(0), x -> x.reshape());
    expand(new int[] {5, 1}, 5, 13);
    expand(new int[] {13}, 3, 5, 13);
    expand(new int[] {}, 31);
    expand(new int[] {2, 1, 1}, 2, 3, 7);
    expand(new int[] {7}, 7);
    expand(new int[] {1, 3}, 0, 3);
  }

  private void reshape(int[] from, long[] sizes, int... to) {
    add("reshape(long[])", Arrays.toString(sizes), from, t -> t.reshape(sizes), x -> x.reshape(to));
  }

  private void expand(int[] from, int... to) {
    long[] sizes = Arrays.stream(to).asLongStream().toArray();
    add(
        "expand(long[])",
        Arrays.toString(to),
        from,
        t -> t.expand(sizes),
        x -> NdArray.generate(to, x::atBroadcast));
  }

  private void permutations() {
    permute(new int[] {5, 13}, 1, 0);
    permute(new int[] {5, 13}, 0, 1);
    permute(new int[] {2, 3, 17}, 2, 0, 1);
    permute(new int[] {2, 3, 5, 7}, 0, 2, 1, 3);
    permute(new int[] {2, 3, 5, 7}, 3, 1, 0, 2);
    permute(new int[] {3, 0, 5}, 2, 1, 0);
    permute(new int[] {31}, 0);
    permute(new int[] {});
    permute(new int[] {67, 129}, 1, 0);
    add(
        "transpose(int, int)",
        "0, -1",
        new int[] {2, 3, 17},
        t -> t.transpose(0, -1),
        x -> permuted(x, 2, 1, 0));
    add("transpose(int, int)", "1, 1", new int[] {2, 3}, t -> t.transpose(1, 1), x -> x);
    for (int[] shape : new int[][] {{3, 7}, {1, 5}, {0, 3}, {33, 65}}) {
      add("t()", "", shape, Tensor::t, x -> permuted(x, 1, 0));
    }
  }

  private void permute(int[] shape, int... axes) {
    add(
        "permute(int[])",
        Arrays.toString(axes),
        shape,
        t -> t.permute(axes),
        x -> permuted(x, axes));
  }

  private static NdArray permuted(NdArray x, int... axes) {
    int[] shape = Arrays.stream(axes).map(x::size).toArray();
    return NdArray.generate(
        shape,
        index -> {
          int[] source = new int[axes.length];
          for (int i = 0; i < axes.length; i++) {
            source[axes[i]] = index[i];
          }
          return x.at(source);
        });
  }

  private void parts() {
    narrow(new int[] {7}, 0, 2, 3);
    narrow(new int[] {31, 33}, 0, 5, 1);
    narrow(new int[] {31, 33}, 1, 0, 33);
    narrow(new int[] {31, 33}, -1, 30, 3);
    narrow(new int[] {2, 5, 3}, 1, 1, 3);
    narrow(new int[] {5, 3}, 0, 4, 0);
    narrow(new int[] {5, 3}, 1, 3, 0);
    for (int axis : new int[] {0, 1, -1}) {
      int at = Math.floorMod(axis, 3);
      add(
          "select(int, long)",
          "axis " + axis + ", entry 1",
          new int[] {2, 3, 5},
          t -> t.select(axis, 1),
          x ->
              NdArray.generate(
                  NdArray.without(x.shape(), at), i -> x.at(NdArray.insert(i, at, 1))));
    }
  }

  private void narrow(int[] shape, int axis, int start, int length) {
    int at = Math.floorMod(axis, shape.length);
    add(
        "narrow(int, long, long)",
        "axis " + axis + ", " + length + " from " + start,
        shape,
        t -> t.narrow(axis, start, length),
        x ->
            NdArray.generate(
                NdArray.with(shape, at, length), i -> x.at(NdArray.with(i, at, i[at] + start))));
  }

  private void joins() {
    concat(0, new int[][] {{3}, {1}, {0}, {5}});
    concat(0, new int[][] {{2, 7}, {3, 7}});
    concat(1, new int[][] {{5, 2}, {5, 31}, {5, 1}});
    concat(-1, new int[][] {{2, 3, 1}, {2, 3, 4}});
    concat(1, new int[][] {{2, 3, 4}});
    concat(1, new int[][] {{0, 3}, {0, 4}});
    for (int axis : new int[] {0, 1, 2, -1}) {
      int at = Math.floorMod(axis, 3);
      List<Input> inputs = List.of(Input.normal(5, 7), Input.normal(5, 7), Input.normal(5, 7));
      cases.add(
          OperationCase.of(
                  "Tensor.stack(int, Tensor[])",
                  inputs,
                  t -> Tensor.stack(axis, t),
                  x ->
                      NdArray.generate(
                          NdArray.insert(x[0].shape(), at, x.length),
                          i -> x[i[at]].at(NdArray.without(i, at))))
              .with("axis " + axis));
    }
  }

  private void concat(int axis, int[][] shapes) {
    int at = Math.floorMod(axis, shapes[0].length);
    int total = Arrays.stream(shapes).mapToInt(shape -> shape[at]).sum();
    List<Input> inputs = Arrays.stream(shapes).map(Input::normal).toList();
    List<Input> integers =
        Arrays.stream(shapes).map(shape -> Input.integers(DType.I32, -9, 9, shape)).toList();
    OperationCase row =
        OperationCase.of(
                "Tensor.concat(int, Tensor[])",
                inputs,
                t -> Tensor.concat(axis, t),
                x ->
                    NdArray.generate(
                        NdArray.with(shapes[0], at, total),
                        index -> {
                          int part = 0;
                          int place = index[at];
                          while (place >= x[part].size(at)) {
                            place -= x[part++].size(at);
                          }
                          return x[part].at(NdArray.with(index, at, place));
                        }))
            .with("axis " + axis);
    cases.add(row);
    cases.add(
        OperationCase.of(row.method(), integers, row.operation(), row.reference())
            .with(row.variant())
            .giving(DType.I32));
  }

  private void products() {
    int[][][] shapes = {
      {{3, 5}, {5, 7}},
      {{1, 1}, {1, 1}},
      {{31, 33}, {33, 65}},
      {{1, 129}, {129, 1}},
      {{5}, {5}},
      {{5}, {5, 7}},
      {{3, 5}, {5}},
      {{2, 3, 5}, {5, 7}},
      {{2, 3, 5}, {2, 5, 7}},
      {{2, 1, 3, 5}, {4, 5, 7}},
      {{4, 3, 5}, {5}},
      {{5}, {4, 5, 3}},
      {{0, 5}, {5, 7}},
      {{3, 0}, {0, 7}},
      {{0, 3, 5}, {0, 5, 7}},
    };
    for (int[][] shape : shapes) {
      cases.add(
          OperationCase.of(
                  "Tensor.matmul(Tensor)",
                  List.of(Input.normal(shape[0]), Input.normal(shape[1])),
                  t -> t[0].matmul(t[1]),
                  x -> product(x[0], x[1]))
              .floor(1));
    }
  }

  private static NdArray product(NdArray a, NdArray b) {
    if (a.rank() == 1) {
      NdArray y = product(a.reshape(1, a.size(0)), b);
      return y.reshape(NdArray.without(y.shape(), y.rank() - (b.rank() == 1 ? 1 : 2)));
    }
    if (b.rank() == 1) {
      NdArray y = product(a, b.reshape(b.size(0), 1));
      return y.reshape(NdArray.without(y.shape(), y.rank() - 1));
    }
    int[] batch =
        NdArray.broadcast(
            Arrays.copyOf(a.shape(), a.rank() - 2), Arrays.copyOf(b.shape(), b.rank() - 2));
    int rank = batch.length + 2;
    int[] shape = Arrays.copyOf(batch, rank);
    shape[rank - 2] = a.size(-2);
    shape[rank - 1] = b.size(-1);
    return NdArray.generate(
        shape,
        index -> {
          double sum = 0;
          for (int k = 0; k < a.size(-1); k++) {
            sum +=
                a.atBroadcast(NdArray.with(index, rank - 1, k))
                    * b.atBroadcast(NdArray.with(index, rank - 2, k));
          }
          return sum;
        });
  }
}
