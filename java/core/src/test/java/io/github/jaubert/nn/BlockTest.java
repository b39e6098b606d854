package io.github.jaubert.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The tree of blocks: names, freezing, modes, lifetime. */
class BlockTest {
  private static final class Attention extends Layer {
    private final Linear query = add("query", Linear.of(4, 4));
    private final LayerNorm norm = add("LayerNorm", LayerNorm.of(4, 1e-12f));
    private final Dropout dropout = add("dropout", Dropout.of(0.5f));

    @Override
    public Tensor forward(Tensor x) {
      return norm.forward(x.add(dropout.forward(query.forward(x))));
    }
  }

  private static final class Model extends Block {
    final Embedding words = add("words", Embedding.of(7, 4));
    final Tensor scale = parameter("scale", Tensor.ones(1));
    final Sequential layer = add("layer", Sequential.of(new Attention(), new Attention()));

    Tensor forward(Tensor ids) {
      return layer.forward(words.forward(ids)).mul(scale);
    }

    Tensor misnamed(String name) {
      return parameter(name, Tensor.ones(1));
    }
  }

  private final Model model = new Model();

  @AfterEach
  void close() {
    model.close();
  }

  private List<String> names() {
    return model.parameters().stream().map(Parameter::name).toList();
  }

  @Test
  void namesAreThoseOfPyTorch() {
    // The order of torch.nn.Module.named_parameters(): a module's own parameters before its
    // children's.
    assertEquals(
        List.of(
            "scale",
            "words.weight",
            "layer.0.query.weight",
            "layer.0.query.bias",
            "layer.0.LayerNorm.weight",
            "layer.0.LayerNorm.bias",
            "layer.1.query.weight",
            "layer.1.query.bias",
            "layer.1.LayerNorm.weight",
            "layer.1.LayerNorm.bias"),
        names());
    assertEquals(1 + 28 + 2 * (16 + 4 + 4 + 4), model.parameterCount());
    assertEquals(Set.of("words", "layer"), model.children().keySet());
    assertEquals("words.weight [7, 4]", model.parameter("words.weight").toString());
  }

  @Test
  void aParameterIsFoundByItsName() {
    assertSame(model.words.weight(), model.parameter("words.weight").tensor());
    String message =
        assertThrows(IllegalArgumentException.class, () -> model.parameter("word.weight"))
            .getMessage();
    assertTrue(message.contains("'word.weight'") && message.contains("words.weight"), message);
  }

  @Test
  void badNamesAreRefused() {
    try (Scope scope = Scope.open()) {
      for (String name : new String[] {"", "a.b", "scale", "words"}) {
        String message =
            assertThrows(IllegalArgumentException.class, () -> model.misnamed(name)).getMessage();
        assertTrue(message.contains("'" + name + "'"), message);
      }
    }
    assertEquals(10, model.parameters().size());
  }

  @Test
  void freezeGoesByAPattern() {
    assertEquals(5, model.freeze("^words\\.|layer\\.0\\."));
    assertTrue(model.parameter("layer.0.query.bias").frozen());
    assertFalse(model.parameter("layer.1.query.bias").frozen());
    try (Scope scope = Scope.open()) {
      model.forward(Tensor.of(new int[] {1, 2})).square().sum().backward();
    }
    assertNull(model.parameter("words.weight").grad());
    assertNull(model.parameter("layer.0.LayerNorm.weight").grad());
    assertNotNull(model.parameter("layer.1.LayerNorm.weight").grad());
    assertEquals(2, model.unfreeze("layer.0.query"));
    assertFalse(model.parameter("layer.0.query.bias").frozen());
    assertEquals(10, model.unfreeze("."));
  }

  @Test
  void freezingForgetsTheGradient() {
    try (Scope scope = Scope.open()) {
      model.forward(Tensor.of(new int[] {1})).sum().backward();
    }
    model.freeze("scale");
    assertNull(model.scale.grad());
  }

  @Test
  void aPatternThatMatchesNothingIsAnError() {
    String message =
        assertThrows(IllegalArgumentException.class, () -> model.freeze("^encoder\\."))
            .getMessage();
    assertTrue(message.contains("^encoder") && message.contains("words.weight"), message);
    assertThrows(IllegalArgumentException.class, () -> model.unfreeze("nothing"));
  }

  @Test
  void modeReachesEveryBlock() {
    Block inner = model.layer.children().get("1").children().get("dropout");
    assertTrue(model.training() && inner.training());
    model.eval();
    assertFalse(model.training() || inner.training());
    try (Scope scope = Scope.open()) {
      Tensor ids = Tensor.of(new int[] {1, 2, 3});
      org.junit.jupiter.api.Assertions.assertArrayEquals(
          model.forward(ids).toFloats(), model.forward(ids).toFloats());
      model.train();
      assertTrue(inner.training());
      assertFalse(
          java.util.Arrays.equals(model.forward(ids).toFloats(), model.forward(ids).toFloats()));
    }
  }

  @Test
  void aSharedParameterAppearsOnce() {
    Tensor shared = Tensor.ones(2, 2);
    try (Block tied = new Tied(shared)) {
      assertEquals(List.of("decoder"), tied.parameters().stream().map(Parameter::name).toList());
      assertEquals(4, tied.parameterCount());
    }
    assertTrue(shared.isClosed());
  }

  private static final class Tied extends Block {
    Tied(Tensor shared) {
      parameter("decoder", shared);
      add("embedding", new Table(shared));
    }
  }

  private static final class Table extends Block {
    Table(Tensor shared) {
      parameter("weight", shared);
    }
  }

  @Test
  void noScopeFreesParametersButCloseDoes() {
    long before = Memory.live();
    Model other;
    try (Scope scope = Scope.open()) {
      other = new Model();
      other.forward(Tensor.of(new int[] {1})).sum().backward();
    }
    assertFalse(other.scale.isClosed());
    assertTrue(Memory.live() > before);
    other.close();
    other.close();
    assertTrue(other.scale.isClosed());
    assertEquals(before, Memory.live());
  }

  @Test
  void printsItsTree() {
    String text = model.toString();
    assertTrue(text.startsWith("Model\n  words: Embedding(7, 4)\n  layer: Sequential\n"), text);
    assertTrue(text.contains("\n    0: Attention\n      query: Linear(4, 4)\n"), text);
    assertTrue(text.contains("LayerNorm: LayerNorm(4, eps 1.0E-12)"), text);
  }

  @Test
  void layersAreOnTheCpu() {
    assertSame(model.layer, model.layer.to(Device.best()));
  }
}
