#include <algorithm>
#include <numeric>

#include "jaubert/elementwise.h"
#include "test.h"

namespace {

struct Copy {
  std::vector<int64_t> shape, y, x;
};

// Runs body(offset in y, offset in x) for every index of the shape.
template <typename Body>
void for_each(const Copy& c, Body body) {
  int64_t total = 1;
  for (int64_t size : c.shape) total *= size;
  for (int64_t flat = 0; flat < total; ++flat) {
    int64_t rest = flat, y = 0, x = 0;
    for (size_t axis = c.shape.size(); axis-- > 0;) {
      y += rest % c.shape[axis] * c.y[axis];
      x += rest % c.shape[axis] * c.x[axis];
      rest /= c.shape[axis];
    }
    body(static_cast<size_t>(y), static_cast<size_t>(x));
  }
}

size_t reach(const Copy& c, const std::vector<int64_t>& strides) {
  int64_t last = 0;
  for (size_t axis = 0; axis < c.shape.size(); ++axis) last += std::max<int64_t>(0, c.shape[axis] - 1) * strides[axis];
  return static_cast<size_t>(last + 1);
}

// Contiguous, transposed small and large, permuted heads, a slice, an expansion, a column of a concat, rank 0 and 8.
const Copy kCopies[] = {
    {{}, {}, {}},
    {{1000}, {1}, {1}},
    {{37, 65}, {65, 1}, {1, 37}},
    {{401, 300}, {300, 1}, {1, 401}},
    {{401, 300}, {1, 401}, {300, 1}},
    {{7, 12, 32}, {32, 224, 1}, {384, 32, 1}},
    {{3, 33, 20, 17}, {11220, 340, 17, 1}, {11220, 1, 33, 660}},
    {{50, 3}, {3, 1}, {10, 2}},
    {{50, 64}, {64, 1}, {0, 1}},
    {{50, 64}, {64, 1}, {1, 0}},
    {{20, 5}, {17, 1}, {5, 1}},
    {{0, 5}, {5, 1}, {5, 1}},
    {{2, 1, 2, 2, 1, 2, 2, 3}, {48, 48, 24, 12, 12, 6, 3, 1}, {1, 2, 2, 4, 8, 8, 16, 32}},
};

template <typename T>
void check(jb_dtype dtype) {
  const test::Context ctx;
  for (const Copy& c : kCopies) {
    std::vector<T> x(reach(c, c.x)), y(reach(c, c.y), T{77});
    std::iota(x.begin(), x.end(), T{1});
    auto expected = y;
    for_each(c, [&](size_t to, size_t from) { expected[to] = x[from]; });
    EXPECT_OK(jb_strided_copy(ctx, dtype, y.data(), x.data(), static_cast<int32_t>(c.shape.size()), c.shape.data(),
                              c.y.data(), c.x.data(), 0));
    EXPECT_SAME_BITS(y, expected);
  }
}

}  // namespace

TEST(strided_copies_of_every_element_size) {
  check<uint8_t>(JB_BOOL);
  check<uint16_t>(JB_BF16);
  check<float>(JB_F32);
  check<int64_t>(JB_I64);
}

TEST(strided_copies_that_add) {
  const test::Context ctx;
  for (const Copy& c : kCopies) {
    const auto x = test::normal(static_cast<int64_t>(reach(c, c.x)));
    auto y = test::normal(static_cast<int64_t>(reach(c, c.y)));
    auto expected = y;
    for_each(c, [&](size_t to, size_t from) { expected[to] += x[from]; });
    EXPECT_OK(jb_strided_copy(ctx, JB_F32, y.data(), x.data(), static_cast<int32_t>(c.shape.size()), c.shape.data(),
                              c.y.data(), c.x.data(), 1));
    EXPECT_SAME_BITS(y, expected);
  }
}

TEST(a_flip_has_a_negative_stride) {
  const test::Context ctx;
  const std::vector<float> x = {1, 2, 3, 4, 5};
  std::vector<float> y(5);
  const int64_t shape[] = {5}, forwards[] = {1}, backwards[] = {-1};
  EXPECT_OK(jb_strided_copy(ctx, JB_F32, y.data(), x.data() + 4, 1, shape, forwards, backwards, 0));
  EXPECT_SAME_BITS(y, std::vector<float>({5, 4, 3, 2, 1}));
}

TEST(strided_copies_that_cannot_be_are_refused) {
  const test::Context ctx;
  float x[4] = {}, y[4] = {};
  const int64_t shape[] = {2, 2}, strides[] = {2, 1}, meeting[] = {0, 1}, negative[] = {2, -2};
  EXPECT_REFUSED(jb_strided_copy(ctx, JB_F32, y, x, 2, shape, meeting, strides, 0), "axis 0 of size 2 has stride 0");
  EXPECT_REFUSED(jb_strided_copy(ctx, JB_I32, y, x, 2, shape, strides, strides, 1), "not int32");
  EXPECT_REFUSED(jb_strided_copy(ctx, 42, y, x, 2, shape, strides, strides, 0), "42");
  EXPECT_REFUSED(jb_strided_copy(ctx, JB_F32, y, x, 2, negative, strides, strides, 0), "axis 1 has size -2");
}
