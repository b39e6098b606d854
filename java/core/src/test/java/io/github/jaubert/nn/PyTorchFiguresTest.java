package io.github.jaubert.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Choices that the mathematics leaves open, against figures that PyTorch 2.13 printed. */
class PyTorchFiguresTest {
  /** {@code cross_entropy(x, [2, 0, -100, 1], weight=[0.5, 2, 1.25], label_smoothing=0.2)}. */
  @Test
  void labelSmoothingWithClassWeights() {
    try (Scope scope = Scope.open()) {
      Tensor x =
          Tensor.of(
                  new float[] {
                    0.5f, -1.25f, 2, 1.5f, 0.25f, -0.75f, -2, 3, 0.125f, 0, 0.5f, 1,
                  },
                  4,
                  3)
              .requiresGrad(true);
      Tensor loss =
          F.crossEntropy(
              x,
              Tensor.of(new int[] {2, 0, -100, 1}),
              CrossEntropyOptions.defaults()
                  .withLabelSmoothing(0.2f)
                  .withClassWeights(Tensor.of(new float[] {0.5f, 2, 1.25f})));
      loss.backward();
      assertEquals(0.93379033f, loss.item(), 3e-7f);
      float[] gradient = {
        5.005117133e-02f,
        -2.531330846e-02f,
        -2.473787591e-02f,
        8.974106051e-03f,
        1.227862813e-04f,
        -9.096892551e-03f,
        0,
        0,
        0,
        8.303081244e-02f,
        -3.106722534e-01f,
        2.276414484e-01f,
      };
      assertArrayEquals(gradient, x.grad().toFloats(), 2e-7f);
    }
  }

  /** {@code torch.zeros(3).norm().backward()} leaves zeros, the subgradient of least norm. */
  @Test
  void theNormOfNothingHasTheGradientZero() {
    try (Scope scope = Scope.open()) {
      Tensor zeros = Tensor.zeros(3).requiresGrad(true);
      zeros.norm().backward();
      assertArrayEquals(new float[3], zeros.grad().toFloats());
      Tensor none = Tensor.zeros(0).requiresGrad(true);
      none.norm().backward();
      assertEquals(0, none.grad().numel());
    }
  }

  /** {@code torch.tensor([0., 2.]).pow(torch.tensor([0., 0.]))}: a constant, also at 0. */
  @Test
  void thePowerZeroHasTheGradientZero() {
    try (Scope scope = Scope.open()) {
      Tensor base = Tensor.of(new float[] {0, 2}).requiresGrad(true);
      base.pow(Tensor.zeros(2)).sum().backward();
      assertArrayEquals(new float[2], base.grad().toFloats());
    }
  }

  /** A reciprocal first would round 5 / 3 and others twice. */
  @Test
  void divisionByANumberRoundsOnce() {
    try (Scope scope = Scope.open()) {
      float[] values = new float[1000];
      for (int i = 0; i < values.length; i++) {
        values[i] = i;
      }
      for (float divisor : new float[] {3, 7, 10, 0.1f, -49}) {
        float[] quotients = Tensor.of(values).div(divisor).toFloats();
        for (int i = 0; i < values.length; i++) {
          assertEquals(values[i] / divisor, quotients[i], i + " / " + divisor);
        }
      }
    }
  }
}
