#include "jaubert/index.h"

#include "test.h"

namespace {

template <typename I>
constexpr jb_dtype kIndexType = sizeof(I) == 4 ? JB_I32 : JB_I64;

struct Sizes {
  int64_t n, rows, width;
};
const Sizes kSizes[] = {{1, 1, 1}, {7, 3, 5}, {100, 1000, 384}, {3001, 17, 129}, {0, 5, 3}, {5, 5, 0}, {2000, 2, 1}};

template <typename I>
void check_rows() {
  const test::Context ctx;
  for (const Sizes& s : kSizes) {
    const auto index = test::integers<I>(s.n, 0, s.rows);
    const auto x = test::normal(s.rows * s.width);
    std::vector<float> y(static_cast<size_t>(s.n * s.width)), expected(y);
    for (int64_t i = 0; i < s.n * s.width; ++i) {
      const int64_t row = index[static_cast<size_t>(i / s.width)];
      expected[static_cast<size_t>(i)] = x[static_cast<size_t>(row * s.width + i % s.width)];
    }
    EXPECT_OK(jb_index_rows(ctx, JB_F32, y.data(), x.data(), index.data(), kIndexType<I>, s.n, s.rows, s.width));
    EXPECT_SAME_BITS(y, expected);
  }
}

template <typename I>
void check_add() {
  const test::Context one(1), ctx(3);
  for (const Sizes& s : kSizes) {
    const auto index = test::integers<I>(s.n, 0, s.rows);
    const auto dy = test::normal(s.n * s.width), before = test::normal(s.rows * s.width);
    for (const bool accumulate : {false, true}) {
      auto y = before, serial = before, expected = accumulate ? before : std::vector<float>(before.size());
      // In order of i, so even the bits are known.
      for (int64_t i = 0; i < s.n * s.width; ++i) {
        const int64_t row = index[static_cast<size_t>(i / s.width)];
        expected[static_cast<size_t>(row * s.width + i % s.width)] += dy[static_cast<size_t>(i)];
      }
      EXPECT_OK(jb_index_add_rows(ctx, JB_F32, y.data(), dy.data(), index.data(), kIndexType<I>, s.n, s.rows, s.width,
                                  accumulate));
      EXPECT_OK(jb_index_add_rows(one, JB_F32, serial.data(), dy.data(), index.data(), kIndexType<I>, s.n, s.rows,
                                  s.width, accumulate));
      EXPECT_SAME_BITS(y, expected);
      EXPECT_SAME_BITS(serial, expected);
    }
  }
}

}  // namespace

TEST(rows_are_picked) {
  check_rows<int32_t>();
  check_rows<int64_t>();
}

TEST(rows_of_every_element_size) {
  const test::Context ctx;
  const std::vector<uint8_t> bytes = {1, 2, 3, 4, 5, 6};
  const std::vector<int32_t> index = {2, 0, 2};
  std::vector<uint8_t> y(6);
  EXPECT_OK(jb_index_rows(ctx, JB_BOOL, y.data(), bytes.data(), index.data(), JB_I32, 3, 3, 2));
  EXPECT_SAME_BITS(y, std::vector<uint8_t>({5, 6, 1, 2, 5, 6}));
  const std::vector<int64_t> longs = {10, 20, 30};
  std::vector<int64_t> z(3);
  EXPECT_OK(jb_index_rows(ctx, JB_I64, z.data(), longs.data(), index.data(), JB_I32, 3, 3, 1));
  EXPECT_SAME_BITS(z, std::vector<int64_t>({30, 10, 30}));
}

TEST(rows_are_added_in_order) {
  check_add<int32_t>();
  check_add<int64_t>();
}

TEST(an_index_outside_is_refused_before_anything_is_written) {
  const test::Context ctx;
  const std::vector<float> x = {1, 2, 3, 4};
  for (const int32_t wrong : {-1, 2, INT32_MAX, INT32_MIN}) {
    const std::vector<int32_t> index = {1, wrong};
    std::vector<float> y = {-5, -5, -5, -5};
    const std::string part = "index[1] is " + std::to_string(wrong) + ", outside [0, 2)";
    EXPECT_REFUSED(jb_index_rows(ctx, JB_F32, y.data(), x.data(), index.data(), JB_I32, 2, 2, 2), part);
    EXPECT_REFUSED(jb_index_add_rows(ctx, JB_F32, y.data(), x.data(), index.data(), JB_I32, 2, 2, 2, 0), part);
    EXPECT_REFUSED(jb_take_along_rows(ctx, JB_F32, y.data(), x.data(), index.data(), JB_I32, 1, 2, 2), part);
    EXPECT_REFUSED(jb_take_along_rows_backward(ctx, y.data(), x.data(), index.data(), JB_I32, 1, 2, 2), part);
    EXPECT_SAME_BITS(y, std::vector<float>({-5, -5, -5, -5}));
  }
  const std::vector<int32_t> index = {0};
  std::vector<float> y(2);
  EXPECT_REFUSED(jb_index_rows(ctx, JB_F32, y.data(), x.data(), index.data(), JB_F32, 1, 2, 2), "not float32");
  EXPECT_REFUSED(jb_index_rows(ctx, JB_F32, y.data(), nullptr, index.data(), JB_I32, 1, 0, 2), "outside [0, 0)");
}

TEST(elements_are_taken_along_rows_and_their_gradients_go_back) {
  const test::Context ctx;
  for (const Sizes& s : {Sizes{1, 1, 1}, Sizes{5, 33, 7}, Sizes{1, 1000, 26}, Sizes{64, 40, 513}, Sizes{0, 3, 4}}) {
    const int64_t n = s.n, rows = s.rows, columns = s.width;
    const auto index = test::integers<int64_t>(rows * n, 0, columns);
    const auto x = test::normal(rows * columns), dy = test::normal(rows * n);
    std::vector<float> y(dy.size()), expected(y), dx(x.size(), NAN), expected_dx(x.size());
    for (int64_t i = 0; i < rows * n; ++i) {
      const auto at = static_cast<size_t>(i / n * columns + index[static_cast<size_t>(i)]);
      expected[static_cast<size_t>(i)] = x[at];
      expected_dx[at] += dy[static_cast<size_t>(i)];
    }
    EXPECT_OK(jb_take_along_rows(ctx, JB_F32, y.data(), x.data(), index.data(), JB_I64, rows, columns, n));
    EXPECT_SAME_BITS(y, expected);
    EXPECT_OK(jb_take_along_rows_backward(ctx, dx.data(), dy.data(), index.data(), JB_I64, rows, columns, n));
    EXPECT_SAME_BITS(dx, expected_dx);
  }
}
