// One value from one value, and jb_accumulate.
#include "jaubert/elementwise.h"
#include "support/arguments.h"
#include "support/kernel.h"
#include "support/parallel.h"
#include "support/simd_math.h"
#include "support/stores.h"

namespace jb::JB_ISA {
namespace {

// Costs for grain_for: an operation that waits for memory, and one that computes.
constexpr int64_t kCheap = 1;
constexpr int64_t kElementary = 8;
constexpr int64_t kLibm = 64;

// y[i] = f(x[i]...) for vectors, the last one partial. y may be one of x.
template <typename T, typename F, typename... In>
void map(jb_ctx ctx, int64_t n, int64_t cost, T* y, F f, const In*... x) {
  // In place the lines are in the caches already.
  const bool in_place = ((x == y) || ...);
  with_stores<T>(in_place ? 0 : n, [&](auto write) {
    parallel_for(ctx, n, grain_for(n, cost), [&](int64_t begin, int64_t end) {
      T* to = y + begin;
      for_row_at(write, to, end - begin,
                 [&](int64_t c, auto lanes) { write(lanes, to + c, f(lanes.load(x + begin + c)...)); });
      write.finish();
    });
  });
}

template <typename F>
vf by_lane(vf x, F f) {
  vf y{};
  for (int i = 0; i < kLanes; ++i) y[i] = f(x[i]);
  return y;
}

JB_INLINE vf power(vf x, float exponent) {
  if (exponent == 2) return x * x;
  if (exponent == 3) return x * x * x;
  if (exponent == 1) return flush(x);
  if (exponent == -1) return 1.0f / x;
  if (exponent == 0) return splat(1.0f);
  // libm sees bits: for it a denormal number is none that is 0.
  return by_lane(flush(x), [exponent](float lane) { return std::pow(lane, exponent); });
}

// Whether `power` above needs libm.
bool is_slow_power(float exponent) {
  return !(exponent == 2 || exponent == 3 || exponent == 1 || exponent == -1 || exponent == 0);
}

// -1, 0 or 1; zeros keep their sign and NaN stays.
JB_INLINE vf sign(vf x) { return select((x > vf{}) | (x < vf{}), copysign(splat(1.0f), x), flush(x)); }

JB_INLINE vf softplus(vf x) {
  const vf y = max(vf{}, x) + log1p_nonnegative(exp(-abs(x)));
  return select(x != x, x, y);
}

// Which of x and y the derivative of an operation is computed from.
enum class Needs { kNothing, kInput, kResult };

Needs derivative_needs(jb_unary_op op) {
  switch (op) {
    case JB_AFFINE:
    case JB_SIGN:
    case JB_FLOOR:
    case JB_DIVIDE:
      return Needs::kNothing;
    case JB_EXP:
    case JB_SQRT:
    case JB_RSQRT:
    case JB_TANH:
    case JB_SIGMOID:
    case JB_RELU:
      return Needs::kResult;
    default:
      return Needs::kInput;
  }
}

[[noreturn]] void fail_unknown(const char* function, jb_unary_op op) {
  fail(JB_INVALID_ARGUMENT, "{}: {} is not an operation", function, op);
}

}  // namespace
}  // namespace jb::JB_ISA

JB_KERNEL(jb_unary_forward)
(jb_ctx ctx, jb_unary_op op, jb_out y_out, jb_in x_in, int64_t n, float alpha, float beta) {
  return guard([&] {
    check_array("unary", "y", y_out, n);
    check_array("unary", "x", x_in, n);
    auto* y = static_cast<float*>(y_out);
    const auto* x = static_cast<const float*>(x_in);
    const auto run = [&](int64_t cost, auto f) { map(ctx, n, cost, y, f, x); };
    switch (op) {
      case JB_AFFINE:
        return run(kCheap, [=](vf v) { return fma(splat(alpha), v, splat(beta)); });
      case JB_POW:
        return run(is_slow_power(alpha) ? kLibm : kCheap, [=](vf v) { return power(v, alpha); });
      case JB_CLAMP:
        return run(kCheap, [=](vf v) { return flush(min(splat(beta), max(splat(alpha), v))); });
      case JB_ABS:
        return run(kCheap, [](vf v) { return flush(abs(v)); });
      case JB_SIGN:
        return run(kCheap, [](vf v) { return sign(v); });
      case JB_EXP:
        return run(kElementary, [](vf v) { return exp(v); });
      case JB_LOG:
        return run(kElementary, [](vf v) { return log(v); });
      case JB_SQRT:
        return run(kCheap, [](vf v) { return sqrt(v); });
      case JB_RSQRT:
        return run(kCheap, [](vf v) { return 1.0f / sqrt(v); });
      case JB_SIN:
        return run(kLibm, [](vf v) { return by_lane(flush(v), [](float lane) { return std::sin(lane); }); });
      case JB_COS:
        return run(kLibm, [](vf v) { return by_lane(v, [](float lane) { return std::cos(lane); }); });
      case JB_TANH:
        return run(kElementary, [](vf v) { return tanh(v); });
      case JB_SIGMOID:
        return run(kElementary, [](vf v) { return sigmoid(v); });
      case JB_ERF:
        return run(kElementary, [](vf v) { return erf(v); });
      case JB_RELU:
        return run(kCheap, [](vf v) { return flush(max(vf{}, v)); });
      case JB_GELU:
        return run(kElementary, [](vf v) { return gelu(v); });
      case JB_GELU_TANH:
        return run(kElementary, [](vf v) { return gelu_tanh(v); });
      case JB_SILU:
        // Below -104 the sigmoid is 0, and -inf * 0 would be NaN.
        return run(kElementary, [](vf v) { return max(splat(-200.0f), v) * sigmoid(v); });
      case JB_FLOOR:
        return run(kCheap, [](vf v) { return floor(v); });
      case JB_SOFTPLUS:
        return run(kElementary, [](vf v) { return softplus(v); });
      case JB_DIVIDE:
        return run(kCheap, [=](vf v) { return v / splat(alpha); });
      default:
        fail_unknown("unary", op);
    }
  });
}

JB_KERNEL(jb_unary_backward)
(jb_ctx ctx, jb_unary_op op, jb_out dx_out, jb_in dy_in, jb_in x_in, jb_in y_in, int64_t n, float alpha, float beta) {
  return guard([&] {
    if (op < JB_AFFINE || op > JB_DIVIDE) fail_unknown("unary_backward", op);
    const Needs needs = derivative_needs(op);
    check_array("unary_backward", "dx", dx_out, n);
    check_array("unary_backward", "dy", dy_in, n);
    if (needs == Needs::kInput) check_array("unary_backward", "x", x_in, n);
    if (needs == Needs::kResult) check_array("unary_backward", "y", y_in, n);
    auto* dx = static_cast<float*>(dx_out);
    const auto* dy = static_cast<const float*>(dy_in);
    const auto* saved = static_cast<const float*>(needs == Needs::kResult ? y_in : x_in);
    const auto scaled = [&](float factor) {
      map(
          ctx, n, kCheap, dx, [=](vf d) { return d * factor; }, dy);
    };
    // f takes dy and x, or dy and y for the operations above.
    const auto run = [&](int64_t cost, auto f) { map(ctx, n, cost, dx, f, dy, saved); };
    switch (op) {
      case JB_AFFINE:
        return scaled(alpha);
      case JB_DIVIDE:
        return map(
            ctx, n, kCheap, dx, [=](vf d) { return d / splat(alpha); }, dy);
      case JB_SIGN:
      case JB_FLOOR:
        return map(
            ctx, n, kCheap, dx, [](vf) { return vf{}; }, dy);
      case JB_POW:
        if (alpha == 0)
          return map(
              ctx, n, kCheap, dx, [](vf) { return vf{}; }, dy);
        return run(is_slow_power(alpha - 1) ? kLibm : kCheap,
                   [=](vf d, vf x) { return d * (alpha * power(x, alpha - 1)); });
      case JB_CLAMP:
        return run(kCheap,
                   [=](vf d, vf x) { return flush(select((x >= splat(alpha)) & (x <= splat(beta)), d, vf{})); });
      case JB_ABS:
        return run(kCheap, [](vf d, vf x) { return d * sign(x); });
      case JB_EXP:
        return run(kCheap, [](vf d, vf y) { return d * y; });
      case JB_LOG:
        return run(kCheap, [](vf d, vf x) { return d / x; });
      case JB_SQRT:
        return run(kCheap, [](vf d, vf y) { return d * 0.5f / y; });
      case JB_RSQRT:
        return run(kCheap, [](vf d, vf y) { return d * (-0.5f * y * y * y); });
      case JB_SIN:
        return run(kLibm, [](vf d, vf x) { return d * by_lane(x, [](float lane) { return std::cos(lane); }); });
      case JB_COS:
        return run(kLibm, [](vf d, vf x) { return -d * by_lane(x, [](float lane) { return std::sin(lane); }); });
      case JB_TANH:
        return run(kCheap, [](vf d, vf y) { return d * fnma(y, y, splat(1.0f)); });
      case JB_SIGMOID:
        return run(kCheap, [](vf d, vf y) { return d * (y * (1.0f - y)); });
      case JB_ERF:
        return run(kElementary, [](vf d, vf x) { return d * (1.12837917f * exp(-(x * x))); });
      case JB_RELU:
        return run(kCheap, [](vf d, vf y) { return flush(select(y > vf{}, d, vf{})); });
      case JB_GELU:
        return run(kElementary, [](vf d, vf x) { return d * gelu_derivative(x); });
      case JB_GELU_TANH:
        return run(kElementary, [](vf d, vf x) { return d * gelu_tanh_derivative(x); });
      case JB_SILU:
        return run(kElementary, [](vf d, vf x) {
          const vf s = sigmoid(x);
          return d * (s * fma(max(splat(-200.0f), min(splat(200.0f), x)), 1.0f - s, splat(1.0f)));
        });
      default:  // JB_SOFTPLUS
        return run(kElementary, [](vf d, vf x) { return d * sigmoid(x); });
    }
  });
}

JB_KERNEL(jb_accumulate)(jb_ctx ctx, jb_dtype dtype, jb_inout y_inout, jb_in x_in, int64_t n, float alpha) {
  return guard([&] {
    with_cpu_type("accumulate", dtype, [&](auto zero) {
      using T = decltype(zero);
      check_array("accumulate", "y", y_inout, n);
      check_array("accumulate", "x", x_in, n);
      auto* y = elements<T>(y_inout);
      const auto* x = elements<T>(x_in);
      map(
          ctx, n, kCheap, y, [=](vf a, vf b) { return fma(splat(alpha), b, a); }, static_cast<const T*>(y), x);
    });
  });
}
