// jb_matmul, jb_linear_* and jb_geglu_*: products by cuBLAS, and what is fused around them by our kernels.
#include <algorithm>

#include "activation/activation.cuh"
#include "context.h"
#include "elementwise/unary.cuh"
#include "functions.h"
#include "launch.h"

namespace jb::cuda {
namespace {

// C [m, n] = alpha op(A) op(B) + beta C, row-major, and several of them; sums are float32 whatever the types.
template <typename In, typename Out>
struct Product {
  bool transpose_a, transpose_b;
  int64_t m, n, k;
  float alpha;
  const In *a, *b;
  float beta;
  Out* c;
  int64_t batch = 1, stride_a = 0, stride_b = 0, stride_c = 0;
};

template <typename T>
constexpr BlasType kBlasType = std::is_same_v<T, bf16> ? BlasType::kBfloat16 : BlasType::kFloat;

// CUBLAS_STATUS_..., of cublasStatus_t.
const char* name_of_status(int status) {
  switch (status) {
    case 1:
      return "NOT_INITIALIZED";
    case kBlasAllocFailed:
      return "ALLOC_FAILED";
    case 7:
      return "INVALID_VALUE";
    case 8:
      return "ARCH_MISMATCH";
    case 11:
      return "MAPPING_ERROR";
    case 13:
      return "EXECUTION_FAILED";
    case 14:
      return "INTERNAL_ERROR";
    case 15:
      return "NOT_SUPPORTED";
    case 16:
      return "LICENSE_ERROR";
    default:
      return "unknown";
  }
}

// Row-major C = op(A) op(B) is column-major C^T = op(B)^T op(A)^T, so A and B change places.
template <typename In, typename Out>
void multiply(const char* function, Context& c, const Product<In, Out>& p) {
  if (p.m == 0 || p.n == 0 || p.batch == 0) return;
  const int m = checked_int(function, "m", p.m), n = checked_int(function, "n", p.n);
  const int k = checked_int(function, "k", p.k), batch = checked_int(function, "batch", p.batch);
  if (k == 0 && p.beta == 0) {  // sums of nothing, whose operands may be null
    for (int64_t i = 0; i < p.batch; ++i) {
      JB_CUDA(cudaMemsetAsync(p.c + i * p.stride_c, 0, static_cast<size_t>(p.m * p.n) * sizeof(Out), c.stream()));
    }
    return;
  }
  if (k == 0 && p.beta == 1) return;
  const Blas& blas = c.blas();
  if (blas.handle == nullptr) fail(JB_DEVICE_ERROR, "{}: cuBLAS was not given by jb_cuda_set_blas", function);
  const auto operation = [](bool transpose) { return transpose ? BlasOperation::kTranspose : BlasOperation::kNone; };
  const int lda = std::max(1, p.transpose_a ? m : k), ldb = std::max(1, p.transpose_b ? k : n);
  constexpr BlasType in = kBlasType<In>, out = kBlasType<Out>;
  const int status =
      batch == 1 ? blas.gemm(blas.handle, operation(p.transpose_b), operation(p.transpose_a), n, m, k, &p.alpha, p.b,
                             in, ldb, p.a, in, lda, &p.beta, p.c, out, n, BlasCompute::kFloat, BlasAlgorithm::kDefault)
                 : blas.gemm_batched(blas.handle, operation(p.transpose_b), operation(p.transpose_a), n, m, k, &p.alpha,
                                     p.b, in, ldb, p.stride_b, p.a, in, lda, p.stride_a, &p.beta, p.c, out, n,
                                     p.stride_c, batch, BlasCompute::kFloat, BlasAlgorithm::kDefault);
  if (status != 0) {
    fail(status == kBlasAllocFailed ? JB_OUT_OF_MEMORY : JB_DEVICE_ERROR,
         "{}: cuBLAS failed with status {} ({}) for {} products of m = {}, n = {}, k = {}", function, status,
         name_of_status(status), batch, m, n, k);
  }
}

// The grid of kernels where a thread keeps its columns and walks down the rows.
Launch by_columns(const Context& c, int64_t rows, int64_t width, int each) {
  const unsigned across = blocks(width, int64_t{kActivationThreads} * each);
  const unsigned all = c.blocks_for(rows * width, kActivationThreads, each);
  const int64_t down = std::max<int64_t>(1, all / across);
  return {dim3(across, static_cast<unsigned>(std::min({down, std::max<int64_t>(rows, 1), int64_t{65535}}))),
          kActivationThreads};
}

// dz = dy * activation'(saved), and dbias its columns' sums; each may be null.
template <typename T>
void activation_backward(Context& c, jb_activation activation, T* dz, float* dbias, const T* dy, const T* saved,
                         int64_t rows, int width, bool add) {
  if (width == 0 || (dz == nullptr && dbias == nullptr)) return;
  int lines = 0;
  float* parts = nullptr;
  if (rows > 0) {
    with_width<T>({dz, dy, saved}, width, [&](auto vector) {
      Launch shape = by_columns(c, rows, width, vector);
      if (dbias != nullptr) {  // lines of 16 rows at least
        const unsigned needed = blocks(rows * width, int64_t{kActivationThreads} * vector);
        shape.grid.y = std::min(std::max(1u, std::min(needed, kMostLines) / shape.grid.x), blocks(rows, 16));
      }
      lines = static_cast<int>(shape.grid.y);
      if (dbias != nullptr) parts = c.take<float>(int64_t{lines} * width);
      JB_LAUNCH(c, (bias_activation_backward<T, vector>), shape, activation, dz, parts, dy, saved, rows, width);
    });
  }
  if (dbias != nullptr) add_up(c, ColumnSums{{dbias, nullptr, nullptr}, 1, add ? 1 : 0}, parts, lines, width);
}

void check_activation(const char* function, jb_activation activation) {
  JB_CHECK(activation >= JB_NO_ACTIVATION && activation <= JB_ACT_TANH, "{}: {} is not an activation", function,
           activation);
}

}  // namespace

jb_status jb_matmul(jb_ctx ctx, jb_inout c, jb_in a, jb_in b, int32_t transpose_a, int32_t transpose_b, int64_t m,
                    int64_t n, int64_t k, float alpha, float beta, int64_t batch, int64_t stride_a, int64_t stride_b,
                    int64_t stride_c) {
  return run(ctx, [&](Context& context) {
    const MatmulAreas areas = checked_matmul(c, a, b, m, n, k, batch, stride_c);
    Product<float, float> product{.transpose_a = transpose_a != 0,
                                  .transpose_b = transpose_b != 0,
                                  .m = m,
                                  .n = n,
                                  .k = k,
                                  .alpha = alpha,
                                  .a = as<float>(a),
                                  .b = as<float>(b),
                                  .beta = beta,
                                  .c = as<float>(c),
                                  .batch = batch,
                                  .stride_a = stride_a,
                                  .stride_b = stride_b,
                                  .stride_c = stride_c};
    // Matrices of A that follow one another, times one B, are one tall matrix.
    if (transpose_a == 0 && stride_b == 0 && stride_a == areas.a && stride_c == areas.c && batch > 0) {
      product.m *= batch;
      product.batch = 1;
    }
    multiply("matmul", context, product);
  });
}

jb_status jb_linear_forward(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_out preactivation, jb_in x, jb_in weight,
                            jb_in bias, int64_t rows, int64_t out, int64_t in, jb_activation activation) {
  return run(ctx, [&](Context& c) {
    with_type("linear", dtype, [&](auto zero) {
      using T = decltype(zero);
      const int64_t results = checked_area("linear", rows, out);
      check_array("linear", "y", y, results);
      check_array("linear", "x", x, checked_area("linear", rows, in));
      check_array("linear", "weight", weight, checked_area("linear", out, in));
      check_activation("linear", activation);
      auto* to = as<T>(y);
      auto* z = preactivation == nullptr ? to : as<T>(preactivation);
      multiply("linear", c, Product<T, T>{false, true, rows, out, in, 1, as<T>(x), as<T>(weight), 0, z});
      if (results == 0 || (activation == JB_NO_ACTIVATION && bias == nullptr && z == to)) return;
      with_width<T>({to, z, bias}, out, [&](auto vector) {
        JB_LAUNCH(c, (bias_activation_forward<T, vector>), by_columns(c, rows, out, vector), activation, to,
                  z == to ? nullptr : z, z, as<float>(bias), rows, static_cast<int>(out));
      });
    });
  });
}

jb_status jb_linear_backward(jb_ctx ctx, jb_dtype dtype, jb_inout dx, jb_inout dweight, jb_inout dbias, jb_out scratch,
                             jb_in dy, jb_in x, jb_in weight, jb_in preactivation, jb_inout x_preactivation,
                             int64_t rows, int64_t out, int64_t in, jb_activation activation,
                             jb_activation x_activation, int32_t accumulate) {
  return run(ctx, [&](Context& c) {
    const char* name = "linear_backward";
    with_type(name, dtype, [&](auto zero) {
      using T = decltype(zero);
      check_linear_backward(dx, dweight, scratch, dy, x, weight, preactivation, x_preactivation, rows, out, in,
                            activation, x_activation, accumulate);
      check_activation(name, activation);
      check_activation(name, x_activation);
      const int width = checked_int(name, "out", out), inputs = checked_int(name, "in", in);
      const T* dz = as<T>(dy);
      T* gradient = activation == JB_NO_ACTIVATION ? nullptr : as<T>(scratch);
      activation_backward<T>(c, activation, gradient, as<float>(dbias), dz,
                             activation == JB_NO_ACTIVATION ? nullptr : as<T>(preactivation), rows, width,
                             (accumulate & JB_ADD_TO_DBIAS) != 0);
      if (gradient != nullptr) dz = gradient;
      if (dx != nullptr) {
        const float keep = (accumulate & JB_ADD_TO_DX) != 0 ? 1 : 0;
        multiply(name, c, Product<T, T>{false, false, rows, in, out, 1, dz, as<T>(weight), keep, as<T>(dx)});
        if (x_activation != JB_NO_ACTIVATION) {
          activation_backward<T>(c, x_activation, as<T>(dx), nullptr, as<T>(dx), as<T>(x_preactivation), rows, inputs,
                                 false);
        }
      }
      if (dweight != nullptr) {
        const float keep = (accumulate & JB_ADD_TO_DWEIGHT) != 0 ? 1 : 0;
        const T* values = as<T>(x);
        if (x == nullptr && x_activation != JB_NO_ACTIVATION) {  // computed again, in the place of what it came from
          T* again = as<T>(x_preactivation);
          values = again;
          if (x_activation != JB_ACT_TANH && rows > 0 && in > 0) {  // of tanh that is the value
            with_width<T>({again}, in, [&](auto vector) {
              JB_LAUNCH(c, (bias_activation_forward<T, vector>), by_columns(c, rows, in, vector), x_activation, again,
                        static_cast<T*>(nullptr), again, static_cast<const float*>(nullptr), rows, inputs);
            });
          }
        }
        multiply(name, c, Product<T, float>{true, false, out, in, rows, 1, dz, values, keep, as<float>(dweight)});
      }
    });
  });
}

jb_status jb_geglu_forward(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_in x, int64_t rows, int64_t width) {
  return run(ctx, [&](Context& c) {
    with_type("geglu", dtype, [&](auto zero) {
      using T = decltype(zero);
      JB_CHECK(rows >= 0 && width >= 0, "geglu: y is [{}, {}]", rows, width);
      const int columns = checked_int("geglu", "width", width);
      if (rows == 0 || width == 0) return;
      with_width<T>({y, x}, width, [&](auto vector) {
        JB_LAUNCH(c, (geglu_forward<T, vector>), by_columns(c, rows, width, vector), as<T>(y), as<T>(x), rows, columns);
      });
    });
  });
}

jb_status jb_geglu_backward(jb_ctx ctx, jb_dtype dtype, jb_out dx, jb_in dy, jb_in x, int64_t rows, int64_t width) {
  return run(ctx, [&](Context& c) {
    with_type("geglu backward", dtype, [&](auto zero) {
      using T = decltype(zero);
      JB_CHECK(rows >= 0 && width >= 0, "geglu backward: dy is [{}, {}]", rows, width);
      const int columns = checked_int("geglu backward", "width", width);
      if (rows == 0 || width == 0) return;
      with_width<T>({dx, dy, x}, width, [&](auto vector) {
        JB_LAUNCH(c, (geglu_backward<T, vector>), by_columns(c, rows, width, vector), as<T>(dx), as<T>(dy), as<T>(x),
                  rows, columns);
      });
    });
  });
}

}  // namespace jb::cuda
