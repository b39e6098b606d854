package io.github.jaubert.internal.engine;

import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.tensor.Device;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Device memory that is handed out again rather than given back, so that a step of training costs
 * no call of malloc after the first. {@link LargeBlocks} holds large blocks. Sizes of others are
 * rounded up to classes, eight to each power of two, so at most an eighth of a block is unused.
 *
 * <p>Thread-safe. Blocks are cached for the whole process: memory that one thread freed serves
 * another.
 */
public final class Allocator {
  private static final int SMALLEST = 64;
  private static final int CLASSES_PER_DOUBLING = 8;
  private static final int CLASS_COUNT = sizeClass(LargeBlocks.SMALLEST);

  private final Backend backend;
  private final long context;
  private final long[][] free = new long[CLASS_COUNT][];
  private final int[] freeCount = new int[CLASS_COUNT];
  private final LargeBlocks large;

  private long live;
  private long peak;
  private long cached; // in blocks that are not large

  private volatile boolean tracing;
  private final Map<Long, Allocation> sites = new ConcurrentHashMap<>();

  private record Allocation(CallSite site, long bytes) {}

  Allocator(Backend backend) {
    this.backend = backend;
    this.context = backend.context();
    this.large = new LargeBlocks(context, backend.device() == Device.cpu());
  }

  /** A block of at least {@code bytes} bytes, not cleared. */
  Storage allocate(long bytes, LargeBlocks.Place place) {
    Storage block = isLarge(bytes) ? takeLarge(bytes, place) : take(bytes);
    if (tracing) {
      sites.put(block.address(), new Allocation(CallSite.current(), block.bytes()));
    }
    return block;
  }

  private Storage take(long bytes) {
    int sizeClass = sizeClass(bytes);
    Storage block = takeCached(sizeClass);
    if (block != null) {
      return block;
    }
    long size = classBytes(sizeClass);
    long address = Kernels.jb_allocate(context, size);
    if (address == 0) {
      releaseCached();
      address = Kernels.jb_allocate(context, size);
    }
    if (address == 0) {
      throw outOfMemory(bytes);
    }
    count(size);
    return new Storage(backend, address, size);
  }

  private synchronized Storage takeLarge(long bytes, LargeBlocks.Place place) {
    long size = LargeBlocks.rounded(bytes);
    long address = large.take(size, place);
    if (address == 0) {
      if (!large.grow(size)) {
        releaseCached();
        if (!large.grow(size)) {
          throw outOfMemory(bytes);
        }
      }
      address = large.take(size, place);
    }
    count(size);
    return new Storage(backend, address, size);
  }

  private OutOfMemoryError outOfMemory(long bytes) {
    return new OutOfMemoryError(
        backend.device()
            + ": no memory for a tensor of "
            + bytes
            + " bytes; "
            + live()
            + " bytes are in use by tensors");
  }

  /** Takes back what {@link #allocate} returned. */
  void release(Storage block) {
    if (!sites.isEmpty()) {
      sites.remove(block.address());
    }
    long size = block.bytes();
    synchronized (this) {
      live -= size;
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
  }

  /**
   * The smallest free block that is less than twice as large as asked for, or null. Larger ones are
   * taken too, so that batches of ever different sizes share their blocks instead of each keeping
   * its own.
   */
  private synchronized Storage takeCached(int sizeClass) {
    int end = Math.min(CLASS_COUNT, sizeClass + CLASSES_PER_DOUBLING);
    for (int candidate = sizeClass; candidate < end; candidate++) {
      if (freeCount[candidate] > 0) {
        long size = classBytes(candidate);
        cached -= size;
        count(size);
        return new Storage(backend, free[candidate][--freeCount[candidate]], size);
      }
    }
    return null;
  }

  private synchronized void count(long size) {
    live += size;
    peak = Math.max(peak, live);
  }

  /** Gives what is not in use back to the system. */
  public synchronized void releaseCached() {
    for (int sizeClass = 0; sizeClass < CLASS_COUNT; sizeClass++) {
      while (freeCount[sizeClass] > 0) {
        Kernels.jb_release(context, free[sizeClass][--freeCount[sizeClass]], classBytes(sizeClass));
      }
    }
    cached = 0;
    large.releaseCached();
  }

  /** Bytes in use. */
  public synchronized long live() {
    return live;
  }

  /** The most bytes that were in use at once. */
  public synchronized long peak() {
    return peak;
  }

  /** Bytes kept for reuse. */
  public synchronized long cached() {
    return cached + large.cached();
  }

  /** Begins a new measurement of {@link #peak}. */
  public synchronized void resetPeak() {
    peak = live;
  }

  /** Whether to remember which line made each allocation from now on. */
  public void trace(boolean on) {
    tracing = on;
    if (!on) {
      sites.clear();
    }
  }

  /**
   * A table of what is in use, and, for traced allocations, of the lines that made them, largest
   * first.
   */
  public String report() {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            "%,d bytes in use, %,d at the peak, %,d kept for reuse%n", live(), peak(), cached()));
    Map<String, long[]> bySite = new TreeMap<>();
    for (Allocation allocation : sites.values()) {
      long[] entry = bySite.computeIfAbsent(allocation.site().toString(), site -> new long[2]);
      entry[0]++;
      entry[1] += allocation.bytes();
    }
    bySite.entrySet().stream()
        .sorted((a, b) -> Long.compare(b.getValue()[1], a.getValue()[1]))
        .forEach(
            entry ->
                text.append(
                    String.format(
                        "%,15d bytes in %,d tensors from %s%n",
                        entry.getValue()[1], entry.getValue()[0], entry.getKey())));
    return text.toString();
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
