package io.github.jaubert.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.reference.Philox;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** First values of layers, and that they call the functions they stand for. */
class LayersTest {
  @Test
  void linearStartsAsInPyTorch() {
    Rng.seed(Seeds.seed("linear"));
    try (Linear layer = Linear.of(100, 300)) {
      assertEquals("[300, 100]", layer.weight().shape().toString());
      assertEquals("[300]", layer.bias().shape().toString());
      for (Tensor tensor : new Tensor[] {layer.weight(), layer.bias()}) {
        float[] values = tensor.toFloats();
        double largest = 0;
        double squares = 0;
        for (float v : values) {
          largest = Math.max(largest, Math.abs(v));
          squares += (double) v * v;
        }
        assertTrue(largest <= 0.1, "|w| <= 1 / sqrt(in)");
        // Uniform within ± 0.1: mean square 0.01 / 3, with a deviation of 0.89 of that over
        // sqrt(n).
        double expected = 0.01 / 3;
        assertEquals(
            expected, squares / values.length, 5 * 0.9 * expected / Math.sqrt(values.length));
      }
    }
  }

  @Test
  void sameSeedSameLayer() {
    Rng.seed(11);
    try (Linear first = Linear.of(5, 7)) {
      Rng.seed(11);
      try (Linear second = Linear.of(5, 7);
          Linear third = Linear.of(5, 7)) {
        assertArrayEquals(first.weight().toFloats(), second.weight().toFloats());
        assertArrayEquals(first.bias().toFloats(), second.bias().toFloats());
        assertFalse(Arrays.equals(first.weight().toFloats(), third.weight().toFloats()));
      }
    }
  }

  @Test
  void layersCallTheirFunctions() {
    Rng.seed(Seeds.seed("layers"));
    try (Scope scope = Scope.open();
        Linear linear = Linear.of(6, 3);
        Linear noBias = Linear.of(6, 3, false);
        LayerNorm norm = LayerNorm.of(6);
        Embedding embedding = Embedding.of(5, 6)) {
      Tensor x = Tensor.randn(Rng.global(), 4, 6);
      assertArrayEquals(
          F.linear(x, linear.weight(), linear.bias()).toFloats(), linear.forward(x).toFloats());
      assertArrayEquals(
          F.gelu(linear.forward(x)).toFloats(),
          linear.forward(x, Activation.GELU).toFloats(),
          1e-6f);
      assertNull(noBias.bias());
      assertEquals(1, noBias.parameters().size());
      assertArrayEquals(
          F.linear(x, noBias.weight(), null).toFloats(), noBias.forward(x).toFloats());
      assertEquals(1e-5f, norm.eps());
      assertArrayEquals(
          F.layerNorm(x, norm.weight(), norm.bias(), 1e-5f).toFloats(), norm.forward(x).toFloats());
      assertArrayEquals(F.gelu(x).toFloats(), Gelu.of().forward(x).toFloats());
      assertArrayEquals(F.relu(x).toFloats(), Relu.of().forward(x).toFloats());
      assertArrayEquals(x.tanh().toFloats(), Tanh.of().forward(x).toFloats());
      Tensor ids = Tensor.of(new int[] {4, 0, 4}, 3, 1);
      assertEquals("[3, 1, 6]", embedding.forward(ids).shape().toString());
      assertArrayEquals(
          F.embedding(embedding.weight(), ids).toFloats(), embedding.forward(ids).toFloats());
      assertSame(x, Sequential.of().forward(x));
    }
  }

  @Test
  void feedForwardNamesWhatDoesNotFit() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.ones(2, 3);
      Tensor first = Tensor.ones(5, 3);
      Tensor second = Tensor.ones(4, 6);
      Exception e =
          assertThrows(
              IllegalArgumentException.class,
              () -> F.feedForward(x, first, null, Activation.GELU, second));
      assertEquals(
          "feedForward: x [2, 5] and weight [4, 6] [out, in]: the last axis of x must have size 6",
          e.getMessage());
    }
  }

  @Test
  void badSizesAreRefused() {
    for (Runnable bad :
        new Runnable[] {
          () -> Linear.of(0, 3),
          () -> Linear.of(3, -1),
          () -> Embedding.of(0, 3),
          () -> LayerNorm.of(0),
          () -> LayerNorm.of(3, -1),
          () -> Dropout.of(1),
          () -> Dropout.of(-0.1f),
          () -> Dropout.of(Float.NaN),
        }) {
      assertThrows(IllegalArgumentException.class, bad::run);
    }
  }

  @Test
  void dropoutDropsItsShareAndKeepsTheMean() {
    Rng.seed(Seeds.seed("dropout"));
    int n = 1 << 20;
    try (Scope scope = Scope.open()) {
      for (float p : new float[] {0.1f, 0.5f, 0.9f}) {
        float[] y = Dropout.of(p).forward(Tensor.ones(n)).toFloats();
        int dropped = 0;
        for (float v : y) {
          if (v == 0) {
            dropped++;
          } else {
            assertEquals(1 / (1 - p), v, 1e-6f * v);
          }
        }
        assertEquals(p, dropped / (double) n, 5 * Math.sqrt(p * (1 - p) / n));
      }
    }
  }

  @Test
  void dropoutMasksAreIndependentOfTheirNeighbours() {
    Rng.seed(Seeds.seed("dropout correlation"));
    int n = 1 << 18;
    try (Scope scope = Scope.open()) {
      float[] a = Dropout.of(0.5f).forward(Tensor.ones(n)).sub(1).toFloats(); // ± 1
      float[] b = Dropout.of(0.5f).forward(Tensor.ones(n)).sub(1).toFloats();
      for (int lag : new int[] {1, 2, 4, 8, 32}) {
        assertEquals(0, correlation(a, a, lag), 5 / Math.sqrt(n), "lag " + lag);
      }
      assertEquals(0, correlation(a, b, 0), 5 / Math.sqrt(n), "next mask");
    }
  }

  private static double correlation(float[] a, float[] b, int lag) {
    double sum = 0;
    for (int i = 0; i + lag < a.length; i++) {
      sum += a[i] * b[i + lag];
    }
    return sum / (a.length - lag);
  }

  @Test
  void dropoutRepeatsFromTheSameState() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.ones(1000);
      Layer dropout = Dropout.of(0.3f);
      Rng.seed(5);
      float[] first = dropout.forward(x).toFloats();
      float[] second = dropout.forward(x).toFloats();
      Rng.global().restore(5, 0);
      assertArrayEquals(first, dropout.forward(x).toFloats());
      assertArrayEquals(second, dropout.forward(x).toFloats());
      assertFalse(Arrays.equals(first, second));
      for (int i = 0; i < 1000; i++) {
        assertEquals(Philox.dropout(0.3f, 5, 0, i) != 0, first[i] != 0);
      }
    }
  }

  @Test
  void dropoutInEvaluationPassesItsInputAndDrawsNothing() {
    Dropout dropout = Dropout.of(0.3f);
    dropout.eval();
    Rng.seed(5);
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.ones(10);
      assertSame(x, dropout.forward(x));
      assertSame(x, Dropout.of(0).forward(x));
    }
    assertEquals(0, Rng.global().offset());
  }
}
