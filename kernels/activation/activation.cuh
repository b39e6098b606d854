// What stands behind the matrix products of a feed-forward layer: bias + activation, such as GELU (Hendrycks and Gimpel
// 2016) by erf as BERT has it or by tanh, and GeGLU (Shazeer 2020). y, dy, x and dx are T, the bias and
// its gradient float32, as arithmetic is.
//
// A thread keeps its columns and walks down the rows: so it holds the bias, and in backward the sum of its columns, in
// registers. Bytes moved per element: forward 2 T (3 T with z kept), backward 3 T.
#ifndef JAUBERT_KERNELS_ACTIVATION_ACTIVATION_CUH
#define JAUBERT_KERNELS_ACTIVATION_ACTIVATION_CUH

#include "common/column_sums.cuh"
#include "common/ptx.cuh"
#include "common/vector.cuh"
#include "jaubert/activation.h"

namespace jb {

enum class Gelu { kErf, kTanh };

inline constexpr int kActivationThreads = 128;

// The distribution function of a normal number, and its density.
struct Normal {
  float distribution, density;
};

// For results that are kept as T. Those of 16 bits take Hastings' formula (Abramowitz and Stegun 1964, 7.1.26), whose
// error is 1.5e-7 and, in the lower tail, a few millionths of the value; erfcf would take more time than memory does.
template <typename T>
__device__ __forceinline__ Normal normal_at(float x) {
  if constexpr (sizeof(T) == 4) {
    return {0.5f * erfcf(-0.70710678118654752f * x), 0.39894228040143268f * expf(-0.5f * x * x)};
  } else {
    const float t = ptx::reciprocal_approx(1.0f + 0.3275911f * 0.70710678118654752f * fabsf(x));
    const float bell = ptx::exp2_approx(x * x * -0.72134752044448170f);  // e^(-x^2 / 2)
    float sum = 0.5f * 1.061405429f;
    sum = sum * t - 0.5f * 1.453152027f;
    sum = sum * t + 0.5f * 1.421413741f;
    sum = sum * t - 0.5f * 0.284496736f;
    sum = sum * t + 0.5f * 0.254829592f;
    const float tail = sum * t * bell;
    return {x < 0.0f ? tail : 1.0f - tail, 0.39894228040143268f * bell};
  }
}

// 1 / (1 + e^-x), likewise.
template <typename T>
__device__ __forceinline__ float sigmoid_at(float x) {
  if constexpr (sizeof(T) == 4) return 1.0f / (1.0f + expf(-x));
  return ptx::reciprocal_approx(1.0f + ptx::exp2_approx(x * -1.44269504088896341f));
}

// x Phi(x), Phi the distribution function of a normal number; or 0.5 x (1 + tanh(u)), u = sqrt(2 / pi) (x + 0.044715
// x^3), whose factor of x is the sigmoid of 2 u.
template <Gelu kGelu, typename T>
__device__ __forceinline__ float gelu(float x) {
  if constexpr (kGelu == Gelu::kErf) return x * normal_at<T>(x).distribution;
  return x * sigmoid_at<T>(1.59576912160573071f * (x + 0.044715f * x * x * x));
}

template <Gelu kGelu, typename T>
__device__ __forceinline__ float gelu_derivative(float x) {
  if constexpr (kGelu == Gelu::kErf) {
    const Normal normal = normal_at<T>(x);
    return normal.distribution + x * normal.density;
  }
  const float s = sigmoid_at<T>(1.59576912160573071f * (x + 0.044715f * x * x * x));
  return s + x * s * (1.0f - s) * (1.59576912160573071f * (1.0f + 3.0f * 0.044715f * x * x));
}

// The activations behind a matrix product, jb_activation. Which one is an argument, the same for every thread.
template <typename T>
__device__ __forceinline__ float activate(jb_activation activation, float x) {
  switch (activation) {
    case JB_ACT_GELU:
      return gelu<Gelu::kErf, T>(x);
    case JB_ACT_GELU_TANH:
      return gelu<Gelu::kTanh, T>(x);
    case JB_ACT_RELU:
      return x < 0.0f ? 0.0f : x;  // a NaN stays
    case JB_ACT_TANH:
      return tanhf(x);
    default:
      return x;
  }
}

// Its derivative from what was saved: x, but of JB_ACT_TANH the result.
template <typename T>
__device__ __forceinline__ float activation_derivative(jb_activation activation, float saved) {
  switch (activation) {
    case JB_ACT_GELU:
      return gelu_derivative<Gelu::kErf, T>(saved);
    case JB_ACT_GELU_TANH:
      return gelu_derivative<Gelu::kTanh, T>(saved);
    case JB_ACT_RELU:
      return saved > 0.0f ? 1.0f : 0.0f;
    case JB_ACT_TANH:
      return 1.0f - saved * saved;
    default:
      return 1.0f;
  }
}

// z = x + bias and y = activation(z), [rows, width]; bias may be null, y and z may be x, and z null if it is not kept.
// y is made of z as it is kept. Block kActivationThreads, grid (columns / (threads * kWidth) rounded up, any); kWidth
// is kVector<T>, or 1 for any width.
template <typename T, int kWidth>
__global__ void __launch_bounds__(kActivationThreads)
    bias_activation_forward(jb_activation activation, T* y, T* z, const T* x, const float* bias, int64_t rows,
                            int width) {
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
    for (int i = 0; i < kWidth; ++i) v[i] += b[i];
    if (z != nullptr) {
      store<kWidth>(z + row * width + c, v);
      round_to<T>(v);
    }
#pragma unroll
    for (int i = 0; i < kWidth; ++i) v[i] = activate<T>(activation, v[i]);
    store<kWidth>(y + row * width + c, v);
  }
}

// dx = dy * activation'(saved), and the columns' sums of dx in parts [gridDim.y, 1, width] for column_sums. Shapes as
// in forward; dx and parts may be null, saved too without an activation, dx may be dy or saved.
template <typename T, int kWidth>
__global__ void __launch_bounds__(kActivationThreads)
    bias_activation_backward(jb_activation activation, T* dx, float* parts, const T* dy, const T* saved, int64_t rows,
                             int width) {
  const int c = (static_cast<int>(blockIdx.x) * kActivationThreads + static_cast<int>(threadIdx.x)) * kWidth;
  if (c >= width) return;
  float sums[kWidth];
  fill(sums, 0.0f);
#pragma unroll 2
  for (int64_t row = blockIdx.y; row < rows; row += gridDim.y) {
    float v[kWidth], d[kWidth];
    fill(v, 0.0f);
    if (saved != nullptr) load<kWidth, Cache::kStream>(v, saved + row * width + c);
    load<kWidth, Cache::kStream>(d, dy + row * width + c);
#pragma unroll
    for (int i = 0; i < kWidth; ++i) {
      d[i] *= activation_derivative<T>(activation, v[i]);
      sums[i] += d[i];
    }
    if (dx != nullptr) store<kWidth>(dx + row * width + c, d);
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
    for (int i = 0; i < kWidth; ++i) value[i] *= gelu<Gelu::kErf, T>(gate[i]);
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
      value[i] *= d[i] * gelu_derivative<Gelu::kErf, T>(gate[i]);
      d[i] *= gelu<Gelu::kErf, T>(gate[i]);
    }
    store<kWidth>(dx + row * 2 * width + c, value);
    store<kWidth>(dx + row * 2 * width + width + c, d);
  }
}

}  // namespace jb

#endif
