package io.github.jaubert.cuda;

import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.binding.Native;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.IntFunction;
import org.bytedeco.cuda.cublas.cublasContext;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.cublas;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;

/**
 * Gives a context its matrix products: a cuBLAS handle made by JavaCPP's presets, whose classes
 * must not be touched before a driver was found.
 */
final class CuBlas {
  /** What cuBLAS's manual recommends for the newest GPUs; older ones need less. */
  private static final long WORKSPACE_BYTES = 32L << 20;

  /**
   * The system property that allows TF32: products of single-precision matrices then have ten bits
   * of mantissa, and are up to eight times as fast.
   */
  private static final String TF32 = "jaubert.cuda.tf32";

  private CuBlas() {}

  /**
   * Makes a handle with a workspace on the context's stream, which live as long as the context.
   *
   * @return the version of cuBLAS, as {@code 13.1.0}
   * @throws IllegalStateException if cuBLAS refuses
   * @throws UnsatisfiedLinkError if its libraries cannot be loaded
   */
  static String attach(long context, Toolkit toolkit) {
    // The presets' own library then finds these by name, wherever they are.
    toolkit.libraries().forEach(library -> Loader.loadGlobal(library.toString()));
    cublasContext handle = new cublasContext();
    check("cublasCreate", cublas.cublasCreate_v2(handle));
    try {
      configure(handle, context);
      int[] version = new int[1];
      check("cublasGetVersion", cublas.cublasGetVersion_v2(handle, version));
      Path library = toolkit.cublas();
      checkSame(Path.of(Loader.load(cublas.class)), library, "cublasCreate_v2");
      Native.check(
          Cuda.jb_cuda_set_blas(
              context,
              handle.address(),
              address(library, "cublasGemmEx"),
              address(library, "cublasGemmStridedBatchedEx")));
      return version[0] / 10000 + "." + version[0] / 100 % 100 + "." + version[0] % 100;
    } catch (RuntimeException | LinkageError e) {
      cublas.cublasDestroy_v2(handle);
      throw e;
    }
  }

  private static void configure(cublasContext handle, long context) {
    CUstream_st stream = new CUstream_st(new Address(Cuda.jb_cuda_stream(context)));
    check("cublasSetStream", cublas.cublasSetStream_v2(handle, stream));
    // After the stream, which takes the workspace away; a workspace of its own makes the products
    // the same from run to run, and lets them be captured in a graph.
    long workspace = workspace(context, WORKSPACE_BYTES);
    check(
        "cublasSetWorkspace",
        cublas.cublasSetWorkspace_v2(handle, new Address(workspace), WORKSPACE_BYTES));
    check(
        "cublasSetMathMode",
        cublas.cublasSetMathMode(
            handle,
            // Sums are float32 also where cuBLAS adds up parts of a product whose result is bf16.
            cublas.CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION
                | (allowsTf32() ? cublas.CUBLAS_TF32_TENSOR_OP_MATH : cublas.CUBLAS_DEFAULT_MATH)));
  }

  static boolean allowsTf32() {
    return Boolean.getBoolean(TF32);
  }

  /** Memory that the context keeps. */
  static long workspace(long context, long bytes) {
    long workspace = Kernels.jb_allocate(context, bytes);
    if (workspace == 0) {
      throw new IllegalStateException(
          "no memory for cuBLAS's workspace of " + bytes + " bytes: " + Kernels.jb_last_error());
    }
    return workspace;
  }

  /**
   * The address of a function that a loaded library defines. Others of the process may define it
   * too, such as a cuBLAS of another version, and for a handle of this one theirs would be wrong.
   *
   * @throws IllegalStateException if it does not define the function
   */
  static long address(Path library, String function) {
    Function found = Function.of(library, function);
    if (!isSame(found.file(), library)) {
      throw new IllegalStateException(
          "%s does not define %s, but %s does".formatted(library, function, found.file()));
    }
    return found.address();
  }

  /**
   * Checks that what a binding calls is this library. Where a program has loaded another of the
   * same name before, the binding is given that.
   *
   * @throws IllegalStateException if it is another
   */
  static void checkSame(Path binding, Path library, String function) {
    Path called = Function.of(binding, function).file();
    if (!isSame(called, library)) {
      throw new IllegalStateException(
          "this process has loaded %s before, and now %s: let LD_LIBRARY_PATH name the folder of the first, or do not load it"
              .formatted(called, library));
    }
  }

  private static boolean isSame(Path file, Path library) {
    try {
      return Files.isSameFile(file, library);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where a function lies, and in which file. */
  private record Function(long address, Path file) {
    private static final int LONGEST_PATH = 4096;

    static Function of(Path library, String name) {
      byte[] file = new byte[LONGEST_PATH];
      long address = Cuda.jb_cuda_function_of(library.toString(), name, file, file.length);
      if (address == 0) {
        throw new IllegalStateException(Native.lastError());
      }
      int length = 0;
      while (file[length] != 0) {
        length++;
      }
      return new Function(address, Path.of(new String(file, 0, length, StandardCharsets.UTF_8)));
    }
  }

  private static void check(String call, int status) {
    check(call, status, number -> cublas.cublasGetStatusString(number).getString());
  }

  /** Throws what a status other than 0, success, means. */
  static void check(String call, int status, IntFunction<String> words) {
    if (status != 0) {
      throw new IllegalStateException(
          call + " failed: " + words.apply(status) + " (" + status + ")");
    }
  }

  /** A pointer to an address that something else owns. */
  private static final class Address extends Pointer {
    Address(long value) {
      super();
      address = value;
    }
  }
}
