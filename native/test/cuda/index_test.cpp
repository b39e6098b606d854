#include "jaubert/index.h"

#include "cuda/both.h"

namespace {

struct Sizes {
  int64_t n, rows, width;
};
constexpr Sizes kTables[] = {{1, 1, 1}, {300, 7, 12}, {5000, 2, 3}, {700, 70000, 8}, {90, 300, 257}, {0, 4, 4}};

template <typename Index>
void check_index(jb_dtype index_dtype) {
  test::Both both;
  for (const auto& [n, rows, width] : kTables) {
    auto x = both.array(test::normal(rows * width)), dy = both.array(test::normal(n * width));
    auto index = both.array(test::integers<Index>(n, 0, rows));
    auto y = both.empty<float>(n * width);
    BOTH_OK(jb_index_rows(ctx, JB_F32, y[d], x[d], index[d], index_dtype, n, rows, width));
    EXPECT_EQUAL(y);
    for (int32_t accumulate = 0; accumulate < 2; ++accumulate) {
      auto table = both.array(test::normal(rows * width));
      BOTH_OK(jb_index_add_rows(ctx, JB_F32, table[d], dy[d], index[d], index_dtype, n, rows, width, accumulate));
      EXPECT_SAME(table, 1e-5, 1e-4);
      const std::vector<float> once = table.values(1);
      if (accumulate != 0) continue;
      EXPECT_OK(jb_index_add_rows(both.cuda(), JB_F32, table[1], dy[1], index[1], index_dtype, n, rows, width, 0));
      EXPECT_SAME_BITS(once, table.values(1));
    }
  }
  for (const auto& [n, rows, columns] : {Sizes{1, 1, 1}, Sizes{5, 13, 29}, Sizes{33, 4, 300}}) {
    auto x = both.array(test::normal(rows * columns)), dy = both.array(test::normal(rows * n));
    auto index = both.array(test::integers<Index>(rows * n, 0, columns));
    auto y = both.empty<float>(rows * n), dx = both.empty<float>(rows * columns);
    BOTH_OK(jb_take_along_rows(ctx, JB_F32, y[d], x[d], index[d], index_dtype, rows, columns, n));
    EXPECT_EQUAL(y);
    BOTH_OK(jb_take_along_rows_backward(ctx, dx[d], dy[d], index[d], index_dtype, rows, columns, n));
    EXPECT_SAME(dx, 1e-6, 1e-6);
  }
}

}  // namespace

TEST(rows_and_elements_by_int32) { check_index<int32_t>(JB_I32); }
TEST(rows_and_elements_by_int64) { check_index<int64_t>(JB_I64); }

TEST(elements_of_every_size_move) {
  test::Both both;
  const int64_t sizes[] = {4, 2, 2, 4, 8, 1}, n = 20, rows = 11;
  for (jb_dtype dtype = JB_F32; dtype <= JB_BOOL; ++dtype) {
    for (int64_t width : {5, 16}) {
      auto x = both.array(test::integers<int8_t>(rows * width * sizes[dtype], 0, 2));
      auto index = both.array(test::integers<int32_t>(n, 0, rows));
      auto y = both.empty<int8_t>(n * width * sizes[dtype]);
      BOTH_OK(jb_index_rows(ctx, dtype, y[d], x[d], index[d], JB_I32, n, rows, width));
      EXPECT_EQUAL(y);
    }
  }
}

// What only the device sees it cannot refuse; but it touches no memory outside, and says so later.
TEST(an_index_outside_gives_zeros_and_adds_nothing) {
  test::Both both;
  const jb_ctx ctx = both.cuda();
  const auto values = [&](const test::Array<float>& of) {
    EXPECT_REFUSED(jb_cuda_synchronize(ctx), "outside [0, 2) (found by the GPU");
    return of.values(1);
  };
  auto x = both.array(std::vector<float>{1, 2, 3, 4}), y = both.empty<float>(6);
  auto index = both.array(std::vector<int32_t>{-1, 1, 2});
  EXPECT_OK(jb_index_rows(ctx, JB_F32, y[1], x[1], index[1], JB_I32, 3, 2, 2));
  EXPECT_SAME_BITS(values(y), (std::vector<float>{0, 0, 3, 4, 0, 0}));
  EXPECT_OK(jb_index_add_rows(ctx, JB_F32, x[1], y[1], index[1], JB_I32, 3, 2, 2, 1));
  EXPECT_SAME_BITS(values(x), (std::vector<float>{1, 2, 6, 8}));
}

TEST(refuses_what_it_can_see) {
  test::Both both;
  auto x = both.empty<float>(4);
  BOTH_REFUSE(jb_index_rows(ctx, JB_F32, x[d], x[d], x[d], JB_F32, 1, 2, 2), "an index is int32 or int64, not float32");
  BOTH_REFUSE(jb_index_rows(ctx, JB_F32, x[d], x[d], x[d], JB_I32, -1, 2, 2), "a matrix of [-1, 2]");
  const int32_t wrong[] = {0, 3, 2};
  BOTH_REFUSE(jb_segment_mean_forward(ctx, x[d], x[d], wrong, 2, 2), "cu_seqlens falls from 3 to 2 at sequence 1");
}

TEST(segment_means) {
  test::Both both;
  for (int64_t width : {1, 7, 64, 260}) {
    const std::vector<int32_t> begins = {0, 5, 5, 6, 40, 57};
    const int64_t sequences = 5, tokens = 57;
    auto x = both.array(test::normal(tokens * width)), y = both.empty<float>(sequences * width);
    BOTH_OK(jb_segment_mean_forward(ctx, y[d], x[d], begins.data(), sequences, width));
    EXPECT_SAME(y, 1e-6, 1e-6);
    auto dy = both.array(test::normal(sequences * width)), dx = both.empty<float>(tokens * width);
    BOTH_OK(jb_segment_mean_backward(ctx, dx[d], dy[d], begins.data(), sequences, width));
    EXPECT_SAME(dx, 1e-6, 1e-7);
  }
}

// A grid has 65,535 blocks in y, here of 64 columns each. What the kernels make of more, simt's tests see.
TEST(more_columns_than_a_grid_has_blocks) {
  test::Both both;
  const int64_t width = 65535 * 64 + 3;
  const int32_t begins[] = {0, 1};
  auto x = both.array(test::normal(width)), y = both.empty<float>(width);
  BOTH_OK(jb_segment_mean_forward(ctx, y[d], x[d], begins, 1, width));
  EXPECT_SAME(y, 1e-6, 1e-6);
}
