// jb_dropout.
#include "jaubert/dropout.h"

#include "random_blocks.h"
#include "support/arguments.h"
#include "support/kernel.h"

JB_KERNEL(jb_dropout)(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_in x, int64_t n, float p, int64_t seed, int64_t offset) {
  return guard([&] {
    with_cpu_type("dropout", dtype, [&](auto zero) {
      using T = decltype(zero);
      JB_CHECK(n >= 0, "dropout: n is {}", n);
      check_probability("dropout", p);
      const Dropout dropout(p, seed, offset);
      const auto* from = elements<T>(x);
      fill_blocks(ctx, elements<T>(y), n, x == y, [&](int64_t i, vf(&values)[8]) {
        alignas(64) int16_t memory[Dropout::room(kRandomBlock)];
        const int16_t* mask = dropout.keep_range(memory, static_cast<uint64_t>(i), kRandomBlock);
        for (int w = 0; w < 8; ++w) {
          const int64_t left = n - i - w * kLanes;
          if (left <= 0) break;
          const vf value = left >= kLanes ? load(from + i + w * kLanes) : load_partial(from + i + w * kLanes, left);
          values[w] = drop(value, load_mask(mask + w * kLanes), dropout.scale);
        }
      });
    });
  });
}
