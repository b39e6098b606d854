package io.github.jaubert.internal.memory;

import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.binding.Native;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Large blocks, cut from segments that are asked of the system as a whole. A block that is given
 * back joins its free neighbours, so that gradients of weights can lie where activations of other
 * sizes lay: a cache that keeps blocks as they are held a fifth more than a training step of
 * BERT-base ever uses.
 *
 * <p>A block is taken from the smallest free range that holds it (best fit), at its front, or at
 * the back of the last range in use. What forward leaves is freed by backward in reverse order,
 * while backward leaves gradients until the optimizer's step: at opposite ends, neither cuts the
 * space of the other into pieces. Without that, no room is left in one piece for the gradient of a
 * word table, the largest block and the last.
 *
 * <p>A segment is larger than the block it is asked for. On the CPU that costs address space only,
 * as the system gives memory when it is first written to: there one segment holds all but the
 * largest models, in which blocks find room that would not fit into several. Not thread-safe:
 * {@link Allocator} is.
 */
final class LargeBlocks {
  /** Smaller ones are cheaper kept by size. */
  static final long SMALLEST = 1L << 20;

  private static final long PAGE = 4096;
  private static final long RESERVE = 4L << 30; // where it costs address space only
  private static final long SMALLEST_SEGMENT = 64L << 20; // elsewhere
  private static final long LARGEST_SEGMENT = 1L << 30;

  private static final class Segment {
    final long address;
    final long end;
    long used; // the end of what was ever handed out
    final TreeMap<Long, Long> free = new TreeMap<>(); // the end of each free range by its begin

    Segment(long address, long bytes) {
      this.address = address;
      this.end = address + bytes;
      this.used = address;
      free.put(address, end);
    }

    boolean isFree() {
      Long rangeEnd = free.get(address);
      return rangeEnd != null && rangeEnd == end;
    }

    /** Takes {@code [from, to)} out of the free range that begins at {@code begin}. */
    void take(long begin, long from, long to) {
      long rangeEnd = free.remove(begin);
      if (begin < from) {
        free.put(begin, from);
      }
      if (to < rangeEnd) {
        free.put(to, rangeEnd);
      }
    }

    void give(long from, long to) {
      long begin = from;
      long rangeEnd = to;
      Map.Entry<Long, Long> before = free.floorEntry(from);
      if (before != null && before.getValue() == from) {
        begin = before.getKey();
      }
      Long after = free.remove(to);
      if (after != null) {
        rangeEnd = after;
      }
      free.put(begin, rangeEnd);
    }
  }

  private final long context;
  private final boolean lazy;
  private final List<Segment> segments = new ArrayList<>();
  private long reserved;
  private long used; // of the segments, what was ever handed out
  private long live;
  private long discarded; // of what is free

  /**
   * No blocks yet.
   *
   * @param lazy whether memory that was never written to costs nothing
   */
  LargeBlocks(long context, boolean lazy) {
    this.context = context;
    this.lazy = lazy;
  }

  /** What a request of that many bytes takes. */
  static long rounded(long bytes) {
    return (bytes + PAGE - 1) / PAGE * PAGE;
  }

  /**
   * The address of a block.
   *
   * @param bytes {@link #rounded}
   * @return 0 if no free range is large enough
   */
  long take(long bytes, Place place) {
    long address = place == Place.BACK ? takeAtBack(bytes) : 0;
    return address != 0 ? address : takeBestFit(bytes);
  }

  private long takeAtBack(long bytes) {
    for (int i = segments.size() - 1; i >= 0; i--) {
      Segment segment = segments.get(i);
      for (Map.Entry<Long, Long> range : segment.free.descendingMap().entrySet()) {
        long end = Math.min(range.getValue(), segment.used);
        if (end - range.getKey() >= bytes) {
          segment.take(range.getKey(), end - bytes, end);
          count(bytes);
          return end - bytes;
        }
      }
    }
    return 0;
  }

  private long takeBestFit(long bytes) {
    Segment best = null;
    long bestBegin = 0;
    long bestBytes = Long.MAX_VALUE;
    for (Segment segment : segments) {
      for (Map.Entry<Long, Long> range : segment.free.entrySet()) {
        long size = range.getValue() - range.getKey();
        if (size >= bytes && size < bestBytes) {
          best = segment;
          bestBegin = range.getKey();
          bestBytes = size;
        }
      }
    }
    if (best == null) {
      return 0;
    }
    long end = bestBegin + bytes;
    best.take(bestBegin, bestBegin, end);
    if (end > best.used) {
      used += end - best.used;
      best.used = end;
    }
    count(bytes);
    return bestBegin;
  }

  private void count(long bytes) {
    live += bytes;
    discarded = Math.min(discarded, used - live);
  }

  /**
   * Asks the system for a segment that holds a block of that many bytes.
   *
   * @return whether the system had it
   */
  boolean grow(long bytes) {
    long ample =
        lazy
            ? RESERVE
            : Math.max(SMALLEST_SEGMENT, Math.min(LARGEST_SEGMENT, rounded(reserved / 2)));
    // Half as much and less where there may be a limit on address space.
    for (long size = Math.max(ample, bytes); size >= bytes; size = nextSmaller(size, bytes)) {
      long address = Kernels.jb_allocate(context, size);
      if (address != 0) {
        segments.add(new Segment(address, size));
        reserved += size;
        return true;
      }
    }
    return false;
  }

  /** Half of {@code size}, at least {@code bytes}; after those 0. */
  private static long nextSmaller(long size, long bytes) {
    return size == bytes ? 0 : Math.max(bytes, rounded(size / 2));
  }

  /** Takes back a block. */
  void give(long address, long bytes) {
    for (Segment segment : segments) {
      if (address >= segment.address && address < segment.end) {
        segment.give(address, address + bytes);
        live -= bytes;
        return;
      }
    }
    throw new AssertionError("no segment holds address " + address);
  }

  /** Bytes that were handed out once, are free now, and were not given back to the system. */
  long cached() {
    return used - live - discarded;
  }

  /** Gives what is free back to the system: whole segments, or else what they hold. */
  void releaseCached() {
    segments.removeIf(
        segment -> {
          if (segment.isFree()) {
            long bytes = segment.end - segment.address;
            Kernels.jb_release(context, segment.address, bytes);
            reserved -= bytes;
            used -= segment.used - segment.address;
            return true;
          }
          segment.free.forEach(
              (begin, end) -> Native.check(Kernels.jb_discard(context, begin, end - begin)));
          return false;
        });
    discarded = used - live;
  }
}
