package io.github.jaubert.cuda;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Whether a machine can compute on a GPU, as a function of what was found there. Each message says
 * what was found and what is needed.
 */
final class Requirements {
  /** The first driver for each major version of CUDA, for people who have to install one. */
  private static String firstDriver(int major) {
    return switch (major) {
      case 12 -> " (NVIDIA driver 525 or later)";
      case 13 -> " (NVIDIA driver 580 or later)";
      default -> "";
    };
  }

  private Requirements() {}

  /** 13010 as {@code 13.1}. */
  static String version(int cuda) {
    return cuda / 1000 + "." + cuda % 1000 / 10;
  }

  /**
   * Checks that a GPU can be used.
   *
   * @throws IllegalArgumentException if there are GPUs, but not as many
   * @throws IllegalStateException if anything is missing, too old, or not supported
   */
  static void check(Findings found, int index) {
    Optional<String> obstacle = machine(found);
    if (obstacle.isEmpty() && index >= found.gpus().size()) {
      int count = found.gpus().size();
      throw new IllegalArgumentException(
          "cuda:%d: this machine has %s"
              .formatted(
                  index,
                  count == 1 ? "one GPU, cuda:0" : count + " GPUs, cuda:0 to cuda:" + (count - 1)));
    }
    obstacle = obstacle.or(() -> gpu(found, index)).or(() -> libraries(found));
    if (obstacle.isPresent()) {
      throw new IllegalStateException("cuda:" + index + ": " + obstacle.get());
    }
  }

  /** All that stands in the way of using GPUs, so that it can be mended at once. */
  static Stream<String> obstacles(Findings found) {
    if (!found.kernels()) {
      return machine(found).stream();
    }
    Stream<String> gpus =
        machine(found).isPresent()
            ? Stream.empty()
            : IntStream.range(0, found.gpus().size())
                .mapToObj(i -> gpu(found, i).map(text -> "cuda:" + i + ": " + text))
                .flatMap(Optional::stream);
    return Stream.of(machine(found).stream(), gpus, libraries(found).stream()).flatMap(s -> s);
  }

  private static Optional<String> machine(Findings found) {
    if (!found.kernels()) {
      return Optional.of(
          "this build of jaubert-cuda has no kernels for GPUs: they were not compiled, as the machine"
              + " that built it had no NVIDIA driver, or no nvcc of CUDA 12.4 or later. With nvcc,"
              + " './mvnw -DskipTests -Dcuda=true package' compiles them in a checkout; or add"
              + " io.github.jaubert:jaubert-cuda with classifier linux-x86_64");
    }
    if (found.emulated()) {
      return Optional.empty();
    }
    // cuBLAS has a version of its own.
    int major = Math.max(found.builtWith() / 1000, Toolkit.MAJOR);
    String needed =
        "the kernels were built with CUDA %s and cuBLAS is that of CUDA %d: they need a driver for CUDA %d.0 or later%s"
            .formatted(version(found.builtWith()), Toolkit.MAJOR, major, firstDriver(major));
    if (found.driver() == 0) {
      return Optional.of(
          (found.release().isEmpty()
                  ? "no NVIDIA driver was found (libcuda.so.1); "
                  : "the NVIDIA driver "
                      + found.release()
                      + " is loaded, but its libcuda.so.1 was not found; ")
              + needed);
    }
    if (found.driver() / 1000 < major) {
      return Optional.of("the NVIDIA driver is " + found.driverText() + "; " + needed);
    }
    if (found.gpus().isEmpty()) {
      return Optional.of(
          "the NVIDIA driver (%s) shows no GPU%s"
              .formatted(
                  found.driverText(),
                  found.visible() == null
                      ? ""
                      : "; CUDA_VISIBLE_DEVICES is '" + found.visible() + "'"));
    }
    return Optional.empty();
  }

  private static Optional<String> gpu(Findings found, int index) {
    if (found.emulated()) {
      return Optional.empty();
    }
    Gpu gpu = found.gpus().get(index);
    int least =
        Stream.of(found.architectures().trim().split("\\s+"))
            .mapToInt(name -> Integer.parseInt(name.replaceAll("\\D", "")))
            .min()
            .orElseThrow();
    if (gpu.capability() < least) {
      return Optional.of(
          "%s has compute capability %s; the kernels were built for %s, and need %d.%d or later"
              .formatted(
                  gpu.name(), gpu.capabilityText(), found.architectures(), least / 10, least % 10));
    }
    return Optional.empty();
  }

  private static Optional<String> libraries(Findings found) {
    Toolkit toolkit = found.toolkit();
    if (found.emulated() || toolkit.missing().isEmpty()) {
      return Optional.empty();
    }
    String there =
        toolkit.found().isEmpty()
            ? "found none of any version"
            : "found " + listed(toolkit.found());
    return Optional.of(
        "%s of CUDA %d not found, %s; looked in %s. Install the CUDA toolkit %5$d or NVIDIA's"
                .formatted(
                    String.join(" and ", toolkit.missing()),
                    Toolkit.MAJOR,
                    there,
                    toolkit.searched().isEmpty()
                        ? "no folder, as none of the usual ones exists"
                        : listed(toolkit.searched()),
                    Toolkit.MAJOR)
            + " packages for Linux libcublas-%1$d-0 and cuda-cudart-%1$d-0, or name their folders in LD_LIBRARY_PATH"
                .formatted(Toolkit.MAJOR));
  }

  private static String listed(List<Path> paths) {
    return paths.stream().map(Path::toString).collect(Collectors.joining(", "));
  }
}
