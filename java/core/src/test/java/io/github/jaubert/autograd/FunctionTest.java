package io.github.jaubert.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.nn.F;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Operations with a backward of their own, and the check of such. */
class FunctionTest {
  static final Function1 CUBE =
      Function1.of(
          x -> x.mul(x).mul(x), // forward
          (x, dy) -> dy.mul(x).mul(x).mul(3f)); // gradient of the input, given x and dy

  private static final Function2 PRODUCT =
      Function2.of(Tensor::mul, (a, b, dy) -> dy.mul(b), (a, b, dy) -> dy.mul(a));

  private final Rng rng = Rng.of(Seeds.seed("functions"));
  private Scope scope;

  @BeforeEach
  void open() {
    scope = Scope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  @Test
  void cubeIsDifferentiatedByItsOwnBackward() {
    Tensor x = Tensor.of(new float[] {1, -2, 3}).requiresGrad(true);
    Tensor y = CUBE.apply(x);
    assertArrayEquals(new float[] {1, -8, 27}, y.toFloats());
    y.mul(2).sum().backward();
    assertArrayEquals(new float[] {6, 24, 54}, x.grad().toFloats());
  }

  @Test
  void cubeIsRight() {
    Gradcheck.verify(CUBE, Tensor.randn(rng, 3, 5));
  }

  @Test
  void onlyTheDeclaredBackwardCounts() {
    Function1 straightThrough = Function1.of(Tensor::floor, (x, dy) -> dy.mul(1));
    Tensor x = Tensor.of(new float[] {1.7f, -0.2f}).requiresGrad(true);
    Tensor y = straightThrough.apply(x);
    assertArrayEquals(new float[] {1, -1}, y.toFloats());
    y.sum().backward();
    assertArrayEquals(new float[] {1, 1}, x.grad().toFloats());
  }

  @Test
  void forwardFreesItsIntermediateResults() {
    Tensor x = Tensor.ones(1 << 16);
    long before = Memory.live();
    CUBE.apply(x);
    assertEquals(before + (4 << 16), Memory.live());
  }

  @Test
  void forwardMayReturnItsInput() {
    Function1 reverse = Function1.of(x -> x, (x, dy) -> dy.neg()); // of gradient-reversal layers
    Tensor x = Tensor.of(new float[] {1, 2}).requiresGrad(true);
    reverse.apply(x).sum().backward();
    assertArrayEquals(new float[] {-1, -1}, x.grad().toFloats());
    assertTrue(x.requiresGrad());
  }

  @Test
  void twoInputsGetTheirGradients() {
    Gradcheck.verify(PRODUCT, Tensor.randn(rng, 2, 3), Tensor.randn(rng, 2, 3));
    Gradcheck.verify(
        (a, b) -> a.matmul(b).tanh(), Tensor.randn(rng, 3, 4), Tensor.randn(rng, 4, 2));
  }

  @Test
  void aGradientNobodyWantsIsNotComputed() {
    Function2 picky =
        Function2.of(
            Tensor::mul,
            (a, b, dy) -> dy.mul(b),
            (a, b, dy) -> {
              throw new AssertionError("not wanted");
            });
    Tensor a = Tensor.ones(2).requiresGrad(true);
    picky.apply(a, Tensor.full(3, 2)).sum().backward();
    assertArrayEquals(new float[] {3, 3}, a.grad().toFloats());
  }

  @Test
  void manyInputsOfSeveralTypes() {
    // The value of a * b + c picked by an index, with the value itself used by backward.
    FunctionN pick =
        FunctionN.of(
            in -> in.get(0).mul(in.get(1)).exp().indexSelect(0, in.get(2)),
            (in, value, dy) -> {
              Tensor back = Tensor.zeros(4).indexAdd(in.get(2), dy.mul(value));
              return Arrays.asList(back.mul(in.get(1)), back.mul(in.get(0)), null);
            });
    Tensor index = Tensor.of(new int[] {3, 0, 3});
    Gradcheck.verify(pick, List.of(Tensor.randn(rng, 4), Tensor.randn(rng, 4), index));
  }

  @Test
  void badBackwardsAreNamed() {
    Tensor x = Tensor.ones(3).requiresGrad(true);
    Tensor wrongShape = Function1.of(t -> t.mul(2), (t, dy) -> dy.sum()).apply(x).sum();
    String message =
        assertThrows(IllegalArgumentException.class, wrongShape::backward).getMessage();
    assertEquals(
        "backward of a custom function: an input is F32 [3], its gradient is F32 []", message);
    Tensor wrongType = Function1.of(t -> t.mul(2), (t, dy) -> dy.to(DType.I64)).apply(x).sum();
    message = assertThrows(IllegalArgumentException.class, wrongType::backward).getMessage();
    assertTrue(message.contains("an input is F32 [3], its gradient is I64 [3]"), message);
    Tensor tooFew =
        FunctionN.of(in -> in.get(0).mul(2), (in, y, dy) -> List.of()).apply(List.of(x)).sum();
    message = assertThrows(IllegalArgumentException.class, tooFew::backward).getMessage();
    assertTrue(message.contains("0 gradients for 1 input"), message);
    assertNull(x.grad());
  }

  @Test
  void aGradientIsRoundedToTheTypeOfItsInput() {
    Tensor x = Tensor.ones(3).to(DType.BF16).requiresGrad(true);
    Function1.of(t -> t.mul(2), (t, dy) -> dy.mul(1.001f)).apply(x).sum().backward();
    assertEquals(DType.BF16, x.grad().dtype());
    assertArrayEquals(new float[] {1, 1, 1}, x.grad().toFloats());
  }

  @Test
  void noGradAppliesToFunctions() {
    try (NoGrad off = NoGrad.open()) {
      assertFalse(CUBE.apply(Tensor.ones(2).requiresGrad(true)).requiresGrad());
    }
  }

  @Test
  void gradcheckAcceptsEveryCorrectOperation() {
    Gradcheck.verify(x -> x.softmax(-1), Tensor.randn(rng, 3, 7));
    Gradcheck.verify(F::gelu, Tensor.randn(rng, 65));
    Gradcheck.verify(
        x -> F.layerNorm(x, Tensor.ones(9), Tensor.zeros(9), 1e-5f), Tensor.randn(rng, 2, 9));
    Rng.seed(3);
    Gradcheck.verify(x -> F.dropout(x, 0.5f, Rng.global()), Tensor.randn(rng, 33));
  }

  @Test
  void gradcheckNamesTheWorstElement() {
    // Right everywhere but at [1, 2], where the gradient is 10 % too large.
    float[] factors = new float[15];
    Arrays.fill(factors, 3);
    factors[7] = 3.3f;
    Tensor factor = Tensor.of(factors, 3, 5);
    Function1 wrong = Function1.of(x -> x.mul(x).mul(x), (x, dy) -> dy.mul(x).mul(x).mul(factor));
    Tensor x = Tensor.rand(rng, 3, 5).add(1);
    String message =
        assertThrows(AssertionError.class, () -> Gradcheck.verify(wrong, x)).getMessage();
    assertTrue(message.contains("[1, 2]"), message);
    assertTrue(message.contains("input 0 [3, 5]"), message);
  }

  @Test
  void gradcheckNoticesWhatIsMissing() {
    Function1 zero = Function1.of(x -> x.mul(2), (x, dy) -> dy.mul(0));
    assertThrows(AssertionError.class, () -> Gradcheck.verify(zero, Tensor.randn(rng, 4)));
    Function1 notANumber = Function1.of(x -> x.mul(2), (x, dy) -> dy.mul(Float.NaN));
    assertThrows(AssertionError.class, () -> Gradcheck.verify(notANumber, Tensor.randn(rng, 4)));
    assertThrows(
        AssertionError.class, () -> Gradcheck.verify(x -> x.detach().mul(2), Tensor.randn(rng, 4)));
  }

  @Test
  void gradcheckLeavesItsInputsAlone() {
    Tensor x = Tensor.randn(rng, 3);
    float[] before = x.toFloats();
    Gradcheck.verify(CUBE, x);
    assertArrayEquals(before, x.toFloats());
    assertFalse(x.requiresGrad());
  }
}
