// jb_random_* and jb_dropout.
#include "jaubert/random.h"

#include "support/arguments.h"
#include "support/kernel.h"
#include "support/parallel.h"
#include "support/philox.h"
#include "support/row.h"
#include "support/simd_math.h"
#include "support/stores.h"

namespace jb::JB_ISA {
namespace {

constexpr int64_t kBlock = 8 * kLanes;    // the numbers of two vectors of counters, or of one with numbers of 16 bits
constexpr int64_t kGrain = 256 * kBlock;  // blocks do not cross the chunks of threads

// to[i] = value of number i, for the kBlock numbers that make(i, values) yields from i on. Results that are also what
// the values are made of (in_place) are in the caches already.
template <typename Make>
void fill_blocks(jb_ctx ctx, float* to, int64_t n, bool in_place, Make&& make) {
  const bool aligned = elements_to_boundary(to) == 0;
  with_stores(aligned && !in_place ? n : 0, [&](auto write) {
    parallel_for(ctx, n, kGrain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i += kBlock) {
        vf values[8] = {};
        make(i, values);
        for (int w = 0; w < 8; ++w) {
          const int64_t at = i + w * kLanes;
          if (at + kLanes <= end) {
            write(AllLanes{}, to + at, values[w]);
          } else if (at < end) {
            store_partial(to + at, values[w], end - at);
          }
        }
      }
      write.finish();
    });
  });
}

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

JB_KERNEL(jb_dropout)(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_in x, int64_t n, float p, int64_t seed, int64_t offset) {
  return guard([&] {
    check_cpu_type("dropout", dtype);
    JB_CHECK(n >= 0, "dropout: n is {}", n);
    check_probability("dropout", p);
    const Dropout dropout(p, seed, offset);
    const auto* from = static_cast<const float*>(x);
    fill_blocks(ctx, static_cast<float*>(y), n, x == y, [&](int64_t i, vf(&values)[8]) {
      alignas(64) int16_t memory[Dropout::room(kBlock)];
      const int16_t* mask = dropout.keep_range(memory, static_cast<uint64_t>(i), kBlock);
      for (int w = 0; w < 8; ++w) {
        const int64_t left = n - i - w * kLanes;
        if (left <= 0) break;
        const vf value = left >= kLanes ? load(from + i + w * kLanes) : load_partial(from + i + w * kLanes, left);
        values[w] = drop(value, load_mask(mask + w * kLanes), dropout.scale);
      }
    });
  });
}
