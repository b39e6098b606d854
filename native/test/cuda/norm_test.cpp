#include "jaubert/norm.h"

#include "cuda/narrow.h"
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
    const auto args = [&](int d, int32_t accumulate) {
      return jb_layernorm_args{.gamma = gamma[d],
                               .beta = hidden == 64 ? nullptr : beta[d],
                               .mean = mean[d],
                               .rstd = rstd[d],
                               .rows = rows,
                               .hidden = hidden,
                               .eps = 1e-5f,
                               .accumulate = accumulate};
    };
    BOTH_OK(jb_layernorm_forward(ctx, JB_F32, y[d], x[d], test::at(args(d, 0))));
    EXPECT_SAME(y, 1e-5, 1e-5);
    EXPECT_SAME(mean, 1e-5, 1e-6);
    EXPECT_SAME(rstd, 1e-5, 0);
    auto dy = both.array(test::normal(n)), dx = both.empty<float>(n);
    auto dgamma = both.array(test::normal(hidden)), dbeta = both.array(test::normal(hidden));
    for (int32_t accumulate : {0, JB_ADD_TO_DBETA + 0, JB_ADD_TO_DGAMMA + 0}) {
      BOTH_OK(jb_layernorm_backward(ctx, JB_F32, dx[d], dgamma[d], accumulate == 0 ? nullptr : dbeta[d], dy[d], x[d],
                                    test::at(args(d, accumulate))));
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
      const auto args = [&](int d) {
        return jb_layernorm_args{.gamma = gamma[d],
                                 .beta = beta[d],
                                 .mean = mean[d],
                                 .rstd = rstd[d],
                                 .rows = rows,
                                 .hidden = hidden,
                                 .eps = 1e-5f,
                                 .accumulate = JB_ADD_TO_DBIAS_LN,
                                 .residual = all ? residual[d] : nullptr,
                                 .bias = all ? bias[d] : nullptr,
                                 .p = p,
                                 .seed = seed,
                                 .offset = offset};
      };
      BOTH_OK(jb_add_dropout_layernorm_forward(ctx, JB_F32, y[d], sum[d], x[d], test::at(args(d))));
      EXPECT_SAME(sum, 1e-6, 1e-6);  // so the masks are the same
      EXPECT_SAME(y, 2e-5, 2e-5);
      auto dy = both.array(test::normal(n)), dx = both.empty<float>(n), dresidual = both.empty<float>(n);
      auto dbias = both.array(test::normal(hidden)), dgamma = both.array(test::normal(hidden));
      auto dbeta = both.array(test::normal(hidden));
      BOTH_OK(jb_add_dropout_layernorm_backward(ctx, JB_F32, dx[d], all ? dresidual[d] : nullptr, dbias[d], dgamma[d],
                                                dbeta[d], dy[d], sum[d], test::at(args(d))));
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
  const auto forward = [&](int d, int64_t rows, int64_t hidden, float p = 0) {
    return jb_layernorm_args{.gamma = x[d], .rows = rows, .hidden = hidden, .eps = 1e-5f, .p = p};
  };
  const auto backward = [&](int d, int64_t rows, float p) {
    return jb_layernorm_args{
        .gamma = x[d], .mean = x[d], .rstd = x[d], .rows = rows, .hidden = 4, .accumulate = JB_ADD_TO_DBETA, .p = p};
  };
  BOTH_OK(jb_layernorm_forward(ctx, JB_F32, x[d], x[d], test::at(forward(d, 0, 4))));
  BOTH_OK(jb_layernorm_backward(ctx, JB_F32, nullptr, dgamma[d], dbeta[d], x[d], x[d], test::at(backward(d, 0, 0))));
  EXPECT_EQUAL(dgamma);
  EXPECT_EQUAL(dbeta);
  BOTH_REFUSE(jb_layernorm_forward(ctx, JB_F32, x[d], x[d], test::at(forward(d, 2, 0))), "x is [2, 0]");
  BOTH_REFUSE(jb_add_dropout_layernorm_forward(ctx, JB_F32, x[d], nullptr, x[d], test::at(forward(d, 2, 4, 1))),
              "p is 1, not in [0, 1)");
  BOTH_REFUSE(jb_add_dropout_layernorm_backward(ctx, JB_F32, x[d], x[d], nullptr, nullptr, nullptr, x[d], x[d],
                                                test::at(backward(d, 2, 0.5f))),
              "dx and dresidual are one memory");
  BOTH_REFUSE(jb_layernorm_forward(ctx, JB_F32, x[d], x[d], nullptr), "layernorm: args is null");
  BOTH_REFUSE(jb_layernorm_backward(ctx, JB_F32, x[d], x[d], x[d], x[d], x[d], nullptr),
              "layernorm backward: args is null");
  BOTH_REFUSE(jb_add_dropout_layernorm_forward(ctx, JB_F32, x[d], x[d], x[d], nullptr),
              "add_dropout_layernorm: args is null");
  BOTH_REFUSE(jb_add_dropout_layernorm_backward(ctx, JB_F32, x[d], x[d], x[d], x[d], x[d], x[d], x[d], nullptr),
              "add_dropout_layernorm backward: args is null");
  BOTH_REFUSE(jb_embedding_layernorm_forward(ctx, JB_F32, x[d], x[d], nullptr), "embedding: args is null");
  BOTH_REFUSE(jb_embedding_layernorm_backward(ctx, JB_F32, x[d], x[d], x[d], x[d], x[d], nullptr),
              "embedding backward: args is null");
}

TEST(by_the_root_mean_square) {
  const test::Both both;
  for (int64_t hidden : kHiddens) {
    const int64_t rows = test::odd_size(70), n = rows * hidden;
    auto x = both.array(test::normal(n)), gamma = both.array(around_one(hidden)), dy = both.array(test::normal(n));
    auto y = both.empty<float>(n), rstd = both.empty<float>(rows), dx = both.empty<float>(n);
    auto dgamma = both.array(test::normal(hidden));
    BOTH_OK(jb_rmsnorm_forward(ctx, JB_F32, y[d], rstd[d], x[d], gamma[d], rows, hidden, 1e-6f));
    EXPECT_SAME(y, 1e-5, 1e-6);
    EXPECT_SAME(rstd, 1e-5, 0);
    for (int32_t accumulate : {0, JB_ADD_TO_DGAMMA + 0}) {
      BOTH_OK(
          jb_rmsnorm_backward(ctx, JB_F32, dx[d], dgamma[d], dy[d], x[d], rstd[d], gamma[d], rows, hidden, accumulate));
      EXPECT_SAME(dx, 2e-5, 3e-5);
      EXPECT_SAME(dgamma, 2e-5, 1e-4);
    }
    // In 16 bits, also where rows do not begin at 16 bytes.
    using Narrow = test::Narrow<jb::bf16>;
    const int64_t shift = hidden == 64 ? 1 : 0;
    Narrow x16(both, test::normal(n), shift), y16(both, n, shift), dy16(both, test::normal(n), shift),
        dx16(both, n, shift);
    BOTH_OK(
        jb_rmsnorm_forward(ctx, test::type_of<jb::bf16>(d), y16[d], rstd[d], x16[d], gamma[d], rows, hidden, 1e-6f));
    EXPECT_ROUNDED(jb::bf16, y16, 1e-6);
    BOTH_OK(jb_rmsnorm_backward(ctx, test::type_of<jb::bf16>(d), dx16[d], dgamma[d], dy16[d], x16[d], rstd[d], gamma[d],
                                rows, hidden, 0));
    EXPECT_ROUNDED_GRADIENT(jb::bf16, dx16, 3e-5);
    EXPECT_SAME(dgamma, 2e-5, 1e-4);
  }
  auto x = both.empty<float>(8);
  BOTH_REFUSE(jb_rmsnorm_forward(ctx, JB_F32, x[d], x[d], x[d], x[d], 2, 0, 0), "rmsnorm: x is [2, 0]");
  BOTH_OK(jb_rmsnorm_backward(ctx, JB_F32, nullptr, x[d], x[d], x[d], x[d], x[d], 0, 8, 0));
  EXPECT_EQUAL(x);
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
    const auto args = [&](int d) {
      return jb_embedding_args{.word = word[d],
                               .position = position[d],
                               .type = typed ? type[d] : nullptr,
                               .word_ids = word_ids[d],
                               .position_ids = position_ids[d],
                               .type_ids = typed ? type_ids[d] : nullptr,
                               .gamma = gamma[d],
                               .beta = beta[d],
                               .mean = mean[d],
                               .rstd = rstd[d],
                               .tokens = tokens,
                               .hidden = hidden,
                               .word_rows = word_rows,
                               .position_rows = position_rows,
                               .type_rows = type_rows,
                               .eps = 1e-12f,
                               .p = p,
                               .seed = seed,
                               .offset = 7,
                               .accumulate = JB_ADD_TO_DGAMMA};
    };
    BOTH_OK(jb_embedding_layernorm_forward(ctx, JB_F32, y[d], sum[d], test::at(args(d))));
    EXPECT_SAME(sum, 1e-6, 1e-6);
    EXPECT_SAME(y, 2e-5, 2e-5);
    auto dy = both.array(test::normal(n)), dsum = both.empty<float>(n);
    auto dgamma = both.array(test::normal(hidden)), dbeta = both.array(test::normal(hidden));
    BOTH_OK(
        jb_embedding_layernorm_backward(ctx, JB_F32, dsum[d], dgamma[d], dbeta[d], dy[d], sum[d], test::at(args(d))));
    if (hidden > 1) EXPECT_SAME(dsum, 5e-5, 1e-4);
    EXPECT_SAME(dgamma, 2e-5, 2e-4);
    EXPECT_SAME(dbeta, 2e-5, 2e-4);
  }
}

TEST(an_id_outside_makes_its_row_nan) {
  test::Both both;
  auto table = both.array(test::normal(2 * 4)), ones = both.array(std::vector<float>(4, 1)), y = both.empty<float>(8);
  auto ids = both.array(std::vector<int32_t>{0, 2}), zeros = both.array(std::vector<int32_t>{0, 0});
  const jb_embedding_args args{.word = table[1],
                               .position = table[1],
                               .word_ids = ids[1],
                               .position_ids = zeros[1],
                               .gamma = ones[1],
                               .beta = ones[1],
                               .tokens = 2,
                               .hidden = 4,
                               .word_rows = 2,
                               .position_rows = 2,
                               .eps = 1e-5f};
  EXPECT_OK(jb_embedding_layernorm_forward(both.cuda(), JB_F32, y[1], nullptr, &args));
  EXPECT_REFUSED(jb_cuda_synchronize(both.cuda()), "embedding: word id 2 of token 1 is outside [0, 2)");
  const std::vector<float> result = y.values(1);
  for (size_t i = 0; i < 8; ++i) EXPECT(std::isnan(result[i]) == (i >= 4));
}
