#include "jaubert/random.h"

#include <algorithm>

#include "jaubert/dropout.h"
#include "philox_reference.h"
#include "test.h"

namespace {

constexpr int64_t kSizes[] = {0, 1, 3, 4, 15, 17, 64, 65, 1009, 100003};

}  // namespace

TEST(uniform_is_the_function_of_seed_offset_and_index) {
  const test::Context ctx;
  for (int64_t n : kSizes) {
    std::vector<float> y(static_cast<size_t>(n) + 1, 77.0f), expected;
    EXPECT_OK(jb_random_uniform(ctx, y.data(), n, -2.0f, 3.0f, -5, 123456789012345));
    for (int64_t i = 0; i < n; ++i) {
      const double u = test::philox(-5, 123456789012345, static_cast<uint64_t>(i)) >> 8;
      expected.push_back(static_cast<float>(-2 + 5 * (u * 0x1p-24)));
    }
    EXPECT(y.back() == 77.0f);  // nothing behind the end is touched
    y.pop_back();
    EXPECT_CLOSE(y, expected, 0, 5e-7);
    for (float value : y) EXPECT(value >= -2.0f && value < 3.0f);
  }
}

TEST(uniform_never_reaches_its_upper_end) {
  const test::Context ctx;
  std::vector<float> y(1 << 20);
  // 1 + u * 2^-23 rounds to one of two floats; the upper one is not in the interval.
  EXPECT_OK(jb_random_uniform(ctx, y.data(), 1 << 20, 1.0f, std::nextafter(1.0f, 2.0f), 1, 0));
  for (float value : y) EXPECT(value == 1.0f);
  EXPECT_REFUSED(jb_random_uniform(ctx, y.data(), 4, 1.0f, 0.0f, 1, 0), "[1, 0)");
  EXPECT_REFUSED(jb_random_uniform(ctx, y.data(), -4, 0.0f, 1.0f, 1, 0), "n is -4");
}

TEST(normal_is_box_and_muller_of_a_group) {
  const test::Context ctx;
  for (int64_t n : kSizes) {
    std::vector<float> y(static_cast<size_t>(n) + 1, 77.0f);
    EXPECT_OK(jb_random_normal(ctx, y.data(), n, 0.5f, 2.0f, 42, 7));
    EXPECT(y.back() == 77.0f);
    y.pop_back();
    std::vector<double> expected;
    for (int64_t i = 0; i < n; ++i) {
      const auto pair = static_cast<uint64_t>(i / 2 * 2);
      // (number + 1/2) / 2^32 as a float: where it is near 1, so is the logarithm to what that rounding left.
      const float u = std::fma(static_cast<float>(test::philox(42, 7, pair)), 0x1p-32f, 0x1p-33f);
      const double turn = static_cast<int32_t>(test::philox(42, 7, pair + 1)) * 0x1p-32;
      const double radius = std::sqrt(-2 * std::log(static_cast<double>(u))), angle = 2 * M_PI * turn;
      expected.push_back(0.5 + 2 * radius * (i % 2 == 0 ? std::cos(angle) : std::sin(angle)));
    }
    EXPECT_CLOSE(y, expected, 1e-6, 5e-6);
  }
}

TEST(normal_has_the_moments_of_a_normal_distribution) {
  const test::Context ctx;
  const int64_t n = 1 << 20;
  std::vector<float> y(n);
  const auto seed = static_cast<int64_t>(test::random()());
  EXPECT_OK(jb_random_normal(ctx, y.data(), n, 0.0f, 1.0f, seed, 0));
  double moments[5] = {};
  for (float value : y) {
    for (int k = 1; k <= 4; ++k) moments[k] += std::pow(static_cast<double>(value), k) / n;
  }
  // Six standard errors of each: sqrt(1, 2, 15, 96) / 1024.
  EXPECT(std::abs(moments[1]) < 6.0 / 1024);
  EXPECT(std::abs(moments[2] - 1) < 6 * 1.42 / 1024);
  EXPECT(std::abs(moments[3]) < 6 * 3.88 / 1024);
  EXPECT(std::abs(moments[4] - 3) < 6 * 9.8 / 1024);
}

TEST(dropout_keeps_by_threshold_and_scales) {
  const test::Context ctx;
  for (float p : {0.0f, 0.1f, 0.5f, 0.9999999f}) {
    for (int64_t n : kSizes) {
      std::vector<float> x = test::normal(n);
      if (n > 2) x[1] = INFINITY, x[2] = NAN;
      std::vector<float> y(x.size(), 5.0f), expected;
      EXPECT_OK(jb_dropout(ctx, JB_F32, y.data(), x.data(), n, p, 9, 1));
      for (int64_t i = 0; i < n; ++i) {
        const bool keep = test::keeps(9, 1, static_cast<uint64_t>(i), p);
        expected.push_back(keep ? x[static_cast<size_t>(i)] / (1 - p) : 0.0f);
      }
      EXPECT_CLOSE(y, expected, 2e-7, 0);
      EXPECT_OK(jb_dropout(ctx, JB_F32, x.data(), x.data(), n, p, 9, 1));  // in place
      for (size_t i = 0; i < x.size(); ++i) EXPECT(x[i] == y[i] || (std::isnan(x[i]) && std::isnan(y[i])));
    }
  }
  float one = 1;
  EXPECT_REFUSED(jb_dropout(ctx, JB_F32, &one, &one, 1, 1.0f, 0, 0), "p is 1");
  EXPECT_REFUSED(jb_dropout(ctx, JB_F32, &one, &one, 1, -0.5f, 0, 0), "p is -0.5");
}

TEST(numbers_have_the_same_bits_for_any_number_of_threads) {
  const test::Context one(1), three(3);
  const int64_t n = 300007;
  std::vector<float> a(n), b(n);
  EXPECT_OK(jb_random_normal(one, a.data(), n, 0, 1, 3, 3));
  EXPECT_OK(jb_random_normal(three, b.data(), n, 0, 1, 3, 3));
  EXPECT_SAME_BITS(a, b);
}
