package io.github.jaubert.cuda;

import io.github.jaubert.internal.binding.Kernels;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a machine has of all that the GPU backend needs; {@link Requirements} judges it.
 *
 * @param kernels whether this module was built with kernels for GPUs
 * @param emulated whether the GPU is emulated, for tests
 * @param driver the CUDA version that the driver supports, 13000 for 13.0; 0: there is no driver
 * @param release the driver's own version, such as 580.65.06; empty if that is not known
 * @param builtWith the CUDA version that the kernels were built with
 * @param architectures the compute capabilities that they were built for, such as {@code 80 90a};
 *     newer ones run what was built for the first
 * @param gpus those that the driver shows
 * @param visible the environment variable CUDA_VISIBLE_DEVICES, or null
 * @param toolkit the libraries of CUDA
 */
record Findings(
    boolean kernels,
    boolean emulated,
    int driver,
    String release,
    int builtWith,
    String architectures,
    List<Gpu> gpus,
    String visible,
    Toolkit toolkit) {
  private static final Pattern RELEASE =
      Pattern.compile("Kernel Module.*?\\s(\\d+(?:\\.\\d+)+)\\s");
  private static final int NAME_BYTES = 256;

  /** Copies the list. */
  Findings {
    gpus = List.copyOf(gpus);
  }

  /**
   * Looks around.
   *
   * @throws IllegalStateException if the library of the kernels cannot be loaded or asked
   */
  static Findings ofThisMachine() {
    String visible = System.getenv("CUDA_VISIBLE_DEVICES");
    Toolkit toolkit = Toolkit.find(Toolkit.folders(Path.of("/"), System.getenv()));
    if (!CudaLibrary.hasKernels()) {
      return new Findings(false, false, 0, readRelease(), 0, "", List.of(), visible, toolkit);
    }
    CudaLibrary.load();
    int[] driver = new int[1];
    int[] builtWith = new int[1];
    int[] devices = new int[1];
    check(Cuda.jb_cuda_driver(driver, builtWith, devices));
    List<Gpu> gpus = new ArrayList<>();
    for (int i = 0; i < devices[0]; i++) {
      gpus.add(gpu(i));
    }
    return new Findings(
        true,
        CudaLibrary.isEmulated(),
        driver[0],
        readRelease(),
        builtWith[0],
        Cuda.jb_cuda_architectures(),
        gpus,
        visible,
        toolkit);
  }

  private static Gpu gpu(int index) {
    byte[] name = new byte[NAME_BYTES];
    int[] capability = new int[1];
    int[] multiprocessors = new int[1];
    long[] memory = new long[1];
    check(Cuda.jb_cuda_device(index, name, capability, multiprocessors, memory, null));
    int length = 0;
    while (length < name.length && name[length] != 0) {
      length++;
    }
    return new Gpu(
        new String(name, 0, length, StandardCharsets.UTF_8),
        capability[0],
        multiprocessors[0],
        memory[0]);
  }

  private static void check(int status) {
    if (status != Kernels.JB_OK) {
      throw new IllegalStateException("CUDA does not answer: " + Kernels.jb_last_error());
    }
  }

  private static String readRelease() {
    try {
      return release(Files.readString(Path.of("/proc/driver/nvidia/version")));
    } catch (IOException e) {
      return "";
    }
  }

  /** The driver's version from what its kernel module says of itself. */
  static String release(String text) {
    Matcher matcher = RELEASE.matcher(text);
    return matcher.find() ? matcher.group(1) : "";
  }

  /** In words, one thing a line. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    if (driver > 0) {
      lines.add("driver " + driverText());
    } else if (!release.isEmpty()) {
      lines.add("driver " + release);
    }
    for (int i = 0; i < gpus.size(); i++) {
      lines.add("cuda:" + i + " " + gpus.get(i).description());
    }
    if (kernels) {
      lines.add(
          "kernels built with CUDA %s for compute capabilities %s"
              .formatted(Requirements.version(builtWith), architectures));
    }
    toolkit.found().forEach(file -> lines.add("library " + file));
    return lines;
  }

  /** As {@code 580.65.06 for CUDA 13.0}. */
  String driverText() {
    return (release.isEmpty() ? "" : release + " ") + "for CUDA " + Requirements.version(driver);
  }
}
