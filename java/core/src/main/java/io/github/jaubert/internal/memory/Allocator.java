package io.github.jaubert.internal.memory;

import io.github.jaubert.internal.binding.Native;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Device memory that is handed out again rather than given back, so that a step of training costs
 * no call of malloc after the first. What a captured step computes lies in a {@link Pool} apart,
 * where its replays write whatever the program does meanwhile. All captured steps of a device share
 * that pool, as one runs after the other and none reads what another has left.
 *
 * <p>Thread-safe. Blocks are cached for the whole process: memory that one thread freed serves
 * another.
 */
public final class Allocator {
  private final Backend backend;
  private final Pool pool;
  private final Pool captured;
  private int graphs; // that may write to what is free in that pool

  private long live; // in blocks that were handed out
  private long liveCaptured; // of these, those of captured steps
  private long peak;

  private volatile boolean tracing;
  private final Map<Long, Allocation> sites = new ConcurrentHashMap<>();

  private record Allocation(CallSite site, long bytes) {}

  Allocator(Backend backend) {
    this.backend = backend;
    this.pool = new Pool(backend);
    this.captured = new Pool(backend);
  }

  /** A block of at least {@code bytes} bytes, not cleared. */
  public Storage allocate(long bytes, Place place) {
    return traced(backend.recorder() == null ? take(bytes, place) : takeCaptured(bytes, place));
  }

  /** The same for what replays write and the program uses between them. */
  public Storage allocateOutsideOfCaptures(long bytes, Place place) {
    return traced(take(bytes, place));
  }

  private Storage traced(Storage block) {
    if (tracing) {
      sites.put(block.address(), new Allocation(CallSite.current(), block.bytes()));
    }
    return block;
  }

  private synchronized Storage take(long bytes, Place place) {
    Storage block = pool.take(bytes, place);
    if (block == null) {
      block = pool.make(bytes, place);
    }
    if (block == null) {
      pool.releaseCached();
      block = pool.make(bytes, place);
    }
    return counted(block, bytes);
  }

  private synchronized Storage takeCaptured(long bytes, Place place) {
    Storage block = captured.take(bytes, place);
    block = counted(block != null ? block : captured.make(bytes, place), bytes);
    liveCaptured += block.bytes();
    return block;
  }

  private Storage counted(Storage block, long bytes) {
    if (block == null) {
      throw outOfMemory(bytes);
    }
    live += block.bytes();
    peak = Math.max(peak, live());
    return block;
  }

  private OutOfMemoryError outOfMemory(long bytes) {
    return new OutOfMemoryError(
        backend.name()
            + ": no memory for a tensor of "
            + bytes
            + " bytes; "
            + live()
            + " bytes are in use by tensors ("
            + Native.lastError()
            + ")");
  }

  /** Takes back what {@link #allocate} returned. */
  void release(Storage block) {
    if (!sites.isEmpty()) {
      sites.remove(block.address());
    }
    synchronized (this) {
      live -= block.bytes();
      block.pool().give(block);
      if (block.pool() == captured) {
        liveCaptured -= block.bytes();
        if (graphs == 0) { // it outlived its capture
          captured.releaseCached();
        }
      }
    }
  }

  /**
   * Begins a capture. What is cached cannot serve it, and is given back for that which it needs.
   *
   * @return {@link #liveCaptured}
   */
  public synchronized long beginCapture() {
    pool.releaseCached();
    graphs++;
    return liveCaptured;
  }

  /** Bytes of captured steps that tensors hold. */
  public synchronized long liveCaptured() {
    return liveCaptured;
  }

  /** A graph is gone, or could not be made; with the last one goes what they wrote to. */
  public synchronized void endOfGraph() {
    if (--graphs == 0) {
      captured.releaseCached();
    }
  }

  /** Whether a block belongs to the captured steps. */
  public boolean isCaptured(Storage block) {
    return block.pool() == captured;
  }

  /** Gives what is not in use back to the system. */
  public synchronized void releaseCached() {
    pool.releaseCached();
  }

  /** Bytes in use, those that captured steps will write to included. */
  public synchronized long live() {
    return live + (graphs == 0 ? 0 : captured.cached());
  }

  /** The most bytes that were in use at once. */
  public synchronized long peak() {
    return peak;
  }

  /** Bytes kept for reuse. */
  public synchronized long cached() {
    return pool.cached() + (graphs == 0 ? captured.cached() : 0);
  }

  /** Begins a new measurement of {@link #peak}. */
  public synchronized void resetPeak() {
    peak = live();
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
}
