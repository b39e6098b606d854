// Matrix products: which way computes which.
#ifndef JAUBERT_CPU_GEMM_MULTIPLY_H
#define JAUBERT_CPU_GEMM_MULTIPLY_H

#include "gemm/blocked.h"
#include "gemm/openblas.h"
#include "gemm/split.h"
#include "gemm/unpacked.h"

namespace jb::JB_ISA::gemm {

// The product, with the epilogue called once for each part of C when it is final, by the thread that computed it. Every
// boundary, and so the order of every sum, depends on m, n and k alone.
template <typename Epilogue = NoEpilogue>
void multiply(jb_ctx ctx, const Product& x, const Epilogue& epilogue = {}) {
  if (x.m == 0 || x.n == 0) return;
  if (blas::use_openblas()) {
    multiply_with_openblas(ctx, x, epilogue);
  } else if (x.k == 0) {
    for (int64_t i = 0; i < x.m; ++i) {
      for (int64_t j = 0; j < x.n; ++j) *x.c_at(i, j) = x.beta == 0 ? 0 : x.beta * *x.c_at(i, j);
    }
    epilogue(0, x.m, 0, x.n);
  } else if (dot_products_pay(x)) {
    multiply_dot(ctx, x, epilogue);
  } else if (x.m <= kFewRows && !x.transpose_b) {
    multiply_few_rows(ctx, x, epilogue);
  } else if (Split::pays(x)) {
    multiply_split(ctx, x, epilogue);
  } else {
    multiply_blocked(ctx, x, epilogue);
  }
}

// `batch` products of one shape; matrix i of A begins i * stride_a elements after the first.
inline void multiply_batch(jb_ctx ctx, const Product& first, int64_t batch, int64_t stride_a, int64_t stride_b,
                           int64_t stride_c) {
  if (blas::use_openblas()) {
    multiply_batch_with_openblas(ctx, first, batch, stride_a, stride_b, stride_c);
    return;
  }
  const auto multiply_one = [&](int64_t i) {
    Product x = first;
    x.a += i * stride_a;
    x.b += i * stride_b;
    x.c += i * stride_c;
    multiply(ctx, x);
  };
  // Few large products are divided among threads one after the other, of many small ones each thread takes some whole.
  constexpr double kLarge = 50e6;
  const double flops = 2.0 * static_cast<double>(first.m) * static_cast<double>(first.n) * static_cast<double>(first.k);
  if (flops >= kLarge) {
    for (int64_t i = 0; i < batch; ++i) multiply_one(i);
    return;
  }
  const auto cost = static_cast<int64_t>(flops / 16);
  parallel_for(ctx, batch, grain_for(batch, cost), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) multiply_one(i);
  });
}

}  // namespace jb::JB_ISA::gemm

#endif
