// One value from one value, and its gradient: jb_unary_* and jb_accumulate of native/include/jaubert/elementwise.h, for
// float and bf16. The operation is an argument, the same for every thread: memory sets the time either way, and one
// instance per type serves all.
#ifndef JAUBERT_KERNELS_ELEMENTWISE_UNARY_CUH
#define JAUBERT_KERNELS_ELEMENTWISE_UNARY_CUH

#include "activation/activation.cuh"
#include "jaubert/elementwise.h"

namespace jb {

inline constexpr int kElementwiseThreads = 256;

// -1, 0 or 1; zeros keep their sign and NaN stays.
__device__ __forceinline__ float sign(float x) { return x > 0.0f || x < 0.0f ? copysignf(1.0f, x) : flush(x); }

__device__ __forceinline__ float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }

__device__ __forceinline__ float power(float x, float exponent) {
  if (exponent == 2.0f) return x * x;
  if (exponent == 3.0f) return x * x * x;
  if (exponent == 1.0f) return flush(x);
  if (exponent == -1.0f) return 1.0f / x;
  if (exponent == 0.0f) return 1.0f;
  return powf(flush(x), exponent);
}

__device__ __forceinline__ float unary(jb_unary_op op, float x, float alpha, float beta) {
  switch (op) {
    case JB_AFFINE:
      return alpha * x + beta;
    case JB_POW:
      return power(x, alpha);
    case JB_CLAMP:
      return flush(x < alpha ? alpha : x > beta ? beta : x);
    case JB_ABS:
      return flush(fabsf(x));
    case JB_SIGN:
      return sign(x);
    case JB_EXP:
      return expf(x);
    case JB_LOG:
      return logf(flush(x));
    case JB_SQRT:
      return sqrtf(x);
    case JB_RSQRT:
      return 1.0f / sqrtf(x);
    case JB_SIN:
      return sinf(flush(x));
    case JB_COS:
      return cosf(x);
    case JB_TANH:
      return tanhf(x);
    case JB_SIGMOID:
      return sigmoid(x);
    case JB_ERF:
      return erff(x);
    case JB_RELU:
      return x < 0.0f ? 0.0f : flush(x);  // a NaN stays
    case JB_GELU:
      return gelu<Gelu::kErf, float>(x);
    case JB_GELU_TANH:
      return gelu<Gelu::kTanh, float>(x);
    case JB_SILU:
      return x < -200.0f ? -0.0f : x * sigmoid(x);  // where the sigmoid is 0, -inf times it would be NaN
    case JB_FLOOR:
      return floorf(x);
    case JB_DIVIDE:
      return x / alpha;
    default:  // JB_SOFTPLUS
      return x != x ? x : fmaxf(x, 0.0f) + log1pf(expf(-fabsf(x)));
  }
}

// dy * op'(x), y = op(x); as jb_unary_backward it uses x or y, whichever is exact.
__device__ __forceinline__ float unary_gradient(jb_unary_op op, float dy, float x, float y, float alpha, float beta) {
  switch (op) {
    case JB_AFFINE:
      return dy * alpha;
    case JB_DIVIDE:
      return dy / alpha;
    case JB_POW:
      return alpha == 0.0f ? 0.0f : dy * (alpha * power(x, alpha - 1.0f));
    case JB_CLAMP:
      return x >= alpha && x <= beta ? flush(dy) : 0.0f;
    case JB_ABS:
      return dy * sign(x);
    case JB_EXP:
      return dy * y;
    case JB_LOG:
      return dy / x;
    case JB_SQRT:
      return dy * 0.5f / y;
    case JB_RSQRT:
      return dy * (-0.5f * y * y * y);
    case JB_SIN:
      return dy * cosf(x);
    case JB_COS:
      return -dy * sinf(x);
    case JB_TANH:
      return dy * (1.0f - y * y);
    case JB_SIGMOID:
      return dy * (y * (1.0f - y));
    case JB_ERF:
      return dy * (1.12837917f * expf(-x * x));
    case JB_RELU:
      return y > 0.0f ? flush(dy) : 0.0f;
    case JB_GELU:
      return dy * gelu_derivative<Gelu::kErf, float>(x);
    case JB_GELU_TANH:
      return dy * gelu_derivative<Gelu::kTanh, float>(x);
    case JB_SILU: {
      const float s = sigmoid(x);
      return dy * (s * (1.0f + fmaxf(-200.0f, fminf(200.0f, x)) * (1.0f - s)));
    }
    case JB_SOFTPLUS:
      return dy * sigmoid(x);
    default:  // JB_SIGN, JB_FLOOR
      return 0.0f;
  }
}

// Whether the gradient reads x or y; what it does not read may be null.
constexpr bool unary_gradient_reads_y(jb_unary_op op) {
  return op == JB_EXP || op == JB_SQRT || op == JB_RSQRT || op == JB_TANH || op == JB_SIGMOID || op == JB_RELU;
}
constexpr bool unary_gradient_reads_x(jb_unary_op op) {
  return !unary_gradient_reads_y(op) && op != JB_AFFINE && op != JB_DIVIDE && op != JB_SIGN && op != JB_FLOOR;
}

// body(i, whole) for the vectors of n elements that begin at i; whole says that all of the vector is there. Any grid.
template <int kWidth, typename Body>
__device__ __forceinline__ void for_vectors(int64_t n, Body&& body) {
  const int64_t step = static_cast<int64_t>(gridDim.x) * kElementwiseThreads * kWidth;
  for (int64_t i = (static_cast<int64_t>(blockIdx.x) * kElementwiseThreads + static_cast<int>(threadIdx.x)) * kWidth;
       i < n; i += step) {
    body(i, i + kWidth <= n);
  }
}

// Up to kWidth elements, 0 behind the last.
template <int kWidth, typename T>
__device__ __forceinline__ void load_some(float (&x)[kWidth], const T* p, int64_t i, int64_t n, bool whole) {
  if (whole) {
    load<kWidth>(x, p + i);
  } else {
#pragma unroll
    for (int k = 0; k < kWidth; ++k) x[k] = i + k < n ? to_float(p[i + k]) : 0.0f;
  }
}

template <int kWidth, typename T>
__device__ __forceinline__ void store_some(T* p, const float (&x)[kWidth], int64_t i, int64_t n, bool whole) {
  if (whole) {
    store<kWidth>(p + i, x);
  } else {
#pragma unroll
    for (int k = 0; k < kWidth; ++k) {
      if (i + k < n) p[i + k] = from_float<T>(x[k]);
    }
  }
}

// y[i] = op(x[i]); y may be x. kWidth is kVector<T> where all addresses are multiples of 16, and else 1. Block
// kElementwiseThreads, any grid, for all here.
template <typename T, int kWidth = kVector<T>>
__global__ void __launch_bounds__(kElementwiseThreads)
    unary_forward(jb_unary_op op, T* y, const T* x, int64_t n, float alpha, float beta) {
  for_vectors<kWidth>(n, [&](int64_t i, bool whole) {
    float v[kWidth];
    load_some(v, x, i, n, whole);
#pragma unroll
    for (int k = 0; k < kWidth; ++k) v[k] = unary(op, v[k], alpha, beta);
    store_some(y, v, i, n, whole);
  });
}

// dx[i] = dy[i] * op'(x[i]); dx may be dy. Told to aim at 4 blocks a multiprocessor, ptxas takes the registers it
// needs; left alone it aims higher and spills.
template <typename T, int kWidth = kVector<T>>
__global__ void __launch_bounds__(kElementwiseThreads, 4)
    unary_backward(jb_unary_op op, T* dx, const T* dy, const T* x, const T* y, int64_t n, float alpha, float beta) {
  for_vectors<kWidth>(n, [&](int64_t i, bool whole) {
    float d[kWidth], saved[kWidth];
    load_some(d, dy, i, n, whole);
    fill(saved, 0.0f);
    if (unary_gradient_reads_x(op)) load_some(saved, x, i, n, whole);
    if (unary_gradient_reads_y(op)) load_some(saved, y, i, n, whole);
#pragma unroll
    for (int k = 0; k < kWidth; ++k) d[k] = unary_gradient(op, d[k], saved[k], saved[k], alpha, beta);
    store_some(dx, d, i, n, whole);
  });
}

// y[i] += alpha * x[i].
template <typename T, int kWidth = kVector<T>>
__global__ void __launch_bounds__(kElementwiseThreads) accumulate(T* y, const T* x, int64_t n, float alpha) {
  for_vectors<kWidth>(n, [&](int64_t i, bool whole) {
    float a[kWidth], b[kWidth];
    load_some(a, y, i, n, whole);
    load_some(b, x, i, n, whole);
#pragma unroll
    for (int k = 0; k < kWidth; ++k) a[k] += alpha * b[k];
    store_some(y, a, i, n, whole);
  });
}

}  // namespace jb

#endif
