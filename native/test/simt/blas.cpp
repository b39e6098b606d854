// What stands in the place of cuBLAS where kernels run on the CPU.
#include "../../cuda/blas.h"

#include "simt/runtime.h"

namespace jb::cuda {
namespace {

int gemm_batched(void* handle, BlasOperation transa, BlasOperation transb, int m, int n, int k, const void* alpha,
                 const void* a, BlasType a_type, int lda, long long stride_a, const void* b, BlasType b_type, int ldb,
                 long long stride_b, const void* beta, void* c, BlasType c_type, int ldc, long long stride_c, int batch,
                 BlasCompute compute, BlasAlgorithm) {
  constexpr int kInvalidValue = 7;
  const bool ta = transa == BlasOperation::kTranspose, tb = transb == BlasOperation::kTranspose;
  if (m < 0 || n < 0 || k < 0 || batch < 0 || lda < (ta ? k : m) || ldb < (tb ? n : k) || ldc < m || lda < 1 ||
      ldb < 1 || ldc < 1 || a_type != BlasType::kFloat || b_type != BlasType::kFloat || c_type != BlasType::kFloat ||
      compute != BlasCompute::kFloat) {
    return kInvalidValue;
  }
  const float scale = *static_cast<const float*>(alpha), keep = *static_cast<const float*>(beta);
  simt::enqueue(static_cast<simt::Stream*>(handle), [=] {
    for (int matrix = 0; matrix < batch; ++matrix) {
      const float* from_a = static_cast<const float*>(a) + matrix * stride_a;
      const float* from_b = static_cast<const float*>(b) + matrix * stride_b;
      float* to = static_cast<float*>(c) + matrix * stride_c;
      for (int column = 0; column < n; ++column) {
        for (int row = 0; row < m; ++row) {
          double sum = 0;
          for (int i = 0; i < k; ++i) {
            const float x = from_a[ta ? int64_t{row} * lda + i : int64_t{i} * lda + row];
            const float y = from_b[tb ? int64_t{i} * ldb + column : int64_t{column} * ldb + i];
            sum += static_cast<double>(x) * static_cast<double>(y);
          }
          float& result = to[int64_t{column} * ldc + row];
          result = static_cast<float>(static_cast<double>(scale) * sum +
                                      (keep == 0 ? 0.0 : static_cast<double>(keep) * static_cast<double>(result)));
        }
      }
    }
  });
  return 0;
}

int gemm(void* handle, BlasOperation transa, BlasOperation transb, int m, int n, int k, const void* alpha,
         const void* a, BlasType a_type, int lda, const void* b, BlasType b_type, int ldb, const void* beta, void* c,
         BlasType c_type, int ldc, BlasCompute compute, BlasAlgorithm algorithm) {
  return gemm_batched(handle, transa, transb, m, n, k, alpha, a, a_type, lda, 0, b, b_type, ldb, 0, beta, c, c_type,
                      ldc, 0, 1, compute, algorithm);
}

}  // namespace

Blas emulated_blas(void* stream) { return {stream, gemm, gemm_batched}; }

}  // namespace jb::cuda
