package io.github.jaubert.bert.models.modernbert;

import io.github.jaubert.nn.Init;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Normal numbers of which none is far from 0. */
final class TruncatedNormal {
  private TruncatedNormal() {}

  /**
   * Draws from {@code Rng.global()}, and once more what is too far away; the caller closes the
   * result.
   *
   * @param cutoff the most that a number is from 0, in deviations
   */
  static Tensor of(double deviation, double cutoff, Shape shape) {
    float[] values = normal(deviation, shape.numel());
    int[] far = far(values, IntStream.range(0, values.length), cutoff * deviation);
    while (far.length > 0) {
      float[] others = normal(deviation, far.length);
      for (int i = 0; i < far.length; i++) {
        values[far[i]] = others[i];
      }
      far = far(values, Arrays.stream(far), cutoff * deviation);
    }
    return Tensor.of(values, shape.toArray()).unscoped();
  }

  private static int[] far(float[] values, IntStream places, double most) {
    return places.filter(i -> Math.abs(values[i]) > most).toArray();
  }

  private static float[] normal(double deviation, long count) {
    try (Tensor drawn = Init.normal((float) deviation, count)) {
      return drawn.toFloats();
    }
  }
}
