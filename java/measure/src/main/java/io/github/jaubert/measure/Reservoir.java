package io.github.jaubert.measure;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Draws some of a stream, each with the same probability (Vitter 1985, algorithm R). */
final class Reservoir<T> {
  private final int most;
  private final SplittableRandom random;
  private final List<T> drawn = new ArrayList<>();
  private long seen;

  Reservoir(int most, long seed) {
    this.most = most;
    random = new SplittableRandom(seed);
  }

  /** One more has come. */
  void add(T one) {
    seen++;
    if (drawn.size() < most) {
      drawn.add(one);
    } else {
      long place = random.nextLong(seen);
      if (place < most) {
        drawn.set((int) place, one);
      }
    }
  }

  /** Those that are drawn now. */
  List<T> drawn() {
    return drawn;
  }

  /** How many have come. */
  long seen() {
    return seen;
  }
}
