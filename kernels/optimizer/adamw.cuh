// AdamW (Loshchilov and Hutter 2019) over many tensors in one launch, with clipping by the global norm and no value
// that the host has to read; the contract is that of native/include/jaubert/optimizer.h.
//
// The norm is two launches: squares of the gradients by chunks, and one block that adds them. A step is two more: one
// thread that makes the numbers of the step, and the update by chunks. If the norm is not finite the last changes
// nothing. What a replayed graph has to change (the step's number, a factor on the learning rates) is read from device
// memory. Weights and moments are
// float32, gradients G; where a tensor has a copy of 16 bits for the matrix products, it is written along. Bytes moved
// per element: 24 + sizeof(G), 2 with a copy, and sizeof(G) for the norm.
#ifndef JAUBERT_KERNELS_OPTIMIZER_ADAMW_CUH
#define JAUBERT_KERNELS_OPTIMIZER_ADAMW_CUH

#include "common/reduce.cuh"
#include "common/vector.cuh"

namespace jb {

inline constexpr int kOptimizerThreads = 256, kNormThreads = 512;
inline constexpr int kOptimizerChunk = 4096;  // elements of a tensor that a block handles

// A tensor; the addresses are those of whole allocations, so aligned.
template <typename G>
struct OptimizerTensor {
  float* w;
  const G* g;
  float *m, *v;
  bf16* copy;  // or null
  int64_t size;
  float learning_rate, weight_decay;
};

// Elements [index * kOptimizerChunk, ...) of a tensor.
struct OptimizerChunk {
  int32_t tensor, index;
};

struct AdamwSettings {
  float beta1, beta2, eps;
  float max_norm;              // 0: no clipping
  int64_t step;                // from 1 on
  const int64_t* added_steps;  // [1], or null: 0
  const float* rate_scale;     // [1], or null: 1
  bool bias_correction;
};

// The numbers of one step, made on the device.
struct AdamwStep {
  float gradient_scale;            // of clipping
  float inverse_correction1;       // 1 / (1 - beta1^step)
  float inverse_root_correction2;  // 1 / sqrt(1 - beta2^step)
  float rate_scale;
  int32_t skip;  // the norm is not finite
};

namespace detail {

// Four gradients from element i on, as many as there are; 0 behind them.
template <typename G>
__device__ __forceinline__ void load_gradients(float (&x)[4], const G* g, int64_t i, int64_t size) {
  if (i + 4 > size) {
#pragma unroll
    for (int k = 0; k < 4; ++k) x[k] = i + k < size ? to_float(g[i + k]) : 0.0f;
  } else if constexpr (sizeof(G) == 4) {
    load(x, g + i);
  } else {
    const uint2 words = load_as<Cache::kKeep, uint2>(g + i);
    const float2 low = unpack(words.x, G()), high = unpack(words.y, G());
    x[0] = low.x;
    x[1] = low.y;
    x[2] = high.x;
    x[3] = high.y;
  }
}

}  // namespace detail

// sums [chunks]: of the squares of each chunk. Grid chunks, block kOptimizerThreads.
template <typename G>
__global__ void __launch_bounds__(kOptimizerThreads)
    gradient_squares(double* sums, const OptimizerTensor<G>* tensors, const OptimizerChunk* chunks) {
  __shared__ double scratch[kOptimizerThreads / kWarp];
  const OptimizerChunk chunk = chunks[blockIdx.x];
  const OptimizerTensor<G> t = tensors[chunk.tensor];
  const int64_t begin = static_cast<int64_t>(chunk.index) * kOptimizerChunk;
  double squares = 0;
#pragma unroll
  for (int i = 0; i < kOptimizerChunk / (4 * kOptimizerThreads); ++i) {
    float g[4];
    detail::load_gradients(g, t.g, begin + (i * kOptimizerThreads + static_cast<int>(threadIdx.x)) * 4, t.size);
#pragma unroll
    for (int k = 0; k < 4; ++k) squares += static_cast<double>(g[k]) * static_cast<double>(g[k]);
  }
  const double sum = reduce_block<Sum, kOptimizerThreads>(squares, scratch);
  if (threadIdx.x == 0) sums[blockIdx.x] = sum;
}

// norm [1] = the root of the sum of sums [chunks]. One block of kThreads = kNormThreads.
template <int kThreads>
__global__ void __launch_bounds__(kThreads) global_norm(float* norm, const double* sums, int chunks) {
  __shared__ double scratch[kThreads / kWarp];
  double sum = 0;
  for (int i = static_cast<int>(threadIdx.x); i < chunks; i += kThreads) sum += sums[i];
  sum = reduce_block<Sum, kThreads>(sum, scratch);
  if (threadIdx.x == 0) norm[0] = static_cast<float>(sqrt(sum));
}

// step [1] from norm [1], which may be null: no clipping. One thread.
template <int kThreads>
__global__ void __launch_bounds__(kThreads) adamw_prepare(AdamwStep* step, const float* norm, AdamwSettings settings) {
  const float length = norm == nullptr ? 0.0f : norm[0];
  AdamwStep next;
  next.skip = length - length == 0.0f ? 0 : 1;  // neither infinite nor NaN
  next.gradient_scale = settings.max_norm > 0 ? fminf(1.0f, settings.max_norm / (length + 1e-6f)) : 1.0f;
  next.rate_scale = settings.rate_scale == nullptr ? 1.0f : settings.rate_scale[0];
  next.inverse_correction1 = next.inverse_root_correction2 = 1.0f;
  if (settings.bias_correction) {
    const int64_t added = settings.added_steps == nullptr ? 0 : settings.added_steps[0];
    const double count = static_cast<double>(settings.step + added);
    next.inverse_correction1 = static_cast<float>(1 / (1 - pow(static_cast<double>(settings.beta1), count)));
    next.inverse_root_correction2 = static_cast<float>(1 / sqrt(1 - pow(static_cast<double>(settings.beta2), count)));
  }
  step[0] = next;
}

// The moments after g: m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2.
__device__ __forceinline__ void next_moments(const AdamwSettings& settings, const AdamwStep& s, float g, float& m,
                                             float& v) {
  g *= s.gradient_scale;
  m = settings.beta1 * m + (1.0f - settings.beta1) * g;
  v = settings.beta2 * v + (1.0f - settings.beta2) * g * g;
}

// m' / (sqrt(v') + eps) + weight_decay * w
__device__ __forceinline__ float direction(const AdamwSettings& settings, const AdamwStep& s, float w, float m, float v,
                                           float weight_decay) {
  return m * s.inverse_correction1 / (sqrtf(v) * s.inverse_root_correction2 + settings.eps) + weight_decay * w;
}

// The moments, and w -= rate * direction.
// Grid chunks, block kOptimizerThreads.
template <typename G>
__global__ void __launch_bounds__(kOptimizerThreads)
    adamw_update(const OptimizerTensor<G>* tensors, const OptimizerChunk* chunks, const AdamwStep* step,
                 AdamwSettings settings) {
  const AdamwStep s = step[0];
  if (s.skip != 0) return;
  const OptimizerChunk chunk = chunks[blockIdx.x];
  const OptimizerTensor<G> t = tensors[chunk.tensor];
  const int64_t begin = static_cast<int64_t>(chunk.index) * kOptimizerChunk;
  const float rate = t.learning_rate * s.rate_scale;
  const auto update = [&](float& w, float& m, float& v, float g) {
    next_moments(settings, s, g, m, v);
    w -= rate * direction(settings, s, w, m, v, t.weight_decay);
  };
#pragma unroll 2
  for (int i = 0; i < kOptimizerChunk / (4 * kOptimizerThreads); ++i) {
    const int64_t at = begin + (i * kOptimizerThreads + static_cast<int>(threadIdx.x)) * 4;
    float g[4];
    detail::load_gradients(g, t.g, at, t.size);
    if (at + 4 <= t.size) {
      float w[4], m[4], v[4];
      load<4, Cache::kStream>(w, t.w + at);
      load<4, Cache::kStream>(m, t.m + at);
      load<4, Cache::kStream>(v, t.v + at);
#pragma unroll
      for (int k = 0; k < 4; ++k) update(w[k], m[k], v[k], g[k]);
      store<4, Cache::kStream>(t.m + at, m);
      store<4, Cache::kStream>(t.v + at, v);
      store<4, Cache::kStream>(t.w + at, w);
      if (t.copy != nullptr) {
        detail::store_as<Cache::kKeep>(
            t.copy + at, make_uint2(pack(make_float2(w[0], w[1]), bf16()), pack(make_float2(w[2], w[3]), bf16())));
      }
    } else {
#pragma unroll
      for (int k = 0; k < 4; ++k) {
        if (at + k < t.size) {
          update(t.w[at + k], t.m[at + k], t.v[at + k], g[k]);
          if (t.copy != nullptr) t.copy[at + k] = from_float<bf16>(t.w[at + k]);
        }
      }
    }
  }
}

}  // namespace jb

#endif
