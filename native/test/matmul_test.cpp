#include "jaubert/matmul.h"

#include <array>

#include "test.h"

namespace {

struct Sizes {
  int64_t m, n, k;
};

// Odd sizes, sizes of one tile, of several, and long k with small m and n (where k is split).
const Sizes kSizes[] = {{1, 1, 1},    {1, 384, 384},  {7, 5, 3},      {32, 26, 384},  {33, 65, 129},
                        {64, 64, 64}, {400, 97, 129}, {401, 384, 31}, {97, 31, 4096}, {67, 35, 5003},
                        {0, 5, 3},    {5, 0, 3},      {5, 3, 0}};

// Several packings each: of columns of B, of the summed index, of rows of a transposed A; and rows of A in the same
// sets of the cache.
const Sizes kLargeSizes[] = {{150, 1601, 390}, {140, 301, 2603}, {1500, 130, 401}, {150, 70, 1024}};

// C = alpha * op(A) op(B) + beta * C in double precision; sizes[i] bounds the error: sum of |a * b|.
struct Reference {
  std::vector<double> values, sizes;
};

Reference multiply(const std::vector<float>& a, const std::vector<float>& b, const std::vector<float>& c, bool ta,
                   bool tb, Sizes s, double alpha, double beta) {
  Reference y{std::vector<double>(static_cast<size_t>(s.m * s.n)), {}};
  y.sizes = y.values;
  for (int64_t i = 0; i < s.m; ++i) {
    for (int64_t j = 0; j < s.n; ++j) {
      double sum = 0, size = 0;
      for (int64_t l = 0; l < s.k; ++l) {
        const double term = static_cast<double>(a[static_cast<size_t>(ta ? l * s.m + i : i * s.k + l)]) *
                            b[static_cast<size_t>(tb ? j * s.k + l : l * s.n + j)];
        sum += term;
        size += std::abs(term);
      }
      const auto at = static_cast<size_t>(i * s.n + j);
      const double kept = beta == 0 ? 0 : beta * c[at];
      y.values[at] = alpha * sum + kept;
      y.sizes[at] = std::abs(alpha) * size + std::abs(kept);
    }
  }
  return y;
}

void expect_product(const std::vector<float>& actual, const Reference& expected) {
  for (size_t i = 0; i < actual.size(); ++i) {
    EXPECT(std::abs(actual[i] - expected.values[i]) <= 1e-6 * expected.sizes[i]);
  }
}

double activate(jb_activation activation, double x) {
  switch (activation) {
    case JB_ACT_GELU:
      return x * 0.5 * std::erfc(-x / std::sqrt(2.0));
    case JB_ACT_GELU_TANH:
      return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
    case JB_ACT_RELU:
      return std::max(x, 0.0);
    case JB_ACT_TANH:
      return std::tanh(x);
    default:
      return x;
  }
}

double slope(jb_activation activation, double x) {
  if (activation == JB_ACT_RELU) return x > 0;
  const double h = 1e-5;
  return (activate(activation, x + h) - activate(activation, x - h)) / (2 * h);
}

}  // namespace

TEST(products_of_all_layouts) {
  const test::Context ctx;
  for (const Sizes& s : kSizes) {
    for (int layout = 0; layout < 4; ++layout) {
      const bool ta = (layout & 1) != 0, tb = (layout & 2) != 0;
      const auto a = test::normal(s.m * s.k), b = test::normal(s.k * s.n);
      for (const float beta : {0.0F, 1.0F, -0.5F}) {
        auto c = test::normal(s.m * s.n);
        if (beta == 0) std::fill(c.begin(), c.end(), NAN);  // must not be read
        const Reference expected = multiply(a, b, c, ta, tb, s, 1.5, beta);
        EXPECT_OK(jb_matmul(ctx, c.data(), a.data(), b.data(), ta, tb, s.m, s.n, s.k, 1.5F, beta, 1, 0, 0, 0));
        expect_product(c, expected);
      }
    }
  }
}

TEST(large_products_of_all_layouts_for_any_number_of_threads) {
  const test::Context one(1), two(2), five(5);
  for (const Sizes& s : kLargeSizes) {
    for (int layout = 0; layout < 4; ++layout) {
      const bool ta = (layout & 1) != 0, tb = (layout & 2) != 0;
      const auto a = test::normal(s.m * s.k), b = test::normal(s.k * s.n), old = test::normal(s.m * s.n);
      auto c = old, d = old, e = old;
      EXPECT_OK(jb_matmul(one, c.data(), a.data(), b.data(), ta, tb, s.m, s.n, s.k, -0.5F, 2, 1, 0, 0, 0));
      EXPECT_OK(jb_matmul(two, d.data(), a.data(), b.data(), ta, tb, s.m, s.n, s.k, -0.5F, 2, 1, 0, 0, 0));
      EXPECT_OK(jb_matmul(five, e.data(), a.data(), b.data(), ta, tb, s.m, s.n, s.k, -0.5F, 2, 1, 0, 0, 0));
      EXPECT_SAME_BITS(c, d);
      EXPECT_SAME_BITS(c, e);
      expect_product(c, multiply(a, b, old, ta, tb, s, -0.5, 2));
    }
  }
}

// Every number of rows and of columns that the edge of a tile can have.
TEST(products_of_all_small_sizes) {
  const test::Context ctx;
  for (int64_t m = 1; m <= 30; ++m) {
    for (int64_t n = 1; n <= 34; ++n) {
      for (int layout = 0; layout < 4; ++layout) {
        const bool ta = (layout & 1) != 0, tb = (layout & 2) != 0;
        const Sizes s{m, n, 1 + (m * 7 + n) % 37};
        const auto a = test::normal(s.m * s.k), b = test::normal(s.k * s.n);
        std::vector<float> c(static_cast<size_t>(m * n), NAN);
        EXPECT_OK(jb_matmul(ctx, c.data(), a.data(), b.data(), ta, tb, s.m, s.n, s.k, 1, 0, 1, 0, 0, 0));
        expect_product(c, multiply(a, b, c, ta, tb, s, 1, 0));
      }
    }
  }
}

TEST(batches_with_strides_and_shared_matrices) {
  const test::Context ctx;
  for (const int64_t batch : {0, 1, 3, 50}) {
    for (const Sizes& s : {Sizes{5, 7, 3}, Sizes{33, 20, 64}, Sizes{1, 1, 9}, Sizes{201, 129, 37}}) {
      for (int layout = 0; layout < 8; ++layout) {
        const bool ta = (layout & 1) != 0, tb = (layout & 2) != 0, shared = (layout & 4) != 0;
        const int64_t stride_a = s.m * s.k, stride_b = shared ? 0 : s.k * s.n + 2, stride_c = s.m * s.n;
        const auto a = test::normal(batch * stride_a), b = test::normal(shared ? s.k * s.n : batch * stride_b);
        std::vector<float> c(static_cast<size_t>(batch * stride_c), NAN);
        EXPECT_OK(jb_matmul(ctx, c.data(), a.data(), b.data(), ta, tb, s.m, s.n, s.k, 1, 0, batch, stride_a, stride_b,
                            stride_c));
        for (int64_t i = 0; i < batch; ++i) {
          const std::vector<float> ai(a.begin() + i * stride_a, a.begin() + (i + 1) * stride_a);
          const std::vector<float> bi(b.begin() + i * stride_b, b.begin() + i * stride_b + s.k * s.n);
          const std::vector<float> ci(c.begin() + i * stride_c, c.begin() + (i + 1) * stride_c);
          expect_product(ci, multiply(ai, bi, ci, ta, tb, s, 1, 0));
        }
      }
    }
  }
}

TEST(products_have_the_same_bits_for_any_number_of_threads) {
  const test::Context one(1), two(2), five(5);
  for (const Sizes& s : {Sizes{400, 384, 384}, Sizes{384, 96, 4099}, Sizes{97, 131, 700}}) {
    const auto a = test::normal(s.m * s.k), b = test::normal(s.k * s.n);
    std::vector<float> c(static_cast<size_t>(s.m * s.n)), d(c), e(c);
    EXPECT_OK(jb_matmul(one, c.data(), a.data(), b.data(), 1, 0, s.m, s.n, s.k, 1, 0, 1, 0, 0, 0));
    EXPECT_OK(jb_matmul(two, d.data(), a.data(), b.data(), 1, 0, s.m, s.n, s.k, 1, 0, 1, 0, 0, 0));
    EXPECT_OK(jb_matmul(five, e.data(), a.data(), b.data(), 1, 0, s.m, s.n, s.k, 1, 0, 1, 0, 0, 0));
    EXPECT_SAME_BITS(c, d);
    EXPECT_SAME_BITS(c, e);
  }
}

TEST(impossible_products_are_refused) {
  const test::Context ctx;
  float x[4] = {};
  EXPECT_REFUSED(jb_matmul(ctx, x, x, x, 0, 0, -1, 2, 2, 1, 0, 1, 0, 0, 0), "m = -1");
  EXPECT_REFUSED(jb_matmul(ctx, x, nullptr, x, 0, 0, 2, 2, 2, 1, 0, 1, 0, 0, 0), "a is null");
  EXPECT_REFUSED(jb_matmul(ctx, x, x, x, 0, 0, 1, 2, 2, 1, 0, 2, 2, 4, 1), "stride_c is 1");
  EXPECT_REFUSED(jb_matmul(ctx, x, x, x, 0, 0, INT64_MAX, 2, INT64_MAX, 1, 0, 1, 0, 0, 0), "too many");
  EXPECT_REFUSED(jb_linear_forward(ctx, JB_F32, x, nullptr, x, x, nullptr, 1, 2, 2, 9), "9 is not an activation");
  EXPECT_REFUSED(jb_linear_backward(ctx, JB_F32, x, x, x, nullptr, x, x, x, x, nullptr, 1, 2, 2, JB_ACT_GELU, 0, 0),
                 "scratch is null");
  EXPECT_REFUSED(jb_linear_backward(ctx, JB_F32, x, x, x, x, x, x, x, x, nullptr, 1, 2, 2, 0, JB_ACT_GELU, 0),
                 "x_preactivation is null");
  EXPECT_REFUSED(jb_linear_backward(ctx, JB_F32, x, x, x, x, x, nullptr, x, x, x, 1, 2, 2, 0, 0, 0), "x is null");
  EXPECT_REFUSED(jb_linear_backward(ctx, JB_F32, x, x, x, x, x, x, x, x, x, 1, 2, 2, 0, JB_ACT_GELU, JB_ADD_TO_DX),
                 "cannot be added to");
  EXPECT_REFUSED(jb_linear_backward(ctx, JB_F32, x, x, x, x, x, x, x, x, x, 1, 2, 2, 0, 9, 0),
                 "9 is not an activation");
}

TEST(linear_forward_with_every_activation) {
  const test::Context ctx;
  for (const Sizes& s : kSizes) {
    const auto x = test::normal(s.m * s.k), weight = test::normal(s.n * s.k, 0.1F), bias = test::normal(s.n);
    for (jb_activation activation = JB_NO_ACTIVATION; activation <= JB_ACT_TANH; ++activation) {
      for (const bool with_bias : {false, true}) {
        Reference z = multiply(x, weight, std::vector<float>(static_cast<size_t>(s.m * s.n)), false, true, s, 1, 0);
        for (size_t i = 0; i < z.values.size(); ++i) {
          if (with_bias) z.values[i] += bias[i % static_cast<size_t>(s.n)];
          z.sizes[i] += 1;
        }
        std::vector<float> y(z.values.size(), NAN), pre(y), alone(y);
        const float* b = with_bias ? bias.data() : nullptr;
        EXPECT_OK(jb_linear_forward(ctx, JB_F32, y.data(), pre.data(), x.data(), weight.data(), b, s.m, s.n, s.k,
                                    activation));
        EXPECT_OK(jb_linear_forward(ctx, JB_F32, alone.data(), nullptr, x.data(), weight.data(), b, s.m, s.n, s.k,
                                    activation));
        EXPECT_SAME_BITS(y, alone);
        expect_product(pre, z);
        Reference expected = z;
        for (double& v : expected.values) v = activate(activation, v);
        expect_product(y, expected);
      }
    }
  }
}

TEST(linear_backward_with_every_activation) {
  const test::Context ctx;
  for (const Sizes& s : kSizes) {
    const int64_t rows = s.m, out = s.n, in = s.k;
    const auto x = test::normal(rows * in), weight = test::normal(out * in, 0.1F), dy = test::normal(rows * out);
    for (jb_activation activation = JB_NO_ACTIVATION; activation <= JB_ACT_TANH; ++activation) {
      const auto pre = test::normal(rows * out);
      std::vector<float> dz(dy.size()), saved = pre;
      for (size_t i = 0; i < dz.size(); ++i) {
        dz[i] = static_cast<float>(dy[i] * slope(activation, pre[i]));
        if (activation == JB_ACT_TANH) saved[i] = std::tanh(pre[i]);
      }
      const int32_t step = rows * out * in > 100000 ? 3 : 1;
      constexpr int32_t kAll = JB_ADD_TO_DX | JB_ADD_TO_DBIAS | JB_ADD_TO_DWEIGHT;
      for (int32_t accumulate = 0; accumulate <= kAll; accumulate += step) {
        const bool add_to_dx = (accumulate & JB_ADD_TO_DX) != 0;
        std::vector<float> scratch(dy.size(), NAN);
        auto dweight = test::normal(out * in), dbias = test::normal(out);
        auto dx = add_to_dx ? test::normal(rows * in) : std::vector<float>(x.size(), NAN);
        const auto old_dweight = dweight, old_dbias = dbias, old_dx = dx;
        EXPECT_OK(jb_linear_backward(ctx, JB_F32, dx.data(), dweight.data(), dbias.data(), scratch.data(), dy.data(),
                                     x.data(), weight.data(), saved.data(), nullptr, rows, out, in, activation,
                                     JB_NO_ACTIVATION, accumulate));
        if (activation != JB_NO_ACTIVATION) {
          EXPECT_CLOSE(scratch, dz, 2e-6, 2e-6);
          dz = scratch;  // so that what follows measures the products alone
        }
        const std::vector<float> ones(static_cast<size_t>(rows), 1.0F);
        const Reference expected_dx = multiply(dz, weight, old_dx, false, false, {rows, in, out}, 1, add_to_dx);
        const Reference expected_dweight =
            multiply(dz, x, old_dweight, true, false, {out, in, rows}, 1, (accumulate & JB_ADD_TO_DWEIGHT) != 0);
        const Reference expected_dbias =
            multiply(ones, dz, old_dbias, false, false, {1, out, rows}, 1, (accumulate & JB_ADD_TO_DBIAS) != 0);
        expect_product(dx, expected_dx);
        expect_product(dweight, expected_dweight);
        expect_product(dbias, expected_dbias);
        // Each output may be left out.
        auto dbias_alone = old_dbias;
        auto dx_alone = old_dx;
        EXPECT_OK(jb_linear_backward(ctx, JB_F32, nullptr, nullptr, dbias_alone.data(), scratch.data(), dy.data(),
                                     nullptr, nullptr, saved.data(), nullptr, rows, out, in, activation,
                                     JB_NO_ACTIVATION, accumulate));
        EXPECT_OK(jb_linear_backward(ctx, JB_F32, dx_alone.data(), nullptr, nullptr, scratch.data(), dy.data(), nullptr,
                                     weight.data(), saved.data(), nullptr, rows, out, in, activation, JB_NO_ACTIVATION,
                                     accumulate));
        EXPECT_SAME_BITS(dbias_alone, dbias);
        EXPECT_SAME_BITS(dx_alone, dx);
      }
    }
  }
}

// dx of a layer whose input came from an activation, against dx times the derivative.
TEST(linear_backward_through_the_activation_of_its_input) {
  const test::Context ctx;
  for (const Sizes& s : kSizes) {
    const int64_t rows = s.m, out = s.n, in = s.k;
    const auto weight = test::normal(out * in, 0.1F), dy = test::normal(rows * out);
    for (jb_activation activation = JB_ACT_GELU; activation <= JB_ACT_TANH; ++activation) {
      auto before = test::normal(rows * in);
      Reference expected = multiply(dy, weight, before, false, false, {rows, in, out}, 1, 0);
      for (size_t i = 0; i < before.size(); ++i) {
        const double factor = slope(activation, before[i]);
        if (activation == JB_ACT_TANH) before[i] = std::tanh(before[i]);
        expected.values[i] *= factor;
        // The derivative is not below -0.13, and may be off by some rounding errors of numbers up to 1.13.
        expected.sizes[i] *= std::fabs(factor) + 0.2;
      }
      std::vector<float> dx(before.size(), NAN);
      const auto untouched = before;
      EXPECT_OK(jb_linear_backward(ctx, JB_F32, dx.data(), nullptr, nullptr, nullptr, dy.data(), nullptr, weight.data(),
                                   nullptr, before.data(), rows, out, in, JB_NO_ACTIVATION, activation, 0));
      expect_product(dx, expected);
      EXPECT_SAME_BITS(before, untouched);
    }
  }
}

// An x that is computed again has the bits of one that was kept, and so have the gradients.
TEST(linear_backward_recomputes_an_input_that_came_from_an_activation) {
  const test::Context ctx;
  for (const Sizes& s : kSizes) {
    const int64_t rows = s.m, out = s.n, in = s.k;
    // One layer before gives x and what went into its activation.
    const auto input = test::normal(rows * 3), first = test::normal(in * 3);
    const auto weight = test::normal(out * in, 0.1F), dy = test::normal(rows * out);
    for (jb_activation activation = JB_ACT_GELU; activation <= JB_ACT_TANH; ++activation) {
      std::vector<float> x(static_cast<size_t>(rows * in)), before(x);
      EXPECT_OK(jb_linear_forward(ctx, JB_F32, x.data(), before.data(), input.data(), first.data(), nullptr, rows, in,
                                  3, activation));
      if (activation == JB_ACT_TANH) before = x;
      for (const bool with_dx : {true, false}) {
        std::vector<float> dx(x.size()), dx_again(x.size()), dweight(weight.size()), dweight_again(weight.size());
        auto again = before;
        EXPECT_OK(jb_linear_backward(ctx, JB_F32, with_dx ? dx.data() : nullptr, dweight.data(), nullptr, nullptr,
                                     dy.data(), x.data(), weight.data(), nullptr, before.data(), rows, out, in,
                                     JB_NO_ACTIVATION, activation, 0));
        EXPECT_OK(jb_linear_backward(ctx, JB_F32, with_dx ? dx_again.data() : nullptr, dweight_again.data(), nullptr,
                                     nullptr, dy.data(), nullptr, weight.data(), nullptr, again.data(), rows, out, in,
                                     JB_NO_ACTIVATION, activation, 0));
        if (!dweight.empty()) EXPECT_SAME_BITS(again, x);  // else its address is null: not wanted
        EXPECT_SAME_BITS(dx_again, dx);
        EXPECT_SAME_BITS(dweight_again, dweight);
      }
    }
  }
}

TEST(linear_has_the_same_bits_for_any_number_of_threads) {
  const int64_t rows = 1237, out = 193, in = 211;
  const auto x = test::normal(rows * in), weight = test::normal(out * in), bias = test::normal(out);
  const auto dy = test::normal(rows * out);
  std::array<std::vector<float>, 3> results;
  for (size_t run = 0; run < 3; ++run) {
    const test::Context ctx(static_cast<int32_t>(run * 2 + 1));
    std::vector<float> y(dy.size()), pre(y), scratch(y), dx(x.size()), dweight(weight.size()), dbias(bias.size());
    auto before = x;
    EXPECT_OK(jb_linear_forward(ctx, JB_F32, y.data(), pre.data(), x.data(), weight.data(), bias.data(), rows, out, in,
                                JB_ACT_GELU));
    EXPECT_OK(jb_linear_backward(ctx, JB_F32, dx.data(), dweight.data(), dbias.data(), scratch.data(), dy.data(),
                                 x.data(), weight.data(), pre.data(), before.data(), rows, out, in, JB_ACT_GELU,
                                 JB_ACT_GELU, 0));
    for (const auto* part : {&y, &pre, &dx, &dweight, &dbias}) {
      results[run].insert(results[run].end(), part->begin(), part->end());
    }
  }
  EXPECT_SAME_BITS(results[0], results[1]);
  EXPECT_SAME_BITS(results[0], results[2]);
}
