package io.github.jaubert.memory;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/**
 * What an operation on a few numbers leaves to the garbage collector, which is most of what it
 * costs beside the call itself: the handle of its result, and nothing for the call.
 */
class SmallOperationTest {
  /** The tensor and its share of memory, and their places in the lists of scope and allocator. */
  private static final int BYTES_OF_A_HANDLE = 160;

  private static final int CALLS = 4096;

  @Test
  void arithmeticMakesNothingButItsResult() {
    try (Scope scope = Scope.open()) {
      Tensor a = Tensor.ones(8, 8);
      Tensor row = Tensor.ones(8);
      for (Supplier<Tensor> operation :
          List.<Supplier<Tensor>>of(
              () -> a.add(a), () -> a.mul(row), () -> row.sub(a), () -> a.div(2), a::exp)) {
        assertSmall(
            () -> {
              try (Scope inner = Scope.open()) {
                for (int i = 0; i < CALLS; i++) {
                  operation.get();
                }
              }
            });
      }
    }
  }

  @Test
  void resultsThatAreClosedDoNotAddUpInTheirScope() {
    try (Scope scope = Scope.open()) {
      Tensor a = Tensor.ones(8, 8);
      assertSmall(
          () -> {
            for (int i = 0; i < 64 * CALLS; i++) {
              a.add(a).close();
            }
          },
          64 * CALLS);
    }
  }

  private static void assertSmall(Runnable calls) {
    assertSmall(calls, CALLS);
  }

  private static void assertSmall(Runnable calls, int count) {
    calls.run(); // classes, thread-locals and the allocator's lists
    long before = allocatedBytes();
    calls.run();
    double each = (allocatedBytes() - before) / (double) count;
    assertTrue(each <= BYTES_OF_A_HANDLE, each + " bytes a call");
  }

  private static long allocatedBytes() {
    return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean())
        .getThreadAllocatedBytes(Thread.currentThread().getId());
  }
}
