package io.github.jaubert.cuda;

import io.github.jaubert.internal.binding.NativeLibrary;
import java.io.File;
import java.io.IOException;
import java.net.URL;
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

  private static final String LIBRARY = "%s/libjaubert_cuda.so";
  private static final String BINDING = "%s/libjnijaubert_cuda.so";

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
    return CudaLibrary.class.getResource(name.formatted(Loader.getPlatform()));
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
      Loader.loadGlobal(library());
      Loader.load(Cuda.class);
      return null;
    } catch (LinkageError | RuntimeException | IOException e) {
      return new IllegalStateException(
          "Jaubert's GPU kernels could not be loaded: " + e.getMessage(), e);
    }
  }

  private static String library() throws IOException {
    if (isEmulated()) {
      return System.getProperty(EMULATED);
    }
    File cached = Loader.cacheResource(resource(LIBRARY));
    return cached.getAbsolutePath();
  }
}
