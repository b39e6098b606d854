#include "jaubert/linear.h"

#include <array>

#include "matmul_reference.h"

namespace {

using test::expect_product;
using test::kSizes;
using test::multiply;
using test::Product;
using test::Sizes;

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

TEST(impossible_layers_are_refused) {
  const test::Context ctx;
  float x[4] = {};
  const jb_linear_args plain{.weight = x, .rows = 1, .out = 2, .in = 2};
  jb_linear_args args = plain;
  args.activation = 9;
  EXPECT_REFUSED(jb_linear_forward(ctx, JB_F32, x, x, &args), "9 is not an activation");
  args = plain;
  args.preactivation = args.x_preactivation = x;
  EXPECT_REFUSED(jb_linear_backward(ctx, JB_F32, x, x, x, x, x, nullptr, &args), "x is null");
  args.activation = JB_ACT_GELU;
  EXPECT_REFUSED(jb_linear_backward(ctx, JB_F32, x, x, x, nullptr, x, x, &args), "scratch is null");
  args.activation = JB_NO_ACTIVATION;
  args.x_activation = 9;
  EXPECT_REFUSED(jb_linear_backward(ctx, JB_F32, x, x, x, x, x, x, &args), "9 is not an activation");
  args.x_activation = JB_ACT_GELU;
  args.accumulate = JB_ADD_TO_DX;
  EXPECT_REFUSED(jb_linear_backward(ctx, JB_F32, x, x, x, x, x, x, &args), "cannot be added to");
  args.accumulate = 0;
  args.x_preactivation = nullptr;
  EXPECT_REFUSED(jb_linear_backward(ctx, JB_F32, x, x, x, x, x, x, &args), "x_preactivation is null");
  EXPECT_REFUSED(jb_linear_forward(ctx, JB_F32, x, x, nullptr), "args is null");
  EXPECT_REFUSED(jb_linear_backward(ctx, JB_F32, x, x, x, x, x, x, nullptr), "args is null");
}

TEST(linear_forward_with_every_activation) {
  const test::Context ctx;
  for (const Sizes& s : kSizes) {
    const auto x = test::normal(s.m * s.k), weight = test::normal(s.n * s.k, 0.1F), bias = test::normal(s.n);
    for (jb_activation activation = JB_NO_ACTIVATION; activation <= JB_ACT_TANH; ++activation) {
      for (const bool with_bias : {false, true}) {
        Product z = multiply(x, weight, std::vector<float>(static_cast<size_t>(s.m * s.n)), false, true, s, 1, 0);
        for (size_t i = 0; i < z.values.size(); ++i) {
          if (with_bias) z.values[i] += bias[i % static_cast<size_t>(s.n)];
          z.sizes[i] += 1;
        }
        std::vector<float> y(z.values.size(), NAN), pre(y), alone(y);
        jb_linear_args args{.weight = weight.data(),
                            .bias = with_bias ? bias.data() : nullptr,
                            .preactivation = pre.data(),
                            .rows = s.m,
                            .out = s.n,
                            .in = s.k,
                            .activation = activation};
        EXPECT_OK(jb_linear_forward(ctx, JB_F32, y.data(), x.data(), &args));
        args.preactivation = nullptr;
        EXPECT_OK(jb_linear_forward(ctx, JB_F32, alone.data(), x.data(), &args));
        EXPECT_SAME_BITS(y, alone);
        expect_product(pre, z);
        Product expected = z;
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
        jb_linear_args args{.weight = weight.data(),
                            .preactivation = saved.data(),
                            .rows = rows,
                            .out = out,
                            .in = in,
                            .activation = activation,
                            .accumulate = accumulate};
        EXPECT_OK(jb_linear_backward(ctx, JB_F32, dx.data(), dweight.data(), dbias.data(), scratch.data(), dy.data(),
                                     x.data(), &args));
        if (activation != JB_NO_ACTIVATION) {
          EXPECT_CLOSE(scratch, dz, 2e-6, 2e-6);
          dz = scratch;  // so that what follows measures the products alone
        }
        const std::vector<float> ones(static_cast<size_t>(rows), 1.0F);
        const Product expected_dx = multiply(dz, weight, old_dx, false, false, {rows, in, out}, 1, add_to_dx);
        const Product expected_dweight =
            multiply(dz, x, old_dweight, true, false, {out, in, rows}, 1, (accumulate & JB_ADD_TO_DWEIGHT) != 0);
        const Product expected_dbias =
            multiply(ones, dz, old_dbias, false, false, {1, out, rows}, 1, (accumulate & JB_ADD_TO_DBIAS) != 0);
        expect_product(dx, expected_dx);
        expect_product(dweight, expected_dweight);
        expect_product(dbias, expected_dbias);
        // Each output may be left out.
        auto dbias_alone = old_dbias;
        auto dx_alone = old_dx;
        EXPECT_OK(jb_linear_backward(ctx, JB_F32, dx_alone.data(), nullptr, nullptr, scratch.data(), dy.data(), nullptr,
                                     &args));
        args.weight = nullptr;
        EXPECT_OK(jb_linear_backward(ctx, JB_F32, nullptr, nullptr, dbias_alone.data(), scratch.data(), dy.data(),
                                     nullptr, &args));
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
      Product expected = multiply(dy, weight, before, false, false, {rows, in, out}, 1, 0);
      for (size_t i = 0; i < before.size(); ++i) {
        const double factor = slope(activation, before[i]);
        if (activation == JB_ACT_TANH) before[i] = std::tanh(before[i]);
        expected.values[i] *= factor;
        // The derivative is not below -0.13, and may be off by some rounding errors of numbers up to 1.13.
        expected.sizes[i] *= std::fabs(factor) + 0.2;
      }
      std::vector<float> dx(before.size(), NAN);
      const auto untouched = before;
      const jb_linear_args args{.weight = weight.data(),
                                .rows = rows,
                                .out = out,
                                .in = in,
                                .x_activation = activation,
                                .x_preactivation = before.data()};
      EXPECT_OK(jb_linear_backward(ctx, JB_F32, dx.data(), nullptr, nullptr, nullptr, dy.data(), nullptr, &args));
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
      const jb_linear_args layer_before{.weight = first.data(),
                                        .preactivation = before.data(),
                                        .rows = rows,
                                        .out = in,
                                        .in = 3,
                                        .activation = activation};
      EXPECT_OK(jb_linear_forward(ctx, JB_F32, x.data(), input.data(), &layer_before));
      if (activation == JB_ACT_TANH) before = x;
      for (const bool with_dx : {true, false}) {
        std::vector<float> dx(x.size()), dx_again(x.size()), dweight(weight.size()), dweight_again(weight.size());
        auto again = before;
        jb_linear_args args{.weight = weight.data(),
                            .rows = rows,
                            .out = out,
                            .in = in,
                            .x_activation = activation,
                            .x_preactivation = before.data()};
        EXPECT_OK(jb_linear_backward(ctx, JB_F32, with_dx ? dx.data() : nullptr, dweight.data(), nullptr, nullptr,
                                     dy.data(), x.data(), &args));
        args.x_preactivation = again.data();
        EXPECT_OK(jb_linear_backward(ctx, JB_F32, with_dx ? dx_again.data() : nullptr, dweight_again.data(), nullptr,
                                     nullptr, dy.data(), nullptr, &args));
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
    const jb_linear_args args{.weight = weight.data(),
                              .bias = bias.data(),
                              .preactivation = pre.data(),
                              .rows = rows,
                              .out = out,
                              .in = in,
                              .activation = JB_ACT_GELU,
                              .x_activation = JB_ACT_GELU,
                              .x_preactivation = before.data()};
    EXPECT_OK(jb_linear_forward(ctx, JB_F32, y.data(), x.data(), &args));
    EXPECT_OK(jb_linear_backward(ctx, JB_F32, dx.data(), dweight.data(), dbias.data(), scratch.data(), dy.data(),
                                 x.data(), &args));
    for (const auto* part : {&y, &pre, &dx, &dweight, &dbias}) {
      results[run].insert(results[run].end(), part->begin(), part->end());
    }
  }
  EXPECT_SAME_BITS(results[0], results[1]);
  EXPECT_SAME_BITS(results[0], results[2]);
}
