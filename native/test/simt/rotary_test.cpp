// kernels/attention/rotary.cuh under the emulator.
#include "attention/rotary.cuh"

#include "simt/check.h"

namespace {

template <typename T, int kWidth>
void check(int heads, int head_dim, int64_t stride) {
  const double base = 10000;
  const std::vector<int32_t> positions = {0, 1, 2, 511, 8191, 100000, -3};
  const auto tokens = static_cast<int64_t>(positions.size());
  const std::vector<T> x = simt::normal<T>(tokens * stride);
  const std::vector<double> d = simt::doubles(x);
  for (bool inverse : {false, true}) {
    std::vector<double> right = d, naive = d, rounding(d.size());
    for (int64_t at = 0; at < tokens * heads * (head_dim / 2); ++at) {
      const int64_t i = at % (head_dim / 2), h = at / (head_dim / 2) % heads, t = at / (head_dim / 2) / heads;
      const double angle = (inverse ? -1.0 : 1.0) * positions[static_cast<size_t>(t)] *
                           std::pow(base, -2.0 * static_cast<double>(i) / static_cast<double>(head_dim));
      const auto low = static_cast<size_t>(t * stride + h * head_dim + i),
                 high = low + static_cast<size_t>(head_dim / 2);
      right[low] = d[low] * std::cos(angle) - d[high] * std::sin(angle);
      right[high] = d[high] * std::cos(angle) + d[low] * std::sin(angle);
      const auto c = static_cast<float>(std::cos(angle)), s = static_cast<float>(std::sin(angle));
      const auto a = static_cast<float>(d[low]), b = static_cast<float>(d[high]);
      naive[low] = static_cast<double>(simt::rounded<T>(a * c - b * s));
      naive[high] = static_cast<double>(simt::rounded<T>(b * c + a * s));
      rounding[low] = rounding[high] = simt::kRounding<T> * (std::abs(d[low]) + std::abs(d[high]));
    }
    simt::Buffer<int32_t> ids("position ids", positions);
    simt::for_each_order(test::random()(), [&] {
      simt::Buffer<T> y("x", x);
      SIMT_LAUNCH((jb::rotary<T, kWidth>), ({2, jb::kRotaryThreads}), y.data(), ids.data(), tokens, heads, head_dim,
                  stride, std::log2(base), inverse);
      EXPECT_AS_GOOD(simt::doubles(y.values()), right, naive, rounding);
    });
  }
}

}  // namespace

TEST(pairs_turn_by_their_position) {
  check<float, 1>(3, 2, 11);
  check<float, 1>(2, 66, 140);
  check<float, 4>(3, 64, 200);
  check<jb::bf16, 1>(2, 6, 12);
  check<jb::bf16, 8>(3, 64, 3 * 192);
  check<jb::f16, 8>(1, 128, 128);
  check<jb::f16, 1>(2, 10, 25);
}
