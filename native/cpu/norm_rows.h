// LayerNorm of a row, forward and backward: what norm.cpp and embedding.cpp share.
#ifndef JAUBERT_CPU_NORM_ROWS_H
#define JAUBERT_CPU_NORM_ROWS_H

#include "support/parallel.h"
#include "support/row.h"

namespace jb::JB_ISA {

struct RowStatistics {
  float mean;
  float rstd;
};

// Given the sum of the row's elements.
template <typename T>
JB_INLINE RowStatistics row_statistics(const T* x, float total, int64_t hidden, float eps) {
  const float mean = total / static_cast<float>(hidden);
  const float squares = sum_row(hidden, [&](int64_t c, auto lanes) {
    const vf d = lanes.load(x + c, mean) - mean;
    return d * d;
  });
  return {mean, 1.0f / std::sqrt(squares / static_cast<float>(hidden) + eps)};
}

// (x - mean) * rstd, in this order: x * rstd - mean * rstd would lose the digits that x and mean share.
JB_INLINE vf normalized(vf x, RowStatistics s) { return (x - s.mean) * s.rstd; }

// (x - mean) * rstd * gamma + beta, each element of x and of the result handed to emit(c, lanes, x, y). beta may be
// null.
template <typename T, typename Emit>
JB_INLINE void normalize_row(const T* x, RowStatistics s, const float* gamma, const float* beta, int64_t hidden,
                             Emit&& emit) {
  if (beta != nullptr) {
    for_row(hidden, [&](int64_t c, auto lanes) {
      const vf v = lanes.load(x + c);
      emit(c, lanes, v, fma(normalized(v, s), lanes.load(gamma + c), lanes.load(beta + c)));
    });
  } else {
    for_row(hidden, [&](int64_t c, auto lanes) {
      const vf v = lanes.load(x + c);
      emit(c, lanes, v, normalized(v, s) * lanes.load(gamma + c));
    });
  }
}

// With g = dy * gamma and xhat = (x - mean) * rstd: dx = rstd * (g - mean(g) - xhat * mean(g * xhat)), each element
// handed to emit(c, lanes, dx). dgamma += dy * xhat and dbeta += dy unless null.
template <typename Gradient, typename T, typename Emit>
JB_INLINE void layernorm_backward_row(const Gradient* dy, const T* x, RowStatistics s, const float* gamma,
                                      float* dgamma, float* dbeta, int64_t hidden, Emit&& emit) {
  vf along{};
  const float total = sum_row(hidden, [&](int64_t c, auto lanes) {
    const vf d = lanes.load(dy + c);
    const vf xhat = normalized(lanes.load(x + c), s);
    const vf g = d * lanes.load(gamma + c);
    along = fma(g, xhat, along);
    if (dgamma != nullptr) lanes.store(dgamma + c, fma(d, xhat, lanes.load(dgamma + c)));
    if (dbeta != nullptr) lanes.store(dbeta + c, d + lanes.load(dbeta + c));
    return g;
  });
  const float count = static_cast<float>(hidden);
  const vf mean_g = splat(total / count), mean_along = splat(sum(along) / count);
  for_row(hidden, [&](int64_t c, auto lanes) {
    const vf xhat = normalized(lanes.load(x + c), s);
    const vf g = lanes.load(dy + c) * lanes.load(gamma + c);
    emit(c, lanes, (g - fma(xhat, mean_along, mean_g)) * s.rstd);
  });
}

// Gradients of parameters, [hidden] each, summed over rows: every chunk of parallel_for adds its rows to a line of its
// own, and combine() adds the lines in order. Chunks depend on the shape alone, and so do the bits of the sum.
class LineSums {
 public:
  // `sums` parameters with scratch memory of the calling thread.
  LineSums(Scratch& scratch, int64_t sums, int64_t rows, int64_t hidden)
      : sums_(sums),
        hidden_(hidden),
        grain_(grain_for(rows, hidden * 8)),
        chunks_(chunk_count(rows, grain_)),
        lines_(scratch.take<float>(chunks_ * sums * hidden)) {}

  int64_t grain() const { return grain_; }

  // The line of the chunk that begins at row `begin`, for parameter `which`, cleared.
  float* line(int64_t begin, int64_t which) const {
    float* at = lines_ + (begin / grain_ * sums_ + which) * hidden_;
    std::memset(at, 0, static_cast<size_t>(hidden_) * sizeof(float));
    return at;
  }

  // y = (accumulate ? y : 0) + the sum of all lines of `which`.
  void combine(float* y, int64_t which, bool accumulate) const {
    for_row(hidden_, [&](int64_t c, auto lanes) {
      vf total{};
      for (int64_t i = 0; i < chunks_; ++i) total += lanes.load(lines_ + (i * sums_ + which) * hidden_ + c);
      lanes.store(y + c, accumulate ? lanes.load(y + c) + total : total);
    });
  }

 private:
  int64_t sums_;
  int64_t hidden_;
  int64_t grain_;
  int64_t chunks_;
  float* lines_;
};

}  // namespace jb::JB_ISA

#endif
