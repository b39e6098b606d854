package io.github.jaubert.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.nn.AttentionOptions;
import io.github.jaubert.nn.F;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Sizes of axes, and the sequences of a packed batch. */
class ShapeTest {
  @Test
  void knowsItsSizes() {
    Shape shape = Shape.of(2, 3, 5);
    assertEquals(3, shape.rank());
    assertEquals(30, shape.numel());
    assertEquals(5, shape.size(-1));
    assertEquals(1, shape.axis(-2));
    assertArrayEquals(new long[] {15, 5, 1}, shape.strides());
    assertEquals(Shape.of(2, 7, 5), shape.with(-2, 7));
    assertEquals(Shape.of(2, 5), shape.without(1));
    assertEquals("[2, 3, 5]", shape.toString());
    assertEquals(1, Shape.SCALAR.numel());
    assertEquals("[]", Shape.of().toString());
    assertEquals(0, Shape.of(3, 0).numel());
  }

  @Test
  void isAValue() {
    assertEquals(Shape.of(2, 3), Shape.of(2, 3));
    assertEquals(Shape.of(2, 3).hashCode(), Shape.of(2, 3).hashCode());
    assertNotEquals(Shape.of(2, 3), Shape.of(3, 2));
    long[] sizes = {2, 3};
    Shape shape = Shape.of(sizes);
    sizes[0] = 9;
    shape.toArray()[0] = 9;
    assertEquals(Shape.of(2, 3), shape);
  }

  @Test
  void badSizesAreRefused() {
    for (Runnable bad :
        new Runnable[] {
          () -> Shape.of(2, -1),
          () -> Shape.of(1, 1, 1, 1, 1, 1, 1, 1, 1),
          () -> Shape.of(1L << 40, 1L << 40),
          () -> Shape.of(2).size(1),
          () -> Shape.of(2).size(-2),
          () -> Shape.SCALAR.without(0),
        }) {
      assertThrows(IllegalArgumentException.class, bad::run);
    }
  }

  @Test
  void packedSequencesLieEndToEnd() {
    PackedSequences lengths = PackedSequences.of(3, 0, 2);
    assertEquals(3, lengths.count());
    assertEquals(5, lengths.tokens());
    assertEquals(3, lengths.maxLength());
    assertEquals(2, lengths.length(2));
    assertArrayEquals(new int[] {0, 3, 3, 5}, lengths.cuSeqlens());
    try (Scope scope = Scope.open()) {
      assertArrayEquals(new int[] {0, 3, 3}, lengths.starts().toInts());
      assertArrayEquals(new int[] {0, 1, 2, 0, 1}, lengths.positionIds().toInts());
      assertEquals(Shape.of(0), PackedSequences.of().positionIds().shape());
    }
    lengths.cuSeqlens()[1] = 9;
    assertEquals(PackedSequences.of(3, 0, 2), lengths);
    assertNotEquals(PackedSequences.of(3, 2), lengths);
    assertTrue(lengths.toString().contains("5 tokens"));
  }

  @Test
  void paddingIsNoSequence() {
    PackedSequences lengths = PackedSequences.of(3, 0, 2);
    PackedSequences padded = lengths.padTo(8);
    assertEquals(3, padded.count());
    assertEquals(8, padded.tokens());
    assertEquals(3, padded.maxLength());
    assertArrayEquals(new int[] {0, 3, 3, 5, 8}, padded.cuSeqlens());
    assertArrayEquals(new int[] {0, 1, 2, 0, 1, 0, 0, 0}, padded.positions());
    try (Scope scope = Scope.open()) {
      assertArrayEquals(new int[] {0, 3, 3}, padded.starts().toInts());
    }
    assertEquals("3 sequences, 8 tokens with padding, longest 3", padded.toString());
    assertTrue(lengths.padTo(5).isPadded());
    assertNotEquals(lengths, lengths.padTo(5));
    assertNotEquals(PackedSequences.of(3, 0, 2, 3), padded);
    assertEquals(
        "3 sequences, 5 tokens, longest 3 cannot be padded to 4 tokens",
        assertThrows(IllegalArgumentException.class, () -> lengths.padTo(4)).getMessage());
    assertThrows(IllegalArgumentException.class, () -> padded.padTo(9));
  }

  /** What lies in the padding reaches nothing, and gets gradients of zero. */
  @Test
  void paddingAddsNothing() {
    PackedSequences lengths = PackedSequences.of(3, 0, 2);
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.randn(Rng.of(1), 5, 2, 4).requiresGrad(true);
      Tensor filled = Tensor.full(1e4f, 8, 2, 4);
      filled = Tensor.concat(0, x.detach(), filled.narrow(0, 0, 3)).requiresGrad(true);
      Tensor weights = Tensor.randn(Rng.of(2), 3, 8);
      Tensor[] means = new Tensor[2];
      for (int i = 0; i < 2; i++) {
        Tensor input = i == 0 ? x : filled;
        PackedSequences packed = i == 0 ? lengths : lengths.padTo(8);
        Rng.seed(3);
        Tensor attended = F.attention(input, input, input, packed, AttentionOptions.dropout(0.3f));
        means[i] = F.segmentMean(attended.reshape(-1, 8), packed);
        means[i].mul(weights).sum().backward();
      }
      assertArrayEquals(means[0].toFloats(), means[1].toFloats());
      float[] expected = Arrays.copyOf(x.grad().toFloats(), 8 * 2 * 4);
      assertArrayEquals(expected, filled.grad().toFloats());
    }
  }

  @Test
  void badLengthsAreRefused() {
    String message =
        assertThrows(IllegalArgumentException.class, () -> PackedSequences.of(3, -2)).getMessage();
    assertTrue(message.contains("-2"), message);
    assertThrows(
        IllegalArgumentException.class,
        () -> PackedSequences.of(Integer.MAX_VALUE, Integer.MAX_VALUE));
  }

  @Test
  void theCpuIsADevice() {
    Device cpu = Device.cpu();
    int before = cpu.threads();
    try {
      assertEquals("cpu", cpu.name());
      assertTrue(cpu.description().startsWith("cpu (avx"), cpu.description());
      assertEquals(cpu, cpu.threads(2));
      assertEquals(2, cpu.threads());
      assertTrue(cpu.description().contains("2 threads"), cpu.description());
      cpu.threads(0);
      assertTrue(cpu.threads() >= 1);
      String message =
          assertThrows(IllegalArgumentException.class, () -> cpu.threads(-1)).getMessage();
      assertTrue(message.contains("-1"), message);
    } finally {
      cpu.threads(before);
    }
  }
}
