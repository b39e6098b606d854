package io.github.jaubert.operations;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.reference.NdArray;
import io.github.jaubert.reference.Rounding;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * General operations on BF16: the result is that of F32 operands with the same values, and a
 * gradient is theirs rounded to BF16.
 */
class NarrowOperandsTest {
  /** Layers that compute in the type of their operands: they have their own cases. */
  private static final Set<String> LAYERS =
      MixedCases.cases().stream()
          .map(layer -> layer.name().replaceAll("\\W.*", ""))
          .collect(Collectors.toSet());

  /** Operations that round what they compute in F32 to the type of their operand. */
  private static final Set<String> ACTIVATIONS = Set.of("gelu", "geluTanh", "silu", "relu");

  static List<OperationCase> general() {
    return OperationTableTest.casesToRun().stream()
        .filter(c -> c.inputs().stream().anyMatch(input -> input.dtype() == DType.F32))
        .filter(c -> !LAYERS.contains(name(c)))
        .toList();
  }

  private static String name(OperationCase operation) {
    return operation.method().replaceAll("^F\\.|\\(.*", "");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("general")
  void areComputedInF32(OperationCase operation) {
    RandomGenerator random = Seeds.random(operation.toString());
    NdArray[] arrays =
        operation.inputs().stream()
            .map(
                input ->
                    input.dtype() == DType.F32
                        ? input.draw(random).map(Rounding::toBfloat16)
                        : input.draw(random))
            .toArray(NdArray[]::new);
    try (Scope scope = Scope.open()) {
      Tensor[] wide = operands(operation, arrays, DType.F32);
      Tensor[] narrow = operands(operation, arrays, DType.BF16);
      Tensor expected = operation.operation().apply(wide);
      Tensor found = operation.operation().apply(narrow);
      if (ACTIVATIONS.contains(name(operation))) {
        assertEquals(DType.BF16, found.dtype());
        expected = expected.to(DType.BF16);
      }
      assertEquals(expected.shape(), found.shape());
      assertEquals(expected.dtype().isFloatingPoint(), found.dtype().isFloatingPoint());
      assertArrayEquals(NdArray.of(expected).data(), NdArray.of(found).data(), "value");
      if (operation.differentiable()) {
        NdArray dy =
            Input.normal(NdArray.of(expected).shape()).draw(random).map(Rounding::toBfloat16);
        expected.backward(Input.tensor(dy, DType.F32).to(expected.dtype()));
        found.backward(Input.tensor(dy, DType.F32).to(found.dtype()));
        compareGradients(wide, narrow);
      }
    }
  }

  private static Tensor[] operands(OperationCase operation, NdArray[] arrays, DType dtype) {
    Tensor[] tensors = new Tensor[arrays.length];
    for (int i = 0; i < tensors.length; i++) {
      DType drawn = operation.inputs().get(i).dtype();
      tensors[i] = Input.tensor(arrays[i], drawn);
      if (drawn == DType.F32) {
        tensors[i] = tensors[i].to(dtype).requiresGrad(operation.differentiable());
      }
    }
    return tensors;
  }

  private static void compareGradients(Tensor[] wide, Tensor[] narrow) {
    for (int i = 0; i < wide.length; i++) {
      if (wide[i].requiresGrad()) {
        assertEquals(DType.BF16, narrow[i].grad().dtype());
        assertArrayEquals(
            NdArray.of(wide[i].grad().to(DType.BF16)).data(),
            NdArray.of(narrow[i].grad()).data(),
            "gradient of operand " + i);
      }
    }
  }
}
