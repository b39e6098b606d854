package io.github.jaubert.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.optim.AdamW;
import io.github.jaubert.optim.AdamWOptions;
import io.github.jaubert.optim.Optimizer;
import io.github.jaubert.optim.Schedule;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

/** Loops of one's own with the core alone: they learn, and repeat bit for bit. */
class TrainingLoopTest {
  private static final int CLASSES = 10;
  private static final int PIXELS = 784;

  /** Images of ten random prototypes under noise. */
  private static final class Images {
    private final float[][] prototypes = new float[CLASSES][PIXELS];

    Images(long seed) {
      try (Scope scope = Scope.open()) {
        Rng rng = Rng.of(seed);
        for (int c = 0; c < CLASSES; c++) {
          prototypes[c] = Tensor.randn(rng, PIXELS).toFloats();
        }
      }
    }

    int[] labels(int step, int rows) {
      Rng rng = Rng.of(1000 + step);
      int[] labels = new int[rows];
      for (int i = 0; i < rows; i++) {
        labels[i] = rng.nextInt(CLASSES);
      }
      return labels;
    }

    Tensor images(int step, int rows) {
      int[] labels = labels(step, rows);
      float[] pixels = Tensor.randn(Rng.of(2000 + step), rows, PIXELS).mul(4).toFloats();
      for (int i = 0; i < rows; i++) {
        for (int j = 0; j < PIXELS; j++) {
          pixels[i * PIXELS + j] += prototypes[labels[i]][j];
        }
      }
      return Tensor.of(pixels, rows, PIXELS);
    }
  }

  /** The loop that stands in the README. */
  @Test
  void learnsToTellPrototypesUnderNoise() {
    Images data = new Images(77);
    int totalSteps = 120;
    Rng.seed(1);
    Device device = Device.best();
    try (Layer model =
            Sequential.of(
                    Linear.of(PIXELS, 256), Gelu.of(), Dropout.of(0.1f), Linear.of(256, CLASSES))
                .to(device);
        Optimizer adam = AdamW.of(model.parameters(), 3e-4f)) {
      Schedule lr = Schedule.linear(3e-4f, totalSteps).warmup(10);
      float first = 0;
      float last = 0;
      for (int step = 0; step < totalSteps; step++) {
        try (Scope scope = Scope.open()) {
          Tensor loss =
              F.crossEntropy(
                  model.forward(data.images(step, 64).to(device)),
                  Tensor.of(data.labels(step, 64)).to(device));
          loss.backward();
          adam.step(lr.at(step));
          if (step == 0) {
            first = loss.item();
          }
          last = loss.item();
        }
      }
      assertTrue(first > 2, "the first loss is near ln 10, it is " + first);
      assertTrue(last < 0.5 * first, "from " + first + " to " + last);
      model.eval();
      try (Scope scope = Scope.open()) {
        int[] labels = data.labels(9999, 500);
        long[] predicted = model.forward(data.images(9999, 500).to(device)).argmax(1).toLongs();
        int right = 0;
        for (int i = 0; i < labels.length; i++) {
          right += predicted[i] == labels[i] ? 1 : 0;
        }
        assertTrue(right > 425, right + " of 500 unseen images right; chance is 50");
      }
    }
  }

  /** A small encoder: every fused family is in it. */
  private static final class Encoder extends Block {
    private static final int HEADS = 3;
    private static final int WIDTH = 33;
    private final Embedding words = add("words", Embedding.of(50, WIDTH));
    private final Embedding positions = add("positions", Embedding.of(40, WIDTH));
    private final LayerNorm first = add("first", LayerNorm.of(WIDTH, 1e-12f));
    private final Linear query = add("query", Linear.of(WIDTH, WIDTH));
    private final Linear key = add("key", Linear.of(WIDTH, WIDTH));
    private final Linear value = add("value", Linear.of(WIDTH, WIDTH));
    private final Linear dense = add("dense", Linear.of(WIDTH, WIDTH));
    private final LayerNorm second = add("second", LayerNorm.of(WIDTH, 1e-12f));
    private final Linear up = add("up", Linear.of(WIDTH, 2 * 65));
    private final Linear down = add("down", Linear.of(65, WIDTH));
    private final Linear head = add("head", Linear.of(WIDTH, 4));

    Tensor forward(int[] ids, PackedSequences lengths) {
      float p = training() ? 0.1f : 0;
      Tensor x =
          F.embeddingLayerNorm(
              Tensor.of(ids),
              lengths.positionIds(),
              null,
              words.weight(),
              positions.weight(),
              null,
              first.weight(),
              first.bias(),
              p,
              1e-12f);
      Tensor context =
          F.attention(
                  split(query.forward(x)),
                  split(key.forward(x)),
                  split(value.forward(x)),
                  lengths,
                  AttentionOptions.dropout(p))
              .reshape(lengths.tokens(), WIDTH);
      x =
          F.addDropoutLayerNorm(
              F.linear(context, dense.weight(), null),
              x,
              dense.bias(),
              second.weight(),
              second.bias(),
              p,
              1e-12f);
      x = x.add(down.forward(F.geglu(up.forward(x))));
      return head.forward(F.segmentMean(x, lengths));
    }

    private static Tensor split(Tensor x) {
      return x.reshape(x.size(0), HEADS, WIDTH / HEADS);
    }
  }

  private record Batch(int[] ids, PackedSequences lengths, int[] labels) {
    static Batch draw(int step, int sequences) {
      Rng rng = Rng.of(300 + step);
      int[] lengths = new int[sequences];
      int[] labels = new int[sequences];
      for (int i = 0; i < sequences; i++) {
        lengths[i] = 1 + rng.nextInt(39);
        labels[i] = rng.nextInt(4);
      }
      PackedSequences packed = PackedSequences.of(lengths);
      int[] ids = new int[packed.tokens()];
      for (int i = 0; i < ids.length; i++) {
        ids[i] = rng.nextInt(50);
      }
      return new Batch(ids, packed, labels);
    }

    /** Sequences {@code from} to {@code to - 1} as a batch of their own. */
    Batch part(int from, int to) {
      int[] starts = lengths.cuSeqlens();
      int[] partLengths = new int[to - from];
      for (int i = from; i < to; i++) {
        partLengths[i - from] = lengths.length(i);
      }
      return new Batch(
          java.util.Arrays.copyOfRange(ids, starts[from], starts[to]),
          PackedSequences.of(partLengths),
          java.util.Arrays.copyOfRange(labels, from, to));
    }
  }

  /** Losses of a short run and the weights at its end. */
  private static List<float[]> run(IntFunction<Integer> threadsOfStep) {
    int before = Device.cpu().threads();
    List<float[]> results = new ArrayList<>();
    Rng.seed(42);
    try (Encoder model = new Encoder();
        AdamW adam = AdamW.of(model.parameters(), 1e-3f)) {
      for (int step = 0; step < 12; step++) {
        Device.cpu().threads(threadsOfStep.apply(step));
        Batch batch = Batch.draw(step, 23);
        try (Scope scope = Scope.open()) {
          Tensor loss =
              F.crossEntropy(
                  model.forward(batch.ids(), batch.lengths()), Tensor.of(batch.labels()));
          loss.backward();
          adam.step();
          results.add(loss.toFloats());
          results.add(adam.gradNorm().toFloats());
        }
      }
      model.parameters().forEach(p -> results.add(p.tensor().toFloats()));
    } finally {
      Device.cpu().threads(before);
    }
    return results;
  }

  private static void assertSameBits(List<float[]> expected, List<float[]> found) {
    assertEquals(expected.size(), found.size());
    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(expected.get(i), found.get(i), "result " + i);
    }
  }

  @Test
  void sameSeedSameBitsForAnyNumberOfThreads() {
    List<float[]> one = run(step -> 1);
    assertSameBits(one, run(step -> 1));
    assertSameBits(one, run(step -> 2));
    assertSameBits(one, run(step -> 1 + step % 3));
  }

  @Test
  void microBatchesEqualOneBatch() {
    Batch batch = Batch.draw(0, 24);
    int count = batch.labels().length;
    Rng.seed(9);
    try (Encoder model = new Encoder()) {
      model.eval(); // dropout would draw other masks
      List<float[]> whole = gradients(model, List.of(batch), count);
      List<float[]> parts =
          gradients(model, List.of(batch.part(0, 5), batch.part(5, 6), batch.part(6, 24)), count);
      assertEquals(whole.get(0)[0], parts.get(0)[0], 1e-6 * whole.get(0)[0], "loss");
      assertTrue(
          relativeError(parts, whole) <= 1e-6,
          () -> "gradients differ by " + relativeError(parts, whole));
    }
  }

  /** The summed loss and the gradients of all parameters. */
  private static List<float[]> gradients(Encoder model, List<Batch> batches, int normalizer) {
    CrossEntropyOptions options = CrossEntropyOptions.defaults().withNormalizer(normalizer);
    List<float[]> results = new ArrayList<>();
    float loss = 0;
    for (Batch batch : batches) {
      try (Scope scope = Scope.open()) {
        Tensor part =
            F.crossEntropy(
                model.forward(batch.ids(), batch.lengths()), Tensor.of(batch.labels()), options);
        part.backward();
        loss += part.item();
      }
    }
    results.add(new float[] {loss});
    for (Parameter parameter : model.parameters()) {
      results.add(parameter.grad().toFloats());
      parameter.tensor().zeroGrad();
    }
    return results;
  }

  /** The Euclidean norm of the difference over that of what is expected. */
  private static double relativeError(List<float[]> found, List<float[]> expected) {
    double error = 0;
    double size = 0;
    for (int i = 0; i < found.size(); i++) {
      for (int j = 0; j < found.get(i).length; j++) {
        error += Math.pow(found.get(i)[j] - expected.get(i)[j], 2);
        size += Math.pow(expected.get(i)[j], 2);
      }
    }
    return Math.sqrt(error / size);
  }

  @Test
  void largerStepsWithClippingStayFinite() {
    Rng.seed(2);
    try (Encoder model = new Encoder();
        AdamW adam =
            AdamW.of(model.parameters(), 0.1f, AdamWOptions.defaults().withMaxNorm(0.01f))) {
      for (int step = 0; step < 10; step++) {
        Batch batch = Batch.draw(step, 8);
        try (Scope scope = Scope.open()) {
          F.crossEntropy(model.forward(batch.ids(), batch.lengths()), Tensor.of(batch.labels()))
              .backward();
          adam.step();
        }
        assertTrue(Float.isFinite(adam.gradNorm().item()));
      }
    }
  }
}
