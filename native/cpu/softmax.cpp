// jb_softmax_*: softmax and its logarithm over rows.
#include "jaubert/softmax.h"

#include "support/kernel.h"
#include "support/parallel.h"
#include "support/row.h"
#include "support/simd_math.h"

namespace jb::JB_ISA {
namespace {

// A row of -inf has no largest element to subtract; with 0 instead every exponential is 0, and a NaN still shows.
float shift_of(const float* x, int64_t n) {
  const float m = largest_of_row(x, n);
  return m == -kInfinity ? 0.0f : m;
}

void softmax_row(float* y, const float* x, int64_t n) {
  const vf shift = splat(shift_of(x, n));
  const float total = sum_row(n, [&](int64_t c, auto lanes) {
    const vf e = exp_nonpositive(lanes.load(x + c, -kInfinity) - shift);
    lanes.store(y + c, e);
    return e;
  });
  const float inverse = total == 0.0f ? 0.0f : 1.0f / total;
  for_row(n, [&](int64_t c, auto lanes) { lanes.store(y + c, lanes.load(y + c) * inverse); });
}

void log_softmax_row(float* y, const float* x, int64_t n) {
  const vf shift = splat(shift_of(x, n));
  const float total =
      sum_row(n, [&](int64_t c, auto lanes) { return exp_nonpositive(lanes.load(x + c, -kInfinity) - shift); });
  if (total == 0.0f) {
    for_row(n, [&](int64_t c, auto lanes) { lanes.store(y + c, vf{}); });
    return;
  }
  const float log_total = std::log(total);
  for_row(n, [&](int64_t c, auto lanes) { lanes.store(y + c, lanes.load(x + c) - shift - log_total); });
}

void softmax_backward_row(float* dx, const float* dy, const float* y, int64_t n) {
  const float dot = sum_row(n, [&](int64_t c, auto lanes) { return lanes.load(dy + c) * lanes.load(y + c); });
  for_row(n, [&](int64_t c, auto lanes) { lanes.store(dx + c, lanes.load(y + c) * (lanes.load(dy + c) - dot)); });
}

void log_softmax_backward_row(float* dx, const float* dy, const float* y, int64_t n) {
  if (n >= 2 && y[0] == 0.0f && y[1] == 0.0f) {  // a row of -inf: two probabilities cannot both be 1
    for_row(n, [&](int64_t c, auto lanes) { lanes.store(dx + c, vf{}); });
    return;
  }
  const float total = sum_row(n, [&](int64_t c, auto lanes) { return lanes.load(dy + c); });
  for_row(n, [&](int64_t c, auto lanes) {
    lanes.store(dx + c, fnma(exp(lanes.load(y + c)), splat(total), lanes.load(dy + c)));
  });
}

constexpr int64_t kCost = 8;  // element-operations of an exponential and its surroundings

}  // namespace
}  // namespace jb::JB_ISA

JB_KERNEL(jb_softmax_forward)(jb_ctx ctx, jb_out y, jb_in x, int64_t rows, int64_t columns, int32_t log) {
  return guard([&] {
    JB_CHECK(rows >= 0 && columns >= 0, "softmax: x is [{}, {}]", rows, columns);
    const auto* from = static_cast<const float*>(x);
    auto* to = static_cast<float*>(y);
    if (columns == 0) return;
    parallel_for(ctx, rows, grain_for(rows, columns * kCost), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        (log != 0 ? log_softmax_row : softmax_row)(to + r * columns, from + r * columns, columns);
      }
    });
  });
}

JB_KERNEL(jb_softmax_backward)
(jb_ctx ctx, jb_out dx, jb_in dy, jb_in y, int64_t rows, int64_t columns, int32_t log) {
  return guard([&] {
    JB_CHECK(rows >= 0 && columns >= 0, "softmax backward: y is [{}, {}]", rows, columns);
    const auto* gradient = static_cast<const float*>(dy);
    const auto* result = static_cast<const float*>(y);
    auto* to = static_cast<float*>(dx);
    if (columns == 0) return;
    parallel_for(ctx, rows, grain_for(rows, columns * kCost), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        const int64_t at = r * columns;
        (log != 0 ? log_softmax_backward_row : softmax_backward_row)(to + at, gradient + at, result + at, columns);
      }
    });
  });
}
