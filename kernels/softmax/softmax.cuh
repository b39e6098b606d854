// Softmax and its logarithm over rows, alone (attention has its own): jb_softmax_* of native/include/jaubert/reduce.h.
// A row of -inf, or without columns, gives 0. x, y, dy and dx are T [rows, columns], sums are float32.
//
// A block a row, which is read again for each pass.
#ifndef JAUBERT_KERNELS_SOFTMAX_SOFTMAX_CUH
#define JAUBERT_KERNELS_SOFTMAX_SOFTMAX_CUH

#include "common/reduce.cuh"
#include "common/vector.cuh"

namespace jb {

inline constexpr int kSoftmaxThreads = 128;

// The sum of term(c) over the columns, in every thread.
template <typename Combine, typename Term>
__device__ __forceinline__ float over_columns(int columns, float* scratch, Term&& term) {
  float total = Combine::template neutral<float>();
  for (int c = static_cast<int>(threadIdx.x); c < columns; c += kSoftmaxThreads) total = Combine()(total, term(c));
  return reduce_block<Combine, kSoftmaxThreads>(total, scratch);
}

// y may be x. Block kSoftmaxThreads, any grid.
template <typename T, bool kLog>
__global__ void __launch_bounds__(kSoftmaxThreads) softmax_forward(T* y, const T* x, int64_t rows, int columns) {
  __shared__ float scratch[kSoftmaxThreads / kWarp];
  for (int64_t row = blockIdx.x; row < rows; row += gridDim.x) {
    const T* const from = x + row * columns;
    T* const to = y + row * columns;
    const float largest = over_columns<Largest>(columns, scratch, [&](int c) { return to_float(from[c]); });
    const float shift = largest == Largest::neutral<float>() ? 0.0f : largest;
    const float total = over_columns<Sum>(columns, scratch, [&](int c) { return expf(to_float(from[c]) - shift); });
    const float inverse = total == 0.0f ? 0.0f : 1.0f / total, log_total = logf(total);
    for (int c = static_cast<int>(threadIdx.x); c < columns; c += kSoftmaxThreads) {
      const float centred = to_float(from[c]) - shift;
      float result = expf(centred) * inverse;
      if (kLog) result = total == 0.0f ? 0.0f : centred - log_total;
      to[c] = from_float<T>(result);
    }
  }
}

// dx = y * (dy - sum(dy * y)), or of the logarithm dx = dy - exp(y) * sum(dy); dx may be dy. Block kSoftmaxThreads, any
// grid.
template <typename T, bool kLog>
__global__ void __launch_bounds__(kSoftmaxThreads)
    softmax_backward(T* dx, const T* dy, const T* y, int64_t rows, int columns) {
  __shared__ float scratch[kSoftmaxThreads / kWarp];
  for (int64_t row = blockIdx.x; row < rows; row += gridDim.x) {
    const T *const d = dy + row * columns, *const p = y + row * columns;
    // A row of -inf has logarithms 0: two probabilities cannot both be 1.
    const bool empty = kLog && columns >= 2 && to_float(p[0]) == 0.0f && to_float(p[1]) == 0.0f;
    const float total = over_columns<Sum>(
        columns, scratch, [&](int c) { return kLog ? to_float(d[c]) : to_float(d[c]) * to_float(p[c]); });
    for (int c = static_cast<int>(threadIdx.x); c < columns; c += kSoftmaxThreads) {
      const float v = to_float(p[c]), g = to_float(d[c]);
      dx[row * columns + c] = from_float<T>(empty ? 0.0f : kLog ? g - expf(v) * total : v * (g - total));
    }
  }
}

}  // namespace jb

#endif
