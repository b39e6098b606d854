// jb_matmul.
#include "context.h"
#include "functions.h"
#include "product.h"

namespace jb::cuda {

jb_status jb_matmul(jb_ctx ctx, jb_inout c, jb_in a, jb_in b, const jb_matmul_args* args) {
  return run(ctx, [&](Context& context) {
    const jb_matmul_args& of = given("matmul", args);
    const MatmulAreas areas = checked_matmul(c, a, b, of);
    Product<float, float> product{.transpose_a = of.transpose_a != 0,
                                  .transpose_b = of.transpose_b != 0,
                                  .m = of.m,
                                  .n = of.n,
                                  .k = of.k,
                                  .alpha = float32(of.alpha),
                                  .a = as<float>(a),
                                  .b = as<float>(b),
                                  .beta = float32(of.beta),
                                  .c = as<float>(c),
                                  .batch = of.batch,
                                  .stride_a = of.stride_a,
                                  .stride_b = of.stride_b,
                                  .stride_c = of.stride_c};
    // Matrices of A that follow one another, times one B, are one tall matrix.
    if (of.transpose_a == 0 && of.stride_b == 0 && of.stride_a == areas.a && of.stride_c == areas.c && of.batch > 0) {
      product.m *= of.batch;
      product.batch = 1;
    }
    multiply("matmul", context, product);
  });
}

}  // namespace jb::cuda
