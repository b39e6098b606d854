// Root mean square normalisation (Zhang and Sennrich 2019), forward and backward; the contract is that of
// native/include/jaubert/norm.h.
//
//   y = x * rstd * gamma,   rstd = 1 / sqrt(mean(x^2) + eps)
//
// x, y and their gradients are T; gamma, dgamma and rstd float32. A block has a row, and reads it again from the L1
// cache for its second pass. Bytes moved per element: forward 2 T, backward 3 T, and once the parts of column_sums.cuh.
#ifndef JAUBERT_KERNELS_NORM_RMSNORM_CUH
#define JAUBERT_KERNELS_NORM_RMSNORM_CUH

#include "common/column_sums.cuh"
#include "common/reduce.cuh"
#include "common/vector.cuh"

namespace jb {

inline constexpr int kRmsnormThreads = 128;

// Block kRmsnormThreads, any grid; kWidth is kVector<T>, or 1 for any hidden. rstd may be null.
template <typename T, int kWidth>
__global__ void __launch_bounds__(kRmsnormThreads)
    rmsnorm_forward(T* y, float* rstd, const T* x, const float* gamma, int64_t rows, int hidden, float eps) {
  __shared__ float scratch[kRmsnormThreads / kWarp];
  constexpr int kStep = kRmsnormThreads * kWidth;
  const int begin = static_cast<int>(threadIdx.x) * kWidth;
  const float inverse = 1.0f / static_cast<float>(hidden);
  for (int64_t row = blockIdx.x; row < rows; row += gridDim.x) {
    const int64_t at = row * hidden;
    float s[kWidth], g[kWidth];
    float squares = 0;
    for (int c = begin; c < hidden; c += kStep) {
      load<kWidth>(s, x + at + c);
#pragma unroll
      for (int i = 0; i < kWidth; ++i) squares += s[i] * s[i];
    }
    const float scale = rsqrtf(reduce_block<Sum, kRmsnormThreads>(squares, scratch) * inverse + eps);
    for (int c = begin; c < hidden; c += kStep) {
      load<kWidth>(s, x + at + c);
      load<kWidth, Cache::kConstant>(g, gamma + c);
#pragma unroll
      for (int i = 0; i < kWidth; ++i) s[i] = s[i] * scale * g[i];
      store<kWidth>(y + at + c, s);
    }
    if (threadIdx.x == 0 && rstd != nullptr) rstd[row] = scale;
  }
}

// With g = dy * gamma and h = x * rstd: dx = rstd * (g - h * mean(g * h)), and dgamma = sum of dy * h over the rows,
// whose parts [gridDim.x, 1, hidden] are for column_sums. Block kRmsnormThreads, any grid; dx and parts may be null.
template <typename T, int kWidth>
__global__ void __launch_bounds__(kRmsnormThreads)
    rmsnorm_backward(T* dx, float* parts, const T* dy, const T* x, const float* rstd, const float* gamma, int64_t rows,
                     int hidden) {
  __shared__ float scratch[kRmsnormThreads / kWarp];
  constexpr int kStep = kRmsnormThreads * kWidth;
  const int begin = static_cast<int>(threadIdx.x) * kWidth;
  const float inverse = 1.0f / static_cast<float>(hidden);
  float* const line = parts == nullptr ? nullptr : parts + static_cast<int64_t>(blockIdx.x) * hidden;
  if (line != nullptr) {  // each thread adds to its own columns
    for (int c = begin; c < hidden; c += kStep) {
      for (int i = 0; i < kWidth; ++i) line[c + i] = 0;
    }
  }
  for (int64_t row = blockIdx.x; row < rows; row += gridDim.x) {
    const int64_t at = row * hidden;
    const float scale = rstd[row];
    float d[kWidth], h[kWidth], g[kWidth];
    float along = 0;
    for (int c = begin; c < hidden; c += kStep) {
      load<kWidth>(d, dy + at + c);
      load<kWidth>(h, x + at + c);
      load<kWidth, Cache::kConstant>(g, gamma + c);
#pragma unroll
      for (int i = 0; i < kWidth; ++i) {
        h[i] *= scale;
        along += d[i] * g[i] * h[i];
        if (line != nullptr) line[c + i] += d[i] * h[i];
      }
    }
    if (dx == nullptr) continue;
    along = reduce_block<Sum, kRmsnormThreads>(along, scratch) * inverse;
    for (int c = begin; c < hidden; c += kStep) {
      load<kWidth>(d, dy + at + c);
      load<kWidth>(h, x + at + c);
      load<kWidth, Cache::kConstant>(g, gamma + c);
#pragma unroll
      for (int i = 0; i < kWidth; ++i) d[i] = scale * (d[i] * g[i] - h[i] * scale * along);
      store<kWidth>(dx + at + c, d);
    }
  }
}

}  // namespace jb

#endif
