#include "jaubert/reduce.h"

#include <array>
#include <limits>

#include "test.h"

namespace {

using Shape = std::array<int64_t, 3>;

const Shape kShapes[] = {{1, 1, 1},      {1, 1000003, 1}, {5, 17, 1},    {1000, 3, 1},  {3, 384, 1},
                         {2, 100003, 1}, {1, 5, 7},       {1, 4096, 97}, {1, 513, 384}, {4, 33, 129},
                         {7, 2, 3},      {1, 1, 300},     {0, 5, 3},     {3, 5, 0},     {2, 700, 65}};

size_t results(const Shape& s) { return static_cast<size_t>(s[0] * s[2]); }

// Calls body(result, position on the axis, element).
template <typename Body>
void for_each(const Shape& s, Body body) {
  for (int64_t o = 0; o < s[0]; ++o) {
    for (int64_t a = 0; a < s[1]; ++a) {
      for (int64_t i = 0; i < s[2]; ++i) {
        body(static_cast<size_t>(o * s[2] + i), a, static_cast<size_t>((o * s[1] + a) * s[2] + i));
      }
    }
  }
}

template <typename T>
void check_extremes(jb_dtype dtype, std::vector<T> (*draw)(int64_t)) {
  const test::Context ctx;
  for (const Shape& s : kShapes) {
    const auto x = draw(s[0] * s[1] * s[2]);
    for (const bool largest : {true, false}) {
      std::vector<T> y(results(s)), expected(y);
      std::vector<int64_t> at(y.size()), expected_at(y.size());
      for_each(s, [&](size_t to, int64_t a, size_t from) {
        const T best = expected[to], v = x[from];
        const bool nan = best != best;
        if (a == 0 || (!nan && ((largest ? v > best : v < best) || v != v))) {
          expected[to] = v;
          expected_at[to] = a;
        }
      });
      EXPECT_OK(jb_reduce_forward(ctx, largest ? JB_MAX : JB_MIN, dtype, y.data(), x.data(), s[0], s[1], s[2]));
      EXPECT_CLOSE(y, expected, 0, 0);
      EXPECT_OK(jb_reduce_forward(ctx, largest ? JB_ARGMAX : JB_ARGMIN, dtype, at.data(), x.data(), s[0], s[1], s[2]));
      EXPECT_SAME_BITS(at, expected_at);
    }
  }
}

}  // namespace

TEST(sums_and_means_of_floats) {
  const test::Context ctx;
  for (const Shape& s : kShapes) {
    const auto x = test::normal(s[0] * s[1] * s[2]);
    std::vector<double> expected(results(s)), sizes(expected);
    for_each(s, [&](size_t to, int64_t, size_t from) {
      expected[to] += x[from];
      sizes[to] += std::abs(x[from]);
    });
    for (const bool mean : {false, true}) {
      std::vector<float> y(expected.size(), NAN);
      EXPECT_OK(jb_reduce_forward(ctx, mean ? JB_MEAN : JB_SUM, JB_F32, y.data(), x.data(), s[0], s[1], s[2]));
      const double divisor = mean ? static_cast<double>(s[1]) : 1;
      for (size_t i = 0; i < y.size(); ++i) {
        // Pairwise: a sum of a million terms keeps nearly all digits.
        EXPECT(std::abs(y[i] - expected[i] / divisor) <= 5e-7 * sizes[i] / divisor);
      }
    }
  }
}

TEST(a_million_tenths) {
  const test::Context ctx;
  const std::vector<float> x(1 << 20, 0.1F);
  float sum = 0;
  EXPECT_OK(jb_reduce_forward(ctx, JB_SUM, JB_F32, &sum, x.data(), 1, 1 << 20, 1));
  EXPECT(std::abs(sum - (1 << 20) * static_cast<double>(0.1F)) < 0.05);
}

TEST(sums_have_the_same_bits_for_any_number_of_threads) {
  const test::Context one(1), two(2), five(5);
  for (const Shape& s : kShapes) {
    const auto x = test::normal(s[0] * s[1] * s[2]);
    std::vector<float> a(results(s)), b(a), c(a);
    EXPECT_OK(jb_reduce_forward(one, JB_SUM, JB_F32, a.data(), x.data(), s[0], s[1], s[2]));
    EXPECT_OK(jb_reduce_forward(two, JB_SUM, JB_F32, b.data(), x.data(), s[0], s[1], s[2]));
    EXPECT_OK(jb_reduce_forward(five, JB_SUM, JB_F32, c.data(), x.data(), s[0], s[1], s[2]));
    EXPECT_SAME_BITS(a, b);
    EXPECT_SAME_BITS(a, c);
  }
}

TEST(extremes_and_their_places) {
  check_extremes<float>(JB_F32, [](int64_t n) { return test::normal(n); });
  // Many ties, NaN and infinities.
  check_extremes<float>(JB_F32, [](int64_t n) {
    auto x = test::normal(n);
    for (float& v : x) v = std::round(v);
    if (n > 100) {
      for (size_t at : {1, 40, 77}) x[at] = NAN;
      x[50] = std::numeric_limits<float>::infinity();
      x[60] = -std::numeric_limits<float>::infinity();
    }
    return x;
  });
  check_extremes<int32_t>(JB_I32, [](int64_t n) { return test::integers<int32_t>(n, -20, 20); });
  check_extremes<int64_t>(JB_I64, [](int64_t n) { return test::integers<int64_t>(n, -INT64_MAX, INT64_MAX); });
}

TEST(sums_of_integers_wrap_and_bools_combine) {
  const test::Context ctx;
  for (const Shape& s : kShapes) {
    const auto x = test::integers<int32_t>(s[0] * s[1] * s[2], INT32_MIN, INT32_MAX);
    const auto flags = test::integers<uint8_t>(s[0] * s[1] * s[2], 0, 2);
    std::vector<int32_t> y(results(s)), expected(y);
    std::vector<uint8_t> any(y.size()), all(y.size()), expected_any(y.size(), 0), expected_all(y.size(), 1);
    for_each(s, [&](size_t to, int64_t, size_t from) {
      expected[to] = static_cast<int32_t>(static_cast<uint32_t>(expected[to]) + static_cast<uint32_t>(x[from]));
      expected_any[to] |= flags[from];
      expected_all[to] &= flags[from];
    });
    EXPECT_OK(jb_reduce_forward(ctx, JB_SUM, JB_I32, y.data(), x.data(), s[0], s[1], s[2]));
    EXPECT_SAME_BITS(y, expected);
    EXPECT_OK(jb_reduce_forward(ctx, JB_ANY, JB_BOOL, any.data(), flags.data(), s[0], s[1], s[2]));
    EXPECT_SAME_BITS(any, expected_any);
    EXPECT_OK(jb_reduce_forward(ctx, JB_ALL, JB_BOOL, all.data(), flags.data(), s[0], s[1], s[2]));
    EXPECT_SAME_BITS(all, expected_all);
  }
}

TEST(an_empty_axis) {
  const test::Context ctx;
  std::vector<float> y(6, 7);
  EXPECT_OK(jb_reduce_forward(ctx, JB_SUM, JB_F32, y.data(), nullptr, 2, 0, 3));
  EXPECT_SAME_BITS(y, std::vector<float>(6, 0));
  EXPECT_OK(jb_reduce_forward(ctx, JB_MEAN, JB_F32, y.data(), nullptr, 6, 0, 1));
  for (float v : y) EXPECT(std::isnan(v));
  std::vector<int64_t> sums(6, 7);
  EXPECT_OK(jb_reduce_forward(ctx, JB_SUM, JB_I64, sums.data(), nullptr, 2, 0, 3));
  EXPECT_SAME_BITS(sums, std::vector<int64_t>(6, 0));
  std::vector<uint8_t> all(2, 0);
  EXPECT_OK(jb_reduce_forward(ctx, JB_ALL, JB_BOOL, all.data(), nullptr, 2, 0, 1));
  EXPECT_SAME_BITS(all, std::vector<uint8_t>(2, 1));
  EXPECT_REFUSED(jb_reduce_forward(ctx, JB_MAX, JB_F32, y.data(), nullptr, 2, 0, 3), "max: the axis is empty");
  EXPECT_REFUSED(jb_reduce_forward(ctx, JB_MEAN, JB_I32, y.data(), nullptr, 0, 0, 3), "mean: not defined for int32");
  EXPECT_REFUSED(jb_reduce_forward(ctx, 12, JB_F32, y.data(), nullptr, 0, 0, 3), "12");
}
