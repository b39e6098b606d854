// kernels/random and kernels/dropout under the emulator.
#include "random/random.cuh"

#include "../philox_reference.h"
#include "dropout/dropout.cuh"
#include "simt/check.h"

using simt::Buffer;

TEST(numbers_are_those_of_the_reference) {
  const int64_t seed = test::integers<int64_t>(1, -1000000, 1000000)[0], offset = int64_t{1} << 40;
  for (int64_t n : {1, 6, 2051}) {
    Buffer<float> y("y", static_cast<size_t>(n)), z("z", static_cast<size_t>(n)), x("x", test::normal(n)),
        d("d", static_cast<size_t>(n));
    Buffer<jb::bf16> narrow("bf16", static_cast<size_t>(n));
    // Half of the offset lies where a graph's replays find it.
    Buffer<int64_t> base("base", std::vector<int64_t>{offset / 2});
    const jb::Dropout mask = simt::dropout(0.3f, seed, offset - offset / 2, base.data());
    const jb::RandomSource source = mask;
    simt::for_each_order(test::random()(), [&] {
      SIMT_LAUNCH(jb::random_uniform<float>, ({2, jb::kRandomThreads}), y.data(), n, -2.0f, 3.0f, source);
      SIMT_LAUNCH(jb::random_normal<float>, ({2, jb::kRandomThreads}), z.data(), n, 1.0f, 2.0f, source);
      SIMT_LAUNCH(jb::random_normal<jb::bf16>, ({1, jb::kRandomThreads}), narrow.data(), n, 1.0f, 2.0f, source);
      SIMT_LAUNCH(jb::dropout_forward<float>, ({2, jb::kRandomThreads}), d.data(), x.data(), n, mask);
      for (size_t i = 0; i < y.size(); ++i) {
        EXPECT(y.data()[i] == std::fma(static_cast<float>(test::philox(seed, offset, i) >> 8) * 0x1p-24f, 5.0f, -2.0f));
        const uint64_t pair = i / 2 * 2;
        const double u = (test::philox(seed, offset, pair) + 0.5) * 0x1p-32;
        const double angle = static_cast<int32_t>(test::philox(seed, offset, pair + 1)) * (2 * M_PI * 0x1p-32);
        const double right = 1 + 2 * std::sqrt(-2 * std::log(u)) * (i % 2 == 0 ? std::cos(angle) : std::sin(angle));
        EXPECT(std::abs(static_cast<double>(z.data()[i]) - right) < 2e-5);
        EXPECT(narrow.data()[i].bits == __float2bfloat16_rn(z.data()[i]).bits);
        const bool kept = test::keeps(seed, offset, i, 0.3f);
        EXPECT(d.data()[i] == (kept ? x.data()[i] * mask.scale : 0));
      }
    });
  }
}

TEST(a_dropped_value_is_zero_whatever_it_was) {
  Buffer<float> x("x", std::vector<float>(1000, INFINITY));
  SIMT_LAUNCH(jb::dropout_forward<float>, ({1, jb::kRandomThreads}), x.data(), x.data(), 1000,
              simt::dropout(0.5f, 1, 2));
  for (size_t i = 0; i < 1000; ++i) EXPECT(x.data()[i] == (test::keeps(1, 2, i, 0.5f) ? INFINITY : 0));
}
