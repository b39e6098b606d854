// What stands behind the matrix products of a feed-forward layer: bias + GELU (Hendrycks and Gimpel 2016), by erf as
// BERT has it or by tanh, and GeGLU (Shazeer 2020). y, dy, x, dx and bias are T, arithmetic is float32.
//
// A thread keeps its columns and walks down the rows: so it holds the bias, and in backward the sum of its columns, in
// registers. Bytes moved per element: forward 2 T, backward 3 T.
#ifndef JAUBERT_KERNELS_ACTIVATION_ACTIVATION_CUH
#define JAUBERT_KERNELS_ACTIVATION_ACTIVATION_CUH

#include "common/column_sums.cuh"
#include "common/vector.cuh"

namespace jb {

enum class Gelu { kErf, kTanh };

inline constexpr int kActivationThreads = 128;

// x Phi(x), Phi the distribution function of a normal number; or 0.5 x (1 + tanh(u)), u = sqrt(2 / pi) (x + 0.044715
// x^3).
template <Gelu kGelu>
__device__ __forceinline__ float gelu(float x) {
  if constexpr (kGelu == Gelu::kErf) return 0.5f * x * erfcf(-0.70710678118654752f * x);
  const float u = 0.79788456080286536f * (x + 0.044715f * x * x * x);
  return x / (1.0f + expf(-2.0f * u));
}

template <Gelu kGelu>
__device__ __forceinline__ float gelu_derivative(float x) {
  if constexpr (kGelu == Gelu::kErf) {
    return 0.5f * erfcf(-0.70710678118654752f * x) + x * 0.39894228040143268f * expf(-0.5f * x * x);
  }
  const float u = 0.79788456080286536f * (x + 0.044715f * x * x * x);
  const float du = 0.79788456080286536f * (1.0f + 3.0f * 0.044715f * x * x);
  const float s = 1.0f / (1.0f + expf(-2.0f * u));  // (1 + tanh(u)) / 2
  return s + 2.0f * x * s * (1.0f - s) * du;
}

// y [rows, width] = gelu(x + bias); bias may be null, y may be x. Block kActivationThreads, grid (columns / (threads *
// kWidth) rounded up, any); kWidth is kVector<T>, or 1 for any width.
template <typename T, int kWidth, Gelu kGelu>
__global__ void __launch_bounds__(kActivationThreads)
    bias_gelu_forward(T* y, const T* x, const T* bias, int64_t rows, int width) {
  const int c = (static_cast<int>(blockIdx.x) * kActivationThreads + static_cast<int>(threadIdx.x)) * kWidth;
  if (c >= width) return;
  float b[kWidth];
  fill(b, 0.0f);
  if (bias != nullptr) load<kWidth, Cache::kConstant>(b, bias + c);
#pragma unroll 2
  for (int64_t row = blockIdx.y; row < rows; row += gridDim.y) {
    float v[kWidth];
    load<kWidth, Cache::kStream>(v, x + row * width + c);
#pragma unroll
    for (int i = 0; i < kWidth; ++i) v[i] = gelu<kGelu>(v[i] + b[i]);
    store<kWidth>(y + row * width + c, v);
  }
}

// dx = dy * gelu'(x + bias), and the columns' sums of dx in parts [gridDim.y, 1, width] for column_sums. Shapes as in
// forward; bias and parts may be null, dx may be dy or x.
template <typename T, int kWidth, Gelu kGelu>
__global__ void __launch_bounds__(kActivationThreads)
    bias_gelu_backward(T* dx, float* parts, const T* dy, const T* x, const T* bias, int64_t rows, int width) {
  const int c = (static_cast<int>(blockIdx.x) * kActivationThreads + static_cast<int>(threadIdx.x)) * kWidth;
  if (c >= width) return;
  float b[kWidth], sums[kWidth];
  fill(b, 0.0f);
  fill(sums, 0.0f);
  if (bias != nullptr) load<kWidth, Cache::kConstant>(b, bias + c);
#pragma unroll 2
  for (int64_t row = blockIdx.y; row < rows; row += gridDim.y) {
    float v[kWidth], d[kWidth];
    load<kWidth, Cache::kStream>(v, x + row * width + c);
    load<kWidth, Cache::kStream>(d, dy + row * width + c);
#pragma unroll
    for (int i = 0; i < kWidth; ++i) {
      d[i] *= gelu_derivative<kGelu>(v[i] + b[i]);
      sums[i] += d[i];
    }
    store<kWidth>(dx + row * width + c, d);
  }
  if (parts == nullptr) return;
#pragma unroll
  for (int i = 0; i < kWidth; ++i) parts[static_cast<int64_t>(blockIdx.y) * width + c + i] = sums[i];
}

// y [rows, width] = gelu(x[:, :width]) * x[:, width:], x [rows, 2 width], GELU by erf. Grid and block as above.
template <typename T, int kWidth>
__global__ void __launch_bounds__(kActivationThreads) geglu_forward(T* y, const T* x, int64_t rows, int width) {
  const int c = (static_cast<int>(blockIdx.x) * kActivationThreads + static_cast<int>(threadIdx.x)) * kWidth;
  if (c >= width) return;
#pragma unroll 2
  for (int64_t row = blockIdx.y; row < rows; row += gridDim.y) {
    float gate[kWidth], value[kWidth];
    load<kWidth, Cache::kStream>(gate, x + row * 2 * width + c);
    load<kWidth, Cache::kStream>(value, x + row * 2 * width + width + c);
#pragma unroll
    for (int i = 0; i < kWidth; ++i) value[i] *= gelu<Gelu::kErf>(gate[i]);
    store<kWidth>(y + row * width + c, value);
  }
}

// dx [rows, 2 width] from dy [rows, width]; dx may be x.
template <typename T, int kWidth>
__global__ void __launch_bounds__(kActivationThreads)
    geglu_backward(T* dx, const T* dy, const T* x, int64_t rows, int width) {
  const int c = (static_cast<int>(blockIdx.x) * kActivationThreads + static_cast<int>(threadIdx.x)) * kWidth;
  if (c >= width) return;
  for (int64_t row = blockIdx.y; row < rows; row += gridDim.y) {
    float gate[kWidth], value[kWidth], d[kWidth];
    load<kWidth, Cache::kStream>(gate, x + row * 2 * width + c);
    load<kWidth, Cache::kStream>(value, x + row * 2 * width + width + c);
    load<kWidth, Cache::kStream>(d, dy + row * width + c);
#pragma unroll
    for (int i = 0; i < kWidth; ++i) {
      value[i] *= d[i] * gelu_derivative<Gelu::kErf>(gate[i]);
      d[i] *= gelu<Gelu::kErf>(gate[i]);
    }
    store<kWidth>(dx + row * 2 * width + c, value);
    store<kWidth>(dx + row * 2 * width + width + c, d);
  }
}

}  // namespace jb

#endif
