#include "jaubert/layernorm.h"

#include "cuda/both.h"
#include "jaubert/embedding.h"

namespace {

constexpr int64_t kHiddens[] = {1, 5, 64, 128, 257, 768, 1024, 1028, 1031};

std::vector<float> around_one(int64_t n) {
  std::vector<float> values = test::normal(n, 0.3f);
  for (float& v : values) v += 1;
  return values;
}

}  // namespace

TEST(alone) {
  test::Both both;
  for (int64_t hidden : kHiddens) {
    const int64_t rows = test::odd_size(70), n = rows * hidden;
    auto x = both.array(test::normal(n)), gamma = both.array(around_one(hidden)),
         beta = both.array(test::normal(hidden));
    auto y = both.empty<float>(n), mean = both.empty<float>(rows), rstd = both.empty<float>(rows);
    BOTH_OK(jb_layernorm_forward(ctx, JB_F32, y[d], mean[d], rstd[d], x[d], gamma[d], hidden == 64 ? nullptr : beta[d],
                                 rows, hidden, 1e-5f));
    EXPECT_SAME(y, 1e-5, 1e-5);
    EXPECT_SAME(mean, 1e-5, 1e-6);
    EXPECT_SAME(rstd, 1e-5, 0);
    auto dy = both.array(test::normal(n)), dx = both.empty<float>(n);
    auto dgamma = both.array(test::normal(hidden)), dbeta = both.array(test::normal(hidden));
    for (int32_t accumulate : {0, JB_ADD_TO_DBETA + 0, JB_ADD_TO_DGAMMA + 0}) {
      BOTH_OK(jb_layernorm_backward(ctx, JB_F32, dx[d], dgamma[d], accumulate == 0 ? nullptr : dbeta[d], dy[d], x[d],
                                    mean[d], rstd[d], gamma[d], rows, hidden, accumulate));
      // Of one element the deviation is 0, and rstd 316 times what a rounding is off by.
      EXPECT_SAME(dx, 2e-5, hidden == 1 ? 3e-4 : 3e-5);
      EXPECT_SAME(dgamma, 2e-5, 1e-4);
      EXPECT_SAME(dbeta, 2e-5, 1e-4);
    }
  }
}

TEST(behind_bias_dropout_and_residual) {
  test::Both both;
  for (int64_t hidden : kHiddens) {
    const int64_t rows = test::odd_size(40), n = rows * hidden, seed = test::random_seed(), offset = 12345;
    for (float p : {0.0f, 0.3f}) {
      auto x = both.array(test::normal(n)), residual = both.array(test::normal(n));
      auto bias = both.array(test::normal(hidden)), gamma = both.array(around_one(hidden));
      auto beta = both.array(test::normal(hidden)), y = both.empty<float>(n), sum = both.empty<float>(n);
      auto mean = both.empty<float>(rows), rstd = both.empty<float>(rows);
      const bool all = hidden % 2 == 0;
      BOTH_OK(jb_add_dropout_layernorm_forward(ctx, JB_F32, y[d], sum[d], mean[d], rstd[d], x[d],
                                               all ? residual[d] : nullptr, all ? bias[d] : nullptr, gamma[d], beta[d],
                                               rows, hidden, 1e-5f, p, seed, offset));
      EXPECT_SAME(sum, 1e-6, 1e-6);  // so the masks are the same
      EXPECT_SAME(y, 2e-5, 2e-5);
      auto dy = both.array(test::normal(n)), dx = both.empty<float>(n), dresidual = both.empty<float>(n);
      auto dbias = both.array(test::normal(hidden)), dgamma = both.array(test::normal(hidden));
      auto dbeta = both.array(test::normal(hidden));
      BOTH_OK(jb_add_dropout_layernorm_backward(ctx, JB_F32, dx[d], all ? dresidual[d] : nullptr, dbias[d], dgamma[d],
                                                dbeta[d], dy[d], sum[d], mean[d], rstd[d], gamma[d], rows, hidden, p,
                                                seed, offset, JB_ADD_TO_DBIAS_LN));
      EXPECT_SAME(dx, 2e-5, 5e-5);
      EXPECT_SAME(dresidual, 2e-5, 5e-5);
      EXPECT_SAME(dbias, 2e-5, 2e-4);
      EXPECT_SAME(dgamma, 2e-5, 2e-4);
      EXPECT_SAME(dbeta, 2e-5, 2e-4);
    }
  }
}

TEST(no_rows_and_wrong_arguments) {
  test::Both both;
  auto x = both.empty<float>(8), dgamma = both.array(test::normal(4)), dbeta = both.array(test::normal(4));
  BOTH_OK(jb_layernorm_forward(ctx, JB_F32, x[d], nullptr, nullptr, x[d], x[d], nullptr, 0, 4, 1e-5f));
  BOTH_OK(jb_layernorm_backward(ctx, JB_F32, nullptr, dgamma[d], dbeta[d], x[d], x[d], x[d], x[d], x[d], 0, 4,
                                JB_ADD_TO_DBETA));
  EXPECT_EQUAL(dgamma);
  EXPECT_EQUAL(dbeta);
  BOTH_REFUSE(jb_layernorm_forward(ctx, JB_F32, x[d], nullptr, nullptr, x[d], x[d], nullptr, 2, 0, 1e-5f),
              "x is [2, 0]");
  BOTH_REFUSE(jb_add_dropout_layernorm_forward(ctx, JB_F32, x[d], nullptr, nullptr, nullptr, x[d], nullptr, nullptr,
                                               x[d], x[d], 2, 4, 1e-5f, 1, 0, 0),
              "p is 1, not in [0, 1)");
  BOTH_REFUSE(jb_add_dropout_layernorm_backward(ctx, JB_F32, x[d], x[d], nullptr, nullptr, nullptr, x[d], x[d], x[d],
                                                x[d], x[d], 2, 4, 0.5f, 0, 0, 0),
              "dx and dresidual are one memory");
}

TEST(of_embeddings) {
  test::Both both;
  for (int64_t hidden : kHiddens) {
    const int64_t tokens = test::odd_size(60), n = tokens * hidden, seed = test::random_seed();
    const int64_t word_rows = 50, position_rows = 20, type_rows = 2;
    auto word = both.array(test::normal(word_rows * hidden)),
         position = both.array(test::normal(position_rows * hidden));
    auto type = both.array(test::normal(type_rows * hidden));
    auto word_ids = both.array(test::integers(tokens, 0, word_rows));
    auto position_ids = both.array(test::integers(tokens, 0, position_rows));
    auto type_ids = both.array(test::integers(tokens, 0, type_rows));
    auto gamma = both.array(around_one(hidden)), beta = both.array(test::normal(hidden));
    auto y = both.empty<float>(n), sum = both.empty<float>(n), mean = both.empty<float>(tokens);
    auto rstd = both.empty<float>(tokens);
    const float p = hidden % 3 == 0 ? 0.0f : 0.2f;
    const bool typed = hidden != 128;
    BOTH_OK(jb_embedding_layernorm_forward(ctx, JB_F32, y[d], sum[d], mean[d], rstd[d], word[d], position[d],
                                           typed ? type[d] : nullptr, gamma[d], beta[d], word_ids[d], position_ids[d],
                                           typed ? type_ids[d] : nullptr, tokens, hidden, word_rows, position_rows,
                                           type_rows, 1e-12f, p, seed, 7));
    EXPECT_SAME(sum, 1e-6, 1e-6);
    EXPECT_SAME(y, 2e-5, 2e-5);
    auto dy = both.array(test::normal(n)), dsum = both.empty<float>(n);
    auto dgamma = both.array(test::normal(hidden)), dbeta = both.array(test::normal(hidden));
    BOTH_OK(jb_embedding_layernorm_backward(ctx, JB_F32, dsum[d], dgamma[d], dbeta[d], dy[d], sum[d], mean[d], rstd[d],
                                            gamma[d], tokens, hidden, p, seed, 7, JB_ADD_TO_DGAMMA));
    if (hidden > 1) EXPECT_SAME(dsum, 5e-5, 1e-4);
    EXPECT_SAME(dgamma, 2e-5, 2e-4);
    EXPECT_SAME(dbeta, 2e-5, 2e-4);
  }
}

TEST(an_id_outside_makes_its_row_nan) {
  test::Both both;
  auto table = both.array(test::normal(2 * 4)), ones = both.array(std::vector<float>(4, 1)), y = both.empty<float>(8);
  auto ids = both.array(std::vector<int32_t>{0, 2}), zeros = both.array(std::vector<int32_t>{0, 0});
  EXPECT_OK(jb_embedding_layernorm_forward(both.cuda(), JB_F32, y[1], nullptr, nullptr, nullptr, table[1], table[1],
                                           nullptr, ones[1], ones[1], ids[1], zeros[1], nullptr, 2, 4, 2, 2, 0, 1e-5f,
                                           0, 0, 0));
  EXPECT_REFUSED(jb_cuda_synchronize(both.cuda()), "embedding: word id 2 of token 1 is outside [0, 2)");
  const std::vector<float> result = y.values(1);
  for (size_t i = 0; i < 8; ++i) EXPECT(std::isnan(result[i]) == (i >= 4));
}
