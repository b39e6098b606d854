#include "jaubert/optimizer.h"

#include "test.h"

namespace {

// Several tensors with their moments, the step in double precision, and the same in the library.
struct Problem {
  std::vector<std::vector<float>> w, g, m, v;
  std::vector<int64_t> w_at, g_at, m_at, v_at, sizes;
  std::vector<float> rates, decays;

  explicit Problem(const std::vector<int64_t>& lengths) : sizes(lengths) {
    for (int64_t n : sizes) {
      w.push_back(test::normal(n));
      g.push_back(test::normal(n, 0.1f));
      m.push_back(test::normal(n, 0.01f));
      v.push_back(test::uniform(n, 0, 1e-3f));
      rates.push_back(test::uniform(1, 1e-4f, 1e-2f)[0]);
      decays.push_back(w.size() % 2 == 0 ? 0 : 0.05f);
    }
    for (size_t t = 0; t < w.size(); ++t) {
      w_at.push_back(reinterpret_cast<int64_t>(w[t].data()));
      g_at.push_back(reinterpret_cast<int64_t>(g[t].data()));
      m_at.push_back(reinterpret_cast<int64_t>(m[t].data()));
      v_at.push_back(reinterpret_cast<int64_t>(v[t].data()));
    }
  }
  Problem(const Problem&) = delete;
  Problem& operator=(const Problem&) = delete;

  int64_t tensors() const { return static_cast<int64_t>(sizes.size()); }

  jb_status norm(jb_ctx ctx, float* y) const { return jb_global_norm(ctx, y, g_at.data(), sizes.data(), tensors()); }

  jb_status step(jb_ctx ctx, bool lamb, const float* norm, float max_norm, int64_t count, int32_t correct,
                 float beta1 = 0.9f) {
    return step(ctx, lamb,
                test::at(jb_adam_args{.tensors = tensors(),
                                      .norm = norm,
                                      .max_norm = max_norm,
                                      .beta1 = beta1,
                                      .beta2 = 0.999f,
                                      .eps = 1e-8f,
                                      .step = count,
                                      .bias_correction = correct}));
  }
  jb_status step(jb_ctx ctx, bool lamb, const jb_adam_args* args) {
    return (lamb ? jb_lamb : jb_adamw)(ctx, w_at.data(), g_at.data(), m_at.data(), v_at.data(), nullptr, sizes.data(),
                                       rates.data(), decays.data(), args);
  }

  // What step() makes of the weights, moments included.
  struct Result {
    std::vector<std::vector<double>> w, m, v;
  };
  Result expected(bool lamb, double clip, int64_t count, bool correct) const {
    Result y;
    const double beta1 = static_cast<double>(0.9f), beta2 = static_cast<double>(0.999f);
    const double c1 = correct ? 1 - std::pow(beta1, static_cast<double>(count)) : 1;
    const double c2 = correct ? 1 - std::pow(beta2, static_cast<double>(count)) : 1;
    for (size_t t = 0; t < w.size(); ++t) {
      std::vector<double> nw, nm, nv, update;
      double weight_square = 0, update_square = 0;
      for (size_t i = 0; i < w[t].size(); ++i) {
        const double gradient = g[t][i] * clip, weight = w[t][i];
        nm.push_back(beta1 * m[t][i] + (1 - beta1) * gradient);
        nv.push_back(beta2 * v[t][i] + (1 - beta2) * gradient * gradient);
        update.push_back(nm.back() / c1 / (std::sqrt(nv.back() / c2) + static_cast<double>(1e-8f)) +
                         static_cast<double>(decays[t]) * weight);
        weight_square += weight * weight;
        update_square += update.back() * update.back();
      }
      double rate = static_cast<double>(rates[t]);
      if (lamb && decays[t] != 0 && weight_square > 0 && update_square > 0)
        rate *= std::sqrt(weight_square / update_square);
      for (size_t i = 0; i < w[t].size(); ++i) nw.push_back(w[t][i] - rate * update[i]);
      y.w.push_back(nw);
      y.m.push_back(nm);
      y.v.push_back(nv);
    }
    return y;
  }
};

const std::vector<int64_t> kSizes = {0, 1, 7, 16, 17, 16384, 16385, 50001, 3};

}  // namespace

TEST(global_norm_in_double_precision) {
  const test::Context ctx;
  Problem problem(kSizes);
  problem.g[5][3] = 1e25f;  // its square is beyond float
  double square = 0;
  for (const std::vector<float>& g : problem.g) {
    for (float x : g) square += static_cast<double>(x) * static_cast<double>(x);
  }
  std::vector<float> norm(1);
  EXPECT_OK(problem.norm(ctx, norm.data()));
  EXPECT_CLOSE(norm, std::vector<double>{std::sqrt(square)}, 1e-7, 0);
  problem.g[5][3] = NAN;
  EXPECT_OK(problem.norm(ctx, norm.data()));
  EXPECT(std::isnan(norm[0]));
  EXPECT_OK(jb_global_norm(ctx, norm.data(), nullptr, nullptr, 0));
  EXPECT(norm[0] == 0);
}

TEST(adamw_and_lamb_against_double_precision) {
  const test::Context ctx;
  for (bool lamb : {false, true}) {
    for (int64_t count : {1, 5, 100000}) {
      for (float max_norm : {0.0f, 1.0f, 1e9f}) {
        const bool correct = count != 5;
        Problem problem(kSizes);
        float norm = 0;
        EXPECT_OK(problem.norm(ctx, &norm));
        const double clip =
            max_norm > 0 ? std::min(1.0, static_cast<double>(max_norm) / (static_cast<double>(norm) + 1e-6)) : 1;
        const Problem::Result right = problem.expected(lamb, clip, count, correct);
        EXPECT_OK(problem.step(ctx, lamb, max_norm > 0 ? &norm : nullptr, max_norm, count, correct));
        for (size_t t = 0; t < kSizes.size(); ++t) {
          EXPECT_CLOSE(problem.w[t], right.w[t], 1e-6, 1e-6);
          EXPECT_CLOSE(problem.m[t], right.m[t], 1e-6, 1e-8);  // the two terms may cancel
          EXPECT_CLOSE(problem.v[t], right.v[t], 1e-6, 1e-12);
        }
      }
    }
  }
}

TEST(lamb_of_zero_weights_takes_the_plain_rate) {
  const test::Context ctx;
  Problem problem({33});
  std::fill(problem.w[0].begin(), problem.w[0].end(), 0.0f);
  const Problem::Result right = problem.expected(false, 1, 3, true);
  EXPECT_OK(problem.step(ctx, true, nullptr, 0, 3, 1));
  EXPECT_CLOSE(problem.w[0], right.w[0], 1e-6, 1e-9);
}

TEST(a_step_with_a_norm_that_is_not_finite_changes_nothing) {
  const test::Context ctx;
  for (bool lamb : {false, true}) {
    for (float norm : {INFINITY, NAN}) {
      for (float max_norm : {0.0f, 1.0f}) {
        Problem problem({100, 5});
        const auto w = problem.w, m = problem.m, v = problem.v;
        EXPECT_OK(problem.step(ctx, lamb, &norm, max_norm, 2, 1));
        for (size_t t = 0; t < 2; ++t) {
          EXPECT_SAME_BITS(problem.w[t], w[t]);
          EXPECT_SAME_BITS(problem.m[t], m[t]);
          EXPECT_SAME_BITS(problem.v[t], v[t]);
        }
      }
    }
  }
}

TEST(a_step_refuses_numbers_without_meaning) {
  const test::Context ctx;
  Problem problem({4});
  EXPECT_REFUSED(problem.step(ctx, false, nullptr, 0, 0, 1), "step is 0");
  EXPECT_REFUSED(problem.step(ctx, true, nullptr, 1, 1, 1), "norm is null");
  EXPECT_REFUSED(problem.step(ctx, false, nullptr, 0, 1, 1, 1.0f), "beta1 is 1");
  for (bool lamb : {false, true}) EXPECT_REFUSED(problem.step(ctx, lamb, nullptr), "args is null");
  problem.sizes[0] = -4;
  EXPECT_REFUSED(problem.step(ctx, false, nullptr, 0, 1, 1), "tensor 0 has size -4");
}

TEST(optimizers_have_the_same_bits_for_any_number_of_threads) {
  for (bool lamb : {false, true}) {
    const test::Context one(1), three(3);
    const std::vector<int64_t> sizes(20, 40001);
    Problem a(sizes), b(sizes);
    b.w = a.w, b.g = a.g, b.m = a.m, b.v = a.v, b.rates = a.rates;
    for (size_t t = 0; t < sizes.size(); ++t) {
      b.w_at[t] = reinterpret_cast<int64_t>(b.w[t].data());
      b.g_at[t] = reinterpret_cast<int64_t>(b.g[t].data());
      b.m_at[t] = reinterpret_cast<int64_t>(b.m[t].data());
      b.v_at[t] = reinterpret_cast<int64_t>(b.v[t].data());
    }
    float norms[2];
    EXPECT_OK(a.norm(one, &norms[0]));
    EXPECT_OK(b.norm(three, &norms[1]));
    EXPECT(norms[0] == norms[1]);
    EXPECT_OK(a.step(one, lamb, &norms[0], 1, 7, 1));
    EXPECT_OK(b.step(three, lamb, &norms[1], 1, 7, 1));
    for (size_t t = 0; t < sizes.size(); ++t) EXPECT_SAME_BITS(a.w[t], b.w[t]);
  }
}
