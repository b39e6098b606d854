package io.github.jaubert.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is attached to a linear layer is a part of it. */
class LinearAdapterTest {
  private static final class Shift extends LinearAdapter {
    final Linear wide = add("shift", Linear.of(5, 7, false));
    final Dropout dropout = add("shift_dropout", Dropout.of(0.5f));
    boolean on = true;

    @Override
    public boolean isActive() {
      return on;
    }

    @Override
    public Tensor forward(Tensor x) {
      return wide.forward(dropout.forward(x));
    }
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  void addsToTheProductBeforeTheActivation(Activation activation) {
    Rng.seed(Seeds.seed("adapter"));
    try (Linear layer = Linear.of(5, 7);
        Scope scope = Scope.open()) {
      layer.eval();
      Shift shift = new Shift();
      layer.attach(shift);
      Tensor x = Tensor.randn(Rng.global(), 3, 5);
      Tensor both = layer.weight().add(shift.wide.weight());
      close(F.linear(x, both, layer.bias()), layer.forward(x), 1e-5f);
      close(F.linear(x, both, layer.bias(), activation), layer.forward(x, activation), 1e-5f);
      close(F.linear(x, both, null), layer.product(x), 1e-5f);
      Tensor narrow = layer.forward(x.to(DType.BF16), activation);
      assertEquals(DType.BF16, narrow.dtype());
      close(F.linear(x, both, layer.bias(), activation), narrow, 0.06f);
      shift.on = false;
      float[] alone = F.linear(x, layer.weight(), layer.bias(), activation).toFloats();
      assertFalse(layer.isAdapted());
      assertArrayEquals(alone, layer.forward(x, activation).toFloats());
    }
  }

  private static void close(Tensor expected, Tensor actual, float tolerance) {
    assertArrayEquals(expected.toFloats(), actual.toFloats(), tolerance);
  }

  @Test
  void itsChildrenAreThoseOfTheLayerUntilItIsDetached() {
    try (Linear layer = Linear.of(5, 7);
        Shift shift = new Shift()) {
      assertNull(layer.detach());
      layer.eval();
      layer.attach(shift);
      assertFalse(shift.dropout.training());
      layer.train();
      assertEquals(
          List.of("weight", "bias", "shift.weight"),
          layer.parameters().stream().map(Parameter::name).toList());
      assertThrows(IllegalStateException.class, () -> layer.attach(shift));
      assertSame(shift, layer.detach());
      assertEquals(2, layer.parameters().size());
      assertNull(layer.adapter());
      layer.attach(shift);
      layer.detach();
    }
  }
}
