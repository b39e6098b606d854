package io.github.jaubert.internal.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.fixture.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Blocks cut from segments: addresses alone, nothing is written to them. */
class LargeBlocksTest {
  private static final long MIB = 1L << 20;

  private final LargeBlocks blocks = new LargeBlocks(Backend.cpu().context(), true);
  private final TreeMap<Long, Long> taken = new TreeMap<>(); // bytes by address

  private long take(long bytes, Place place) {
    long address = blocks.take(bytes, place);
    if (address == 0) {
      assertTrue(blocks.grow(bytes));
      address = blocks.take(bytes, place);
    }
    assertNotEquals(0, address);
    Map.Entry<Long, Long> before = taken.floorEntry(address);
    assertTrue(before == null || before.getKey() + before.getValue() <= address, "overlaps");
    Long after = taken.ceilingKey(address);
    assertTrue(after == null || address + bytes <= after, "overlaps");
    taken.put(address, bytes);
    return address;
  }

  private void give(long address) {
    blocks.give(address, taken.remove(address));
  }

  @AfterEach
  void everythingCanBeGivenBack() {
    new ArrayList<>(taken.keySet()).forEach(this::give);
    blocks.releaseCached();
    assertEquals(0, blocks.cached());
    assertEquals(0, blocks.take(MIB, Place.FRONT), "a segment was left");
  }

  @Test
  void randomBlocksDoNotOverlap() {
    RandomGenerator random = Seeds.random("LargeBlocksTest");
    for (int i = 0; i < 20_000; i++) {
      if (taken.size() < 200 && random.nextInt(100) < 55) {
        long bytes = LargeBlocks.rounded(1 + (long) (random.nextDouble() * 12 * MIB));
        take(bytes, random.nextBoolean() ? Place.FRONT : Place.BACK);
      } else if (!taken.isEmpty()) {
        List<Long> addresses = new ArrayList<>(taken.keySet());
        give(addresses.get(random.nextInt(addresses.size())));
      }
    }
  }

  @Test
  void freeNeighboursJoin() {
    List<Long> parts = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      parts.add(take(3 * MIB, Place.FRONT));
    }
    for (int i : new int[] {0, 2, 1, 5, 4, 3, 11, 10, 9, 8, 7, 6}) {
      give(parts.get(i));
    }
    assertEquals(36 * MIB, blocks.cached());
    take(36 * MIB, Place.BACK);
    assertEquals(0, blocks.cached());
  }

  @Test
  void theSmallestRangeThatIsLargeEnoughIsTaken() {
    long ten = take(10 * MIB, Place.FRONT);
    take(MIB, Place.FRONT);
    long four = take(4 * MIB, Place.FRONT);
    take(MIB, Place.FRONT);
    give(ten);
    give(four);
    assertEquals(four, take(3 * MIB, Place.FRONT));
    assertEquals(ten, take(5 * MIB, Place.FRONT));
  }

  @Test
  void gradientsLieBehindWhatForwardFrees() {
    long[] activations = new long[6];
    for (int i = 0; i < 6; i++) {
      activations[i] = take(3 * MIB, Place.FRONT);
    }
    // Backward frees three from the end, and leaves 2 MiB for each.
    List<Long> gradients = new ArrayList<>();
    for (int i = 5; i >= 3; i--) {
      give(activations[i]);
      gradients.add(take(2 * MIB, Place.BACK));
    }
    long end = activations[5] + 3 * MIB;
    assertEquals(List.of(end - 2 * MIB, end - 4 * MIB, end - 6 * MIB), gradients);
    assertEquals(3 * MIB, blocks.cached(), "one piece, and no new memory");
    assertEquals(activations[3], take(3 * MIB, Place.BACK));
  }

  @Test
  void whatIsFreeInASegmentInUseIsGivenBack() {
    long kept = take(2 * MIB, Place.FRONT);
    long other = take(100 * MIB, Place.FRONT);
    give(other);
    assertEquals(100 * MIB, blocks.cached());
    blocks.releaseCached();
    assertEquals(0, blocks.cached());
    long again = take(30 * MIB, Place.FRONT);
    assertEquals(kept + 2 * MIB, again);
    give(again);
    assertEquals(30 * MIB, blocks.cached());
  }

  @Test
  void whereSegmentsCostMemoryTheyGrowWithWhatIsThere() {
    LargeBlocks eager = new LargeBlocks(Backend.cpu().context(), false);
    assertTrue(eager.grow(100 * MIB));
    assertNotEquals(0, eager.take(100 * MIB, Place.FRONT));
    assertTrue(eager.grow(MIB)); // 64 MiB
    assertEquals(0, eager.take(65 * MIB, Place.FRONT));
    long rest = eager.take(64 * MIB, Place.FRONT);
    assertNotEquals(0, rest);
    assertTrue(eager.grow(MIB)); // half of 164
    assertNotEquals(0, eager.take(82 * MIB, Place.FRONT));
    assertFalse(eager.grow(1L << 60), "more than any machine has");
  }
}
