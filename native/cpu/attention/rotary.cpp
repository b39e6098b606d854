// jb_rotary: rotary position embedding.
#include "jaubert/attention.h"
#include "support/arguments.h"
#include "support/kernel.h"
#include "support/parallel.h"
#include "support/row.h"

JB_KERNEL(jb_rotary)
(jb_ctx ctx, jb_dtype dtype, jb_inout x, jb_in position_ids, int64_t tokens, int64_t heads, int64_t head_dim,
 float base, int32_t inverse) {
  return guard([&] {
    with_cpu_type("rotary", dtype, [&](auto zero) {
      using T = decltype(zero);
      check_rotary(tokens, heads, head_dim, base);
      const auto* positions = static_cast<const int32_t*>(position_ids);
      const int64_t half = head_dim / 2;
      Scratch scratch;
      double* frequencies = scratch.take<double>(half);  // radians per position
      for (int64_t i = 0; i < half; ++i) {
        const double exponent = -2.0 * static_cast<double>(i) / static_cast<double>(head_dim);
        frequencies[i] = std::pow(static_cast<double>(base), exponent);
      }
      parallel_for(ctx, tokens, grain_for(tokens, head_dim * (heads + 64)), [&](int64_t begin, int64_t end) {
        Scratch own;
        float* cosines = own.take<float>(half);
        float* sines = own.take<float>(half);
        for (int64_t t = begin; t < end; ++t) {
          // In double precision: an angle of thousands of radians has few digits left in float.
          for (int64_t i = 0; i < half; ++i) {
            const double angle = static_cast<double>(positions[t]) * frequencies[i];
            cosines[i] = static_cast<float>(std::cos(angle));
            sines[i] = static_cast<float>(inverse != 0 ? -std::sin(angle) : std::sin(angle));
          }
          for (int64_t h = 0; h < heads; ++h) {
            T* low = elements<T>(x) + (t * heads + h) * head_dim;
            T* high = low + half;
            for_row(half, [&](int64_t i, auto lanes) {
              const vf a = lanes.load(low + i), b = lanes.load(high + i);
              const vf c = lanes.load(cosines + i), s = lanes.load(sines + i);
              lanes.store(low + i, a * c - b * s);
              lanes.store(high + i, b * c + a * s);
            });
          }
        }
      });
    });
  });
}
