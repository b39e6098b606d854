package io.github.jaubert.bert.models.deberta;

import java.util.function.IntUnaryOperator;

/**
 * The row of the table of distances for the place of a key less that of its query. Without buckets
 * each distance has a row of its own, up to the span of the table. With them the nearer half of
 * each side has, and what is further away falls into the other half by its logarithm (He et al.
 * 2021, section on the log bucket of version 2).
 */
final class DistanceBuckets implements IntUnaryOperator {
  private final int span; // rows to each side
  private final int half; // distances with a bucket of their own; 0: there are no buckets
  private final float range; // logarithm of the furthest distance over half

  DistanceBuckets(DebertaV2Config config) {
    span = config.span();
    half = config.positionBuckets() > 0 ? config.positionBuckets() / 2 : 0;
    range = half == 0 ? 0 : log((float) ((config.distances() - 1) / (double) half));
  }

  /** What PyTorch computes: places of buckets hang on how its single precision rounds. */
  private static float log(float x) {
    return (float) Math.log(x);
  }

  @Override
  public int applyAsInt(int offset) {
    long before = -(long) offset; // of the query, less that of the key
    long bucket = Math.abs(before);
    if (half > 0 && bucket > half) {
      bucket = half + (long) Math.ceil(log(bucket / (float) half) / range * (half - 1));
    }
    return (int) Math.max(0, Math.min(2L * span - 1, span + (before < 0 ? -bucket : bucket)));
  }
}
