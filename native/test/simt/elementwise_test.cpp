// kernels/elementwise under the emulator.
#include "elementwise/strided.cuh"
#include "simt/check.h"

namespace {

using simt::Buffer;

struct Unary {
  jb_unary_op op;
  double (*f)(double, double, double);
  double (*derivative)(double, double, double);
  bool positive = false;  // its arguments
};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double normal_below(double x) { return std::erfc(-x / std::sqrt(2.0)) / 2; }
double tanh_argument(double x) { return std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x); }
double sign_of(double x) { return (x > 0) - (x < 0); }

#define F(expression) \
  [](double x, [[maybe_unused]] double a, [[maybe_unused]] double b) -> double { return expression; }
const Unary kUnary[] = {
    {JB_AFFINE, F(a* x + b), F(a + 0 * x)},
    {JB_POW, F(std::pow(x, a)), F(a* std::pow(x, a - 1)), true},
    {JB_CLAMP, F(std::min(b, std::max(a, x))), F(x >= a && x <= b)},
    {JB_ABS, F(std::abs(x)), F(sign_of(x))},
    {JB_SIGN, F(sign_of(x)), F(0 * x)},
    {JB_EXP, F(std::exp(x)), F(std::exp(x))},
    {JB_LOG, F(std::log(x)), F(1 / x), true},
    {JB_SQRT, F(std::sqrt(x)), F(0.5 / std::sqrt(x)), true},
    {JB_RSQRT, F(1 / std::sqrt(x)), F(-0.5 / (x * std::sqrt(x))), true},
    {JB_SIN, F(std::sin(x)), F(std::cos(x))},
    {JB_COS, F(std::cos(x)), F(-std::sin(x))},
    {JB_TANH, F(std::tanh(x)), F(1 - std::tanh(x) * std::tanh(x))},
    {JB_SIGMOID, F(sigmoid(x)), F(sigmoid(x) * (1 - sigmoid(x)))},
    {JB_ERF, F(std::erf(x)), F(2 / std::sqrt(M_PI) * std::exp(-x * x))},
    {JB_RELU, F(std::max(0.0, x)), F(x > 0)},
    {JB_GELU, F(x* normal_below(x)), F(normal_below(x) + x * std::exp(-x * x / 2) / std::sqrt(2 * M_PI))},
    {JB_GELU_TANH, F(x / 2 * (1 + std::tanh(tanh_argument(x)))),
     F((1 + std::tanh(tanh_argument(x))) / 2 +
       x / 2 * (1 - std::pow(std::tanh(tanh_argument(x)), 2)) * std::sqrt(2 / M_PI) * (1 + 3 * 0.044715 * x * x))},
    {JB_SILU, F(x* sigmoid(x)), F(sigmoid(x) * (1 + x * (1 - sigmoid(x))))},
    {JB_FLOOR, F(std::floor(x)), F(0 * x)},
    {JB_SOFTPLUS, F(std::log1p(std::exp(x))), F(sigmoid(x))},
};
#undef F

template <typename T>
void check_unary(const Unary& u, int64_t n, float alpha, float beta) {
  std::vector<T> x = simt::normal<T>(n, 2);
  if (u.positive) x = simt::to<T>(test::uniform(n, 0.1f, 5));
  const std::vector<T> dy = simt::normal<T>(n);
  const std::vector<double> xs = simt::doubles(x), dys = simt::doubles(dy);
  std::vector<double> y, dx, y_rounding, dx_rounding;
  const double a = alpha, b = beta, unit = 2 * simt::kRounding<T>, inner = 0x1p-20;
  for (size_t i = 0; i < xs.size(); ++i) {
    y.push_back(u.f(xs[i], a, b));
    const double slope = u.derivative(xs[i], a, b);
    dx.push_back(dys[i] * slope);
    y_rounding.push_back(unit * std::abs(y[i]) + inner * (1 + std::abs(xs[i]) + std::abs(y[i])));
    // What is made of a rounded y is off by as much as that.
    const double from_y = jb::unary_gradient_reads_y(u.op) ? unit * (1 + 3 * std::abs(slope) + y[i] * y[i]) : 0;
    dx_rounding.push_back(unit * std::abs(dx[i]) + std::abs(dys[i]) * (from_y + inner * (1 + 4 * std::abs(slope))));
  }
  Buffer<T> bx("x", x), bdy("dy", dy);
  simt::for_each_order(test::random()(), [&] {
    Buffer<T> by("y", xs.size()), bdx("dx", dy);  // dx in the memory of dy
    SIMT_LAUNCH(jb::unary_forward<T>, ({2, jb::kElementwiseThreads}), u.op, by.data(), bx.data(), n, alpha, beta);
    SIMT_LAUNCH(jb::unary_backward<T>, ({2, jb::kElementwiseThreads}), u.op, bdx.data(), bdx.data(),
                jb::unary_gradient_reads_x(u.op) ? bx.data() : nullptr,
                jb::unary_gradient_reads_y(u.op) ? by.data() : nullptr, n, alpha, beta);
    EXPECT_AS_GOOD(simt::doubles(by.values()), y, y, y_rounding);
    EXPECT_GRADIENT_AS_GOOD(simt::doubles(bdx.values()), dx, dx, dx_rounding);
  });
}

// [3, 1, 5] and [4, 5] (or [4, 1]) over [3, 4, 5].
template <int kOperands>
jb::StridedAxes<kOperands> axes(const std::vector<int64_t>& shape, const std::vector<std::vector<int64_t>>& strides) {
  jb::StridedAxes<kOperands> a{};
  a.total = 1;
  a.rank = static_cast<int>(shape.size());
  for (size_t i = 0; i < shape.size(); ++i) {
    a.total *= shape[i];
    a.shape[i] = shape[i];
    for (size_t k = 0; k < kOperands; ++k) a.strides[i][k] = strides[k][i];
  }
  return a;
}

const std::vector<int64_t> kShape{3, 4, 5};
const std::vector<std::vector<int64_t>> kStrides{{5, 0, 1}, {0, 5, 1}};

size_t left(size_t i) { return i / 20 * 5 + i % 5; }
size_t right(size_t i) { return i % 20; }

template <typename T, typename Right>
void check_binary(jb_binary_op op, const std::vector<T>& a, const std::vector<T>& b, Right&& f) {
  Buffer<T> ba("a", a), bb("b", b), y("y", 60);
  simt::for_each_order(test::random()(), [&] {
    SIMT_LAUNCH(jb::binary_arithmetic<T>, ({1, jb::kElementwiseThreads}), op, y.data(), ba.data(), bb.data(),
                axes<2>(kShape, kStrides));
    for (size_t i = 0; i < 60; ++i) {
      const T wanted = f(a[left(i)], b[right(i)]);
      EXPECT(std::memcmp(&y.data()[i], &wanted, sizeof(T)) == 0);
    }
  });
}

template <typename T>
void check_integers() {
  using U = std::make_unsigned_t<T>;
  std::vector<T> a = test::integers<T>(15, -1000, 1000), b = test::integers<T>(20, -9, 9);
  a[0] = std::numeric_limits<T>::min();
  const auto wrapped = [](U x) { return static_cast<T>(x); };
  check_binary<T>(JB_ADD, a, b, [&](T x, T y) { return wrapped(static_cast<U>(x) + static_cast<U>(y)); });
  check_binary<T>(JB_SUB, a, b, [&](T x, T y) { return wrapped(static_cast<U>(x) - static_cast<U>(y)); });
  check_binary<T>(JB_MUL, a, b, [&](T x, T y) { return wrapped(static_cast<U>(x) * static_cast<U>(y)); });
  check_binary<T>(JB_DIV, a, b, [&](T x, T y) {
    return y == 0 ? T(0) : y == -1 ? wrapped(U(0) - static_cast<U>(x)) : static_cast<T>(x / y);
  });
  check_binary<T>(JB_POWER, a, b, [&](T x, T y) {
    U result = y < 0 ? 0 : 1;
    for (T i = 0; i < y; ++i) result *= static_cast<U>(x);
    return wrapped(result);
  });
  check_binary<T>(JB_MAXIMUM, a, b, [](T x, T y) { return std::max(x, y); });
  check_binary<T>(JB_MINIMUM, a, b, [](T x, T y) { return std::min(x, y); });
}

}  // namespace

TEST(unary) {
  for (const Unary& u : kUnary) {
    for (int64_t n : {1, 7, 1029}) {
      check_unary<float>(u, n, -0.5f, 1.25f);
      check_unary<jb::bf16>(u, n, -0.5f, 1.25f);
    }
  }
  for (float exponent : {-1.0f, 0.0f, 1.0f, 2.0f, 3.0f}) check_unary<float>(kUnary[1], 100, exponent, 0);
}

TEST(unary_keeps_nan_and_infinity) {
  const std::vector<float> special{NAN, INFINITY, -INFINITY, -0.0f};
  Buffer<float> x("x", special), y("y", 4);
  for (const Unary& u : kUnary) {
    SIMT_LAUNCH(jb::unary_forward<float>, ({1, jb::kElementwiseThreads}), u.op, y.data(), x.data(), 4, -2.0f, 3.0f);
    EXPECT(std::isnan(y.values()[0]));
    if (u.op == JB_SIN || u.op == JB_COS) continue;
    for (size_t i = 1; i < 3; ++i) {
      double wanted = u.f(special[i], -2, 3);
      if (u.op == JB_SILU && i == 2) wanted = 0;                          // the limit
      if ((u.op == JB_GELU || u.op == JB_GELU_TANH) && i == 2) continue;  // -inf * 0, as on the CPU
      EXPECT(std::isnan(wanted) ? std::isnan(y.values()[i]) : static_cast<double>(y.values()[i]) == wanted);
    }
  }
}

TEST(binary) {
  const std::vector<float> a = test::normal(15), b = test::normal(20);
  check_binary<float>(JB_ADD, a, b, [](float x, float y) { return x + y; });
  check_binary<float>(JB_SUB, a, b, [](float x, float y) { return x - y; });
  check_binary<float>(JB_MUL, a, b, [](float x, float y) { return x * y; });
  check_binary<float>(JB_DIV, a, b, [](float x, float y) { return x / y; });
  check_binary<float>(JB_POWER, test::uniform(15, 0, 3), b, [](float x, float y) { return std::pow(x, y); });
  check_binary<float>(JB_MAXIMUM, a, b, [](float x, float y) { return std::max(x, y); });
  check_binary<float>(JB_MINIMUM, a, b, [](float x, float y) { return std::min(x, y); });
  check_binary<jb::bf16>(JB_MUL, simt::to<jb::bf16>(a), simt::to<jb::bf16>(b), [](jb::bf16 x, jb::bf16 y) {
    return jb::from_float<jb::bf16>(jb::to_float(x) * jb::to_float(y));
  });
  const std::vector<float> nan(15, NAN);
  for (jb_binary_op op : {JB_MAXIMUM, JB_MINIMUM}) check_binary<float>(op, nan, b, [](float x, float) { return x; });
  check_integers<int32_t>();
  check_integers<int64_t>();
  const auto p = test::integers<uint8_t>(15, 0, 2), q = test::integers<uint8_t>(20, 0, 2);
  check_binary<uint8_t>(JB_AND, p, q, [](uint8_t x, uint8_t y) { return x & y; });
  check_binary<uint8_t>(JB_OR, p, q, [](uint8_t x, uint8_t y) { return x | y; });
  check_binary<uint8_t>(JB_XOR, p, q, [](uint8_t x, uint8_t y) { return x ^ y; });
}

TEST(comparisons_and_where) {
  const std::vector<int32_t> a = test::integers<int32_t>(15, 0, 3), b = test::integers<int32_t>(20, 0, 3);
  Buffer<int32_t> ba("a", a), bb("b", b), chosen("y", 60);
  Buffer<uint8_t> y("condition", 60);
  simt::for_each_order(test::random()(), [&] {
    for (jb_binary_op op = JB_EQ; op <= JB_GE; ++op) {
      SIMT_LAUNCH(jb::binary_comparison<int32_t>, ({1, jb::kElementwiseThreads}), op, y.data(), ba.data(), bb.data(),
                  axes<2>(kShape, kStrides));
      for (size_t i = 0; i < 60; ++i) {
        const int32_t l = a[left(i)], r = b[right(i)];
        const bool wanted[] = {l == r, l != r, l<r, l <= r, l> r, l >= r};
        EXPECT(y.values()[i] == static_cast<uint8_t>(wanted[op - JB_EQ]));
      }
    }
    const std::vector<uint8_t> condition = y.values();
    SIMT_LAUNCH(jb::where_forward<uint32_t>, ({1, jb::kElementwiseThreads}), reinterpret_cast<uint32_t*>(chosen.data()),
                y.data(), reinterpret_cast<const uint32_t*>(ba.data()), reinterpret_cast<const uint32_t*>(bb.data()),
                axes<3>(kShape, {{20, 5, 1}, kStrides[0], kStrides[1]}));
    for (size_t i = 0; i < 60; ++i) EXPECT(chosen.values()[i] == (condition[i] != 0 ? a[left(i)] : b[right(i)]));
  });
}

TEST(strided_copy_and_add) {
  // The transpose of [4, 6], then added to itself.
  const std::vector<float> x = test::normal(24);
  Buffer<float> bx("x", x), y("y", 24);
  const jb::StridedAxes<2> transposed = axes<2>({6, 4}, {{4, 1}, {1, 6}});
  simt::for_each_order(test::random()(), [&] {
    SIMT_LAUNCH(jb::strided_copy<uint32_t>, ({1, jb::kElementwiseThreads}), reinterpret_cast<uint32_t*>(y.data()),
                reinterpret_cast<const uint32_t*>(bx.data()), transposed);
    SIMT_LAUNCH(jb::strided_add<float>, ({1, jb::kElementwiseThreads}), y.data(), bx.data(), transposed);
    SIMT_LAUNCH(jb::accumulate<float>, ({1, jb::kElementwiseThreads}), y.data(), y.data(), 24, 0.5f);
    for (size_t i = 0; i < 24; ++i) EXPECT(y.values()[i] == 3 * x[i % 4 * 6 + i / 4]);
  });
}
