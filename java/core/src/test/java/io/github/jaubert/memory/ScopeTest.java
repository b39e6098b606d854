package io.github.jaubert.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who owns a tensor, and what happens to one that was freed. */
class ScopeTest {
  private long liveBefore;

  @BeforeEach
  void remember() {
    liveBefore = Memory.live();
  }

  @AfterEach
  void nothingIsLost() {
    assertEquals(liveBefore, Memory.live(), "bytes in use after the test");
  }

  @Test
  void freesItsTensors() {
    Tensor x;
    Tensor y;
    try (Scope scope = Scope.open()) {
      x = Tensor.ones(1000);
      y = x.add(1);
      assertTrue(Memory.live() >= liveBefore + 8000);
    }
    assertTrue(x.isClosed());
    assertTrue(y.isClosed());
  }

  @Test
  void useAfterCloseSaysWhereTheScopeClosed() {
    Tensor x;
    try (Scope scope = Scope.open()) {
      x = Tensor.ones(3, 5);
    }
    Tensor freed = x;
    IllegalStateException error = assertThrows(IllegalStateException.class, () -> freed.add(1));
    assertTrue(error.getMessage().contains("[3, 5]"), error.getMessage());
    assertTrue(error.getMessage().contains("ScopeTest.java"), error.getMessage());
    assertThrows(IllegalStateException.class, freed::toFloats);
    assertThrows(IllegalStateException.class, () -> freed.fill(1));
    assertThrows(IllegalStateException.class, freed::detach);
    assertThrows(IllegalStateException.class, freed::unscoped);
    assertTrue(freed.toString().contains("closed"));
  }

  @Test
  void resultBelongsToTheInnermostScopeNotToItsOperands() {
    try (Scope outer = Scope.open()) {
      Tensor x = Tensor.ones(2);
      Tensor y;
      try (Scope inner = Scope.open()) {
        y = x.add(1);
      }
      assertTrue(y.isClosed());
      assertFalse(x.isClosed());
    }
  }

  @Test
  void keepMovesToTheParent() {
    Tensor kept;
    try (Scope outer = Scope.open()) {
      try (Scope inner = Scope.open()) {
        kept = Tensor.ones(3);
        assertSame(kept, inner.keep(kept));
      }
      assertArrayEquals(new float[] {1, 1, 1}, kept.toFloats());
    }
    assertTrue(kept.isClosed());
  }

  @Test
  void keepWithoutParentMovesToTheCaller() {
    Tensor kept;
    try (Scope scope = Scope.open()) {
      kept = scope.keep(Tensor.ones(3));
    }
    assertFalse(kept.isClosed());
    kept.close();
  }

  @Test
  void keepRefusesAStranger() {
    try (Scope outer = Scope.open()) {
      Tensor stranger = Tensor.ones(2, 7);
      try (Scope inner = Scope.open()) {
        IllegalArgumentException error =
            assertThrows(IllegalArgumentException.class, () -> inner.keep(stranger));
        assertTrue(error.getMessage().contains("[2, 7]"), error.getMessage());
      }
    }
  }

  @Test
  void unscopedOutlivesEveryScope() {
    Tensor mine;
    try (Scope scope = Scope.open()) {
      mine = Tensor.ones(3).unscoped();
    }
    assertFalse(mine.isClosed());
    mine.close();
    assertTrue(mine.isClosed());
    mine.close(); // a second time does nothing
  }

  @Test
  void closingByHandInsideAScopeIsFine() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.ones(1 << 20);
      long with = Memory.live();
      x.close();
      assertEquals(with - (4 << 20), Memory.live());
    }
  }

  @Test
  void viewKeepsTheMemoryItShares() {
    Tensor view;
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2);
      view = x.narrow(0, 1, 1).unscoped();
    }
    assertArrayEquals(new float[] {3, 4}, view.toFloats());
    view.close();
  }

  @Test
  void scopeClosesOnAnException() {
    AtomicReference<Tensor> made = new AtomicReference<>();
    assertThrows(
        IllegalArgumentException.class,
        () -> {
          try (Scope scope = Scope.open()) {
            made.set(Tensor.ones(2, 3));
            made.get().matmul(Tensor.ones(4, 5));
          }
        });
    assertTrue(made.get().isClosed());
    try (Scope next = Scope.open()) { // the thread is left without a scope of the failure
      assertEquals(2, Tensor.ones(2).sum().item());
    }
  }

  @Test
  void exceptionInBackwardFreesItsTemporaries() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.ones(3).requiresGrad(true);
      Tensor y = x.exp();
      Tensor loss = y.sum();
      y.fill(2); // exp needs its result for backward
      assertThrows(IllegalStateException.class, loss::backward);
      assertNull(x.grad());
      x.mul(2).sum().backward(); // the tape is usable
      assertArrayEquals(new float[] {2, 2, 2}, x.grad().toFloats());
    }
  }

  @Test
  void scopesCloseInReverseOrder() {
    Scope outer = Scope.open();
    Scope inner = Scope.open();
    assertThrows(IllegalStateException.class, outer::close);
    inner.close();
    outer.close();
    outer.close(); // a second time does nothing
  }

  @Test
  void scopeBelongsToItsThread() throws InterruptedException {
    try (Scope scope = Scope.open()) {
      AtomicReference<Throwable> failure = new AtomicReference<>();
      AtomicReference<Tensor> made = new AtomicReference<>();
      Thread other =
          new Thread(
              () -> {
                try {
                  made.set(Tensor.ones(5)); // not caught by the scope of the first thread
                  scope.close();
                } catch (Throwable t) {
                  failure.set(t);
                }
              });
      other.start();
      other.join();
      assertEquals(IllegalStateException.class, failure.get().getClass());
      assertFalse(made.get().isClosed());
      made.get().close();
    }
  }

  @Test
  void gradientBelongsToItsLeafNotToAScope() {
    Tensor weight = Tensor.ones(3).unscoped().requiresGrad(true);
    try (Scope scope = Scope.open()) {
      weight.mul(3).sum().backward();
    }
    assertArrayEquals(new float[] {3, 3, 3}, weight.grad().toFloats());
    weight.close();
  }

  @Test
  void graphWithoutBackwardIsDroppedWithItsScope() {
    Tensor weight = Tensor.ones(1 << 16).unscoped().requiresGrad(true);
    long before = Memory.live();
    for (int i = 0; i < 10; i++) {
      try (Scope scope = Scope.open()) {
        weight.exp().mul(weight).tanh();
      }
      assertEquals(before, Memory.live());
    }
    weight.close();
  }

  @Test
  void graphCanBeKept() {
    try (Scope outer = Scope.open()) {
      Tensor x = Tensor.of(new float[] {1, 2}).requiresGrad(true);
      Tensor y;
      try (Scope inner = Scope.open()) {
        y = inner.keep(x.square().sum());
      }
      y.backward();
      assertArrayEquals(new float[] {2, 4}, x.grad().toFloats());
    }
  }
}
