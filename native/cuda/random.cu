// jb_random_*.
#include "context.h"
#include "functions.h"
#include "launch.h"
#include "random/random.cuh"

namespace jb::cuda {
jb_status jb_random_uniform(jb_ctx ctx, jb_out y, int64_t n, float low, float high, int64_t seed, int64_t offset) {
  return run(ctx, [&](Context& c) {
    check_uniform(n, low, high);
    if (n > 0)
      JB_LAUNCH(c, random_uniform<float>, over<kRandomThreads>(c, n, 4), as<float>(y), n, low, high,
                source_of(c, seed, offset));
  });
}

jb_status jb_random_normal(jb_ctx ctx, jb_out y, int64_t n, float mean, float deviation, int64_t seed, int64_t offset) {
  return run(ctx, [&](Context& c) {
    check_normal(n, deviation);
    if (n > 0)
      JB_LAUNCH(c, random_normal<float>, over<kRandomThreads>(c, n, 4), as<float>(y), n, mean, deviation,
                source_of(c, seed, offset));
  });
}

}  // namespace jb::cuda
