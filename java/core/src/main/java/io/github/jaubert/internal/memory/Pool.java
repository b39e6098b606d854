package io.github.jaubert.internal.memory;

import io.github.jaubert.internal.binding.Kernels;
import java.util.Arrays;

/**
 * Blocks of device memory that are handed out again rather than given back. {@link LargeBlocks}
 * holds large ones. Sizes of others are rounded up to classes, eight to each power of two, so at
 * most an eighth of a block is unused.
 *
 * <p>Not thread-safe: {@link Allocator} is.
 */
final class Pool {
  private static final int SMALLEST = 64;
  private static final int CLASSES_PER_DOUBLING = 8;
  private static final int CLASS_COUNT = sizeClass(LargeBlocks.SMALLEST);

  private final Backend backend;
  private final long context;
  private final long[][] free = new long[CLASS_COUNT][];
  private final int[] freeCount = new int[CLASS_COUNT];
  private final LargeBlocks large;
  private long cached; // in blocks that are not large

  Pool(Backend backend) {
    this.backend = backend;
    this.context = backend.context();
    this.large = new LargeBlocks(context, backend.isCpu());
  }

  /** A block of at least {@code bytes} bytes of what is kept, or null. */
  Storage take(long bytes, Place place) {
    if (isLarge(bytes)) {
      long size = LargeBlocks.rounded(bytes);
      long address = large.take(size, place);
      return address == 0 ? null : new Storage(backend, this, address, size);
    }
    return takeSmall(sizeClass(bytes));
  }

  /**
   * The smallest free block that is less than twice as large as asked for, or null. Larger ones are
   * taken too, so that batches of ever different sizes share their blocks instead of each keeping
   * its own.
   */
  private Storage takeSmall(int sizeClass) {
    int end = Math.min(CLASS_COUNT, sizeClass + CLASSES_PER_DOUBLING);
    for (int candidate = sizeClass; candidate < end; candidate++) {
      if (freeCount[candidate] > 0) {
        long size = classBytes(candidate);
        cached -= size;
        return new Storage(backend, this, free[candidate][--freeCount[candidate]], size);
      }
    }
    return null;
  }

  /** A block of memory that the system has to give; null if it has none. */
  Storage make(long bytes, Place place) {
    if (isLarge(bytes)) {
      return large.grow(LargeBlocks.rounded(bytes)) ? take(bytes, place) : null;
    }
    long size = classBytes(sizeClass(bytes));
    long address = Kernels.jb_allocate(context, size);
    return address == 0 ? null : new Storage(backend, this, address, size);
  }

  /** Takes a block back. */
  void give(Storage block) {
    long size = block.bytes();
    if (isLarge(size)) {
      large.give(block.address(), size);
      return;
    }
    int sizeClass = sizeClass(size);
    long[] blocks = free[sizeClass];
    if (blocks == null) {
      blocks = free[sizeClass] = new long[8];
    } else if (freeCount[sizeClass] == blocks.length) {
      blocks = free[sizeClass] = Arrays.copyOf(blocks, blocks.length * 2);
    }
    blocks[freeCount[sizeClass]++] = block.address();
    cached += size;
  }

  /** Gives what is not in use back to the system. */
  void releaseCached() {
    for (int sizeClass = 0; sizeClass < CLASS_COUNT; sizeClass++) {
      while (freeCount[sizeClass] > 0) {
        Kernels.jb_release(context, free[sizeClass][--freeCount[sizeClass]], classBytes(sizeClass));
      }
    }
    cached = 0;
    large.releaseCached();
  }

  /** Bytes kept for reuse. */
  long cached() {
    return cached + large.cached();
  }

  private static boolean isLarge(long bytes) {
    return sizeClass(bytes) >= CLASS_COUNT;
  }

  static int sizeClass(long bytes) {
    long units = Math.max(1, (bytes + SMALLEST - 1) / SMALLEST);
    if (units <= CLASSES_PER_DOUBLING) {
      return (int) units - 1;
    }
    int doubling = 63 - Long.numberOfLeadingZeros(units - 1) - 2;
    long step = 1L << (doubling - 1);
    long inDoubling = (units - 1) / step;
    return (int) (doubling * CLASSES_PER_DOUBLING - CLASSES_PER_DOUBLING + inDoubling);
  }

  static long classBytes(int sizeClass) {
    if (sizeClass < CLASSES_PER_DOUBLING) {
      return (sizeClass + 1L) * SMALLEST;
    }
    int doubling = sizeClass / CLASSES_PER_DOUBLING;
    long inDoubling = sizeClass % CLASSES_PER_DOUBLING;
    return (CLASSES_PER_DOUBLING + inDoubling + 1) * (1L << (doubling - 1)) * SMALLEST;
  }
}
