// kernels/norm under the emulator.
#include "../norm_reference.h"
#include "../philox_reference.h"
#include "norm/layernorm.cuh"
#include "simt/check.h"

namespace {

using simt::Buffer;

struct Case {
  int64_t rows, hidden;
  float p;
  bool bias, residual, beta, keeps_sum, in_place;
  unsigned blocks;
  int64_t seed, offset;
};

// The instance for a shape: f(vectors) with vectors of layernorm_vectors(), or f(0).
template <typename T, typename F>
void with_vectors(int vectors, F&& f) {
  const auto run = [&](auto n) {
    if constexpr (n % 2 == 0 || sizeof(T) == 2) f(n);
  };
  switch (vectors) {
    case 0:
      return run(std::integral_constant<int, 0>());
    case 1:
      return run(std::integral_constant<int, 1>());
    case 2:
      return run(std::integral_constant<int, 2>());
    case 3:
      return run(std::integral_constant<int, 3>());
    case 4:
      return run(std::integral_constant<int, 4>());
    case 6:
      return run(std::integral_constant<int, 6>());
    case 8:
      return run(std::integral_constant<int, 8>());
    default:
      test::fail(__FILE__, __LINE__, vectors, " vectors");
  }
}

template <typename T, bool kDropout>
void check(const Case& c) {
  constexpr jb::Mask kMask = kDropout ? jb::Mask::kOfX : jb::Mask::kNone;
  const int64_t n = c.rows * c.hidden;
  const auto hidden = static_cast<size_t>(c.hidden);
  const float eps = 1e-5f;
  const int vectors = jb::layernorm_vectors<T>(c.hidden);
  const bool whole_vectors = c.hidden % jb::kVector<T> == 0;
  const std::vector<T> x = simt::normal<T>(n, 2, 1), residual = simt::normal<T>(n), dy = simt::normal<T>(n);
  const std::vector<float> bias = test::normal(c.hidden), gamma = test::normal(c.hidden), beta = test::normal(c.hidden);
  const jb::Dropout dropout = simt::dropout(c.p, c.seed, c.offset);

  // The reference, and the plain implementation that stores every step as a T.
  const auto wide = [](const auto& v) { return simt::doubles(v); };
  const std::vector<double> xs = wide(x), rs = wide(residual), bs = wide(bias), gs = wide(gamma), dys = wide(dy);
  const std::vector<double> betas = c.beta ? wide(beta) : std::vector<double>(hidden);
  std::vector<double> keep, sum, size;
  std::vector<double> naive_sum;
  for (int64_t i = 0; i < n; ++i) {
    const auto at = static_cast<size_t>(i), column = static_cast<size_t>(i % c.hidden);
    keep.push_back(test::keeps(c.seed, c.offset, static_cast<uint64_t>(i), c.p) ? 1 / (1 - static_cast<double>(c.p))
                                                                                : 0);
    const double added = c.bias ? bs[column] : 0;
    sum.push_back(keep[at] * (xs[at] + added) + (c.residual ? rs[at] : 0));
    size.push_back(keep[at] * (std::abs(xs[at]) + std::abs(added)) + (c.residual ? std::abs(rs[at]) : 0));
    float s = jb::to_float(x[at]);
    if (c.bias) s = simt::rounded<T>(s + bias[column]);
    s = simt::rounded<T>(s * static_cast<float>(keep[at]));
    if (c.residual) s = simt::rounded<T>(s + jb::to_float(residual[at]));
    naive_sum.push_back(static_cast<double>(s));
  }
  const std::vector<float> beta_f = c.beta ? beta : std::vector<float>(hidden);
  const test::LayerNorm right(sum, gamma, beta_f, c.rows, c.hidden, eps);
  std::vector<double> naive_y(sum.size()), y_rounding(sum.size()), sum_rounding(sum.size());
  for (size_t r = 0; r < static_cast<size_t>(c.rows); ++r) {
    float mean = 0, variance = 0;
    double largest = 0;
    for (size_t i = r * hidden; i < (r + 1) * hidden; ++i) {
      mean += static_cast<float>(naive_sum[i]) / static_cast<float>(hidden);
      largest = std::max(largest, size[i]);
    }
    for (size_t i = r * hidden; i < (r + 1) * hidden; ++i) {
      const float centred = static_cast<float>(naive_sum[i]) - mean;
      variance += centred * centred / static_cast<float>(hidden);
    }
    const float rstd = 1 / std::sqrt(variance + eps);
    for (size_t i = r * hidden; i < (r + 1) * hidden; ++i) {
      const size_t column = i % hidden;
      const float normal = (static_cast<float>(naive_sum[i]) - mean) * rstd;
      naive_y[i] = static_cast<double>(simt::rounded<T>(normal * gamma[column] + beta_f[column]));
      sum_rounding[i] = simt::kRounding<T> * size[i];
      // A rounding of the row's largest element moves mean and deviation, and the result is rounded.
      y_rounding[i] =
          simt::kRounding<T> *
          (2 * largest * right.rstd[r] * (1 + std::abs(normal)) * std::abs(gs[column]) + std::abs(right.y[i]));
    }
  }

  Buffer<T> bx("x", x), bresidual("residual", residual), bdy("dy", dy);
  Buffer<float> bbias("bias", bias), bgamma("gamma", gamma), bbeta("beta", beta);
  std::vector<T> first_y, first_dx;
  std::vector<float> first_parts;
  simt::for_each_order(test::random()(), [&] {
    Buffer<T> by("y", sum.size()), bsum("sum", c.in_place ? x : std::vector<T>(sum.size()));
    Buffer<float> bmean("mean", static_cast<size_t>(c.rows)), brstd("rstd", static_cast<size_t>(c.rows));
    T* const kept = c.keeps_sum || c.in_place ? bsum.data() : nullptr;
    const T* input = c.in_place ? bsum.data() : bx.data();
    const auto forward = [&](auto kernel, unsigned threads) {
      simt::launch("layernorm_forward", {c.blocks, threads}, kernel, by.data(), kept, bmean.data(), brstd.data(), input,
                   c.residual ? bresidual.data() : nullptr, c.bias ? bbias.data() : nullptr, bgamma.data(),
                   c.beta ? bbeta.data() : nullptr, c.rows, static_cast<int>(c.hidden), eps, dropout);
    };
    with_vectors<T>(vectors, [&](auto v) {
      if constexpr (v == 0) {
        if (whole_vectors) {
          forward(jb::layernorm_forward_wide<T, jb::kVector<T>, kDropout>, jb::kLayernormWideThreads);
        } else {
          forward(jb::layernorm_forward_wide<T, 1, kDropout>, jb::kLayernormWideThreads);
        }
      } else {
        forward(jb::layernorm_forward<T, v, kDropout>, jb::kLayernormThreads);
      }
    });
    const std::vector<double> y = simt::doubles(by.values());
    EXPECT_AS_GOOD(y, right.y, naive_y, y_rounding);
    if (first_y.empty()) first_y = by.values();
    for (size_t i = 0; i < y.size(); ++i) EXPECT(std::memcmp(&first_y[i], &by.data()[i], sizeof(T)) == 0);
    if (kept == nullptr) return;
    const std::vector<double> kept_sum = simt::doubles(bsum.values());
    EXPECT_AS_GOOD(kept_sum, sum, naive_sum, sum_rounding);

    // Backward, from the sum and the statistics that forward kept.
    Buffer<T> bdx("dx", sum.size()), bdresidual("dresidual", sum.size());
    Buffer<float> parts("parts", c.blocks * 3 * hidden), grads("gradients", std::vector<float>(3 * hidden, 2));
    const auto backward = [&](auto kernel, unsigned threads, size_t shared) {
      simt::launch("layernorm_backward", {c.blocks, threads, shared}, kernel, bdx.data(), bdresidual.data(),
                   parts.data(), bdy.data(), bsum.data(), bmean.data(), brstd.data(), bgamma.data(), c.rows,
                   static_cast<int>(c.hidden), dropout);
    };
    with_vectors<T>(vectors, [&](auto v) {
      if constexpr (v == 0) {
        if (whole_vectors) {
          backward(jb::layernorm_backward_wide<T, jb::kVector<T>, kMask>, jb::kLayernormWideThreads, 0);
        } else {
          backward(jb::layernorm_backward_wide<T, 1, kMask>, jb::kLayernormWideThreads, 0);
        }
      } else {
        backward(jb::layernorm_backward<T, v, kMask>, jb::kLayernormThreads, 3 * hidden * sizeof(float));
      }
    });
    const jb::ColumnSums sums{{grads.data(), grads.data() + hidden, grads.data() + 2 * hidden}, 3, 2};
    const unsigned columns = static_cast<unsigned>((hidden + 31) / 32);
    SIMT_LAUNCH(jb::column_sums<jb::kColumnSumLines>, ({{columns, 3}, {32, 16}}), sums, parts.data(),
                static_cast<int>(c.blocks), static_cast<int>(hidden));

    const test::LayerNorm again(kept_sum, gamma, beta_f, c.rows, c.hidden, eps);
    const test::LayerNormGradient g = again.backward(dys);
    std::vector<double> dx(g.dx), gradients(g.dgamma), naive_dresidual, naive_dx, naive(3 * hidden), rounding_dx;
    std::vector<double> rounding(3 * hidden), dbias(hidden);
    gradients.insert(gradients.end(), g.dbeta.begin(), g.dbeta.end());
    std::vector<float> sums_f(3 * hidden);
    for (size_t r = 0; r < static_cast<size_t>(c.rows); ++r) {
      const auto mean = static_cast<float>(again.mean[r]), rstd = static_cast<float>(again.rstd[r]);
      float mean_g = 0, mean_gh = 0;
      double largest = 0, largest_g = 0;
      for (size_t i = r * hidden; i < (r + 1) * hidden; ++i) {
        const float d = static_cast<float>(dys[i]) * gamma[i % hidden];
        const float h = (static_cast<float>(kept_sum[i]) - mean) * rstd;
        mean_g += d / static_cast<float>(hidden);
        mean_gh += d * h / static_cast<float>(hidden);
        largest = std::max(largest, std::abs(kept_sum[i]));
        largest_g = std::max(largest_g, static_cast<double>(std::abs(d)));
      }
      for (size_t i = r * hidden; i < (r + 1) * hidden; ++i) {
        const size_t column = i % hidden;
        dx[i] *= keep[i];
        dbias[column] += dx[i];
        const float h = (static_cast<float>(kept_sum[i]) - mean) * rstd, d = static_cast<float>(dys[i]);
        const float gradient = simt::rounded<T>(rstd * (d * gamma[column] - mean_g - h * mean_gh));
        const float dropped = simt::rounded<T>(gradient * static_cast<float>(keep[i]));
        naive_dresidual.push_back(static_cast<double>(gradient));
        naive_dx.push_back(static_cast<double>(dropped));
        sums_f[column] += d * h;
        sums_f[hidden + column] += d;
        sums_f[2 * hidden + column] += dropped;
        // float32 inside, where a small deviation makes the roundings of the sum large; T at the end.
        const double size_h = std::abs(static_cast<double>(h));
        const double inner = 8 * 0x1p-24 * (1 + largest * again.rstd[r]) * (2 + size_h);
        rounding_dx.push_back((inner * largest_g * again.rstd[r] + simt::kRounding<T> * std::abs(g.dx[i])) *
                              std::max(keep[i], 1.0));
        rounding[column] += inner * std::abs(dys[i]) * (1 + size_h);
        rounding[hidden + column] += 0x1p-23 * (2 + std::abs(dys[i]));
        rounding[2 * hidden + column] += rounding_dx.back();
      }
    }
    for (size_t i = 0; i < hidden; ++i) rounding[hidden + i] += 0x1p-22;
    gradients.insert(gradients.end(), dbias.begin(), dbias.end());
    for (size_t i = 0; i < 3 * hidden; ++i) naive[i] = static_cast<double>(sums_f[i]);
    const std::vector<double> to_x = simt::doubles(bdx.values()), to_residual = simt::doubles(bdresidual.values());
    EXPECT_GRADIENT_AS_GOOD(to_residual, g.dx, naive_dresidual, rounding_dx);
    EXPECT_GRADIENT_AS_GOOD(to_x, dx, naive_dx, rounding_dx);
    std::vector<double> parameters = simt::doubles(grads.values());
    for (size_t i = hidden; i < 2 * hidden; ++i) parameters[i] -= 2;  // the one that is added to
    EXPECT_GRADIENT_AS_GOOD(parameters, gradients, naive, rounding);
    if (first_dx.empty()) first_dx = bdx.values(), first_parts = grads.values();
    for (size_t i = 0; i < first_dx.size(); ++i) EXPECT(std::memcmp(&first_dx[i], &bdx.data()[i], sizeof(T)) == 0);
    EXPECT_SAME_BITS(first_parts, grads.values());
  });
}

template <typename T>
void check_all() {
  const int64_t hidden[] = {1, 3, 8, 33, 64, 100, 256, 264, 384, 520, 768, 1024, 1032, 2052};
  int number = 0;
  for (int64_t width : hidden) {
    for (int64_t rows : {1, 13}) {
      const int i = number++;
      Case c{rows,
             width,
             0,
             i % 2 == 0,
             i % 3 != 0,
             i % 5 != 0,
             i % 4 != 1,
             i % 6 == 5,
             1 + static_cast<unsigned>(i % 3),
             test::integers<int64_t>(1, -1000, 1000)[0],
             test::integers<int64_t>(1, 0, 1000)[0]};
      check<T, false>(c);
      c.p = 0.3f;
      c.bias = !c.bias;
      c.keeps_sum = !c.keeps_sum;
      check<T, true>(c);
    }
  }
}

}  // namespace

TEST(float32) { check_all<float>(); }
TEST(bfloat16) { check_all<jb::bf16>(); }

TEST(masks_may_count_from_device_memory) {
  Buffer<int64_t> base("base", std::vector<int64_t>{1000});
  Buffer<float> x("x", test::normal(5 * 64)), gamma("gamma", std::vector<float>(64, 1)), y("y", 5 * 64), z("z", 5 * 64);
  Buffer<int64_t> no_base("no base", 0);
  const auto forward = [&](Buffer<float>& to, const jb::Dropout& dropout) {
    SIMT_LAUNCH((jb::layernorm_forward<float, 2, true>), ({1, 128}), to.data(), nullptr, nullptr, nullptr, x.data(),
                nullptr, nullptr, gamma.data(), nullptr, 5, 64, 1e-5f, dropout);
  };
  forward(y, simt::dropout(0.5f, 3, 1007));
  forward(z, simt::dropout(0.5f, 3, 7, base.data()));
  EXPECT_SAME_BITS(y.values(), z.values());
}

TEST(gradients_of_no_rows_are_cleared) {
  Buffer<float> dgamma("dgamma", std::vector<float>(40, 7)), dbias("dbias", std::vector<float>(40, 7));
  SIMT_LAUNCH(jb::column_sums<jb::kColumnSumLines>, ({{2, 3}, {32, 16}}),
              (jb::ColumnSums{{dgamma.data(), nullptr, dbias.data()}, 3, 4}), nullptr, 0, 40);
  EXPECT_SAME_BITS(dgamma.values(), std::vector<float>(40, 0));
  EXPECT_SAME_BITS(dbias.values(), std::vector<float>(40, 7));
}
