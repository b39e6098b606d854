package io.github.jaubert.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The module as a program meets it, on whatever machine this is. */
class CudaDeviceTest {
  private static final boolean FIT =
      Requirements.obstacles(Findings.ofThisMachine()).findAny().isEmpty();

  @Test
  void aMachineThatIsNotFitSaysWhyAndComputesOnTheCpu() {
    assumeTrue(!FIT, "there is a GPU");
    String why = Requirements.obstacles(Findings.ofThisMachine()).findFirst().orElseThrow();
    assertEquals(
        "cuda:0: " + why,
        assertThrows(IllegalStateException.class, () -> Device.cuda(0)).getMessage());
    assertSame(Device.cpu(), Device.best());
  }

  @Test
  void aFitMachineComputesOnItsGpu() {
    assumeTrue(FIT, "there is no GPU");
    Device gpu = Device.cuda(0);
    assertSame(gpu, Device.best());
    assertTrue(gpu.description().startsWith("cuda:0 ("), gpu.description());
    assertTrue(gpu.description().contains("compute capability"), gpu.description());
    assertTrue(gpu.arithmetic().contains("compute capability"), gpu.arithmetic());
    assertThrows(IllegalArgumentException.class, () -> Device.cuda(4096));
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.ones(3, 5).to(gpu);
      assertSame(gpu, x.matmul(x.t()).device());
      assertEquals(45, x.matmul(x.t()).sum().item());
    }
    gpu.synchronize();
  }

  @Test
  void theReportTellsWhatIsThere() {
    assertEquals(
        FIT, Device.report().found().stream().anyMatch(line -> line.startsWith("cuda:0 ")));
    if (FIT) {
      assertEquals(List.of(), Device.report().missing());
    }
  }
}
