package io.github.jaubert.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.DeviceReport;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Naming devices, and moving tensors from one to another. */
class DeviceTest {
  private static final Device TWIN = Device.of("twin:0");
  private static final Device OTHER = Device.of("twin:1");

  @Test
  void aNameGivesTheSameDeviceEveryTime() {
    assertSame(TWIN, Device.of("twin"));
    assertSame(TWIN, Device.of("twin:0"));
    assertSame(Device.cpu(), Device.of("cpu"));
    assertSame(Device.best(), Device.of("best"));
    assertEquals("twin:1", OTHER.name());
    assertEquals("twin:0 (a twin of the CPU)", TWIN.description());
    assertTrue(Device.cpu().description().startsWith("cpu ("), Device.cpu().description());
    TWIN.synchronize();
    Device.cpu().synchronize();
  }

  @Test
  void arithmeticDependsNeitherOnThreadsNorOnTheIndex() {
    int threads = Device.cpu().threads();
    String one = Device.cpu().threads(1).arithmetic();
    String three = Device.cpu().threads(3).arithmetic();
    Device.cpu().threads(threads);
    assertEquals(one, three);
    assertTrue(one.startsWith("cpu ("), one);
    assertTrue(Device.cpu().description().contains(one.substring(5, one.length() - 1)), one);
    assertEquals("twin (a twin of the CPU)", TWIN.arithmetic());
    assertEquals(TWIN.arithmetic(), OTHER.arithmetic());
  }

  @Test
  void namesThatAreNoneAreRefused() {
    for (String name : List.of("", "gpu", "cpu:0", "cuda:", "cuda:-1", "cuda:x", "cuda:99999")) {
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> Device.of(name), name);
      assertEquals(
          "device '" + name + "' is not one of cpu, cuda, cuda:0, cuda:1, …, best", e.getMessage());
    }
    assertThrows(IllegalArgumentException.class, () -> Device.cuda(-1));
    assertEquals(
        "twin:2: there are 2",
        assertThrows(IllegalArgumentException.class, () -> Device.of("twin:2")).getMessage());
  }

  @Test
  void withoutItsModuleAGpuIsAskedForInVain() {
    assertEquals(
        "cuda:1: io.github.jaubert:jaubert-cuda is not on the class path",
        assertThrows(IllegalStateException.class, () -> Device.cuda(1)).getMessage());
    assertEquals(
        "cuda:0: io.github.jaubert:jaubert-cuda is not on the class path",
        assertThrows(IllegalStateException.class, () -> Device.of("cuda")).getMessage());
  }

  @Test
  void theBestDeviceIsNeverTheCpuInSilence() {
    PrintStream before = System.err;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    BrokenProvider.present = true;
    try {
      assertSame(Device.cpu(), Device.best());
    } finally {
      BrokenProvider.present = false;
      System.setErr(before);
    }
    String text = log.toString(StandardCharsets.UTF_8);
    assertTrue(
        text.contains("the CPU is used instead of a GPU: broken:0: the driver is too old"), text);
    for (int attempt = 0; attempt < 2; attempt++) {
      assertEquals(
          "broken:0: the driver is too old",
          assertThrows(IllegalStateException.class, () -> Device.of("broken")).getMessage());
    }
  }

  @Test
  void theReportIsThatOfAllModules() {
    assertEquals(new DeviceReport(List.of("two twins"), List.of("a third")), Device.report());
  }

  @Test
  void threadsAreTheCpusAlone() {
    assertEquals(
        "threads: twin:0 is not the CPU",
        assertThrows(UnsupportedOperationException.class, TWIN::threads).getMessage());
    assertThrows(UnsupportedOperationException.class, () -> TWIN.threads(1));
  }

  @Test
  void elementsOfEveryTypeMoveThereAndBack() {
    try (Scope scope = Scope.open()) {
      // More than passes at once, and a rest.
      Tensor x = Tensor.randn(Rng.of(3), 1_100_003);
      for (DType dtype : DType.values()) {
        Tensor here = x.mul(100f).to(dtype);
        Tensor there = here.to(TWIN);
        Tensor back = there.to(OTHER).to(Device.cpu());
        assertSame(TWIN, there.device());
        assertSame(there, there.to(TWIN));
        assertEquals(dtype, back.dtype());
        assertArrayEquals(
            here.to(DType.F32).toFloats(), there.to(DType.F32).toFloats(), dtype.name());
        assertArrayEquals(
            here.to(DType.F32).toFloats(), back.to(DType.F32).toFloats(), dtype.name());
      }
      assertEquals(Shape.of(0, 3), Tensor.zeros(0, 3).to(TWIN).shape());
      assertEquals(2.5f, Tensor.scalar(2.5f).to(TWIN).item());
      assertEquals("Tensor F32 [1] on twin:0 {1.0}", Tensor.ones(1).to(TWIN).toString());
    }
  }

  @Test
  void gradientsComeBackToWhereTheTensorWas() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.of(new float[] {1, 2, 3}).requiresGrad(true);
      x.to(TWIN).mul(2f).to(OTHER).mul(3f).sum().backward();
      assertSame(Device.cpu(), x.grad().device());
      assertArrayEquals(new float[] {6, 6, 6}, x.grad().toFloats());
    }
  }

  @Test
  void valuesAreCopiedFromAnyDevice() {
    try (Scope scope = Scope.open()) {
      Tensor there = Tensor.zeros(3).to(TWIN);
      there.copyFrom(Tensor.of(new float[] {1, 2, 3}));
      assertArrayEquals(new float[] {1, 2, 3}, there.toFloats());
      there.copyFrom(new float[] {4, 5, 6});
      assertArrayEquals(new float[] {4, 5, 6}, there.toFloats());
    }
  }

  @Test
  void newTensorsAreMadeOnTheDefaultDevice() {
    Device before = Device.defaultDevice();
    TWIN.makeDefault();
    try (Scope scope = Scope.open()) {
      assertSame(TWIN, Device.defaultDevice());
      for (Tensor made :
          List.of(
              Tensor.of(new float[] {1}),
              Tensor.of(new int[] {1}),
              Tensor.of(new long[] {1}),
              Tensor.of(new boolean[] {true}),
              Tensor.zeros(2),
              Tensor.ones(2),
              Tensor.full(3, 2),
              Tensor.scalar(1),
              Tensor.arange(3),
              Tensor.eye(3),
              Tensor.rand(Rng.of(1), 3),
              Tensor.randn(Rng.of(1), 3))) {
        assertSame(TWIN, made.device());
      }
      assertArrayEquals(new float[] {1, 0, 0, 1}, Tensor.eye(2).toFloats());
    } finally {
      before.makeDefault();
    }
    try (Tensor made = Tensor.zeros(1)) {
      assertSame(before, made.device());
    }
  }

  @Test
  void eachDeviceCountsItsOwnMemory() {
    long live = Memory.live(OTHER);
    long onCpu = Memory.live();
    try (Tensor x = Tensor.zeros(1 << 18)) {
      try (Tensor there = x.to(OTHER)) {
        assertEquals(live + (1 << 20), Memory.live(OTHER));
        assertEquals(onCpu + (1 << 20), Memory.live());
        assertTrue(Memory.peak(OTHER) >= live + (1 << 20));
      }
    }
    assertEquals(live, Memory.live(OTHER));
    assertTrue(Memory.cached(OTHER) >= 1 << 20);
    assertTrue(Memory.report(OTHER).contains("bytes in use"), Memory.report(OTHER));
    Memory.releaseCached(OTHER);
    assertEquals(0, Memory.cached(OTHER));
  }
}
