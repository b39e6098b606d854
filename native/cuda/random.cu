// jb_random_* and jb_dropout.
#include "context.h"
#include "functions.h"
#include "launch.h"
#include "random/random.cuh"

namespace jb::cuda {
namespace {

// The grid of kernels where a thread has a group of elements.
Launch by_groups(const Context& c, int64_t n, int64_t group) { return over<kRandomThreads>(c, n, group); }

}  // namespace

jb_status jb_random_uniform(jb_ctx ctx, jb_out y, int64_t n, float low, float high, int64_t seed, int64_t offset) {
  return run(ctx, [&](Context& c) {
    check_uniform(n, low, high);
    if (n > 0)
      JB_LAUNCH(c, random_uniform<float>, by_groups(c, n, 4), as<float>(y), n, low, high, source_of(c, seed, offset));
  });
}

jb_status jb_random_normal(jb_ctx ctx, jb_out y, int64_t n, float mean, float deviation, int64_t seed, int64_t offset) {
  return run(ctx, [&](Context& c) {
    check_normal(n, deviation);
    if (n > 0)
      JB_LAUNCH(c, random_normal<float>, by_groups(c, n, 4), as<float>(y), n, mean, deviation,
                source_of(c, seed, offset));
  });
}

jb_status jb_dropout(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_in x, int64_t n, float p, int64_t seed, int64_t offset) {
  return run(ctx, [&](Context& c) {
    with_type("dropout", dtype, [&](auto zero) {
      using T = decltype(zero);
      JB_CHECK(n >= 0, "dropout: n is {}", n);
      check_probability("dropout", p);
      if (n == 0) return;
      JB_LAUNCH(c, dropout_forward<T>, by_groups(c, n, 8), as<T>(y), as<T>(x), n, dropout_of(c, p, seed, offset));
    });
  });
}

}  // namespace jb::cuda
