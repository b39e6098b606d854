package io.github.jaubert.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.nn.Activation;
import io.github.jaubert.nn.AttentionOptions;
import io.github.jaubert.nn.F;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The record of operations and the pass over it. */
class BackwardTest {
  private Scope scope;

  @BeforeEach
  void open() {
    scope = Scope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private static Tensor leaf(float... values) {
    return Tensor.of(values).requiresGrad(true);
  }

  @Test
  void gradientsOfAllUsesAreAdded() {
    Tensor x = leaf(2, 3);
    Tensor square = x.mul(x); // both operands are one tensor
    Tensor y = square.add(square).add(x); // 2 x^2 + x
    y.sum().backward();
    assertArrayEquals(new float[] {9, 13}, x.grad().toFloats());
  }

  @Test
  void aDiamondWaitsForBothBranches() {
    Tensor x = leaf(0.5f);
    Tensor shared = x.exp();
    Tensor y = shared.mul(2).mul(shared.sin()).add(shared.tanh());
    y.backward();
    double s = Math.exp(0.5);
    double outer = 2 * Math.sin(s) + 2 * s * Math.cos(s) + 1 - Math.pow(Math.tanh(s), 2);
    assertEquals(outer * s, x.grad().item(), 1e-5);
  }

  @Test
  void gradientsAddUpUntilTheyAreCleared() {
    Tensor x = leaf(1, 2);
    x.mul(3).sum().backward();
    x.mul(3).sum().backward();
    assertArrayEquals(new float[] {6, 6}, x.grad().toFloats());
    x.zeroGrad();
    assertNull(x.grad());
    x.mul(5).sum().backward();
    assertArrayEquals(new float[] {5, 5}, x.grad().toFloats());
  }

  @Test
  void backwardFromALeafAddsItsOwnGradient() {
    Tensor x = leaf(1, 2);
    x.backward(Tensor.of(new float[] {3, 4}));
    x.backward(Tensor.of(new float[] {3, 4}));
    assertArrayEquals(new float[] {6, 8}, x.grad().toFloats());
  }

  @Test
  void onlyWhatRequiresAGradientGetsOne() {
    Tensor x = leaf(1, 2);
    Tensor constant = Tensor.of(new float[] {3, 4});
    Tensor y = x.mul(constant);
    assertTrue(y.requiresGrad());
    assertFalse(constant.mul(2).requiresGrad());
    y.sum().backward();
    assertNotNull(x.grad());
    assertNull(constant.grad());
    assertNull(y.grad()); // not a leaf
  }

  @Test
  void detachStopsTheGradient() {
    Tensor x = leaf(2);
    x.detach().mul(x).backward();
    assertEquals(2, x.grad().item());
    assertFalse(x.detach().requiresGrad());
  }

  @Test
  void frozenLeafIsLeftAlone() {
    Tensor x = leaf(2);
    Tensor w = leaf(3).requiresGrad(false);
    x.mul(w).backward();
    assertEquals(3, x.grad().item());
    assertNull(w.grad());
  }

  @Test
  void twoLossesOfOneScopeEachRunTheirPart() {
    Tensor x = leaf(2);
    Tensor first = x.mul(3);
    Tensor second = x.mul(5);
    first.backward();
    second.backward();
    assertEquals(8, x.grad().item());
  }

  @Test
  void atEqualsTheFirstTakesTheGradient() {
    Tensor a = leaf(1, 2, 3);
    Tensor b = leaf(1, 5, 0);
    a.maximum(b).sum().backward();
    assertArrayEquals(new float[] {1, 0, 1}, a.grad().toFloats());
    assertArrayEquals(new float[] {0, 1, 0}, b.grad().toFloats());
    Tensor c = leaf(4, 7, 7);
    c.max().backward();
    assertArrayEquals(new float[] {0, 1, 0}, c.grad().toFloats());
    Tensor zero = leaf(0, 0);
    zero.abs().sum().backward();
    assertArrayEquals(new float[] {0, 0}, zero.grad().toFloats());
  }

  @Test
  void backwardNeedsANumberOrAGradient() {
    Tensor y = leaf(1, 2).mul(2);
    assertTrue(
        assertThrows(IllegalArgumentException.class, y::backward).getMessage().contains("[2]"));
    assertThrows(IllegalArgumentException.class, () -> y.backward(Tensor.ones(3)));
    y.backward(Tensor.ones(2));
  }

  @Test
  void backwardNeedsARecord() {
    Tensor x = leaf(2);
    Tensor loss = x.mul(3);
    loss.backward();
    assertThrows(IllegalStateException.class, loss::backward); // it is gone
    assertThrows(IllegalStateException.class, () -> Tensor.ones(1).sum().backward());
  }

  @Test
  void aSharedPartRunsOnce() {
    Tensor x = leaf(1, 2);
    Tensor shared = x.mul(2);
    shared.sum().backward();
    IllegalStateException e =
        assertThrows(IllegalStateException.class, () -> shared.mul(3).sum().backward());
    assertTrue(e.getMessage().contains("F32 [2]"), e.getMessage());
    assertArrayEquals(new float[] {2, 2}, x.grad().toFloats());
  }

  @Test
  void aPartWhoseScopeClosedIsMissed() {
    Tensor x = leaf(1, 2);
    Tensor taken;
    try (Scope inner = Scope.open()) {
      taken = x.mul(2).unscoped();
    }
    try (taken) {
      assertThrows(IllegalStateException.class, () -> taken.square().sum().backward());
    }
  }

  @Test
  void aPartOfAnotherThreadIsMissed() throws Exception {
    Tensor x = leaf(1, 2);
    Tensor shared = x.mul(2);
    Throwable thrown =
        CompletableFuture.supplyAsync(
                () -> {
                  try (Scope theirs = Scope.open()) {
                    return assertThrows(IllegalStateException.class, () -> shared.sum().backward());
                  }
                })
            .get();
    assertTrue(thrown.getMessage().contains("another thread"), thrown.getMessage());
    shared.sum().backward(); // and the record is as it was
    assertArrayEquals(new float[] {2, 2}, x.grad().toFloats());
  }

  @Test
  void noGradClosesInItsThread() throws Exception {
    try (NoGrad off = NoGrad.open()) {
      CompletableFuture.runAsync(() -> assertThrows(IllegalStateException.class, off::close)).get();
      assertTrue(NoGrad.active());
    }
    assertFalse(NoGrad.active());
  }

  @Test
  void overwritingWhatBackwardNeedsIsNoticed() {
    Tensor x = leaf(2);
    Tensor w = leaf(3);
    Tensor loss = x.mul(w);
    w.fill(4);
    IllegalStateException error = assertThrows(IllegalStateException.class, loss::backward);
    assertTrue(error.getMessage().contains("mul"), error.getMessage());
  }

  @Test
  void requiresGradIsForFloatingPointLeaves() {
    assertThrows(IllegalArgumentException.class, () -> Tensor.arange(3).requiresGrad(true));
    Tensor y = leaf(1).mul(2);
    assertThrows(IllegalStateException.class, () -> y.requiresGrad(false));
  }

  @Test
  void backwardFreesWhatWasSaved() {
    Tensor x = Tensor.ones(1 << 18).requiresGrad(true);
    long before = Memory.live();
    try (Scope inner = Scope.open()) {
      Tensor loss = x.exp().sum();
      loss.backward();
    }
    // What stays is the gradient of x.
    assertEquals(before + (4 << 18), Memory.live());
  }

  @Test
  void nothingIsRecordedUnderNoGrad() {
    Tensor x = leaf(2);
    assertFalse(NoGrad.active());
    try (NoGrad outer = NoGrad.open()) {
      assertTrue(NoGrad.active());
      try (NoGrad inner = NoGrad.open()) {
        assertFalse(x.mul(2).requiresGrad());
        inner.close(); // a second close, by the try, does nothing
      }
      assertTrue(NoGrad.active());
      assertFalse(x.mul(2).requiresGrad());
    }
    assertFalse(NoGrad.active());
    assertTrue(x.mul(2).requiresGrad());
  }

  @Test
  void noGradIsOfOneThread() throws InterruptedException {
    boolean[] active = {true};
    try (NoGrad off = NoGrad.open()) {
      Thread other = new Thread(() -> active[0] = NoGrad.active());
      other.start();
      other.join();
    }
    assertFalse(active[0]);
  }

  @Test
  void oneTensorMayStandInSeveralPlaces() {
    Rng rng = Rng.of(Seeds.seed("several places"));
    Gradcheck.verify(x -> x.matmul(x), Tensor.randn(rng, 5, 5));
    Gradcheck.verify(x -> F.linear(x, x, null), Tensor.randn(rng, 5, 5));
    Gradcheck.verify((x, w) -> F.linear(x, w, x), Tensor.randn(rng, 5), Tensor.randn(rng, 5, 5));
    Gradcheck.verify(
        x -> F.feedForward(x, x, null, Activation.TANH, x), Tensor.randn(rng, 5, 5).mul(0.3f));
    // Layers side by side add to the gradient of the input that they share.
    Gradcheck.verify(
        (x, w) -> F.linear(x, w, null).mul(F.linear(x.add(x), w, null)).add(F.linear(x, w, null)),
        Tensor.randn(rng, 3, 5),
        Tensor.randn(rng, 4, 5));
    PackedSequences lengths = PackedSequences.of(3, 2);
    Gradcheck.verify(
        x -> F.attention(x, x, x, lengths, AttentionOptions.defaults()),
        Tensor.randn(rng, 5, 2, 4));
    Gradcheck.verify(
        x -> F.addDropoutLayerNorm(x, x, null, Tensor.ones(7), null, 0, 1e-5f),
        Tensor.randn(rng, 3, 7));
    Gradcheck.verify(x -> Tensor.concat(0, x, x, x), Tensor.randn(rng, 3));
    Gradcheck.verify(x -> Tensor.where(x.gt(Tensor.zeros(4)), x, x), Tensor.randn(rng, 4));
  }

  @Test
  void gradientsFlowThroughConversions() {
    Tensor x = leaf(1.001f, -2);
    Tensor y = x.to(DType.BF16).to(DType.F32);
    assertArrayEquals(new float[] {1, -2}, y.toFloats()); // bfloat16 has steps of 2^-7 there
    y.backward(Tensor.of(new float[] {3, 1.001f}));
    assertArrayEquals(new float[] {3, 1}, x.grad().toFloats());
  }
}
