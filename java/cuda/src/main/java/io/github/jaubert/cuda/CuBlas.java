package io.github.jaubert.cuda;

import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.binding.Native;
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
      Native.check(
          Cuda.jb_cuda_set_blas(
              context,
              handle.address(),
              address("cublasGemmEx"),
              address("cublasGemmStridedBatchedEx")));
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

  /** The address of a function of a library that was loaded for all to see. */
  static long address(String symbol) {
    Pointer address = Loader.addressof(symbol);
    if (address == null || address.isNull()) {
      throw new IllegalStateException("no library that is loaded has the function " + symbol);
    }
    return address.address();
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
