// kernels/activation under the emulator.
#include "activation/activation.cuh"

#include "simt/check.h"

namespace {

using jb::Gelu;
using simt::Buffer;

struct Case {
  int64_t rows;
  int width;
  bool bias;
  unsigned blocks;
};
constexpr Case kCases[] = {{1, 1, true, 1},   {5, 3, false, 2},   {0, 8, true, 1},    {17, 64, true, 3},
                           {9, 129, true, 2}, {7, 256, false, 4}, {6, 1032, true, 5}, {3, 2050, true, 1}};

template <typename T>
std::vector<double> rounded_size(const std::vector<double>& size) {
  std::vector<double> r;
  for (double s : size) r.push_back(simt::kRounding<T> * s + 0x1p-126);
  return r;
}

// GELU and its derivative in the precision of F.
template <typename F>
F gelu(Gelu kind, F x) {
  if (kind == Gelu::kErf) return x / 2 * std::erfc(-x / std::sqrt(F(2)));
  return x / 2 * (1 + std::tanh(std::sqrt(F(2 / M_PI)) * (x + F(0.044715) * x * x * x)));
}
template <typename F>
F derivative(Gelu kind, F x) {
  if (kind == Gelu::kErf)
    return std::erfc(-x / std::sqrt(F(2))) / 2 + x * std::exp(-x * x / 2) / std::sqrt(F(2 * M_PI));
  const F t = std::tanh(std::sqrt(F(2 / M_PI)) * (x + F(0.044715) * x * x * x));
  return (1 + t) / 2 + x / 2 * (1 - t * t) * std::sqrt(F(2 / M_PI)) * (1 + F(3 * 0.044715) * x * x);
}

// The grid for `width` columns; calls f with kWidth.
template <typename T, typename F>
void launch_columns(const Case& c, F&& f) {
  const bool whole = c.width % jb::kVector<T> == 0;
  const int step = jb::kActivationThreads * (whole ? jb::kVector<T> : 1);
  const simt::Shape shape{{static_cast<unsigned>((c.width + step - 1) / step), c.blocks}, jb::kActivationThreads};
  if (whole) {
    f(shape, std::integral_constant<int, jb::kVector<T>>());
  } else {
    f(shape, std::integral_constant<int, 1>());
  }
}

template <typename T, Gelu kGelu>
void check_bias_gelu(const Case& c) {
  const int64_t n = c.rows * c.width;
  const auto width = static_cast<size_t>(c.width);
  const std::vector<T> x = simt::normal<T>(n, 2), dy = simt::normal<T>(n);
  const std::vector<float> bias = test::normal(c.width);
  const std::vector<double> xs = simt::doubles(x), dys = simt::doubles(dy), bs = simt::doubles(bias);
  std::vector<double> y, dx, dbias(width), naive_y, naive_dx, y_size, dx_size, dbias_size(width, 1e-20);
  std::vector<float> sums(width);
  for (size_t i = 0; i < xs.size(); ++i) {
    const double added = c.bias ? bs[i % width] : 0, v = xs[i] + added;
    y.push_back(gelu(kGelu, v));
    dx.push_back(dys[i] * derivative(kGelu, v));
    dbias[i % width] += dx[i];
    const float w = simt::rounded<T>(static_cast<float>(xs[i]) + static_cast<float>(added));
    naive_y.push_back(static_cast<double>(simt::rounded<T>(gelu(kGelu, w))));
    const float d = simt::rounded<T>(static_cast<float>(dys[i]) * derivative(kGelu, w));
    naive_dx.push_back(static_cast<double>(d));
    sums[i % width] += d;
    const double sizes = std::abs(xs[i]) + std::abs(added);
    y_size.push_back(2 * sizes + std::abs(y[i]));
    dx_size.push_back(2 * std::abs(dys[i]) * (1 + sizes));
    dbias_size[i % width] += dx_size[i];
  }
  Buffer<T> bx("x", x), bdy("dy", dy);
  Buffer<float> bbias("bias", bias);
  const float* bias_or_null = c.bias ? bbias.data() : nullptr;
  std::vector<float> first;
  simt::for_each_order(test::random()(), [&] {
    Buffer<T> by("y", xs.size()), bz("z", xs.size()), bdx("dx", xs.size());
    Buffer<float> parts("parts", c.blocks * width), grads("dbias", width);
    launch_columns<T>(c, [&](simt::Shape shape, auto w) {
      const jb_activation kind = kGelu == Gelu::kErf ? JB_ACT_GELU : JB_ACT_GELU_TANH;
      SIMT_LAUNCH((jb::bias_activation_forward<T, w>), ({shape}), kind, by.data(), bz.data(), bx.data(), bias_or_null,
                  c.rows, c.width);
      SIMT_LAUNCH((jb::bias_activation_backward<T, w>), ({shape}), kind, bdx.data(), parts.data(), bdy.data(),
                  bz.data(), c.rows, c.width);
    });
    const unsigned columns = static_cast<unsigned>((width + 31) / 32);
    SIMT_LAUNCH(jb::column_sums<jb::kColumnSumLines>, ({columns, {32, 16}}), (jb::ColumnSums{{grads.data()}, 1, 0}),
                parts.data(), static_cast<int>(c.blocks), c.width);
    const std::vector<double> to_y = simt::doubles(by.values()), to_x = simt::doubles(bdx.values()),
                              to_bias = simt::doubles(grads.values());
    EXPECT_AS_GOOD(to_y, y, naive_y, rounded_size<T>(y_size));
    EXPECT_GRADIENT_AS_GOOD(to_x, dx, naive_dx, rounded_size<T>(dx_size));
    EXPECT_GRADIENT_AS_GOOD(to_bias, dbias, simt::doubles(sums), rounded_size<T>(dbias_size));
    if (first.empty()) first = grads.values();
    EXPECT_SAME_BITS(first, grads.values());
  });
}

template <typename T>
void check_geglu(const Case& c) {
  const int64_t n = c.rows * c.width;
  const auto width = static_cast<size_t>(c.width);
  const std::vector<T> x = simt::normal<T>(2 * n, 2), dy = simt::normal<T>(n);
  const std::vector<double> xs = simt::doubles(x), dys = simt::doubles(dy);
  std::vector<double> y(dys.size()), dx(xs.size()), naive_y(y), naive_dx(dx), y_size(y), dx_size(dx);
  for (size_t i = 0; i < dys.size(); ++i) {
    const size_t g = i / width * 2 * width + i % width, v = g + width;
    y[i] = gelu(Gelu::kErf, xs[g]) * xs[v];
    dx[g] = dys[i] * xs[v] * derivative(Gelu::kErf, xs[g]);
    dx[v] = dys[i] * gelu(Gelu::kErf, xs[g]);
    const float active = simt::rounded<T>(gelu(Gelu::kErf, static_cast<float>(xs[g])));
    const float slope = simt::rounded<T>(derivative(Gelu::kErf, static_cast<float>(xs[g])));
    const auto d = static_cast<float>(dys[i]), value = static_cast<float>(xs[v]);
    naive_y[i] = static_cast<double>(simt::rounded<T>(active * value));
    naive_dx[g] = static_cast<double>(simt::rounded<T>(simt::rounded<T>(d * value) * slope));
    naive_dx[v] = static_cast<double>(simt::rounded<T>(d * active));
    y_size[i] = 2 * std::abs(xs[g] * xs[v]);
    dx_size[g] = 4 * std::abs(dys[i] * xs[v]) * (1 + std::abs(xs[g]));
    dx_size[v] = 2 * std::abs(dys[i] * xs[g]);
  }
  Buffer<T> bx("x", x), bdy("dy", dy);
  simt::for_each_order(test::random()(), [&] {
    Buffer<T> by("y", y.size()), bdx("dx", x);  // dx in the memory of x
    launch_columns<T>(c, [&](simt::Shape shape, auto w) {
      SIMT_LAUNCH((jb::geglu_forward<T, w>), ({shape}), by.data(), bx.data(), c.rows, c.width);
      SIMT_LAUNCH((jb::geglu_backward<T, w>), ({shape}), bdx.data(), bdy.data(), bdx.data(), c.rows, c.width);
    });
    const std::vector<double> to_y = simt::doubles(by.values()), to_x = simt::doubles(bdx.values());
    EXPECT_AS_GOOD(to_y, y, naive_y, rounded_size<T>(y_size));
    EXPECT_GRADIENT_AS_GOOD(to_x, dx, naive_dx, rounded_size<T>(dx_size));
  });
}

}  // namespace

TEST(bias_gelu) {
  for (const Case& c : kCases) {
    check_bias_gelu<float, Gelu::kErf>(c);
    check_bias_gelu<float, Gelu::kTanh>(c);
    check_bias_gelu<jb::bf16, Gelu::kErf>(c);
    check_bias_gelu<jb::bf16, Gelu::kTanh>(c);
  }
}

TEST(geglu) {
  for (const Case& c : kCases) {
    check_geglu<float>(c);
    check_geglu<jb::bf16>(c);
  }
}
