// Softmax and its logarithm over rows, alone (attention has its own): jb_softmax_* of native/include/jaubert/softmax.h.
// A row of -inf, or without columns, gives 0. x, y, dy and dx are T [rows, columns], sums are float32.
//
// A block a row, which is read again for each pass. Of few long rows a block has a part, in two kernels: what sums over
// the row need of each part, and the results, for which each block combines the parts in order.
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

// Of a row: the largest element, and the sum of exp(x - shift()).
struct Exponentials {
  float largest, total;

  __device__ __forceinline__ static float shift(float largest) {
    return largest == Largest::neutral<float>() ? 0.0f : largest;
  }
};

template <typename T>
__device__ __forceinline__ Exponentials exponentials(const T* x, int columns, float* scratch) {
  const float largest = over_columns<Largest>(columns, scratch, [&](int c) { return to_float(x[c]); });
  const float shift = Exponentials::shift(largest);
  return {largest, over_columns<Sum>(columns, scratch, [&](int c) { return expf(to_float(x[c]) - shift); })};
}

template <bool kLog, typename T>
__device__ __forceinline__ void write_softmax(T* y, const T* x, int columns, Exponentials row) {
  const float shift = Exponentials::shift(row.largest);
  const float inverse = row.total == 0.0f ? 0.0f : 1.0f / row.total, log_total = logf(row.total);
  for (int c = static_cast<int>(threadIdx.x); c < columns; c += kSoftmaxThreads) {
    const float centred = to_float(x[c]) - shift;
    float result = expf(centred) * inverse;
    if (kLog) result = row.total == 0.0f ? 0.0f : centred - log_total;
    y[c] = from_float<T>(result);
  }
}

// y may be x. Block kSoftmaxThreads, any grid.
template <typename T, bool kLog>
__global__ void __launch_bounds__(kSoftmaxThreads) softmax_forward(T* y, const T* x, int64_t rows, int columns) {
  __shared__ float scratch[kSoftmaxThreads / kWarp];
  for (int64_t row = blockIdx.x; row < rows; row += gridDim.x) {
    write_softmax<kLog>(y + row * columns, x + row * columns, columns,
                        exponentials(x + row * columns, columns, scratch));
  }
}

// The part of a row that is this block's: blockIdx.x of the row blockIdx.y, `size` columns but for the last.
struct RowPart {
  int64_t begin;
  int columns;

  __device__ __forceinline__ RowPart(int row_columns, int size)
      : begin(static_cast<int64_t>(blockIdx.y) * row_columns + static_cast<int64_t>(blockIdx.x) * size),
        columns(min(size, row_columns - static_cast<int>(blockIdx.x) * size)) {}
};

// parts [rows, gridDim.x]. Grid (parts, rows), block kSoftmaxThreads.
template <typename T>
__global__ void __launch_bounds__(kSoftmaxThreads)
    softmax_parts(Exponentials* parts, const T* x, int columns, int size) {
  __shared__ float scratch[kSoftmaxThreads / kWarp];
  const RowPart part(columns, size);
  const Exponentials sums = exponentials(x + part.begin, part.columns, scratch);
  if (threadIdx.x == 0) parts[static_cast<int64_t>(blockIdx.y) * gridDim.x + blockIdx.x] = sums;
}

// y from x and those; y may be x. Grid and block the same.
template <typename T, bool kLog>
__global__ void __launch_bounds__(kSoftmaxThreads)
    softmax_from_parts(T* y, const T* x, const Exponentials* parts, int columns, int size) {
  __shared__ float scratch[kSoftmaxThreads / kWarp];
  const RowPart part(columns, size);
  const int count = static_cast<int>(gridDim.x);
  const Exponentials* const of_row = parts + static_cast<int64_t>(blockIdx.y) * count;
  const float largest = over_columns<Largest>(count, scratch, [&](int p) { return of_row[p].largest; });
  const float shift = Exponentials::shift(largest);
  // A part of -inf adds 0 times e^-inf, whatever the other parts' scores are.
  const float total =
      over_columns<Sum>(count, scratch, [&](int p) { return of_row[p].total * expf(of_row[p].largest - shift); });
  write_softmax<kLog>(y + part.begin, x + part.begin, part.columns, {largest, total});
}

// --- Backward: dx = y * (dy - sum(dy * y)), or of the logarithm dx = dy - exp(y) * sum(dy) ---

template <bool kLog, typename T>
__device__ __forceinline__ float gradient_sum(const T* dy, const T* y, int columns, float* scratch) {
  return over_columns<Sum>(columns, scratch,
                           [&](int c) { return kLog ? to_float(dy[c]) : to_float(dy[c]) * to_float(y[c]); });
}

// A row of -inf has logarithms 0: two probabilities cannot both be 1.
template <bool kLog, typename T>
__device__ __forceinline__ bool is_empty_row(const T* y, int columns) {
  return kLog && columns >= 2 && to_float(y[0]) == 0.0f && to_float(y[1]) == 0.0f;
}

template <bool kLog, typename T>
__device__ __forceinline__ void write_gradient(T* dx, const T* dy, const T* y, int columns, float total, bool empty) {
  for (int c = static_cast<int>(threadIdx.x); c < columns; c += kSoftmaxThreads) {
    const float v = to_float(y[c]), g = to_float(dy[c]);
    dx[c] = from_float<T>(empty ? 0.0f : kLog ? g - expf(v) * total : v * (g - total));
  }
}

// dx may be dy. Block kSoftmaxThreads, any grid.
template <typename T, bool kLog>
__global__ void __launch_bounds__(kSoftmaxThreads)
    softmax_backward(T* dx, const T* dy, const T* y, int64_t rows, int columns) {
  __shared__ float scratch[kSoftmaxThreads / kWarp];
  for (int64_t row = blockIdx.x; row < rows; row += gridDim.x) {
    const T *const d = dy + row * columns, *const p = y + row * columns;
    write_gradient<kLog>(dx + row * columns, d, p, columns, gradient_sum<kLog>(d, p, columns, scratch),
                         is_empty_row<kLog>(p, columns));
  }
}

// The two of forward again, with sums [rows, gridDim.x].
template <typename T, bool kLog>
__global__ void __launch_bounds__(kSoftmaxThreads)
    softmax_backward_parts(float* sums, const T* dy, const T* y, int columns, int size) {
  __shared__ float scratch[kSoftmaxThreads / kWarp];
  const RowPart part(columns, size);
  const float sum = gradient_sum<kLog>(dy + part.begin, y + part.begin, part.columns, scratch);
  if (threadIdx.x == 0) sums[static_cast<int64_t>(blockIdx.y) * gridDim.x + blockIdx.x] = sum;
}

// dx may be dy.
template <typename T, bool kLog>
__global__ void __launch_bounds__(kSoftmaxThreads)
    softmax_backward_from_parts(T* dx, const T* dy, const T* y, const float* sums, int columns, int size) {
  __shared__ float scratch[kSoftmaxThreads / kWarp];
  const RowPart part(columns, size);
  const int count = static_cast<int>(gridDim.x);
  const float total =
      over_columns<Sum>(count, scratch, [&](int p) { return sums[static_cast<int64_t>(blockIdx.y) * count + p]; });
  write_gradient<kLog>(dx + part.begin, dy + part.begin, y + part.begin, part.columns, total,
                       is_empty_row<kLog>(y + static_cast<int64_t>(blockIdx.y) * columns, columns));
}

}  // namespace jb

#endif
