#include "jaubert/random.h"

#include "cuda/both.h"
#include "jaubert/dropout.h"

TEST(the_same_numbers_as_on_the_cpu) {
  test::Both both;
  for (int64_t n : {1, 3, 4, 1000, 5003}) {
    const int64_t seed = test::random_seed(), offset = test::random_seed();
    auto y = both.empty<float>(n);
    BOTH_OK(jb_random_uniform(ctx, y[d], n, -2, 3, seed, offset));
    EXPECT_SAME(y, 1e-6, 3e-7);
    BOTH_OK(jb_random_normal(ctx, y[d], n, 0.5f, 2, seed, offset));
    EXPECT_SAME(y, 3e-6, 3e-6);
    auto x = both.array(test::normal(n));
    BOTH_OK(jb_dropout(ctx, JB_F32, y[d], x[d], n, 0.37f, seed, offset));
    EXPECT_EQUAL(y);
    BOTH_OK(jb_dropout(ctx, JB_F32, x[d], x[d], n, 0, seed, offset));
    EXPECT_EQUAL(x);
  }
}

TEST(refuses) {
  test::Both both;
  auto x = both.empty<float>(4);
  BOTH_REFUSE(jb_dropout(ctx, JB_F32, x[d], x[d], 4, 1, 0, 0), "dropout: p is 1");
  BOTH_REFUSE(jb_dropout(ctx, JB_F32, x[d], x[d], -4, 0, 0, 0), "dropout: n is -4");
  BOTH_REFUSE(jb_random_uniform(ctx, x[d], 4, 3, 2, 0, 0), "no interval [3, 2)");
  BOTH_REFUSE(jb_random_normal(ctx, x[d], 4, 3, -2, 0, 0), "the deviation is -2");
}
