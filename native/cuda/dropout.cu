// jb_dropout.
#include "context.h"
#include "dropout/dropout.cuh"
#include "functions.h"
#include "launch.h"

namespace jb::cuda {

jb_status jb_dropout(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_in x, int64_t n, float p, int64_t seed, int64_t offset) {
  return run(ctx, [&](Context& c) {
    with_type("dropout", dtype, [&](auto zero) {
      using T = decltype(zero);
      JB_CHECK(n >= 0, "dropout: n is {}", n);
      check_probability("dropout", p);
      if (n == 0) return;
      JB_LAUNCH(c, dropout_forward<T>, over<kRandomThreads>(c, n, 8), as<T>(y), as<T>(x), n,
                dropout_of(c, p, seed, offset));
    });
  });
}

}  // namespace jb::cuda
