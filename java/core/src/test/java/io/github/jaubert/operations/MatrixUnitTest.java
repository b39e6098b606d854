package io.github.jaubert.operations;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.nn.F;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/**
 * A CPU's matrix unit has a large state of each thread, which the system grants to the whole
 * process and which nothing of Java may meet: products from many threads, kernel and virtual ones,
 * while others live and garbage is collected. On a CPU without one the same of its vectors.
 */
class MatrixUnitTest {
  private static final int ALIVE = 200;
  private static final int COMPUTING = 8;

  @Test
  void productsOfManyThreadsHaveTheSameBits() throws Exception {
    float[] expected = product();
    CountDownLatch end = new CountDownLatch(1);
    List<Thread> idle = new ArrayList<>();
    for (int i = 0; i < ALIVE; i++) {
      idle.add(start(false, () -> end.await()));
    }
    float[][] found = new float[2 * COMPUTING][];
    List<Thread> computing = new ArrayList<>();
    for (int i = 0; i < found.length; i++) {
      int at = i;
      computing.add(
          start(
              i >= COMPUTING,
              () -> {
                for (int repeat = 0; repeat < 5; repeat++) {
                  found[at] = product();
                }
              }));
    }
    for (int i = 0; i < 5; i++) {
      System.gc();
    }
    for (Thread thread : computing) {
      thread.join();
    }
    end.countDown();
    for (Thread thread : idle) {
      thread.join();
    }
    for (float[] values : found) {
      assertArrayEquals(expected, values);
    }
  }

  /** Large enough for tiles, and for several threads of the pool. */
  private static float[] product() {
    try (Scope scope = Scope.open()) {
      Rng rng = Rng.of(Seeds.SEED);
      Tensor x = Tensor.randn(rng, 130, 96).to(Device.defaultDevice()).to(DType.BF16);
      Tensor weight = Tensor.randn(rng, 70, 96).to(Device.defaultDevice());
      return F.linear(x, weight, null).toFloats();
    }
  }

  @FunctionalInterface
  private interface Work {
    void run() throws InterruptedException;
  }

  /** A virtual thread is wanted where Java has them, since 21. */
  private static Thread start(boolean virtual, Work work) throws ReflectiveOperationException {
    Runnable task =
        () -> {
          try {
            work.run();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        };
    if (virtual && Runtime.version().feature() >= 21) {
      Method start = Thread.class.getMethod("startVirtualThread", Runnable.class);
      return (Thread) start.invoke(null, task);
    }
    Thread thread = new Thread(task);
    thread.start();
    return thread;
  }
}
