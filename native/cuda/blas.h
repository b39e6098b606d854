// The functions of cuBLAS that matrix products need. They come from outside by jb_cuda_set_blas, as addresses, so that
// nothing here is linked with cuBLAS or needs its headers; types and numbers are those of its documented interface.
#ifndef JAUBERT_CUDA_BLAS_H
#define JAUBERT_CUDA_BLAS_H

namespace jb::cuda {

enum class BlasOperation : int { kNone = 0, kTranspose = 1 };
enum class BlasType : int { kFloat = 0, kBfloat16 = 14 };  // CUDA_R_32F, CUDA_R_16BF
enum class BlasCompute : int { kFloat = 68 };              // CUBLAS_COMPUTE_32F
enum class BlasAlgorithm : int { kDefault = -1 };

inline constexpr int kBlasAllocFailed = 3;  // of the status that is returned; 0 is success

// Matrices are column-major.
using GemmEx = int (*)(void* handle, BlasOperation transa, BlasOperation transb, int m, int n, int k, const void* alpha,
                       const void* a, BlasType a_type, int lda, const void* b, BlasType b_type, int ldb,
                       const void* beta, void* c, BlasType c_type, int ldc, BlasCompute compute,
                       BlasAlgorithm algorithm);
using GemmStridedBatchedEx = int (*)(void* handle, BlasOperation transa, BlasOperation transb, int m, int n, int k,
                                     const void* alpha, const void* a, BlasType a_type, int lda, long long stride_a,
                                     const void* b, BlasType b_type, int ldb, long long stride_b, const void* beta,
                                     void* c, BlasType c_type, int ldc, long long stride_c, int batch,
                                     BlasCompute compute, BlasAlgorithm algorithm);

struct Blas {
  void* handle = nullptr;
  GemmEx gemm = nullptr;
  GemmStridedBatchedEx gemm_batched = nullptr;
};

#ifdef JAUBERT_EMULATED
// Plain loops with sums in double precision, in the order of the stream that is the handle.
Blas emulated_blas(void* stream);
#endif

}  // namespace jb::cuda

#endif
