// What is to be multiplied.
#ifndef JAUBERT_CPU_GEMM_PRODUCT_H
#define JAUBERT_CPU_GEMM_PRODUCT_H

#include <cstdint>

#include "gemm/words.h"

namespace jb::JB_ISA::gemm {

// C [m, n] = alpha * op(A) op(B) + beta * C, float32 and row-major; op(A) is [m, k], op(B) is [k, n]. With beta = 0, C
// is not read.
struct Product {
  bool transpose_a, transpose_b;
  int64_t m, n, k;
  float alpha;
  const float* a;
  const float* b;
  float beta;
  float* c;
  // From row to row of what is stored; contiguous unless said otherwise.
  int64_t lda = transpose_a ? m : k;
  int64_t ldb = transpose_b ? k : n;
  int64_t ldc = n;

  // Where element (i, p) of op(A), (p, j) of op(B) and (i, j) of C lie.
  const float* a_at(int64_t i, int64_t p) const { return a + (transpose_a ? p * lda + i : i * lda + p); }
  const float* b_at(int64_t p, int64_t j) const { return b + (transpose_b ? j * ldb + p : p * ldb + j); }
  float* c_at(int64_t i, int64_t j) const { return c + i * ldc + j; }
  // What is stored, from element i of row r on.
  FloatRow stored_a(int64_t r, int64_t i) const { return {a + r * lda + i}; }
  FloatRow stored_b(int64_t r, int64_t i) const { return {b + r * ldb + i}; }
};

// What follows a product on each finished part of C, while that is in the cache: epilogue(first row, rows, first
// column, columns). This one does nothing.
struct NoEpilogue {
  void operator()(int64_t, int64_t, int64_t, int64_t) const {}
};

}  // namespace jb::JB_ISA::gemm

#endif
