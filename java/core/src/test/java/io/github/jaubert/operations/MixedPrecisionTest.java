package io.github.jaubert.operations;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.fail;

import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.nn.F;
import io.github.jaubert.reference.NdArray;
import io.github.jaubert.reference.Rounding;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Layers in 16 bits against the same in F32 on the CPU, from operands of 16 bits. An error may be
 * at most 2 times, of a gradient 3 times, the largest of a plain implementation that rounds to the
 * same type; where that is exact by chance, of one rounding.
 */
class MixedPrecisionTest {
  static List<MixedCase> cases() {
    return MixedCases.cases();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void isAsGoodAsAPlainImplementation(MixedCase layer) {
    RandomGenerator random = Seeds.random(layer.toString());
    DoubleUnaryOperator round =
        layer.type() == DType.BF16 ? Rounding::toBfloat16 : Rounding::toFloat16;
    NdArray[] arrays = new NdArray[layer.inputs().size()];
    for (int i = 0; i < arrays.length; i++) {
      NdArray drawn = layer.inputs().get(i).draw(random);
      arrays[i] = i < layer.activations() ? drawn.map(round) : drawn;
    }
    try (Scope scope = Scope.open()) {
      Tensor[] exact = operands(layer, arrays, Device.cpu(), DType.F32);
      Tensor[] plain = operands(layer, arrays, Device.cpu(), DType.F32);
      Tensor[] found = operands(layer, arrays, Device.defaultDevice(), layer.type());
      Tensor exactValue = layer.layer().apply(exact, DType.F32);
      Tensor plainValue = layer.plain().apply(plain);
      Tensor value = layer.layer().apply(found, layer.type());
      boolean isLoss = value.rank() == 0;
      assertEquals(isLoss ? DType.F32 : layer.type(), value.dtype());
      // Of a loss what a plain implementation is off by is one number, and may be next to nothing.
      boolean isExact = isLoss && !layer.name().startsWith("linear"); // whose logits are rounded
      compare(layer, "value", value, exactValue, plainValue, isExact ? 0x1p-20 : unit(layer), 2);

      NdArray dy = Input.normal(NdArray.of(exactValue).shape()).draw(random).map(round);
      exactValue.backward(Input.tensor(dy, DType.F32).to(Device.cpu()));
      plainValue.backward(Input.tensor(dy, DType.F32).to(Device.cpu()));
      value.backward(Input.tensor(dy, DType.F32).to(value.dtype()));
      for (int i = 0; i < found.length; i++) {
        if (found[i].requiresGrad()) {
          assertEquals(i < layer.activations() ? layer.type() : DType.F32, found[i].grad().dtype());
          compare(
              layer,
              "gradient of operand " + i,
              found[i].grad(),
              exact[i].grad(),
              plain[i].grad(),
              unit(layer),
              3);
        }
      }
      checkBits(layer, arrays, value, found, dy);
    }
  }

  /** As for inference, which need not convert the weights anew for every batch. */
  @Test
  void aWeightMayHaveTheTypeOfTheInputIfItNeedsNoGradient() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.randn(Rng.of(Seeds.SEED), 5, 24).to(DType.BF16);
      Tensor weight = Tensor.randn(Rng.of(Seeds.SEED + 1), 7, 24);
      Tensor converted = weight.to(DType.BF16);
      assertArrayEquals(
          F.linear(x, weight, null).toFloats(), F.linear(x, converted, null).toFloats());
      converted.requiresGrad(true);
      assertThrows(IllegalArgumentException.class, () -> F.linear(x, converted, null));
    }
  }

  private static Tensor[] operands(
      MixedCase layer, NdArray[] arrays, Device device, DType activations) {
    Tensor[] tensors = new Tensor[arrays.length];
    for (int i = 0; i < tensors.length; i++) {
      DType drawn = layer.inputs().get(i).dtype();
      tensors[i] = Input.tensor(arrays[i], drawn).to(device);
      if (drawn == DType.F32) {
        tensors[i] =
            tensors[i].to(i < layer.activations() ? activations : DType.F32).requiresGrad(true);
      }
    }
    return tensors;
  }

  /** A second run gives the same bits. */
  private static void checkBits(
      MixedCase layer, NdArray[] arrays, Tensor value, Tensor[] found, NdArray dy) {
    Tensor[] again = operands(layer, arrays, Device.defaultDevice(), layer.type());
    Tensor second = layer.layer().apply(again, layer.type());
    assertArrayEquals(value.toFloats(), second.toFloats());
    second.backward(Input.tensor(dy, DType.F32).to(second.dtype()));
    for (int i = 0; i < again.length; i++) {
      if (again[i].requiresGrad()) {
        assertArrayEquals(found[i].grad().toFloats(), again[i].grad().toFloats());
      }
    }
  }

  /** Half the distance of neighbouring numbers, relative to the smaller one, at most. */
  private static double unit(MixedCase layer) {
    return layer.type() == DType.BF16 ? 0x1p-8 : 0x1p-11;
  }

  private static void compare(
      MixedCase layer,
      String what,
      Tensor found,
      Tensor exact,
      Tensor plain,
      double unit,
      double factor) {
    double[] got = NdArray.of(found).data();
    double[] want = NdArray.of(exact).data();
    double[] rounded = NdArray.of(plain).data();
    assertEquals(exact.shape(), found.shape(), what);
    double typical = Math.sqrt(Arrays.stream(want).map(v -> v * v).average().orElse(0));
    double worst = 0;
    for (int i = 0; i < want.length; i++) {
      worst = Math.max(worst, Math.abs(rounded[i] - want[i]));
    }
    for (int i = 0; i < want.length; i++) {
      double one = unit * Math.max(typical, Math.abs(want[i]));
      if (!(Math.abs(got[i] - want[i]) <= factor * Math.max(worst, one))) {
        fail(
            "%s of %s differs at %d of %d: found %.9g, expected %.9g; the plain implementation is off by %.2g at most, one rounding by %.2g; repeat with -Djaubert.seed=%d"
                .formatted(what, layer, i, got.length, got[i], want[i], worst, one, Seeds.SEED));
      }
    }
  }
}
