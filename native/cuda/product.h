// Products of matrices by cuBLAS, at the addresses that jb_cuda_set_blas was given.
#ifndef JAUBERT_CUDA_PRODUCT_H
#define JAUBERT_CUDA_PRODUCT_H

#include <algorithm>

#include "context.h"
#include "launch.h"

namespace jb::cuda {

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
inline const char* blas_status_name(int status) {
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
         blas_status_name(status), batch, m, n, k);
  }
}

}  // namespace jb::cuda

#endif
