#include "jaubert/norm.h"

#include <algorithm>

#include "norm_reference.h"
#include "philox_reference.h"
#include "test.h"

namespace {

constexpr int64_t kHidden[] = {1, 3, 15, 16, 17, 33, 64, 97, 384, 768, 1023};

std::vector<double> doubles(const std::vector<float>& x) { return {x.begin(), x.end()}; }

}  // namespace

TEST(layernorm_forward_and_backward) {
  const test::Context ctx;
  const float eps = 1e-12f;
  for (int64_t hidden : kHidden) {
    for (int64_t rows : {1, 2, 67}) {
      const bool has_beta = rows != 2;
      std::vector<float> x = test::normal(rows * hidden, 3);
      for (float& value : x) value += 5;
      const std::vector<float> gamma = test::normal(hidden), beta = test::normal(hidden),
                               dy = test::normal(rows * hidden);
      std::vector<float> y(x.size()), mean(static_cast<size_t>(rows)), rstd(mean.size());
      jb_layernorm_args args{.gamma = gamma.data(),
                             .beta = has_beta ? beta.data() : nullptr,
                             .mean = mean.data(),
                             .rstd = rstd.data(),
                             .rows = rows,
                             .hidden = hidden,
                             .eps = eps,
                             .accumulate = JB_ADD_TO_DBETA};
      EXPECT_OK(jb_layernorm_forward(ctx, JB_F32, y.data(), x.data(), &args));
      if (hidden == 1) continue;  // variance 0: only that it is no error
      const test::LayerNorm right(doubles(x), gamma, has_beta ? beta : std::vector<float>(beta.size()), rows, hidden,
                                  eps);
      // Where the numbers of a row lie close together, the rounding of their mean is as much larger in the result.
      const double steepest = *std::max_element(right.rstd.begin(), right.rstd.end());
      EXPECT_CLOSE(y, right.y, 1e-5, 1e-5 + 3e-6 * steepest);
      EXPECT_CLOSE(mean, right.mean, 1e-6, 1e-6);
      EXPECT_CLOSE(rstd, right.rstd, 1e-5, 0);

      const test::LayerNormGradient g = right.backward(doubles(dy));
      std::vector<float> dx(x.size()), dgamma(gamma.size(), 7), dbeta(gamma.size(), 7);
      EXPECT_OK(jb_layernorm_backward(ctx, JB_F32, dx.data(), dgamma.data(), dbeta.data(), dy.data(), x.data(), &args));
      EXPECT_CLOSE(dx, g.dx, 1e-4, 3e-5 * (steepest + 1) + 3e-6 * steepest * steepest);
      EXPECT_CLOSE(dgamma, g.dgamma, 1e-4, 1e-4);
      for (float& value : dbeta) value -= 7;
      EXPECT_CLOSE(dbeta, g.dbeta, 1e-4, 1e-4);
      args.accumulate = 0;
      EXPECT_OK(jb_layernorm_backward(ctx, JB_F32, nullptr, dgamma.data(), nullptr, dy.data(), x.data(), &args));
      EXPECT_CLOSE(dgamma, g.dgamma, 1e-4, 1e-4);
    }
  }
}

TEST(layernorm_of_no_rows_clears_its_gradients) {
  const test::Context ctx;
  const std::vector<float> gamma(5, 1);
  std::vector<float> dgamma(5, 7), dbeta(5, 7);
  const jb_layernorm_args args{.gamma = gamma.data(), .beta = gamma.data(), .hidden = 5, .accumulate = JB_ADD_TO_DBETA};
  EXPECT_OK(jb_layernorm_forward(ctx, JB_F32, nullptr, nullptr, &args));
  EXPECT_OK(jb_layernorm_backward(ctx, JB_F32, nullptr, dgamma.data(), dbeta.data(), nullptr, nullptr, &args));
  EXPECT_SAME_BITS(dgamma, std::vector<float>(5, 0));
  EXPECT_SAME_BITS(dbeta, std::vector<float>(5, 7));
  EXPECT_REFUSED(jb_layernorm_forward(ctx, JB_F32, nullptr, nullptr, test::at(jb_layernorm_args{.rows = 3})), "[3, 0]");
}

TEST(layernorm_refuses_to_run_without_arguments) {
  const test::Context ctx;
  float x[4] = {1, 2, 3, 4};
  EXPECT_REFUSED(jb_layernorm_forward(ctx, JB_F32, x, x, nullptr), "args is null");
  EXPECT_REFUSED(jb_layernorm_backward(ctx, JB_F32, x, x, x, x, x, nullptr), "args is null");
  EXPECT_REFUSED(jb_add_dropout_layernorm_forward(ctx, JB_F32, x, x, x, nullptr), "args is null");
  EXPECT_REFUSED(jb_add_dropout_layernorm_backward(ctx, JB_F32, x, x, x, x, x, x, x, nullptr), "args is null");
}

TEST(add_dropout_layernorm_forward_and_backward) {
  const test::Context ctx;
  const int64_t seed = 11, offset = 5;
  const float eps = 1e-5f;
  for (int64_t hidden : kHidden) {
    if (hidden == 1) continue;
    for (float p : {0.0f, 0.25f}) {
      for (int parts = 0; parts < 4; ++parts) {  // bit 0: a bias, bit 1: a residual
        const int64_t rows = 37;
        const std::vector<float> x = test::normal(rows * hidden), residual = test::normal(rows * hidden);
        const std::vector<float> bias = test::normal(hidden), gamma = test::normal(hidden), beta = test::normal(hidden);
        const std::vector<float> dy = test::normal(rows * hidden);
        std::vector<double> keep, sum;
        for (int64_t i = 0; i < rows * hidden; ++i) {
          const auto at = static_cast<size_t>(i);
          keep.push_back(test::keeps(seed, offset, static_cast<uint64_t>(i), p) ? 1 / (1 - static_cast<double>(p)) : 0);
          const double added = (parts & 1) != 0 ? bias[static_cast<size_t>(i % hidden)] : 0.0f;
          sum.push_back(keep[at] * (x[at] + added) + ((parts & 2) != 0 ? residual[at] : 0.0f));
        }
        const test::LayerNorm right(sum, gamma, beta, rows, hidden, eps);
        std::vector<float> y(x.size()), s(x.size()), mean(static_cast<size_t>(rows)), rstd(mean.size());
        jb_layernorm_args args{.gamma = gamma.data(),
                               .beta = beta.data(),
                               .mean = mean.data(),
                               .rstd = rstd.data(),
                               .rows = rows,
                               .hidden = hidden,
                               .eps = eps,
                               .accumulate = JB_ADD_TO_DBIAS_LN,
                               .residual = (parts & 2) != 0 ? residual.data() : nullptr,
                               .bias = (parts & 1) != 0 ? bias.data() : nullptr,
                               .p = p,
                               .seed = seed,
                               .offset = offset};
        EXPECT_OK(jb_add_dropout_layernorm_forward(ctx, JB_F32, y.data(), s.data(), x.data(), &args));
        EXPECT_CLOSE(s, sum, 1e-6, 1e-6);
        EXPECT_CLOSE(y, right.y, 1e-5, 2e-5);
        std::vector<float> again(x.size()), in_place = x;  // without sum, and with sum in x's memory
        jb_layernorm_args alone = args;
        alone.mean = alone.rstd = nullptr;
        EXPECT_OK(jb_add_dropout_layernorm_forward(ctx, JB_F32, again.data(), nullptr, x.data(), &alone));
        EXPECT_SAME_BITS(again, y);
        EXPECT_OK(
            jb_add_dropout_layernorm_forward(ctx, JB_F32, again.data(), in_place.data(), in_place.data(), &alone));
        EXPECT_SAME_BITS(again, y);
        EXPECT_SAME_BITS(in_place, s);

        const test::LayerNormGradient g = right.backward(doubles(dy));
        std::vector<double> dx(g.dx), dbias(static_cast<size_t>(hidden));
        for (size_t i = 0; i < dx.size(); ++i) {
          dx[i] *= keep[i];
          dbias[i % static_cast<size_t>(hidden)] += dx[i];
        }
        std::vector<float> to(x.size()), to_residual(x.size());
        std::vector<float> dgamma(gamma.size(), 2), dbeta(gamma.size(), 2), to_bias(gamma.size(), 2);
        EXPECT_OK(jb_add_dropout_layernorm_backward(ctx, JB_F32, to.data(), to_residual.data(), to_bias.data(),
                                                    dgamma.data(), dbeta.data(), dy.data(), s.data(), &args));
        EXPECT_CLOSE(to, dx, 1e-4, 1e-4);
        EXPECT_CLOSE(to_residual, g.dx, 1e-4, 1e-4);
        EXPECT_CLOSE(dgamma, g.dgamma, 1e-4, 2e-4);
        EXPECT_CLOSE(dbeta, g.dbeta, 1e-4, 2e-4);
        for (float& value : to_bias) value -= 2;
        EXPECT_CLOSE(to_bias, dbias, 1e-4, 5e-4);

        args.accumulate = 0;
        if (p == 0) {  // dx and dresidual in one memory
          std::vector<float> both(x.size());
          EXPECT_OK(jb_add_dropout_layernorm_backward(ctx, JB_F32, both.data(), both.data(), nullptr, nullptr, nullptr,
                                                      dy.data(), s.data(), &args));
          EXPECT_SAME_BITS(both, to);
        } else {
          EXPECT_REFUSED(jb_add_dropout_layernorm_backward(ctx, JB_F32, to.data(), to.data(), nullptr, nullptr, nullptr,
                                                           dy.data(), s.data(), &args),
                         "one memory");
        }
      }
    }
  }
}

TEST(layernorm_has_the_same_bits_for_any_number_of_threads) {
  const test::Context one(1), three(3);
  const int64_t rows = 1500, hidden = 129;
  const std::vector<float> x = test::normal(rows * hidden), gamma = test::normal(hidden);
  std::vector<float> mean(rows), rstd(rows), results[2][5];
  const jb_layernorm_args args{.gamma = gamma.data(),
                               .beta = gamma.data(),
                               .mean = mean.data(),
                               .rstd = rstd.data(),
                               .rows = rows,
                               .hidden = hidden,
                               .eps = 1e-5f,
                               .residual = x.data(),
                               .bias = gamma.data(),
                               .p = 0.1f,
                               .seed = 1,
                               .offset = 2};
  for (int i = 0; i < 2; ++i) {
    const jb_ctx ctx = i == 0 ? one : three;
    std::vector<float>(&r)[5] = results[i];
    for (std::vector<float>& each : r) each.resize(x.size());
    EXPECT_OK(jb_add_dropout_layernorm_forward(ctx, JB_F32, r[0].data(), r[1].data(), x.data(), &args));
    EXPECT_OK(jb_add_dropout_layernorm_backward(ctx, JB_F32, r[2].data(), nullptr, r[3].data(), r[4].data(), nullptr,
                                                x.data(), r[1].data(), &args));
  }
  for (int k = 0; k < 5; ++k) EXPECT_SAME_BITS(results[0][k], results[1][k]);
}

TEST(rmsnorm_forward_and_backward) {
  const test::Context one(1), three(3);
  const float eps = 1e-6f;
  for (int64_t hidden : kHidden) {
    for (int64_t rows : {1, 2, 67}) {
      const std::vector<float> x = test::normal(rows * hidden, 3), gamma = test::normal(hidden),
                               dy = test::normal(rows * hidden);
      // By the chain rule: dy[j] / dx[i] = gamma[j] * (rstd where i is j, less x[i] x[j] rstd^3 / hidden).
      std::vector<double> y, dx, dgamma(gamma.size()), rstd;
      const auto width = static_cast<size_t>(hidden);
      for (size_t at = 0; at < x.size(); at += width) {
        double squares = 0, along = 0;
        for (size_t c = at; c < at + width; ++c) squares += static_cast<double>(x[c]) * static_cast<double>(x[c]);
        const double s = 1 / std::sqrt(squares / static_cast<double>(hidden) + static_cast<double>(eps));
        rstd.push_back(s);
        for (size_t c = 0; c < width; ++c) {
          const auto v = static_cast<double>(x[at + c]), g = static_cast<double>(gamma[c]),
                     d = static_cast<double>(dy[at + c]);
          y.push_back(v * s * g);
          dgamma[c] += d * v * s;
          along += d * g * v;
        }
        for (size_t c = 0; c < width; ++c) {
          dx.push_back(static_cast<double>(dy[at + c]) * static_cast<double>(gamma[c]) * s -
                       static_cast<double>(x[at + c]) * s * s * s * along / static_cast<double>(hidden));
        }
      }
      std::vector<float> actual(x.size()), scale(rstd.size()), gradient(x.size()), sum(gamma.size(), 7);
      EXPECT_OK(
          jb_rmsnorm_forward(one, JB_F32, actual.data(), scale.data(), x.data(), gamma.data(), rows, hidden, eps));
      EXPECT_CLOSE(actual, y, 1e-5, 1e-6);
      EXPECT_CLOSE(scale, rstd, 1e-5, 0);
      EXPECT_OK(jb_rmsnorm_backward(one, JB_F32, gradient.data(), sum.data(), dy.data(), x.data(), scale.data(),
                                    gamma.data(), rows, hidden, 0));
      EXPECT_CLOSE(gradient, dx, 1e-4, 1e-5 * *std::max_element(rstd.begin(), rstd.end()));
      EXPECT_CLOSE(sum, dgamma, 1e-4, 1e-4);
      std::vector<float> again(x.size()), twice = sum;
      EXPECT_OK(jb_rmsnorm_backward(three, JB_F32, again.data(), twice.data(), dy.data(), x.data(), scale.data(),
                                    gamma.data(), rows, hidden, JB_ADD_TO_DGAMMA));
      EXPECT_SAME_BITS(again, gradient);
      for (size_t c = 0; c < width; ++c) EXPECT(twice[c] == sum[c] + sum[c]);
    }
  }
  EXPECT_REFUSED(jb_rmsnorm_forward(one, JB_F32, nullptr, nullptr, nullptr, nullptr, 2, 0, eps),
                 "rmsnorm: x is [2, 0]");
  std::vector<float> cleared(5, 7);
  EXPECT_OK(jb_rmsnorm_backward(one, JB_F32, nullptr, cleared.data(), nullptr, nullptr, nullptr, nullptr, 0, 5, 0));
  EXPECT_SAME_BITS(cleared, std::vector<float>(5, 0));
}
