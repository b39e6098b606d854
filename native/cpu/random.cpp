// jb_random_*.
#include "jaubert/random.h"

#include "random_blocks.h"
#include "support/arguments.h"
#include "support/kernel.h"
#include "support/simd_math.h"

namespace jb::JB_ISA {
namespace {

vf unsigned_to_float(vu x) { return __builtin_convertvector(x, vf); }

}  // namespace
}  // namespace jb::JB_ISA

JB_KERNEL(jb_random_uniform)
(jb_ctx ctx, jb_out y, int64_t n, float low, float high, int64_t seed, int64_t offset) {
  return guard([&] {
    check_uniform(n, low, high);
    const Philox<10> numbers(seed, offset);
    // low + (high - low) * u may round to high, which is not in the interval.
    const float top = flush(low < high ? std::nextafter(high, low) : low);
    fill_blocks(ctx, static_cast<float*>(y), n, false, [&](int64_t i, vf(&values)[8]) {
      PhiloxWords x[2];
      numbers.consecutive_pair(x, static_cast<uint64_t>(i) / 4);
      for (int w = 0; w < 8; ++w) {
        const vf u = to_float((vi)(x[w / 4].words[w % 4] >> 8)) * 0x1p-24f;
        values[w] = min(splat(top), fma(u, splat(high - low), splat(low)));
      }
    });
  });
}

JB_KERNEL(jb_random_normal)
(jb_ctx ctx, jb_out y, int64_t n, float mean, float deviation, int64_t seed, int64_t offset) {
  return guard([&] {
    check_normal(n, deviation);
    const Philox<10> numbers(seed, offset);
    fill_blocks(ctx, static_cast<float*>(y), n, false, [&](int64_t i, vf(&values)[8]) {
      // Numbers 0 and 1 of a group make results 0 and 1, numbers 2 and 3 the other two:
      //   sqrt(-2 ln u) * (cos, sin)(2 pi v),  u = (number + 1/2) / 2^32 in (0, 1],  v = number / 2^32 as signed.
      PhiloxWords x[2];
      numbers.consecutive_by_word(x, static_cast<uint64_t>(i) / 4);
      for (int half = 0; half < 2; ++half) {
        PhiloxWords z;
        for (int pair = 0; pair < 4; pair += 2) {
          const vf u = fma(unsigned_to_float(x[half].words[pair]), splat(0x1p-32f), splat(0x1p-33f));
          const vf radius = sqrt(log(u) * -2.0f) * deviation;
          const SinCos angle = sincos(to_float((vi)x[half].words[pair + 1]) * 1.46291807926715968e-9f);  // 2 pi / 2^32
          z.words[pair] = (vu)fma(radius, angle.cos, splat(mean));
          z.words[pair + 1] = (vu)fma(radius, angle.sin, splat(mean));
        }
        z = numbers.transpose(z);
        for (int w = 0; w < 4; ++w) values[4 * half + w] = (vf)z.words[w];
      }
    });
  });
}
