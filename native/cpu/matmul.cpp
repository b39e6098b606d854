// Products of matrices.
#include "jaubert/matmul.h"

#include "gemm/multiply.h"
#include "support/arguments.h"
#include "support/kernel.h"

JB_KERNEL(jb_matmul)
(jb_ctx ctx, jb_inout c, jb_in a, jb_in b, const jb_matmul_args* args) {
  return guard([&] {
    const jb_matmul_args& of = given("matmul", args);
    const auto [area_a, area_c] = checked_matmul(c, a, b, of);
    gemm::Product product{of.transpose_a != 0,
                          of.transpose_b != 0,
                          of.m,
                          of.n,
                          of.k,
                          float32(of.alpha),
                          static_cast<const float*>(a),
                          static_cast<const float*>(b),
                          float32(of.beta),
                          static_cast<float*>(c)};
    int64_t batch = of.batch;
    // Matrices of A that follow one another, times one B, are one tall matrix.
    if (of.transpose_a == 0 && of.stride_b == 0 && of.stride_a == area_a && of.stride_c == area_c) {
      product.m *= batch;
      batch = 1;
    }
    if (batch == 1) return gemm::multiply(ctx, product);
    gemm::multiply_batch(ctx, product, batch, of.stride_a, of.stride_b, of.stride_c);
  });
}
