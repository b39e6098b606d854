package io.github.jaubert.cuda;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Each way in which a machine can be unfit for the GPU backend, and what is said of it. */
class RequirementsTest {
  private static final Gpu H200 = new Gpu("NVIDIA H200", 90, 132, 150L << 30);
  private static final Gpu T4 = new Gpu("Tesla T4", 75, 40, 16L << 30);
  private static final List<Path> LIBRARIES =
      List.of(
          Path.of("/c/libcudart.so.13"),
          Path.of("/c/libcublasLt.so.13"),
          Path.of("/c/libcublas.so.13"));
  private static final Toolkit CUDA_13 =
      new Toolkit(LIBRARIES, List.of(), List.of(), List.of(Path.of("/c")));
  private static final String NEEDED =
      "; the kernels were built with CUDA 13.0 and cuBLAS is that of CUDA 13: they need a driver for"
          + " CUDA 13.0 or later (NVIDIA driver 580 or later)";

  private static Findings machine(int driver, String release, List<Gpu> gpus, Toolkit toolkit) {
    return new Findings(true, false, driver, release, 13000, "80 90a", gpus, null, toolkit);
  }

  /** Refused with these words, which are also what {@code jaubert doctor} shows. */
  private static void refused(String expected, Findings found) {
    IllegalStateException e =
        assertThrows(IllegalStateException.class, () -> Requirements.check(found, 0));
    assertEquals("cuda:0: " + expected, e.getMessage());
    assertEquals(
        List.of(expected),
        Requirements.obstacles(found).map(text -> text.replaceFirst("^cuda:0: ", "")).toList());
  }

  /** Whoever installs a driver learns at once that there is no cuBLAS either. */
  @Test
  void allObstaclesAreNamedTogether() {
    Toolkit none =
        new Toolkit(List.of(), List.of("libcublas.so.13"), List.of(), List.of(Path.of("/c")));
    List<String> obstacles =
        Requirements.obstacles(machine(12040, "550.163.01", List.of(), none)).toList();
    assertEquals(2, obstacles.size(), obstacles::toString);
    assertEquals("the NVIDIA driver is 550.163.01 for CUDA 12.4" + NEEDED, obstacles.get(0));
    assertTrue(obstacles.get(1).startsWith("libcublas.so.13 of CUDA 13 not found"));
  }

  @Test
  void aFitMachineHasNoObstacle() {
    Findings found = machine(13010, "590.10", List.of(H200, H200), CUDA_13);
    assertDoesNotThrow(() -> Requirements.check(found, 0));
    assertDoesNotThrow(() -> Requirements.check(found, 1));
    assertEquals(List.of(), Requirements.obstacles(found).toList());
    assertEquals(
        List.of(
            "driver 590.10 for CUDA 13.1",
            "cuda:0 NVIDIA H200, compute capability 9.0, 132 multiprocessors, 153,600 MiB",
            "cuda:1 NVIDIA H200, compute capability 9.0, 132 multiprocessors, 153,600 MiB",
            "kernels built with CUDA 13.0 for compute capabilities 80 90a",
            "library /c/libcudart.so.13",
            "library /c/libcublasLt.so.13",
            "library /c/libcublas.so.13"),
        found.lines());
  }

  @Test
  void newerGpusRunWhatWasBuiltForTheLeastArchitecture() {
    Gpu newer = new Gpu("a GPU", 120, 100, 1);
    for (String architectures : List.of("80 90a", "90a 80", "90a")) {
      Findings found =
          new Findings(
              true, false, 13000, "", 13000, architectures, List.of(newer, H200), null, CUDA_13);
      assertDoesNotThrow(() -> Requirements.check(found, 0));
      assertDoesNotThrow(() -> Requirements.check(found, 1));
    }
  }

  @Test
  void builtWithoutKernels() {
    refused(
        "this build of jaubert-cuda has no kernels for GPUs: they were not compiled, as the machine"
            + " that built it had no NVIDIA driver, or no nvcc of CUDA 12.4 or later. With nvcc,"
            + " './mvnw -DskipTests -Dcuda=true package' compiles them in a checkout; or add"
            + " io.github.jaubert:jaubert-cuda with classifier linux-x86_64",
        new Findings(false, false, 0, "580.65", 0, "", List.of(), null, CUDA_13));
  }

  @Test
  void noDriver() {
    refused(
        "no NVIDIA driver was found (libcuda.so.1)" + NEEDED, machine(0, "", List.of(), CUDA_13));
    refused(
        "the NVIDIA driver 580.65 is loaded, but its libcuda.so.1 was not found" + NEEDED,
        machine(0, "580.65", List.of(), CUDA_13));
  }

  @Test
  void aDriverThatIsTooOld() {
    refused(
        "the NVIDIA driver is 550.54.15 for CUDA 12.4" + NEEDED,
        machine(12040, "550.54.15", List.of(), CUDA_13));
    // Kernels of CUDA 12 do not help, as cuBLAS is that of 13.
    refused(
        "the NVIDIA driver is for CUDA 12.8; the kernels were built with CUDA 12.4 and cuBLAS is that"
            + " of CUDA 13: they need a driver for CUDA 13.0 or later (NVIDIA driver 580 or later)",
        new Findings(true, false, 12080, "", 12040, "80", List.of(H200), null, CUDA_13));
  }

  @Test
  void noGpu() {
    refused(
        "the NVIDIA driver (580.65 for CUDA 13.0) shows no GPU",
        machine(13000, "580.65", List.of(), CUDA_13));
    refused(
        "the NVIDIA driver (for CUDA 13.0) shows no GPU; CUDA_VISIBLE_DEVICES is '-1'",
        new Findings(true, false, 13000, "", 13000, "80", List.of(), "-1", CUDA_13));
  }

  @Test
  void anIndexThatNoGpuHas() {
    assertEquals(
        "cuda:1: this machine has one GPU, cuda:0",
        assertThrows(
                IllegalArgumentException.class,
                () -> Requirements.check(machine(13000, "", List.of(H200), CUDA_13), 1))
            .getMessage());
    assertEquals(
        "cuda:7: this machine has 2 GPUs, cuda:0 to cuda:1",
        assertThrows(
                IllegalArgumentException.class,
                () -> Requirements.check(machine(13000, "", List.of(H200, T4), CUDA_13), 7))
            .getMessage());
  }

  @Test
  void anArchitectureThatIsNotSupported() {
    refused(
        "Tesla T4 has compute capability 7.5; the kernels were built for 80 90a, and need 8.0 or later",
        machine(13000, "", List.of(T4, H200), CUDA_13));
    assertDoesNotThrow(() -> Requirements.check(machine(13000, "", List.of(T4, H200), CUDA_13), 1));
  }

  @Test
  void noCublas() {
    List<String> all = List.of("libcudart.so.13", "libcublasLt.so.13", "libcublas.so.13");
    String install =
        ". Install the CUDA toolkit 13 or NVIDIA's packages for Linux libcublas-13-0 and"
            + " cuda-cudart-13-0, or name their folders in LD_LIBRARY_PATH";
    refused(
        "libcudart.so.13 and libcublasLt.so.13 and libcublas.so.13 of CUDA 13 not found, found none"
            + " of any version; looked in no folder, as none of the usual ones exists"
            + install,
        machine(13000, "", List.of(H200), new Toolkit(List.of(), all, List.of(), List.of())));
    refused(
        "libcudart.so.13 and libcublasLt.so.13 and libcublas.so.13 of CUDA 13 not found, found"
            + " /b/libcublas.so.12; looked in /a, /b"
            + install,
        machine(
            13000,
            "",
            List.of(H200),
            new Toolkit(
                List.of(),
                all,
                List.of(Path.of("/b/libcublas.so.12")),
                List.of(Path.of("/a"), Path.of("/b")))));
    refused(
        "libcublas.so.13 of CUDA 13 not found, found /c/libcudart.so.13, /c/libcublasLt.so.13;"
            + " looked in /c"
            + install,
        machine(
            13000,
            "",
            List.of(H200),
            new Toolkit(
                LIBRARIES.subList(0, 2), all.subList(2, 3), List.of(), CUDA_13.searched())));
  }

  @Test
  void theDriversVersionIsReadFromWhatItsModuleSays() {
    assertEquals(
        "580.65.06",
        Findings.release(
            "NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.65.06  Sun Jul 27 07:12:31 UTC 2025\n"
                + "GCC version: gcc version 12.2.0"));
    assertEquals(
        "570.86.10",
        Findings.release(
            "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.10  Release Build"));
    assertEquals("", Findings.release("something else"));
  }
}
