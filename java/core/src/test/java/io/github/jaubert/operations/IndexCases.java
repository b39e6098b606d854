package io.github.jaubert.operations;

import io.github.jaubert.nn.F;
import io.github.jaubert.reference.Functions;
import io.github.jaubert.reference.NdArray;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.PackedSequences;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Rows and elements picked by index, with repetitions, and means over sequences. */
final class IndexCases {
  private final List<OperationCase> cases = new ArrayList<>();

  private IndexCases() {}

  static List<OperationCase> cases() {
    IndexCases table = new IndexCases();
    table.indexSelect(new int[] {7}, 0, 5);
    table.indexSelect(new int[] {31, 33}, 0, 65);
    table.indexSelect(new int[] {31, 33}, 1, 3);
    table.indexSelect(new int[] {2, 3, 5}, -1, 7);
    table.indexSelect(new int[] {2, 3, 5}, 1, 1);
    table.indexSelect(new int[] {5, 3}, 0, 0);
    table.takeAlong(new int[] {7}, 3);
    table.takeAlong(new int[] {31, 33}, 5);
    table.takeAlong(new int[] {2, 3, 5}, 8);
    table.takeAlong(new int[] {3, 1}, 1);
    table.takeAlong(new int[] {5, 3}, 0);
    table.indexAdd(new int[] {7}, 9);
    table.indexAdd(new int[] {5, 33}, 17);
    table.indexAdd(new int[] {5, 2, 3}, 1);
    table.indexAdd(new int[] {5, 3}, 0);
    table.embedding(11, 1, 7);
    table.embedding(5, 33, 67);
    table.embedding(3, 65, 2, 9);
    table.embedding(3, 4);
    table.embedding(3, 4, 0);
    table.embedding(29, 384, 130);
    table.segmentMean(5, 1);
    table.segmentMean(33, 3, 1, 0, 7);
    table.segmentMean(384, 65, 2);
    table.segmentMean(4, 0);
    table.segmentMean(4);
    return table.cases;
  }

  private static List<Input> bothIndexTypes(int rows, int... shape) {
    return List.of(Input.ids(rows, shape), Input.longIds(rows, shape));
  }

  private void indexSelect(int[] shape, int axis, int count) {
    int at = Math.floorMod(axis, shape.length);
    for (Input index : bothIndexTypes(shape[at], count)) {
      for (Input x :
          List.of(
              Input.normal(shape),
              Input.integers(DType.I32, -99, 99, shape),
              Input.integers(DType.I64, -99, 99, shape),
              Input.booleans(shape))) {
        OperationCase row =
            OperationCase.of(
                    "Tensor.indexSelect(int, Tensor)",
                    List.of(x, index),
                    t -> t[0].indexSelect(axis, t[1]),
                    v ->
                        NdArray.generate(
                            NdArray.with(shape, at, count),
                            i -> v[0].at(NdArray.with(i, at, (int) v[1].at(i[at])))))
                .with("axis " + axis);
        cases.add(x.dtype() == DType.F32 ? row : row.giving(x.dtype()));
      }
    }
  }

  private void takeAlong(int[] shape, int count) {
    int last = shape.length - 1;
    for (Input index : bothIndexTypes(shape[last], NdArray.with(shape, last, count))) {
      for (Input x : List.of(Input.normal(shape), Input.integers(DType.I32, -99, 99, shape))) {
        OperationCase row =
            OperationCase.of(
                "Tensor.takeAlong(Tensor)",
                List.of(x, index),
                t -> t[0].takeAlong(t[1]),
                v ->
                    NdArray.generate(
                        v[1].shape(), i -> v[0].at(NdArray.with(i, last, (int) v[1].at(i)))));
        cases.add(x.dtype() == DType.F32 ? row : row.giving(x.dtype()));
      }
    }
  }

  private void indexAdd(int[] shape, int count) {
    for (Input index : bothIndexTypes(shape[0], count)) {
      cases.add(
          OperationCase.of(
              "Tensor.indexAdd(Tensor, Tensor)",
              List.of(Input.normal(shape), index, Input.normal(NdArray.with(shape, 0, count))),
              t -> t[0].indexAdd(t[1], t[2]),
              v -> {
                NdArray y = v[0].copy();
                int width = Arrays.stream(shape).skip(1).reduce(1, (a, b) -> a * b);
                for (int i = 0; i < count; i++) {
                  for (int j = 0; j < width; j++) {
                    y.data()[(int) v[1].at(i) * width + j] += v[2].data()[i * width + j];
                  }
                }
                return y;
              }));
    }
  }

  private void embedding(int rows, int width, int... ids) {
    for (Input index : bothIndexTypes(rows, ids)) {
      cases.add(
          OperationCase.of(
              "F.embedding(Tensor, Tensor)",
              List.of(Input.normal(rows, width), index),
              t -> F.embedding(t[0], t[1]),
              v -> Functions.embedding(v[0], v[1])));
    }
  }

  private void segmentMean(int width, int... lengths) {
    cases.add(
        OperationCase.of(
                "F.segmentMean(Tensor, PackedSequences)",
                List.of(Input.normal(Arrays.stream(lengths).sum(), width)),
                t -> F.segmentMean(t[0], PackedSequences.of(lengths)),
                v -> Functions.segmentMean(v[0], lengths))
            .with("lengths " + Arrays.toString(lengths)));
  }
}
