package io.github.jaubert.internal.graph;

import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * What a captured step takes of its sources of random numbers, so that each replay takes what the
 * step itself would have taken: numbers that go on from where the source is, or, of a source that
 * the step makes itself, the same numbers every time. A step that sets a source made before is
 * refused: whether the state it sets goes on, too, cannot be seen.
 */
final class Draws {
  private static final class Use {
    final boolean made; // in the step itself
    final long seedBefore;
    final long offsetBefore;
    boolean draws;
    long seed; // at the first draw
    long endOffset;

    Use(PhiloxState source, boolean made) {
      this.made = made;
      seedBefore = source.seed();
      offsetBefore = source.offset();
    }
  }

  private final Map<PhiloxState, Use> uses = new IdentityHashMap<>();

  void made(PhiloxState source) {
    uses.put(source, new Use(source, true));
  }

  private Use use(PhiloxState source) {
    return uses.computeIfAbsent(source, s -> new Use(s, false));
  }

  void draws(PhiloxState source) {
    Use use = use(source);
    if (!use.draws) {
      use.draws = true;
      use.seed = source.seed();
      if (!use.made && source.offset() != use.offsetBefore) {
        throw new IllegalStateException(
            "the captured step goes back to random numbers from before it: a forward pass has to be captured with its backward");
      }
    } else if (use.seed != source.seed()) {
      throw new IllegalStateException(
          "the captured step draws from one source with two seeds, %d and %d"
              .formatted(use.seed, source.seed()));
    }
  }

  /**
   * A source is set.
   *
   * @param rewinds whether to a state that it has had in the step
   */
  void sets(PhiloxState source, long seed, long offset, boolean rewinds) {
    if (!use(source).made && !rewinds) {
      throw new IllegalStateException(
          "the captured step sets a source of random numbers to seed %d, offset %d; for the same numbers at every replay make a source in it, as Rng.of(%d)"
              .formatted(seed, offset, seed));
    }
  }

  /** A replay tells sources apart by their seeds. */
  void requireTellingApart() {
    Map<Long, Use> bySeed = new HashMap<>();
    for (Use use : uses.values()) {
      Use other = use.draws ? bySeed.put(use.seed, use) : null;
      if (other != null && !(other.made && use.made)) {
        throw new IllegalStateException(
            "the captured step draws from two sources with seed "
                + use.seed
                + ", which its replays could not tell apart; give them different seeds");
      }
    }
  }

  /** Sets every source as it was before the capture. */
  void putBack() {
    uses.forEach(
        (source, use) -> {
          use.endOffset = source.offset();
          source.set(use.seedBefore, use.offsetBefore);
        });
    uses.values().removeIf(use -> !use.draws);
  }

  /** The seeds that are drawn with. */
  long[] seeds() {
    return uses.values().stream().mapToLong(use -> use.seed).distinct().toArray();
  }

  /**
   * What the next replay adds to the offsets of each of the seeds.
   *
   * @throws IllegalStateException if a source was given another seed
   */
  long[] offsets(long[] seeds) {
    long[] offsets = new long[seeds.length];
    uses.forEach(
        (source, use) -> {
          if (use.made) {
            return;
          }
          if (source.seed() != use.seed) {
            throw new IllegalStateException(
                "the step was captured with random numbers of seed %d; the source has seed %d now: capture it again"
                    .formatted(use.seed, source.seed()));
          }
          int place = 0;
          while (seeds[place] != use.seed) {
            place++;
          }
          offsets[place] = source.offset() - use.offsetBefore;
        });
    return offsets;
  }

  /** Sets every source as the step leaves it. */
  void taken() {
    uses.forEach(
        (source, use) -> {
          if (!use.made) {
            source.set(use.seed, source.offset() + use.endOffset - use.offsetBefore);
          }
        });
  }
}
