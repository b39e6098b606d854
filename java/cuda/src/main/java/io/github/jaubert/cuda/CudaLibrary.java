package io.github.jaubert.cuda;

import io.github.jaubert.internal.binding.JavaCppCache;
import io.github.jaubert.internal.binding.NativeFiles;
import io.github.jaubert.internal.binding.NativeLibrary;
import java.io.IOException;
import java.net.URL;
import java.util.List;
import org.bytedeco.javacpp.Loader;

/**
 * Loads libjaubert_cuda, which needs no driver for that, and its binding. The library is opened for
 * all to see, as the binding is not linked with it; it finds libjaubert_cpu by name, which core has
 * loaded.
 */
final class CudaLibrary {
  /**
   * The system property with the path of a libjaubert_cuda.so whose GPU is emulated on this CPU:
   * for tests.
   */
  static final String EMULATED = "jaubert.cuda.emulated";

  private static final String LIBRARY = "libjaubert_cuda.so";
  private static final String BINDING = "libjnijaubert_cuda.so";

  private static final String FOLDER = "io/github/jaubert/cuda/%s/";

  /** Asked instead of the class, which on the module path sees no jar but its own. */
  private static final ClassLoader LOADER = CudaLibrary.class.getClassLoader();

  private CudaLibrary() {}

  /** Null if all is well. The initializer runs once, in whichever thread comes first. */
  private static final class Outcome {
    static final IllegalStateException FAILURE = attempt();
  }

  static boolean isEmulated() {
    return !System.getProperty(EMULATED, "").isEmpty();
  }

  /** Whether this module was built and packed with kernels for GPUs, or has their emulator. */
  static boolean hasKernels() {
    return isPacked(BINDING) && (isEmulated() || isPacked(LIBRARY));
  }

  private static boolean isPacked(String resource) {
    return resource(resource) != null;
  }

  private static URL resource(String name) {
    return LOADER.getResource(FOLDER.formatted(Loader.getPlatform()) + name);
  }

  /**
   * Loads what {@link #hasKernels} found; every call after the first returns, or throws, at once.
   *
   * @throws IllegalStateException if a library does not work on this machine
   */
  static void load() {
    if (Outcome.FAILURE != null) {
      throw Outcome.FAILURE;
    }
  }

  private static IllegalStateException attempt() {
    try {
      NativeLibrary.load();
      List<String> libraries = isEmulated() ? List.of(BINDING) : List.of(LIBRARY, BINDING);
      NativeFiles.load(
          libraries.stream().map(CudaLibrary::resource).toList(),
          files -> {
            JavaCppCache.secure(files); // for the presets of cuBLAS
            if (isEmulated()) {
              Loader.loadGlobal(System.getProperty(EMULATED));
            } else if (!files.areCopies()) {
              Loader.loadGlobal(files.file(LIBRARY).toString());
            }
            NativeLibrary.loadBinding(Cuda.class, files.file(BINDING));
          });
      return null;
    } catch (LinkageError | RuntimeException | IOException e) {
      return new IllegalStateException(
          "Jaubert's GPU kernels could not be loaded: " + e.getMessage(), e);
    }
  }
}
