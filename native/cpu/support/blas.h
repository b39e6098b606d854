// OpenBLAS on the calling thread alone: how a product is divided among threads is ours to say, by shapes only. Nothing
// is linked with it: libopenblas.so.0 is taken if the process has it, else from where the dynamic linker looks.
#ifndef JAUBERT_CPU_SUPPORT_BLAS_H
#define JAUBERT_CPU_SUPPORT_BLAS_H

#include <cstdint>

namespace jb::blas {

// Whether matrix products are OpenBLAS's (JAUBERT_GEMM=openblas in the environment) instead of those of cpu/gemm.
// Constant through the life of the process.
bool use_openblas();

// While one lives, OpenBLAS uses no threads of its own. Its number of threads is one for the whole process; the first
// Serial sets it to 1 and the last to go restores it, so that other users of OpenBLAS keep theirs.
class Serial {
 public:
  Serial();  // fails where OpenBLAS cannot be loaded
  ~Serial();
  Serial(const Serial&) = delete;
  Serial& operator=(const Serial&) = delete;
};

// C [m, n] = alpha * op(A) op(B) + beta * C, row-major; lda, ldb and ldc are elements from row to row of what is
// stored. To be called while a Serial lives. Any size may be 0.
void sgemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a,
           int64_t lda, const float* b, int64_t ldb, float beta, float* c, int64_t ldc);

}  // namespace jb::blas

#endif
