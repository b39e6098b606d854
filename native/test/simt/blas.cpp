// What stands in the place of cuBLAS where kernels run on the CPU.
#include "../../cuda/blas.h"

#include "simt/runtime.h"
#include "simt/types.h"

namespace jb::cuda {
namespace {

double widen(float x) { return static_cast<double>(x); }
double widen(__nv_bfloat16 x) { return static_cast<double>(__bfloat162float(x)); }
void narrow(float& to, double x) { to = static_cast<float>(x); }
void narrow(__nv_bfloat16& to, double x) { to = __float2bfloat16_rn(static_cast<float>(x)); }

int gemm_batched(void* handle, BlasOperation transa, BlasOperation transb, int m, int n, int k, const void* alpha,
                 const void* a, BlasType a_type, int lda, long long stride_a, const void* b, BlasType b_type, int ldb,
                 long long stride_b, const void* beta, void* c, BlasType c_type, int ldc, long long stride_c, int batch,
                 BlasCompute compute, BlasAlgorithm) {
  constexpr int kInvalidValue = 7;
  const bool ta = transa == BlasOperation::kTranspose, tb = transb == BlasOperation::kTranspose;
  if (m < 0 || n < 0 || k < 0 || batch < 0 || lda < (ta ? k : m) || ldb < (tb ? n : k) || ldc < m || lda < 1 ||
      ldb < 1 || ldc < 1 || a_type != b_type || (c_type != a_type && c_type != BlasType::kFloat) ||
      compute != BlasCompute::kFloat) {
    return kInvalidValue;
  }
  const float scale = *static_cast<const float*>(alpha), keep = *static_cast<const float*>(beta);
  const auto multiply = [=](auto in, auto out) {
    using In = decltype(in);
    using Out = decltype(out);
    for (int matrix = 0; matrix < batch; ++matrix) {
      const In* from_a = static_cast<const In*>(a) + matrix * stride_a;
      const In* from_b = static_cast<const In*>(b) + matrix * stride_b;
      Out* to = static_cast<Out*>(c) + matrix * stride_c;
      for (int column = 0; column < n; ++column) {
        for (int row = 0; row < m; ++row) {
          double sum = 0;
          for (int i = 0; i < k; ++i) {
            sum += widen(from_a[ta ? int64_t{row} * lda + i : int64_t{i} * lda + row]) *
                   widen(from_b[tb ? int64_t{i} * ldb + column : int64_t{column} * ldb + i]);
          }
          Out& result = to[int64_t{column} * ldc + row];
          narrow(result, widen(scale) * sum + (keep == 0 ? 0.0 : widen(keep) * widen(result)));
        }
      }
    }
  };
  simt::enqueue(static_cast<simt::Stream*>(handle), [=] {
    if (a_type == BlasType::kFloat) {
      multiply(float{}, float{});
    } else if (c_type == BlasType::kFloat) {
      multiply(__nv_bfloat16{}, float{});
    } else {
      multiply(__nv_bfloat16{}, __nv_bfloat16{});
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

Blas emulated_blas(void* stream) {
  if (simt::fault(__func__) != cudaSuccess) return {};
  return {stream, gemm, gemm_batched};
}

}  // namespace jb::cuda
