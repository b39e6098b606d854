package io.github.jaubert.benchmarks.operations;

import static org.bytedeco.cuda.global.cublas.*;
import static org.bytedeco.cuda.global.cudart.*;

import io.github.jaubert.benchmarks.GpuOptions;
import io.github.jaubert.benchmarks.JaubertProgram;
import io.github.jaubert.benchmarks.measure.Measurement;
import io.github.jaubert.benchmarks.measure.Timing;
import io.github.jaubert.benchmarks.measure.Work;
import io.github.jaubert.internal.tape.NativeTensor;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.cuda.cublas.*;
import org.bytedeco.cuda.cudart.CUevent_st;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * cuBLASLt's matrix products on a GPU, with and without its epilogues, by JavaCPP's presets: y
 * [rows, columns] = x [rows, inner] wᵀ, w being [columns, inner]. "+bias" adds a row of numbers,
 * "+GELU" is GELU in its tanh form (cuBLASLt has no other), and "for training" also keeps what went
 * into it.
 *
 * <p>Times are between two events, on random data; before each call a buffer larger than the L2
 * cache is written. The fastest of the eight algorithms that the heuristic names is measured, with
 * 32 MiB of workspace and sums in float32. Some results are compared with sums in double precision.
 * Jaubert lends memory and random numbers, and finds the libraries.
 */
@Command(
    name = "cublaslt",
    mixinStandardHelpOptions = true,
    description = "Times cuBLASLt's matrix products on a GPU at the sizes of --tokens.")
public final class CublasLt extends JaubertProgram {
  private static final int HIDDEN = 768;
  private static final int INTERMEDIATE = 3072;
  private static final int CANDIDATES = 8;
  private static final long WORKSPACE_BYTES = 32 << 20;
  private static final long FLUSH_BYTES = 256 << 20;

  @Mixin private GpuOptions options;

  /** Measures. */
  public static void main(String[] arguments) {
    run(new CublasLt(), arguments);
  }

  @Override
  protected String start(int threads) {
    super.start(threads);
    if (Device.defaultDevice().equals(Device.cpu())) {
      throw new IllegalStateException("cuBLASLt needs a GPU: --device cuda:0");
    }
    long version = cublasLtGetVersion();
    return "cuBLASLt %d.%d.%d, %s"
        .formatted(
            version / 10_000,
            version / 100 % 100,
            version % 100,
            Device.defaultDevice().description());
  }

  @Override
  protected List<Work> works(int threads, long seed) {
    int tokens = options.tokens();
    int square = tokens / 8;
    String up = " 768x3072";
    return List.of(
        work("GEMM " + square, square, square, square, CUBLASLT_EPILOGUE_DEFAULT, seed).asRate(),
        work("GEMM 768x768", tokens, HIDDEN, HIDDEN, CUBLASLT_EPILOGUE_DEFAULT, seed),
        work("GEMM" + up, tokens, HIDDEN, INTERMEDIATE, CUBLASLT_EPILOGUE_DEFAULT, seed),
        work("GEMM 3072x768", tokens, INTERMEDIATE, HIDDEN, CUBLASLT_EPILOGUE_DEFAULT, seed),
        work("GEMM+bias" + up, tokens, HIDDEN, INTERMEDIATE, CUBLASLT_EPILOGUE_BIAS, seed),
        work(
            "GEMM+bias+GELU" + up, tokens, HIDDEN, INTERMEDIATE, CUBLASLT_EPILOGUE_GELU_BIAS, seed),
        work(
            "GEMM+bias+GELU for training" + up,
            tokens,
            HIDDEN,
            INTERMEDIATE,
            CUBLASLT_EPILOGUE_GELU_AUX_BIAS,
            seed));
  }

  private Work work(String name, int rows, int inner, int columns, int epilogue, long seed) {
    Work.Sampler sampler =
        seconds -> {
          try (Scope scope = Scope.open();
              PointerScope pointers = new PointerScope()) {
            Product product = new Product(Rng.of(seed), rows, inner, columns, epilogue);
            double[] samples = product.fastest(seconds);
            product.checkResults();
            return samples;
          } catch (IllegalStateException e) { // what cuBLASLt cannot do, or does wrong
            System.err.println(name + ": " + e.getMessage());
            return new double[0];
          }
        };
    return Work.timed(name, 2.0 * rows * inner * columns, 0, sampler);
  }

  /**
   * To cuBLAS, which counts along columns, x, w and y are [inner, rows], [inner, columns] and
   * [columns, rows].
   */
  private final class Product {
    private final int epilogue;
    private final Tensor x;
    private final Tensor w;
    private final Tensor bias;
    private final Tensor y;
    private final Tensor kept; // what went into GELU
    private final Tensor workspace = Tensor.zeros(WORKSPACE_BYTES / Float.BYTES);
    private final Tensor flush = Tensor.zeros(FLUSH_BYTES / Float.BYTES);
    private final cublasLtContext handle = new cublasLtContext();
    private final cublasLtMatmulDescOpaque_t operation = new cublasLtMatmulDescOpaque_t();
    private final cublasLtMatrixLayoutOpaque_t xLayout;
    private final cublasLtMatrixLayoutOpaque_t wLayout;
    private final cublasLtMatrixLayoutOpaque_t yLayout;
    private final CUevent_st begin = new CUevent_st();
    private final CUevent_st end = new CUevent_st();
    private final Pointer one = new FloatPointer(new float[] {1});
    private final Pointer zero = new FloatPointer(new float[] {0});

    Product(Rng rng, int rows, int inner, int columns, int epilogue) {
      this.epilogue = epilogue;
      x = Operation.randn(rng, options.dtype(), rows, inner);
      w = Tensor.randn(rng, columns, inner).mul((float) (1 / Math.sqrt(inner))).to(x.dtype());
      bias = Operation.randn(rng, options.dtype(), columns);
      y = Tensor.zeros(rows, columns).to(x.dtype());
      kept = Tensor.zeros(rows, columns).to(x.dtype());
      xLayout = layout(inner, rows);
      wLayout = layout(inner, columns);
      yLayout = layout(columns, rows);
      check(cublasLtCreate(handle));
      check(cublasLtMatmulDescInit(operation, CUBLAS_COMPUTE_32F, CUDA_R_32F));
      set(CUBLASLT_MATMUL_DESC_TRANSA, new IntPointer(new int[] {CUBLAS_OP_T}));
      set(CUBLASLT_MATMUL_DESC_EPILOGUE, new IntPointer(new int[] {epilogue}));
      if (hasBias()) {
        set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, new LongPointer(new long[] {address(bias)}));
      }
      if (keepsInput()) {
        set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER, new LongPointer(new long[] {address(kept)}));
        set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD, new LongPointer(new long[] {columns}));
      }
      check(cudaEventCreate(begin));
      check(cudaEventCreate(end));
      check(cudaDeviceSynchronize()); // Jaubert has a stream of its own
    }

    private boolean hasBias() {
      return epilogue != CUBLASLT_EPILOGUE_DEFAULT;
    }

    private boolean hasGelu() {
      return hasBias() && epilogue != CUBLASLT_EPILOGUE_BIAS;
    }

    private boolean keepsInput() {
      return epilogue == CUBLASLT_EPILOGUE_GELU_AUX_BIAS;
    }

    private cublasLtMatrixLayoutOpaque_t layout(int rows, int columns) {
      cublasLtMatrixLayoutOpaque_t layout = new cublasLtMatrixLayoutOpaque_t();
      int type = options.dtype() == DType.BF16 ? CUDA_R_16BF : CUDA_R_32F;
      check(cublasLtMatrixLayoutInit(layout, type, rows, columns, rows));
      return layout;
    }

    private void set(int attribute, Pointer value) {
      long bytes = value.capacity() * value.sizeof();
      check(cublasLtMatmulDescSetAttribute(operation, attribute, value, bytes));
    }

    /**
     * Seconds of calls by the fastest algorithm.
     *
     * @throws IllegalStateException if none works
     */
    double[] fastest(double seconds) {
      double least = Double.POSITIVE_INFINITY;
      cublasLtMatmulAlgo_t best = null;
      for (cublasLtMatmulAlgo_t algorithm : candidates()) {
        if (run(algorithm) == CUBLAS_STATUS_SUCCESS) {
          double took = Measurement.median(samples(algorithm, 0));
          if (took < least) {
            least = took;
            best = algorithm;
          }
        }
      }
      if (best == null) {
        throw new IllegalStateException("the heuristic names no algorithm that works");
      }
      return samples(best, seconds);
    }

    private List<cublasLtMatmulAlgo_t> candidates() {
      cublasLtMatmulPreferenceOpaque_t preference = new cublasLtMatmulPreferenceOpaque_t();
      check(cublasLtMatmulPreferenceInit(preference));
      check(
          cublasLtMatmulPreferenceSetAttribute(
              preference,
              CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
              new LongPointer(new long[] {WORKSPACE_BYTES}),
              Long.BYTES));
      cublasLtMatmulHeuristicResult_t found = new cublasLtMatmulHeuristicResult_t(CANDIDATES);
      int[] count = new int[1];
      check(
          cublasLtMatmulAlgoGetHeuristic(
              handle,
              operation,
              wLayout,
              xLayout,
              yLayout,
              yLayout,
              preference,
              CANDIDATES,
              found,
              count));
      return IntStream.range(0, count[0])
          .mapToObj(found::getPointer)
          .filter(result -> result.state() == CUBLAS_STATUS_SUCCESS)
          .map(cublasLtMatmulHeuristicResult_t::algo)
          .toList();
    }

    private int run(cublasLtMatmulAlgo_t algorithm) {
      return cublasLtMatmul(
          handle,
          operation,
          one,
          pointer(w),
          wLayout,
          pointer(x),
          xLayout,
          zero,
          pointer(y),
          yLayout,
          pointer(y),
          yLayout,
          algorithm,
          pointer(workspace),
          WORKSPACE_BYTES,
          null);
    }

    private double[] samples(cublasLtMatmulAlgo_t algorithm, double seconds) {
      return Timing.rounds(() -> {}, 1, i -> check(run(algorithm)), seconds, this::once);
    }

    /** Seconds of a call whose inputs come from memory. */
    private double once(Runnable call) {
      check(cudaMemsetAsync(pointer(flush), 0, FLUSH_BYTES));
      check(cudaEventRecord(begin));
      call.run();
      check(cudaEventRecord(end));
      check(cudaEventSynchronize(end));
      float[] milliseconds = new float[1];
      check(cudaEventElapsedTime(milliseconds, begin, end));
      return milliseconds[0] / 1e3;
    }

    /**
     * Compares some results. A product of other rows, or one that forgets something, is off by
     * about 1.
     *
     * @throws IllegalStateException if one is wrong
     */
    void checkResults() {
      int[] sampled = {0, 1, (int) x.shape().size(0) / 2, (int) x.shape().size(0) - 1};
      Tensor rows = Tensor.of(sampled);
      int inner = (int) x.shape().size(1);
      int columns = (int) w.shape().size(0);
      float[] xs = x.to(DType.F32).indexSelect(0, rows).toFloats();
      float[] ys = y.to(DType.F32).indexSelect(0, rows).toFloats();
      float[] inputs = kept.to(DType.F32).indexSelect(0, rows).toFloats();
      float[] ws = w.to(DType.F32).toFloats();
      float[] biases = bias.to(DType.F32).toFloats();
      for (int i = 0; i < sampled.length; i++) {
        for (int column = 0; column < columns; column += 61) {
          double z = hasBias() ? biases[column] : 0;
          for (int k = 0; k < inner; k++) {
            z += (double) xs[i * inner + k] * ws[column * inner + k];
          }
          double gelu =
              z * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (z + 0.044715 * z * z * z))) / 2;
          int at = i * columns + column;
          expect("the result", sampled[i], column, ys[at], hasGelu() ? gelu : z);
          expect("what went into GELU", sampled[i], column, keepsInput() ? inputs[at] : z, z);
        }
      }
    }
  }

  private static void expect(String what, int row, int column, double actual, double expected) {
    if (!(Math.abs(actual - expected) <= 0.01 * (1 + Math.abs(expected)))) {
      throw new IllegalStateException(
          "%s at [%d, %d] is %g, expected %g".formatted(what, row, column, actual, expected));
    }
  }

  private static long address(Tensor tensor) {
    return NativeTensor.of(tensor).address();
  }

  private static Pointer pointer(Tensor tensor) {
    return new Address(address(tensor));
  }

  private static void check(int status) {
    if (status != 0) {
      throw new IllegalStateException("a call of cuBLASLt or CUDA failed with status " + status);
    }
  }

  /** A pointer to memory that a tensor owns. */
  private static final class Address extends Pointer {
    Address(long value) {
      super();
      address = value;
    }
  }
}
