package io.github.jaubert.operations;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.nn.CrossEntropyOptions;
import io.github.jaubert.nn.F;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** The loss of so many classes that its rows go in several chunks, the last of them short. */
class LinearCrossEntropyTest {
  private static final int ROWS = 101; // chunks of 48, by the number of classes
  private static final int CLASSES = 300_007;
  private static final int IN = 3;

  private static final int[] LABELS = new int[ROWS];

  static {
    RandomGenerator random = Seeds.random("labels");
    Arrays.setAll(LABELS, i -> random.nextInt(4) == 0 ? -100 : random.nextInt(CLASSES));
  }

  private static Tensor[] operands() {
    Rng rng = Rng.of(Seeds.SEED);
    return new Tensor[] {
      Tensor.randn(rng, ROWS, IN).requiresGrad(true),
      Tensor.randn(rng, CLASSES, IN).requiresGrad(true),
      Tensor.randn(rng, CLASSES).requiresGrad(true)
    };
  }

  private static void assertClose(float[] expected, float[] found) {
    assertEquals(expected.length, found.length);
    double error = 0;
    double size = 0;
    for (int i = 0; i < expected.length; i++) {
      error += Math.pow(found[i] - (double) expected[i], 2);
      size += Math.pow(expected[i], 2);
    }
    assertTrue(
        Math.sqrt(error / size) < 1e-5, () -> "relative L2 distance; -Djaubert.seed=" + Seeds.SEED);
  }

  @Test
  void chunksGiveWhatAllRowsTogetherGive() {
    for (float normalizer : new float[] {0, 3.5f}) {
      CrossEntropyOptions options = CrossEntropyOptions.defaults().withNormalizer(normalizer);
      try (Scope scope = Scope.open()) {
        Tensor[] whole = operands();
        Tensor[] chunked = operands();
        Tensor expected =
            F.crossEntropy(F.linear(whole[0], whole[1], whole[2]), Tensor.of(LABELS), options);
        Tensor found =
            F.linearCrossEntropy(chunked[0], chunked[1], chunked[2], Tensor.of(LABELS), options);
        assertEquals(expected.item(), found.item(), 1e-5 * expected.item());
        expected.mul(0.25f).backward();
        found.mul(0.25f).backward();
        for (int i = 0; i < whole.length; i++) {
          assertClose(whole[i].grad().toFloats(), chunked[i].grad().toFloats());
        }
      }
    }
  }

  @Test
  void rowsWhoseLargestLogitIsTheirLabelsAreCounted() {
    for (DType type : new DType[] {DType.F32, DType.BF16}) {
      try (Scope scope = Scope.open()) {
        Tensor[] operands = operands();
        Tensor x = operands[0].detach().to(type);
        Tensor labels = F.linear(x, operands[1].detach(), operands[2].detach()).argmax(1);
        int[] wanted = new int[LABELS.length];
        int told = 0;
        for (int row = 0; row < wanted.length; row++) { // -100 in some rows, another in some
          int best = (int) labels.toLongs()[row];
          wanted[row] = row % 5 == 0 ? -100 : row % 3 == 0 ? (best + 1) % CLASSES : best;
          told += wanted[row] == best ? 1 : 0;
        }
        Tensor hits = Tensor.of(new float[] {2});
        F.linearCrossEntropy(
            x, operands[1], operands[2], Tensor.of(wanted), CrossEntropyOptions.defaults(), hits);
        assertEquals(2 + told, hits.item());
      }
    }
  }

  @Test
  void anyNumberOfThreadsGivesTheSameBits() {
    int before = Device.cpu().threads();
    float[][][] found = new float[2][3][];
    try {
      for (int threads = 1; threads <= 2; threads++) {
        Device.cpu().threads(threads);
        try (Scope scope = Scope.open()) {
          Tensor[] operands = operands();
          F.linearCrossEntropy(
                  operands[0],
                  operands[1],
                  operands[2],
                  Tensor.of(LABELS),
                  CrossEntropyOptions.defaults())
              .backward();
          for (int i = 0; i < operands.length; i++) {
            found[threads - 1][i] = operands[i].grad().toFloats();
          }
        }
      }
    } finally {
      Device.cpu().threads(before);
    }
    for (int i = 0; i < 3; i++) {
      assertArrayEquals(found[0][i], found[1][i]);
    }
  }

  @Test
  void whatDoesNotFitIsRefused() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.randn(Rng.of(1), 5, 3);
      Tensor weight = Tensor.randn(Rng.of(2), 7, 3);
      Tensor labels = Tensor.of(new int[5]);
      CrossEntropyOptions options = CrossEntropyOptions.defaults();
      assertMessage(
          "linearCrossEntropy: x [5, 3] and weight [7, 4] [out, in]: the last axis of x must have size 4",
          () -> F.linearCrossEntropy(x, Tensor.randn(Rng.of(2), 7, 4), null, labels, options));
      assertMessage(
          "linearCrossEntropy: the labels has shape [4], expected [5]",
          () -> F.linearCrossEntropy(x, weight, null, Tensor.of(new int[4]), options));
      assertMessage(
          "linearCrossEntropy: class weights are for crossEntropy(linear(x, weight, bias), …)",
          () ->
              F.linearCrossEntropy(
                  x, weight, null, labels, options.withClassWeights(Tensor.of(new float[7]))));
    }
  }

  private static void assertMessage(String expected, Executable call) {
    assertEquals(expected, assertThrows(IllegalArgumentException.class, call).getMessage());
  }
}
