package io.github.jaubert.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.nn.AttentionOptions;
import io.github.jaubert.nn.CrossEntropyOptions;
import io.github.jaubert.nn.F;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/**
 * What a tensor says about itself, reading and overwriting, special values, and what bad operands
 * get.
 */
class TensorTest {
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
  void describesItself() {
    Tensor x = Tensor.of(new float[] {0.5f, -2, 3, 4, 5, 6, 7, 8}, 2, 4);
    assertEquals(Shape.of(2, 4), x.shape());
    assertEquals(DType.F32, x.dtype());
    assertSame(Device.cpu(), x.device());
    assertEquals(2, x.rank());
    assertEquals(4, x.size(-1));
    assertEquals(8, x.numel());
    String text = x.toString();
    for (String part : new String[] {"F32", "[2, 4]", "cpu", "0.5, -2.0"}) {
      assertTrue(text.contains(part), text);
    }
    assertTrue(Tensor.of(new boolean[] {true}).toString().contains("true"));
    assertTrue(Tensor.zeros(0).toString().contains("[0]"));
  }

  @Test
  void readsBackWhatWasWritten() {
    assertArrayEquals(new int[] {3, -1}, Tensor.of(new int[] {3, -1}).toInts());
    assertArrayEquals(new long[] {3, -1}, Tensor.of(new int[] {3, -1}).toLongs());
    assertArrayEquals(new long[] {1L << 60}, Tensor.of(new long[] {1L << 60}).toLongs());
    assertArrayEquals(
        new boolean[] {true, false}, Tensor.of(new boolean[] {true, false}).toBooleans());
    assertArrayEquals(new float[] {1.5f}, Tensor.scalar(1.5f).to(DType.BF16).toFloats());
    assertEquals(7, Tensor.of(new int[] {7}).item());
    assertEquals(1, Tensor.of(new boolean[] {true}, 1, 1).item());
    assertEquals(0, Tensor.zeros(3, 0).toFloats().length);
  }

  @Test
  void refusesToReadAsAnotherType() {
    Tensor floats = Tensor.zeros(2);
    assertSays(floats::toInts, "toInts", "F32", "I32");
    assertSays(floats::toLongs, "toLongs", "F32");
    assertSays(floats::toBooleans, "toBooleans", "F32");
    assertSays(() -> Tensor.arange(2).toFloats(), "toFloats", "I64");
    assertSays(floats::item, "item", "[2]");
  }

  @Test
  void overwrites() {
    Tensor x = Tensor.zeros(2, 2);
    assertSame(x, x.copyFrom(new float[] {1, 2, 3, 4}));
    assertArrayEquals(new float[] {1, 2, 3, 4}, x.toFloats());
    assertSame(x, x.fill(5));
    assertArrayEquals(new float[] {5, 5, 5, 5}, x.toFloats());
    assertSame(x, x.copyFrom(Tensor.ones(2, 2)));
    assertArrayEquals(new float[] {1, 1, 1, 1}, x.toFloats());
    assertArrayEquals(new int[] {4, 4}, Tensor.of(new int[2]).fill(4).toInts());
    assertSays(() -> x.copyFrom(new float[3]), "copyFrom", "[2, 2]", "3");
    Tensor ids = Tensor.of(new int[] {1, 2});
    assertArrayEquals(new int[] {3, 4}, ids.copyFrom(new int[] {3, 4}).toInts());
    assertSays(() -> ids.copyFrom(new int[3]), "copyFrom", "[2]", "3");
    assertSays(() -> x.copyFrom(new int[4]), "copyFrom", "F32", "I32");
    assertSays(() -> x.copyFrom(Tensor.zeros(4)), "copyFrom", "[2, 2]", "[4]");
    assertSays(() -> x.copyFrom(Tensor.zeros(DType.I32, Shape.of(2, 2))), "copyFrom", "I32");
  }

  @Test
  void movingToItsOwnDeviceIsNothing() {
    Tensor x = Tensor.ones(3);
    assertSame(x, x.to(Device.cpu()));
    assertSame(x, x.to(DType.F32));
  }

  @Test
  void viewsShareMemory() {
    Tensor x = Tensor.zeros(2, 3);
    x.reshape(6).narrow(0, 4, 1).fill(9);
    assertArrayEquals(new float[] {0, 0, 0, 0, 9, 0}, x.toFloats());
    x.detach().fill(1);
    assertEquals(6, x.sum().item());
  }

  @Test
  void specialValues() {
    float inf = Float.POSITIVE_INFINITY;
    float nan = Float.NaN;
    Tensor x = Tensor.of(new float[] {nan, inf, -inf, 0, -0f});
    assertArrayEquals(new float[] {nan, inf, 0, 1, 1}, x.exp().toFloats());
    assertArrayEquals(new float[] {nan, inf, nan, -inf, -inf}, x.log().toFloats());
    assertArrayEquals(new float[] {nan, 1, -1, 0, -0f}, x.tanh().toFloats());
    assertArrayEquals(new float[] {nan, 1, -1, 0, -0f}, x.erf().toFloats());
    assertArrayEquals(new float[] {nan, 2, -2, 0, 0}, x.clamp(-2, 2).add(0).toFloats());
    assertArrayEquals(new float[] {nan, 1, 0, 0.5f, 0.5f}, x.sigmoid().toFloats());
    assertArrayEquals(new float[] {88, 0}, Tensor.of(new float[] {88, -200}).softplus().toFloats());
    assertTrue(Float.isNaN(x.max().item()));
    assertTrue(Float.isNaN(x.min().item()));
    assertArrayEquals(new boolean[] {false, true, true, true, true}, x.eq(x).toBooleans());
  }

  @Test
  void softmaxOfARowOfMinusInfinityIsZero() {
    float inf = Float.POSITIVE_INFINITY;
    Tensor x = Tensor.of(new float[] {-inf, -inf, -inf, -inf, 0, -inf}, 2, 3).requiresGrad(true);
    Tensor y = x.softmax(-1);
    assertArrayEquals(new float[] {0, 0, 0, 0, 1, 0}, y.toFloats());
    y.backward(Tensor.ones(2, 3));
    assertArrayEquals(new float[6], x.grad().toFloats());
  }

  @Test
  void largeScoresDoNotOverflow() {
    Tensor x = Tensor.of(new float[] {1000, 999, -1000}, 1, 3);
    float e = (float) Math.exp(-1);
    assertArrayEquals(new float[] {1 / (1 + e), e / (1 + e), 0}, x.softmax(1).toFloats(), 1e-7f);
    assertArrayEquals(
        new float[] {-0.3132617f, -1.3132617f, -2000.3132f}, x.logSoftmax(1).toFloats(), 1e-4f);
    assertEquals(2000.3132f, F.crossEntropy(x, Tensor.of(new int[] {2})).item(), 1e-3f);
  }

  @Test
  void longSumsStayAccurate() {
    // 4 million times 0.1: a running sum in single precision would be off by several percent.
    assertEquals(4_000_003 * (double) 0.1f, Tensor.full(0.1f, 4_000_003).sum().item(), 0.1);
  }

  @Test
  void badOperandsAreNamedWithTheirShapes() {
    Tensor a = Tensor.zeros(8, 384);
    Tensor b = Tensor.zeros(512, 384);
    assertSays(() -> a.matmul(b), "matmul", "[8, 384]", "[512, 384]", "384", "512");
    assertSays(() -> a.add(Tensor.zeros(7)), "add", "[8, 384]", "[7]");
    assertSays(() -> a.add(Tensor.arange(384)), "add", "F32", "I64");
    assertSays(() -> Tensor.arange(3).exp(), "exp", "I64", "F32");
    assertSays(() -> a.reshape(7, -1), "reshape", "[8, 384]", "7");
    assertSays(() -> a.sum(2), "2", "[8, 384]");
    assertSays(() -> a.permute(0, 0), "permute", "[0, 0]");
    assertSays(() -> a.squeeze(0), "squeeze", "[8, 384]");
    assertSays(() -> a.expand(9, 384), "[8, 384]", "[9, 384]");
    assertSays(() -> a.narrow(0, 5, 4), "narrow", "[8, 384]");
    assertSays(() -> a.narrow(0, 1, Long.MAX_VALUE), "narrow", "[8, 384]");
    assertSays(() -> a.max().reshape().t(), "t:");
    assertSays(() -> Tensor.zeros(0, 3).max(0, false), "max", "[0, 3]");
    assertSays(() -> Tensor.concat(0, a, Tensor.zeros(8, 3)), "concat", "[8, 3]");
    assertSays(() -> a.clamp(2, 1), "clamp", "2", "1");
    assertSays(() -> Tensor.of(new float[3], 2, 2), "[2, 2]", "3");
    assertSays(() -> Tensor.zeros(2, -1), "[2, -1]");
    assertSays(() -> Tensor.where(a, a, a), "where", "condition", "F32");
  }

  @Test
  void indicesOutsideAreRefused() {
    Tensor x = Tensor.zeros(5, 3);
    Tensor table = Tensor.zeros(30522, 4);
    assertSays(() -> x.indexSelect(0, Tensor.of(new int[] {0, 5})), "5");
    assertSays(() -> x.indexSelect(0, Tensor.of(new int[] {-1})), "-1");
    assertSays(() -> x.takeAlong(Tensor.of(new int[] {0, 0, 0, 3, 0}, 5, 1)), "3");
    assertSays(() -> x.indexAdd(Tensor.of(new int[] {7}), Tensor.zeros(1, 3)), "7");
    assertSays(() -> F.embedding(table, Tensor.of(new int[] {1, 30522})), "30522");
    assertSays(() -> F.crossEntropy(x, Tensor.of(new int[] {0, 1, 2, 3, 0})), "3");
    Tensor ids = Tensor.of(new int[] {0, 2});
    Tensor small = Tensor.zeros(2, 4);
    Tensor one = Tensor.ones(4);
    assertSays(
        () -> F.embeddingLayerNorm(ids, ids, null, table, small, null, one, one, 0, 1e-5f), "2");
  }

  @Test
  void badLayerOperandsAreNamed() {
    Tensor x = Tensor.zeros(4, 6);
    assertSays(() -> F.linear(x, Tensor.zeros(3, 5), null), "linear", "[4, 6]", "[3, 5]");
    assertSays(() -> F.linear(x, Tensor.zeros(3, 6), Tensor.zeros(4)), "linear", "[4]", "[3]");
    assertSays(() -> F.layerNorm(x, Tensor.ones(5), null, 1e-5f), "layerNorm", "[5]", "[6]");
    assertSays(() -> F.geglu(Tensor.zeros(2, 3)), "geglu", "[2, 3]");
    assertSays(() -> F.dropout(x, 1), "dropout", "1");
    assertSays(() -> F.mseLoss(x, Tensor.zeros(6)), "mseLoss", "[4, 6]", "[6]");
    assertSays(() -> F.crossEntropy(x, Tensor.of(new int[3])), "crossEntropy", "[3]", "[4]");
    assertSays(() -> CrossEntropyOptions.defaults().withLabelSmoothing(2), "2");
    Tensor q = Tensor.zeros(4, 2, 8);
    PackedSequences lengths = PackedSequences.of(3);
    assertSays(
        () -> F.attention(q, q, q, lengths, AttentionOptions.defaults()),
        "attention",
        "[4, 2, 8]",
        "3");
    Tensor wide = Tensor.zeros(3, 1, 129);
    assertSays(
        () -> F.attention(wide, wide, wide, lengths, AttentionOptions.defaults()), "129", "128");
    assertSays(() -> F.rotary(Tensor.zeros(2, 1, 3), Tensor.of(new int[2]), 1e4f), "rotary", "3");
    assertSays(() -> F.segmentMean(x, lengths), "segmentMean", "[4, 6]", "3");
  }

  @Test
  void nothingIsAllocatedByARefusedOperation() {
    Tensor x = Tensor.zeros(5, 3);
    long before = Memory.live();
    assertSays(() -> x.matmul(x), "matmul");
    assertSays(() -> x.add(Tensor.scalar(1).reshape(1, 1).expand(2, 2).detach()), "add");
    assertFalse(x.isClosed());
    assertTrue(Memory.live() - before <= 3 * 64, "only the three small operands");
  }

  private static void assertSays(Executable action, String... parts) {
    String message = assertThrows(IllegalArgumentException.class, action).getMessage();
    for (String part : parts) {
      assertTrue(message.contains(part), () -> "'" + message + "' lacks '" + part + "'");
    }
  }
}
