package io.github.jaubert.internal.binding;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.bytedeco.javacpp.Loader;

/**
 * Loads the CPU kernels once, and says in one sentence what is missing if that cannot work.
 *
 * <p>The kernels come out of Jaubert's jar by way of {@link NativeFiles}. So does OpenBLAS out of
 * Bytedeco's, if {@code JAUBERT_GEMM=openblas} in the environment asks for its matrix products.
 */
public final class NativeLibrary {
  /** OpenBLAS, behind the libraries that it needs. */
  private static final List<String> OPENBLAS =
      List.of("libgcc_s.so.1", "libquadmath.so.0", "libgfortran.so.5", "libopenblas.so.0");

  private static final String OPENBLAS_FOLDER = "org/bytedeco/openblas/%s/";
  private static final String KERNELS = "libjaubert_cpu.so";

  /** Linked with the kernels: the dynamic linker finds these by name, or beside it. */
  private static final String BINDING = "libjnijaubert.so";

  private static final String FOLDER = "io/github/jaubert/internal/binding/%s/";
  private static final String PLATFORM = "linux-x86_64";

  /** Asked instead of the class, which on the module path sees no jar but its own. */
  private static final ClassLoader LOADER = NativeLibrary.class.getClassLoader();

  /** The least that the kernels are compiled for, as /proc/cpuinfo spells it. */
  private static final List<String> CPU_FLAGS = List.of("avx2", "fma", "f16c");

  /** Null if all is well. The initializer runs once, in whichever thread comes first. */
  private static final class Outcome {
    static final UnsatisfiedLinkError FAILURE = attempt();
  }

  private NativeLibrary() {}

  /**
   * Loads the libraries; every call after the first returns, or throws, at once.
   *
   * @throws UnsatisfiedLinkError if a library is missing or does not work on this machine; the
   *     message names which and what to do about it
   */
  public static void load() {
    if (Outcome.FAILURE != null) {
      throw Outcome.FAILURE;
    }
  }

  private static UnsatisfiedLinkError attempt() {
    String platform = Loader.getPlatform();
    boolean openBlas = "openblas".equals(System.getenv("JAUBERT_GEMM"));
    Optional<String> obstacle =
        obstacle(platform, name -> LOADER.getResource(name) != null, cpuFlags(), openBlas);
    if (obstacle.isPresent()) {
      return new UnsatisfiedLinkError(obstacle.get());
    }
    try {
      if (openBlas) {
        loadOpenBlas(platform);
      }
      NativeFiles.load(
          resources(FOLDER.formatted(platform), List.of(KERNELS, BINDING)),
          files -> {
            JavaCppCache.secure(files);
            if (!files.areCopies()) {
              System.load(files.file(KERNELS).toString());
            }
            loadBinding(Kernels.class, files.file(BINDING));
          });
      return null;
    } catch (LinkageError | RuntimeException | IOException e) {
      UnsatisfiedLinkError failure = new UnsatisfiedLinkError(explain(platform, e));
      failure.initCause(e);
      return failure;
    }
  }

  /** Where the process has it, the kernels find it by its name. */
  private static void loadOpenBlas(String platform) throws IOException {
    NativeFiles.load(
        resources(OPENBLAS_FOLDER.formatted(platform), OPENBLAS),
        files -> OPENBLAS.forEach(name -> System.load(files.file(name).toString())));
  }

  private static List<URL> resources(String folder, List<String> names) {
    return names.stream().map(name -> LOADER.getResource(folder + name)).toList();
  }

  /**
   * Loads the library of a class that JavaCPP made, from this file and no other, and initializes
   * the class.
   *
   * @param file is called {@code lib….so}
   * @throws UnsatisfiedLinkError if it does not work on this machine
   */
  public static void loadBinding(Class<?> binding, Path file) throws IOException {
    String name = file.getFileName().toString();
    URL[] urls = {file.toUri().toURL()};
    Loader.loadLibrary(binding, urls, name.substring("lib".length(), name.indexOf('.')));
    Loader.load(binding); // finds it loaded
  }

  /** What stands in the way before anything is loaded; empty if nothing does. */
  static Optional<String> obstacle(
      String platform, Predicate<String> resourceExists, Set<String> cpuFlags, boolean openBlas) {
    if (!platform.equals(PLATFORM)) {
      return Optional.of(
          "Jaubert's CPU kernels are built for %s, not for %s".formatted(PLATFORM, platform));
    }
    String kernels = FOLDER.formatted(platform);
    if (!resourceExists.test(kernels + KERNELS) || !resourceExists.test(kernels + BINDING)) {
      return Optional.of(
          "Jaubert's CPU kernels are not on the class path: add io.github.jaubert:jaubert-core with"
              + " classifier %s (in a checkout: ./mvnw compile; on the module path also: --add-modules"
                  .formatted(platform)
              + " io.github.jaubert.core.%s)".formatted(platform.replace('-', '.')));
    }
    String folder = OPENBLAS_FOLDER.formatted(platform);
    if (openBlas && !OPENBLAS.stream().map(folder::concat).allMatch(resourceExists)) {
      return Optional.of(
          "JAUBERT_GEMM=openblas, but OpenBLAS is not on the class path: add org.bytedeco:openblas"
              + " with classifier %s".formatted(platform));
    }
    List<String> missing = CPU_FLAGS.stream().filter(flag -> !cpuFlags.contains(flag)).toList();
    if (!missing.isEmpty()) {
      return Optional.of(
          "Jaubert's CPU kernels need a processor with %s; this one lacks %s"
              .formatted(String.join(", ", CPU_FLAGS), String.join(", ", missing)));
    }
    return Optional.empty();
  }

  /** Turns the dynamic linker's words into the cause that a user can act on. */
  static String explain(String platform, Throwable error) {
    String message = String.valueOf(error.getMessage());
    if (message.contains("GLIBC")) {
      return "Jaubert's CPU kernels for %s need a newer C library than this system has: %s"
          .formatted(platform, message);
    }
    return "Jaubert's CPU kernels for %s could not be loaded: %s".formatted(platform, message);
  }

  /** The flags of the first processor, all of one machine being alike; all we need if unknown. */
  private static Set<String> cpuFlags() {
    try (BufferedReader info = Files.newBufferedReader(Path.of("/proc/cpuinfo"))) {
      return info.lines()
          .filter(line -> line.startsWith("flags"))
          .findFirst()
          .map(line -> Set.of(line.substring(line.indexOf(':') + 1).trim().split("\\s+")))
          .orElse(Set.copyOf(CPU_FLAGS));
    } catch (IOException | UncheckedIOException e) {
      return Set.copyOf(CPU_FLAGS);
    }
  }
}
