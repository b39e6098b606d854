#include "jaubert/elementwise.h"

#include <algorithm>
#include <functional>
#include <limits>

#include "test.h"

namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
const int64_t kCounts[] = {0, 1, 3, 15, 16, 17, 257, 100003};

struct Unary {
  jb_unary_op op;
  std::function<double(double)> f, derivative;
  float low, high;  // where inputs are drawn
  double ulps;      // of the value, or of 1 where the value is smaller and `absolute` says so
  bool absolute = false;
  float alpha = 0, beta = 0;
};

double phi(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }
double density(double x) { return std::exp(-0.5 * x * x) / std::sqrt(2 * M_PI); }
double logistic(double x) { return 1 / (1 + std::exp(-x)); }
double sign(double x) { return (x > 0) - (x < 0); }

double gelu_tanh(double x) { return x * logistic(2 * std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)); }
double gelu_tanh_derivative(double x) {
  const double s = logistic(2 * std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x));
  return s + x * s * (1 - s) * 2 * std::sqrt(2 / M_PI) * (1 + 3 * 0.044715 * x * x);
}

std::vector<Unary> unaries() {
  const auto zero = [](double) { return 0.0; };
  return {
      {JB_AFFINE, [](double x) { return 2.5 * x - 0.75; }, [](double) { return 2.5; }, -9, 9, 1, true, 2.5F, -0.75F},
      {JB_DIVIDE, [](double x) { return x / 3.7F; }, [](double) { return 1 / static_cast<double>(3.7F); }, -9, 9, 1,
       true, 3.7F},
      {JB_POW, [](double x) { return x * x; }, [](double x) { return 2 * x; }, -9, 9, 1, false, 2},
      {JB_POW, [](double x) { return x * x * x; }, [](double x) { return 3 * x * x; }, -9, 9, 2, false, 3},
      {JB_POW, [](double x) { return 1 / x; }, [](double x) { return -1 / (x * x); }, 0.1F, 9, 1, false, -1},
      {JB_POW, [](double x) { return std::pow(x, 1.75); }, [](double x) { return 1.75 * std::pow(x, 0.75); }, 0, 9, 2,
       false, 1.75},
      {JB_POW, [](double) { return 1.0; }, zero, -9, 9, 0, false, 0},
      {JB_CLAMP, [](double x) { return std::clamp(x, -1.0, 2.0); }, [](double x) { return x >= -1 && x <= 2; }, -9, 9,
       0, false, -1, 2},
      {JB_ABS, [](double x) { return std::abs(x); }, sign, -9, 9, 0},
      {JB_SIGN, sign, zero, -9, 9, 0},
      {JB_EXP, [](double x) { return std::exp(x); }, [](double x) { return std::exp(x); }, -87, 80, 4},
      {JB_LOG, [](double x) { return std::log(x); }, [](double x) { return 1 / x; }, 1e-30F, 100, 4},
      {JB_SQRT, [](double x) { return std::sqrt(x); }, [](double x) { return 0.5 / std::sqrt(x); }, 0.01F, 1e6F, 1},
      {JB_RSQRT, [](double x) { return 1 / std::sqrt(x); }, [](double x) { return -0.5 * std::pow(x, -1.5); }, 0.01F,
       99, 2},
      {JB_SIN, [](double x) { return std::sin(x); }, [](double x) { return std::cos(x); }, -100, 100, 4},
      {JB_COS, [](double x) { return std::cos(x); }, [](double x) { return -std::sin(x); }, -100, 100, 4},
      {JB_TANH, [](double x) { return std::tanh(x); }, [](double x) { return 1 - std::pow(std::tanh(x), 2); }, -12, 12,
       4},
      {JB_SIGMOID, logistic, [](double x) { return logistic(x) * logistic(-x); }, -80, 80, 4},
      {JB_ERF, [](double x) { return std::erf(x); }, [](double x) { return 2 / std::sqrt(M_PI) * std::exp(-x * x); },
       -6, 6, 4},
      {JB_RELU, [](double x) { return std::max(x, 0.0); }, [](double x) { return x > 0; }, -9, 9, 0},
      {JB_GELU, [](double x) { return x * phi(x); }, [](double x) { return phi(x) + x * density(x); }, -12, 12, 5.5},
      {JB_GELU_TANH, gelu_tanh, gelu_tanh_derivative, -9, 9, 4, true},
      {JB_SILU, [](double x) { return x * logistic(x); }, [](double x) { return logistic(x) * (1 + x * logistic(-x)); },
       -80, 80, 4},
      {JB_FLOOR, [](double x) { return std::floor(x); }, zero, -9, 9, 0},
      {JB_SOFTPLUS, [](double x) { return std::log1p(std::exp(x)); }, logistic, -80, 80, 4},
  };
}

std::vector<int64_t> contiguous(const std::vector<int64_t>& shape) {
  std::vector<int64_t> strides(shape.size());
  int64_t step = 1;
  for (size_t axis = shape.size(); axis-- > 0;) {
    strides[axis] = step;
    step *= shape[axis];
  }
  return strides;
}

int64_t product(const std::vector<int64_t>& shape) {
  int64_t total = 1;
  for (int64_t size : shape) total *= size;
  return total;
}

// Where element `flat` of `shape`, counted row-major, lies in memory with these strides.
int64_t place(int64_t flat, const std::vector<int64_t>& shape, const std::vector<int64_t>& strides) {
  int64_t at = 0;
  for (size_t axis = shape.size(); axis-- > 0;) {
    at += flat % shape[axis] * strides[axis];
    flat /= shape[axis];
  }
  return at;
}

struct Broadcast {
  std::vector<int64_t> shape, a, b;
};

// Same shape, scalars, suffix (a bias), prefix, inner and outer axes, transposed, rank 0 and empty.
const Broadcast kBroadcasts[] = {
    {{}, {}, {}},
    {{7}, {1}, {1}},
    {{1009}, {1}, {0}},
    {{1009}, {0}, {1}},
    {{37, 65}, {65, 1}, {0, 1}},
    {{37, 65}, {65, 1}, {1, 0}},
    {{37, 65}, {0, 1}, {1, 0}},
    {{5, 1, 9}, {9, 9, 1}, {1, 1, 0}},
    {{3, 4, 5, 6}, {0, 30, 0, 1}, {20, 0, 4, 0}},
    {{33, 41}, {1, 33}, {41, 1}},
    {{300, 401}, {401, 1}, {0, 1}},
    {{2, 1, 3, 1, 2, 2, 1, 3}, {36, 36, 12, 12, 6, 3, 3, 1}, {0, 0, 0, 0, 1, 0, 0, 0}},
    {{4, 0, 3}, {0, 3, 1}, {0, 3, 1}},
};

int64_t reach(const std::vector<int64_t>& shape, const std::vector<int64_t>& strides) {
  int64_t last = 0;
  for (size_t axis = 0; axis < shape.size(); ++axis) last += std::max<int64_t>(0, shape[axis] - 1) * strides[axis];
  return last + 1;
}

template <typename T, typename R>
void check_binary(jb_binary_op op, jb_dtype dtype, const std::vector<T>& pool, const std::function<R(T, T)>& f,
                  double relative) {
  const test::Context ctx;
  for (const Broadcast& c : kBroadcasts) {
    std::vector<T> a(static_cast<size_t>(reach(c.shape, c.a))), b(static_cast<size_t>(reach(c.shape, c.b)));
    std::uniform_int_distribution<size_t> pick(0, pool.size() - 1);
    for (T& v : a) v = pool[pick(test::random())];
    for (T& v : b) v = pool[pick(test::random())];
    if (!std::is_floating_point_v<T> && op == JB_DIV) std::replace(b.begin(), b.end(), T{0}, static_cast<T>(-1));
    if (!std::is_floating_point_v<T> && op == JB_POWER) {
      for (T& v : b) v = static_cast<T>(static_cast<uint64_t>(v) % 20);
    }
    std::vector<R> y(static_cast<size_t>(product(c.shape))), expected(y);
    for (size_t i = 0; i < y.size(); ++i) {
      const auto flat = static_cast<int64_t>(i);
      expected[i] =
          f(a[static_cast<size_t>(place(flat, c.shape, c.a))], b[static_cast<size_t>(place(flat, c.shape, c.b))]);
    }
    EXPECT_OK(jb_binary_forward(ctx, op, dtype, y.data(), a.data(), b.data(), static_cast<int32_t>(c.shape.size()),
                                c.shape.data(), c.a.data(), c.b.data()));
    EXPECT_CLOSE(y, expected, relative, 0);
  }
}

template <typename T>
void check_comparisons(jb_dtype dtype, const std::vector<T>& pool) {
  using R = uint8_t;
  check_binary<T, R>(
      JB_EQ, dtype, pool, [](T a, T b) { return a == b; }, 0);
  check_binary<T, R>(
      JB_NE, dtype, pool, [](T a, T b) { return a != b; }, 0);
  check_binary<T, R>(
      JB_LT, dtype, pool, [](T a, T b) { return a < b; }, 0);
  check_binary<T, R>(
      JB_LE, dtype, pool, [](T a, T b) { return a <= b; }, 0);
  check_binary<T, R>(
      JB_GT, dtype, pool, [](T a, T b) { return a > b; }, 0);
  check_binary<T, R>(
      JB_GE, dtype, pool, [](T a, T b) { return a >= b; }, 0);
}

template <typename T>
void check_integers(jb_dtype dtype) {
  using U = std::make_unsigned_t<T>;
  std::vector<T> pool = test::integers<T>(200, -50, 50);
  for (T v : {std::numeric_limits<T>::min(), std::numeric_limits<T>::max(), T{-1}, T{0}}) pool.push_back(v);
  const auto wrap = [](U v) { return static_cast<T>(v); };
  check_binary<T, T>(
      JB_ADD, dtype, pool, [&](T a, T b) { return wrap(static_cast<U>(a) + static_cast<U>(b)); }, 0);
  check_binary<T, T>(
      JB_SUB, dtype, pool, [&](T a, T b) { return wrap(static_cast<U>(a) - static_cast<U>(b)); }, 0);
  check_binary<T, T>(
      JB_MUL, dtype, pool, [&](T a, T b) { return wrap(static_cast<U>(a) * static_cast<U>(b)); }, 0);
  check_binary<T, T>(
      JB_DIV, dtype, pool, [&](T a, T b) { return b == -1 ? wrap(U{0} - static_cast<U>(a)) : a / b; }, 0);
  check_binary<T, T>(
      JB_POWER, dtype, pool,
      [&](T a, T b) {
        U result = 1;
        for (T i = 0; i < b; ++i) result *= static_cast<U>(a);
        return wrap(result);
      },
      0);
  check_binary<T, T>(
      JB_MAXIMUM, dtype, pool, [](T a, T b) { return std::max(a, b); }, 0);
  check_binary<T, T>(
      JB_MINIMUM, dtype, pool, [](T a, T b) { return std::min(a, b); }, 0);
  check_comparisons<T>(dtype, pool);
}

}  // namespace

TEST(unary_values_and_derivatives) {
  const test::Context ctx;
  for (const Unary& u : unaries()) {
    for (const int64_t n : kCounts) {
      const auto x = test::uniform(n, u.low, u.high), dy = test::normal(n);
      std::vector<float> y(x.size(), NAN), in_place = x, dx(x.size(), NAN);
      EXPECT_OK(jb_unary_forward(ctx, u.op, y.data(), x.data(), n, u.alpha, u.beta));
      EXPECT_OK(jb_unary_forward(ctx, u.op, in_place.data(), in_place.data(), n, u.alpha, u.beta));
      EXPECT_SAME_BITS(y, in_place);
      EXPECT_OK(jb_unary_backward(ctx, u.op, dx.data(), dy.data(), x.data(), y.data(), n, u.alpha, u.beta));
      for (size_t i = 0; i < x.size(); ++i) {
        const double expected = u.f(x[i]);
        const double error = u.absolute ? std::abs(y[i] - expected) / std::max(1.0, std::abs(expected)) / 0x1p-24
                                        : test::ulps(y[i], expected);
        if (error > u.ulps) test::fail(__FILE__, __LINE__, "op ", u.op, " of ", x[i], " is ", y[i], ", not ", expected);
        const double slope = dy[i] * u.derivative(x[i]);
        if (std::abs(dx[i] - slope) > 2e-6 * std::max(std::abs(dy[i]) * 1.0, std::abs(slope))) {
          test::fail(__FILE__, __LINE__, "op ", u.op, "' of ", x[i], " is ", dx[i], ", not ", slope);
        }
      }
    }
  }
}

TEST(unary_at_the_edges) {
  const test::Context ctx;
  const std::vector<float> x = {NAN, kInf, -kInf, 0.0F, -0.0F};
  const auto expect = [&](jb_unary_op op, const std::vector<float>& expected, float alpha = 0, float beta = 0) {
    std::vector<float> y(x.size());
    EXPECT_OK(jb_unary_forward(ctx, op, y.data(), x.data(), 5, alpha, beta));
    EXPECT_CLOSE(y, expected, 1e-7, 0);
  };
  expect(JB_CLAMP, {NAN, 2, -1, 0, 0}, -1, 2);
  expect(JB_SIGN, {NAN, 1, -1, 0, 0});
  expect(JB_EXP, {NAN, kInf, 0, 1, 1});
  expect(JB_LOG, {NAN, kInf, NAN, -kInf, -kInf});
  expect(JB_TANH, {NAN, 1, -1, 0, 0});
  expect(JB_SIGMOID, {NAN, 1, 0, 0.5F, 0.5F});
  expect(JB_ERF, {NAN, 1, -1, 0, 0});
  expect(JB_RELU, {NAN, kInf, 0, 0, 0});
  expect(JB_GELU, {NAN, kInf, 0, 0, 0});
  expect(JB_GELU_TANH, {NAN, kInf, 0, 0, 0});
  expect(JB_SILU, {NAN, kInf, 0, 0, 0});
  expect(JB_SOFTPLUS, {NAN, kInf, 0, std::log(2.0F), std::log(2.0F)});
  EXPECT_REFUSED(jb_unary_forward(ctx, 77, nullptr, nullptr, 0, 0, 0), "77");
  EXPECT_REFUSED(jb_unary_forward(ctx, JB_EXP, nullptr, x.data(), 5, 0, 0), "y is null");
  EXPECT_REFUSED(jb_unary_forward(ctx, JB_EXP, nullptr, x.data(), -5, 0, 0), "-5");
}

TEST(binary_on_floats_with_broadcasting) {
  auto pool = test::normal(300);
  for (float v : {NAN, kInf, -kInf, 0.0F, -0.0F, 1.0F}) pool.push_back(v);
  using F = float;
  check_binary<F, F>(
      JB_ADD, JB_F32, pool, [](F a, F b) { return a + b; }, 0);
  check_binary<F, F>(
      JB_SUB, JB_F32, pool, [](F a, F b) { return a - b; }, 0);
  check_binary<F, F>(
      JB_MUL, JB_F32, pool, [](F a, F b) { return a * b; }, 0);
  check_binary<F, F>(
      JB_DIV, JB_F32, pool, [](F a, F b) { return a / b; }, 0);
  check_binary<F, F>(
      JB_POWER, JB_F32, pool, [](F a, F b) { return std::pow(static_cast<double>(a), b); }, 2e-7);
  const auto nan = [](F a, F b) { return std::isnan(a) || std::isnan(b); };
  check_binary<F, F>(
      JB_MAXIMUM, JB_F32, pool, [&](F a, F b) { return nan(a, b) ? NAN : std::max(a, b); }, 0);
  check_binary<F, F>(
      JB_MINIMUM, JB_F32, pool, [&](F a, F b) { return nan(a, b) ? NAN : std::min(a, b); }, 0);
  check_comparisons<float>(JB_F32, pool);
}

TEST(binary_on_integers_and_bools) {
  check_integers<int32_t>(JB_I32);
  check_integers<int64_t>(JB_I64);
  using B = uint8_t;
  const std::vector<B> bools = {0, 1};
  check_comparisons<B>(JB_BOOL, bools);
  check_binary<B, B>(
      JB_AND, JB_BOOL, bools, [](B a, B b) { return a && b; }, 0);
  check_binary<B, B>(
      JB_OR, JB_BOOL, bools, [](B a, B b) { return a || b; }, 0);
  check_binary<B, B>(
      JB_XOR, JB_BOOL, bools, [](B a, B b) { return a != b; }, 0);
}

TEST(binary_refuses_what_is_not_defined) {
  const test::Context ctx;
  const int64_t shape[] = {2}, one[] = {1};
  const int32_t a[] = {5, 6}, b[] = {1, 0};
  int32_t y[] = {-7, -7};
  EXPECT_REFUSED(jb_binary_forward(ctx, JB_DIV, JB_I32, y, a, b, 1, shape, one, one), "divided by 0");
  EXPECT(y[0] == -7);
  EXPECT_REFUSED(jb_binary_forward(ctx, JB_ADD, JB_BOOL, y, a, b, 1, shape, one, one), "add: not defined for bool");
  EXPECT_REFUSED(jb_binary_forward(ctx, JB_AND, JB_F32, y, a, b, 1, shape, one, one), "and: not defined for float32");
  EXPECT_REFUSED(jb_binary_forward(ctx, JB_ADD, JB_BF16, y, a, b, 1, shape, one, one), "bfloat16");
  EXPECT_REFUSED(jb_binary_forward(ctx, 99, JB_F32, y, a, b, 1, shape, one, one), "99");
  EXPECT_REFUSED(jb_binary_forward(ctx, JB_ADD, JB_F32, y, a, b, 9, shape, one, one), "rank 9");
}

TEST(where_with_broadcasting) {
  const test::Context ctx;
  for (const Broadcast& c : kBroadcasts) {
    const int64_t n = product(c.shape);
    const auto flags = test::integers<uint8_t>(n, 0, 2);
    const auto a = test::integers<int64_t>(reach(c.shape, c.a), -9, 9),
               b = test::integers<int64_t>(reach(c.shape, c.b), -9, 9);
    const auto strides = contiguous(c.shape);
    std::vector<int64_t> y(static_cast<size_t>(n)), expected(y);
    for (size_t i = 0; i < y.size(); ++i) {
      const auto flat = static_cast<int64_t>(i);
      expected[i] = flags[i] ? a[static_cast<size_t>(place(flat, c.shape, c.a))]
                             : b[static_cast<size_t>(place(flat, c.shape, c.b))];
    }
    EXPECT_OK(jb_where_forward(ctx, JB_I64, y.data(), flags.data(), a.data(), b.data(),
                               static_cast<int32_t>(c.shape.size()), c.shape.data(), strides.data(), c.a.data(),
                               c.b.data()));
    EXPECT_SAME_BITS(y, expected);
  }
}

TEST(accumulate_adds_a_multiple) {
  const test::Context ctx;
  for (const int64_t n : kCounts) {
    const auto before = test::normal(n), x = test::normal(n);
    auto y = before;
    EXPECT_OK(jb_accumulate(ctx, JB_F32, y.data(), x.data(), n, -2.5F));
    std::vector<double> expected(y.size());
    for (size_t i = 0; i < y.size(); ++i) expected[i] = before[i] - 2.5 * x[i];
    EXPECT_CLOSE(y, expected, 1e-7, 1e-7);
  }
}
