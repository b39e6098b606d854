#include "jaubert/matmul.h"

#include "cuda/both.h"

TEST(products) {
  test::Both both;
  for (int turn = 0; turn < 12; ++turn) {
    const int64_t m = test::odd_size(40), n = test::odd_size(40), k = turn == 5 ? 0 : test::odd_size(40);
    const int64_t batch = turn % 3 == 0 ? 1 : 3;
    const jb_matmul_args args{.transpose_a = turn % 2,
                              .transpose_b = turn / 2 % 2,
                              .m = m,
                              .n = n,
                              .k = k,
                              .alpha = 0.7f,
                              .beta = turn % 4 == 0 ? 0.0f : 0.5f,
                              .batch = batch,
                              .stride_a = m * k,
                              .stride_b = turn % 3 == 2 ? 0 : n * k,
                              .stride_c = m * n};
    auto a = both.array(test::normal(batch * m * k)), b = both.array(test::normal(batch * n * k));
    auto c = both.array(test::normal(batch * m * n));
    BOTH_OK(jb_matmul(ctx, c[d], a[d], b[d], &args));
    EXPECT_SAME(c, 1e-5, 2e-5);
  }
  auto c = both.empty<float>(4);
  const jb_matmul_args negative{.m = 2, .n = 2, .k = -1, .alpha = 1, .batch = 1};
  const jb_matmul_args overlapping{
      .m = 1, .n = 2, .k = 1, .alpha = 1, .batch = 2, .stride_a = 1, .stride_b = 2, .stride_c = 1};
  const jb_matmul_args right{.m = 2, .n = 2, .k = 2, .alpha = 1, .batch = 1};
  BOTH_REFUSE(jb_matmul(ctx, c[d], c[d], c[d], &negative), "k = -1");
  BOTH_REFUSE(jb_matmul(ctx, c[d], c[d], c[d], &overlapping), "stride_c is 1");
  BOTH_REFUSE(jb_matmul(ctx, c[d], nullptr, c[d], &right), "matmul: a is null");
  BOTH_REFUSE(jb_matmul(ctx, c[d], c[d], c[d], nullptr), "matmul: args is null");
}
