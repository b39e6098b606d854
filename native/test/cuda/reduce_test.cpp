#include "jaubert/reduce.h"

#include "cuda/both.h"
#include "jaubert/softmax.h"

namespace {

struct Sizes {
  int64_t outer, axis, inner;
};
constexpr Sizes kSizes[] = {{1, 1, 1}, {3, 700, 1}, {2, 77, 33}, {5, 2, 1}};
constexpr Sizes kLong[] = {{1, 20011, 1}, {3, 16999, 1}, {1, 1031, 33}, {2, 700, 3}};  // in two stages

template <typename T>
void check_reduce(jb_dtype dtype, jb_reduce_op first, jb_reduce_op last) {
  test::Both both;
  for (jb_reduce_op op = first; op <= last; ++op) {
    if (op == JB_MEAN && dtype != JB_F32) continue;
    for (const auto& [outer, axis, inner] : kSizes) {
      std::vector<T> values =
          test::integers<T>(outer * axis * inner, dtype == JB_BOOL ? 0 : -9, dtype == JB_BOOL ? 2 : 9);
      if (dtype == JB_F32 && axis > 1) values[1] = static_cast<T>(NAN);
      auto x = both.array(values);
      auto y = both.empty<T>(outer * inner);
      auto places = both.empty<int64_t>(outer * inner);
      const bool is_place = op == JB_ARGMAX || op == JB_ARGMIN;
      BOTH_OK(
          jb_reduce_forward(ctx, op, dtype, is_place ? static_cast<void*>(places[d]) : y[d], x[d], outer, axis, inner));
      EXPECT_SAME(y, 1e-6, 1e-6);
      EXPECT_EQUAL(places);
    }
  }
}

}  // namespace

TEST(reductions) {
  check_reduce<float>(JB_F32, JB_SUM, JB_ARGMIN);
  check_reduce<int32_t>(JB_I32, JB_SUM, JB_ARGMIN);
  check_reduce<int64_t>(JB_I64, JB_SUM, JB_ARGMIN);
  check_reduce<int8_t>(JB_BOOL, JB_ANY, JB_ALL);
}

// Of each operation, its second stage; sums are of the parts' sums, in the same order every time.
TEST(long_axes) {
  test::Both both;
  for (const auto& [outer, axis, inner] : kLong) {
    const int64_t n = outer * axis * inner, results = outer * inner;
    auto x = both.array(test::normal(n));
    auto y = both.empty<float>(results);
    for (jb_reduce_op op : {JB_SUM, JB_MEAN}) {
      EXPECT_OK(jb_reduce_forward(both.cuda(), op, JB_F32, y[1], x[1], outer, axis, inner));
      const std::vector<float> once = y.values(1), values = x.values(1);
      for (int64_t i = 0; i < results; ++i) {
        double sum = 0, absolute = 0;
        for (int64_t k = 0; k < axis; ++k) {
          const double v = static_cast<double>(values[static_cast<size_t>((i / inner * axis + k) * inner + i % inner)]);
          sum += v;
          absolute += std::abs(v);
        }
        const double scale = op == JB_MEAN ? 1 / static_cast<double>(axis) : 1;
        EXPECT(std::abs(static_cast<double>(once[static_cast<size_t>(i)]) - sum * scale) <= 0x1p-21 * absolute * scale);
      }
      EXPECT_OK(jb_reduce_forward(both.cuda(), op, JB_F32, y[1], x[1], outer, axis, inner));
      EXPECT_SAME_BITS(once, y.values(1));
    }
    auto integers = both.array(test::integers<int64_t>(n, -9, 9)), sums = both.empty<int64_t>(results);
    auto flags = both.array(test::integers<int8_t>(n, 0, 2)), any = both.empty<int8_t>(results);
    for (jb_reduce_op op : {JB_SUM, JB_MAX, JB_MIN, JB_ARGMAX, JB_ARGMIN}) {
      BOTH_OK(jb_reduce_forward(ctx, op, JB_I64, sums[d], integers[d], outer, axis, inner));
      EXPECT_EQUAL(sums);
      BOTH_OK(jb_reduce_forward(ctx, op, JB_F32, op >= JB_ARGMAX ? static_cast<void*>(sums[d]) : y[d], x[d], outer,
                                axis, inner));
      if (op != JB_SUM) EXPECT_EQUAL(y);
      EXPECT_EQUAL(sums);
    }
    for (jb_reduce_op op : {JB_ANY, JB_ALL}) {
      BOTH_OK(jb_reduce_forward(ctx, op, JB_BOOL, any[d], flags[d], outer, axis, inner));
      EXPECT_EQUAL(any);
    }
  }
}

TEST(empty_axes_and_wrong_types) {
  test::Both both;
  auto y = both.empty<float>(6);
  BOTH_OK(jb_reduce_forward(ctx, JB_SUM, JB_F32, y[d], y[d], 2, 0, 3));
  EXPECT_EQUAL(y);
  BOTH_OK(jb_reduce_forward(ctx, JB_MEAN, JB_F32, y[d], y[d], 2, 0, 3));
  EXPECT_SAME(y, 0, 0);
  BOTH_REFUSE(jb_reduce_forward(ctx, JB_MAX, JB_F32, y[d], y[d], 2, 0, 3), "max: the axis is empty");
  BOTH_REFUSE(jb_reduce_forward(ctx, JB_MEAN, JB_I32, y[d], y[d], 2, 1, 3), "mean: not defined for int32");
  BOTH_REFUSE(jb_reduce_forward(ctx, 8, JB_F32, y[d], y[d], 2, 1, 3), "reduce: 8 is not an operation");
}

TEST(softmax) {
  test::Both both;
  for (int64_t columns : {1, 2, 127, 300, 9001}) {
    const int64_t rows = columns > 300 ? 2 : 9;  // the last in two stages
    std::vector<float> values = test::normal(rows * columns, 3);
    std::fill_n(values.begin(), columns, -INFINITY);
    for (int32_t log = 0; log < 2; ++log) {
      auto x = both.array(values), y = both.empty<float>(rows * columns), dx = both.empty<float>(rows * columns);
      auto dy = both.array(test::normal(rows * columns));
      BOTH_OK(jb_softmax_forward(ctx, y[d], x[d], rows, columns, log));
      EXPECT_SAME(y, 3e-6, 1e-6);
      BOTH_OK(jb_softmax_backward(ctx, dx[d], dy[d], y[d], rows, columns, log));
      EXPECT_SAME(dx, 1e-5, 5e-6);
    }
  }
  auto x = both.empty<float>(1);
  BOTH_REFUSE(jb_softmax_forward(ctx, x[d], x[d], -1, 3, 0), "softmax: x is [-1, 3]");
}
