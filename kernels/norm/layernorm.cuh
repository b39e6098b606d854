// LayerNorm (Ba, Kiros and Hinton 2016), alone and behind bias + dropout + residual; the contract is that of
// native/include/jaubert/norm.h.
//
//   sum = residual + dropout(x + bias);   y = (sum - mean) * rstd * gamma + beta
//
// x, residual, sum, y and their gradients are T; parameters, their gradients, mean and rstd are float32. sum is rounded
// to T before anything is made of it, so backward sees the numbers that forward saw. Statistics are float32 in two
// passes.
//
// Dropout may also be of y, as behind BERT's embeddings (embedding/): then y = dropout(LayerNorm(sum)).
//
// Rows of up to kLayernormWidest elements that are whole vectors take one warp each, and live in registers from the one
// load to the one store. Others take a block each, which reads the row again for every pass (it is in the L1 cache).
// Bytes moved per element: forward 3 (4 with sum kept), backward 2 + 2 T, and once the parts of column_sums.cuh.
#ifndef JAUBERT_KERNELS_NORM_LAYERNORM_CUH
#define JAUBERT_KERNELS_NORM_LAYERNORM_CUH

#include "common/column_sums.cuh"
#include "common/philox.cuh"
#include "common/reduce.cuh"
#include "common/vector.cuh"

namespace jb {

inline constexpr int kLayernormThreads = 128;      // of a block of warps, a row each
inline constexpr int kLayernormWideThreads = 256;  // of a block that has a row to itself
inline constexpr int kLayernormWidest = 1024;

// How many blocks ptxas is to leave a multiprocessor's registers for, where left alone (0) it aims at more and spills.
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 1000
inline constexpr int kLayernormWideBlocks = 4, kLayernormWidestOf3 = 16;
#else
inline constexpr int kLayernormWideBlocks = 0, kLayernormWidestOf3 = 24;
#endif

// What the dropout mask is of: nothing, x, or y.
enum class Mask { kNone, kOfX, kOfY };

// How many vectors of a row each lane holds: the instances are 1 to 4 of 8 elements, and 2, 4, 6, 8 of 4. 0 means the
// kernels with a block a row.
template <typename T>
constexpr int layernorm_vectors(int64_t hidden) {
  if (hidden % kVector<T> != 0 || hidden > kLayernormWidest || hidden < 1) return 0;
  const int vectors = static_cast<int>((hidden + kWarp * kVector<T> - 1) / (kWarp * kVector<T>));
  return sizeof(T) == 4 ? (vectors + 1) / 2 * 2 : vectors;
}

// --- Forward ---

// What both kernels write for a row.
struct LayernormStatistics {
  float mean, rstd;

  __device__ __forceinline__ void keep(float* means, float* rstds, int64_t row) const {
    if (means != nullptr) means[row] = mean;
    if (rstds != nullptr) rstds[row] = rstd;
  }
};

// s = round(residual + dropout(s + bias)) of kWidth elements from column c of the row that begins at element `at`.
template <typename T, int kWidth, bool kDropout>
__device__ __forceinline__ void add_dropout(float (&s)[kWidth], const float (&residual)[kWidth], const float* bias,
                                            int64_t at, int c, const Dropout& dropout, uint64_t first) {
  if (bias != nullptr) {
    float b[kWidth];
    load<kWidth, Cache::kConstant>(b, bias + c);
#pragma unroll
    for (int i = 0; i < kWidth; ++i) s[i] += b[i];
  }
  if (kDropout) dropout.apply(s, static_cast<uint64_t>(at + c), first);
#pragma unroll
  for (int i = 0; i < kWidth; ++i) s[i] += residual[i];
  round_to<T>(s);
}

// y = (s - mean) * rstd * gamma + beta of kWidth elements from column c, through dropout if the mask is of y; beta may
// be null.
template <Mask kMask, typename T, int kWidth>
__device__ __forceinline__ void normalize(T* y, const float (&s)[kWidth], LayernormStatistics row, const float* gamma,
                                          const float* beta, int64_t at, int c, const Dropout& dropout,
                                          uint64_t first) {
  float g[kWidth], b[kWidth], result[kWidth];
  load<kWidth, Cache::kConstant>(g, gamma + c);
  fill(b, 0.0f);
  if (beta != nullptr) load<kWidth, Cache::kConstant>(b, beta + c);
#pragma unroll
  for (int i = 0; i < kWidth; ++i) result[i] = (s[i] - row.mean) * row.rstd * g[i] + b[i];
  if (kMask == Mask::kOfY) dropout.apply(result, static_cast<uint64_t>(at + c), first);
  store<kWidth>(y + at + c, result);
}

// Where the results of a forward go; sum, mean and rstd may be null.
template <typename T>
struct LayernormOutputs {
  T *y, *sum;
  float *mean, *rstd;
};

// All behind s for a row in the registers of a warp; columns from hidden on hold 0. Gives the mean.
template <Mask kMask, int kVectors, typename T, int kWidth>
__device__ __forceinline__ float finish_row(const LayernormOutputs<T>& to, const float (&s)[kVectors][kWidth],
                                            const float* gamma, const float* beta, int64_t row, int hidden, float eps,
                                            const Dropout& dropout, uint64_t first) {
  constexpr int kStep = kWarp * kWidth;
  const int64_t at = row * hidden;
  const int lane = lane_number();
  const float inverse = 1.0f / static_cast<float>(hidden);
  float total = 0, squares = 0;
#pragma unroll
  for (int v = 0; v < kVectors; ++v) {
#pragma unroll
    for (int i = 0; i < kWidth; ++i) total += s[v][i];
  }
  LayernormStatistics statistics;
  statistics.mean = reduce_warp<Sum>(total) * inverse;
#pragma unroll
  for (int v = 0; v < kVectors; ++v) {
    if (v * kStep + lane * kWidth < hidden) {
#pragma unroll
      for (int i = 0; i < kWidth; ++i) squares += (s[v][i] - statistics.mean) * (s[v][i] - statistics.mean);
    }
  }
  statistics.rstd = rsqrtf(reduce_warp<Sum>(squares) * inverse + eps);
#pragma unroll
  for (int v = 0; v < kVectors; ++v) {
    const int c = v * kStep + lane * kWidth;
    if (c < hidden) {
      if (to.sum != nullptr) store<kWidth, Cache::kStream>(to.sum + at + c, s[v]);
      normalize<kMask>(to.y, s[v], statistics, gamma, beta, at, c, dropout, first);
    }
  }
  if (lane == 0) statistics.keep(to.mean, to.rstd, row);
  return statistics.mean;
}

// The same for a row that a block of kLayernormWideThreads has stored at `kept` (sum, or y), each thread the columns
// that it reads here. total is what the thread's own elements add up to. Gives the mean.
template <Mask kMask, int kWidth, typename T>
__device__ __forceinline__ float finish_wide_row(const LayernormOutputs<T>& to, const T* kept, float total,
                                                 const float* gamma, const float* beta, int64_t row, int hidden,
                                                 float eps, const Dropout& dropout, uint64_t first, float* scratch) {
  constexpr int kThreads = kLayernormWideThreads;
  const int64_t at = row * hidden;
  const int begin = static_cast<int>(threadIdx.x) * kWidth;
  const float inverse = 1.0f / static_cast<float>(hidden);
  float s[kWidth];
  LayernormStatistics statistics;
  statistics.mean = reduce_block<Sum, kThreads>(total, scratch) * inverse;
  float squares = 0;
  for (int c = begin; c < hidden; c += kThreads * kWidth) {
    load<kWidth>(s, kept + at + c);
#pragma unroll
    for (int i = 0; i < kWidth; ++i) squares += (s[i] - statistics.mean) * (s[i] - statistics.mean);
  }
  statistics.rstd = rsqrtf(reduce_block<Sum, kThreads>(squares, scratch) * inverse + eps);
  for (int c = begin; c < hidden; c += kThreads * kWidth) {
    load<kWidth>(s, kept + at + c);
    normalize<kMask>(to.y, s, statistics, gamma, beta, at, c, dropout, first);
  }
  if (threadIdx.x == 0) statistics.keep(to.mean, to.rstd, row);
  return statistics.mean;
}

// For rows of so many elements a lane; 0 leaves it to ptxas, which for 16 aims at 8 blocks and spills.
constexpr int layernorm_forward_blocks(int elements) { return elements == 16 ? 7 : 0; }

// A warp a row, block kLayernormThreads, any grid. sum may be x's memory, or null; residual, bias, beta, mean and rstd
// may be null. Plain LayerNorm has neither sum, residual nor bias, and no dropout.
template <typename T, int kVectors, bool kDropout>
__global__ void __launch_bounds__(kLayernormThreads, layernorm_forward_blocks(kVectors* kVector<T>))
    layernorm_forward(T* y, T* sum, float* mean, float* rstd, const T* x, const T* residual, const float* bias,
                      const float* gamma, const float* beta, int64_t rows, int hidden, float eps, Dropout dropout) {
  constexpr int kWidth = kVector<T>, kRows = kLayernormThreads / kWarp;
  const uint64_t first = kDropout ? dropout.first_offset() : 0;
  for (int64_t row = static_cast<int64_t>(blockIdx.x) * kRows + warp_number(); row < rows;
       row += static_cast<int64_t>(gridDim.x) * kRows) {
    // All of the row is on its way before any of it is waited for: without that, too little is, to keep memory busy.
    uint4 raw_x[kVectors], raw_residual[kVectors];
#pragma unroll
    for (int v = 0; v < kVectors; ++v) {
      const int c = (v * kWarp + lane_number()) * kWidth;
      const int64_t at = row * hidden + c;
      raw_x[v] = raw_residual[v] = uint4{};
      if (c < hidden) raw_x[v] = load_raw<Cache::kStream>(x + at);
      if (c < hidden && residual != nullptr) raw_residual[v] = load_raw<Cache::kStream>(residual + at);
    }
    float s[kVectors][kWidth];
#pragma unroll
    for (int v = 0; v < kVectors; ++v) {
      const int c = (v * kWarp + lane_number()) * kWidth;
      float r[kWidth];
      widen<T>(s[v], raw_x[v]);
      widen<T>(r, raw_residual[v]);
      if (c < hidden) add_dropout<T, kWidth, kDropout>(s[v], r, bias, row * hidden, c, dropout, first);
    }
    finish_row<Mask::kNone, kVectors>(LayernormOutputs<T>{y, sum, mean, rstd}, s, gamma, beta, row, hidden, eps,
                                      dropout, first);
  }
}

// A block of kLayernormWideThreads a row, any grid; kWidth is kVector<T>, or 1 for any hidden.
template <typename T, int kWidth, bool kDropout>
__global__ void __launch_bounds__(kLayernormWideThreads, kLayernormWideBlocks)
    layernorm_forward_wide(T* y, T* sum, float* mean, float* rstd, const T* x, const T* residual, const float* bias,
                           const float* gamma, const float* beta, int64_t rows, int hidden, float eps,
                           Dropout dropout) {
  __shared__ float scratch[kLayernormWideThreads / kWarp];
  const uint64_t first = kDropout ? dropout.first_offset() : 0;
  T* const kept = sum != nullptr ? sum : y;
  for (int64_t row = blockIdx.x; row < rows; row += gridDim.x) {
    float s[kWidth];
    float total = 0;
    for (int c = static_cast<int>(threadIdx.x) * kWidth; c < hidden; c += kLayernormWideThreads * kWidth) {
      float r[kWidth];
      load<kWidth, Cache::kStream>(s, x + row * hidden + c);
      fill(r, 0.0f);
      if (residual != nullptr) load<kWidth, Cache::kStream>(r, residual + row * hidden + c);
      add_dropout<T, kWidth, kDropout>(s, r, bias, row * hidden, c, dropout, first);
      store<kWidth>(kept + row * hidden + c, s);
#pragma unroll
      for (int i = 0; i < kWidth; ++i) total += s[i];
    }
    finish_wide_row<Mask::kNone, kWidth>(LayernormOutputs<T>{y, sum, mean, rstd}, kept, total, gamma, beta, row, hidden,
                                         eps, dropout, first, scratch);
  }
}

// --- Backward ---
//
// With g = dy * gamma, h = (sum - mean) * rstd and means over the row:
//   dresidual = rstd * (g - mean(g) - h * mean(g * h)), and dx is that through dropout;
//   dgamma = sum of dy * h, dbeta = sum of dy, dbias = sum of dx over the rows.
// The sums over rows go to parts [gridDim.x, 3, hidden] in that order, for column_sums; parts may be null.

// With a mask of y, dy goes through it first, and dx is dresidual.

// From dy and sum of kWidth elements to d, which is dy through the mask if that is of y, and h; and what they add to
// the two means.
template <Mask kMask, int kWidth>
__device__ __forceinline__ float2 normalize_gradient(float (&d)[kWidth], float (&h)[kWidth], const float (&g)[kWidth],
                                                     LayernormStatistics row, int64_t at, const Dropout& dropout,
                                                     uint64_t first) {
  if (kMask == Mask::kOfY) dropout.apply(d, static_cast<uint64_t>(at), first);
  float2 means = make_float2(0.0f, 0.0f);
#pragma unroll
  for (int i = 0; i < kWidth; ++i) {
    h[i] = (h[i] - row.mean) * row.rstd;
    means.x += d[i] * g[i];
    means.y += d[i] * g[i] * h[i];
  }
  return means;
}

// dresidual and dx of kWidth elements, of which the latter is left in r.
template <Mask kMask, typename T, int kWidth>
__device__ __forceinline__ void store_gradient(float (&r)[kWidth], T* dx, T* dresidual, const float (&d)[kWidth],
                                               const float (&h)[kWidth], const float (&g)[kWidth], float2 means,
                                               float rstd, int64_t at, const Dropout& dropout, uint64_t first) {
#pragma unroll
  for (int i = 0; i < kWidth; ++i) r[i] = rstd * (d[i] * g[i] - means.x - h[i] * means.y);
  if (dresidual != nullptr) store<kWidth>(dresidual + at, r);
  if (kMask == Mask::kOfX) dropout.apply(r, static_cast<uint64_t>(at), first);
  if (dx != nullptr) store<kWidth>(dx + at, r);
}

// For rows of so many elements a lane.
constexpr int layernorm_backward_blocks(int elements) {
  return elements <= 8 ? 5 : elements <= kLayernormWidestOf3 ? 3 : 2;
}

// A warp a row, block kLayernormThreads, any grid; dynamic shared memory float [3, hidden]. Each output may be null.
template <typename T, int kVectors, Mask kMask>
__global__ void __launch_bounds__(kLayernormThreads, layernorm_backward_blocks(kVectors* kVector<T>))
    layernorm_backward(T* dx, T* dresidual, float* parts, const T* dy, const T* sum, const float* mean,
                       const float* rstd, const float* gamma, int64_t rows, int hidden, Dropout dropout) {
  constexpr int kWidth = kVector<T>, kStep = kWarp * kWidth;
  constexpr int kRows = kLayernormThreads / kWarp;
  const int lane = lane_number();
  const float inverse = 1.0f / static_cast<float>(hidden);
  const uint64_t first = kMask != Mask::kNone ? dropout.first_offset() : 0;
  float dgamma[kVectors][kWidth], dbeta[kVectors][kWidth], dbias[kVectors][kWidth];
#pragma unroll
  for (int v = 0; v < kVectors; ++v) {
    fill(dgamma[v], 0.0f);
    fill(dbeta[v], 0.0f);
    fill(dbias[v], 0.0f);
  }
  for (int64_t row = static_cast<int64_t>(blockIdx.x) * kRows + warp_number(); row < rows;
       row += static_cast<int64_t>(gridDim.x) * kRows) {
    const int64_t at = row * hidden;
    const LayernormStatistics statistics = {mean[row], rstd[row]};
    uint4 raw_d[kVectors], raw_h[kVectors];
#pragma unroll
    for (int v = 0; v < kVectors; ++v) {
      const int c = v * kStep + lane * kWidth;
      raw_d[v] = raw_h[v] = uint4{};
      if (c < hidden) {
        raw_d[v] = load_raw<Cache::kStream>(dy + at + c);
        raw_h[v] = load_raw<Cache::kStream>(sum + at + c);
      }
    }
    float d[kVectors][kWidth], h[kVectors][kWidth], g[kWidth];
    float2 means = make_float2(0.0f, 0.0f);
#pragma unroll
    for (int v = 0; v < kVectors; ++v) {
      const int c = v * kStep + lane * kWidth;
      widen<T>(d[v], raw_d[v]);
      widen<T>(h[v], raw_h[v]);
      if (c < hidden) {
        load<kWidth, Cache::kConstant>(g, gamma + c);
        means = Sum()(means, normalize_gradient<kMask>(d[v], h[v], g, statistics, at + c, dropout, first));
      }
    }
    means = reduce_warp<Sum>(means);
    means = make_float2(means.x * inverse, means.y * inverse);
#pragma unroll
    for (int v = 0; v < kVectors; ++v) {
      const int c = v * kStep + lane * kWidth;
      if (c < hidden) {
        float r[kWidth];
        load<kWidth, Cache::kConstant>(g, gamma + c);
        store_gradient<kMask>(r, dx, dresidual, d[v], h[v], g, means, statistics.rstd, at + c, dropout, first);
#pragma unroll
        for (int i = 0; i < kWidth; ++i) {
          dgamma[v][i] += d[v][i] * h[v][i];
          dbeta[v][i] += d[v][i];
          dbias[v][i] += r[i];
        }
      }
    }
  }
  if (parts == nullptr) return;  // of all threads at once
  // The warps' sums, added in their order.
  JB_DYNAMIC_SHARED(float, line);
  for (int w = 0; w < kRows; ++w) {
    if (warp_number() == w) {
#pragma unroll
      for (int v = 0; v < kVectors; ++v) {
        const int c = v * kStep + lane * kWidth;
        if (c < hidden) {
#pragma unroll
          for (int i = 0; i < kWidth; ++i) {
            line[c + i] = w == 0 ? dgamma[v][i] : line[c + i] + dgamma[v][i];
            line[hidden + c + i] = w == 0 ? dbeta[v][i] : line[hidden + c + i] + dbeta[v][i];
            line[2 * hidden + c + i] = w == 0 ? dbias[v][i] : line[2 * hidden + c + i] + dbias[v][i];
          }
        }
      }
    }
    __syncthreads();
  }
  float* const to = parts + static_cast<int64_t>(blockIdx.x) * 3 * hidden;
  for (int i = static_cast<int>(threadIdx.x); i < 3 * hidden; i += kLayernormThreads) to[i] = line[i];
}

// A block of kLayernormWideThreads a row, any grid; kWidth is kVector<T>, or 1 for any hidden. Each output may be null.
// Told to aim at 4 blocks a multiprocessor, ptxas takes the registers it needs; left alone it aims higher and spills.
template <typename T, int kWidth, Mask kMask>
__global__ void __launch_bounds__(kLayernormWideThreads, 4)
    layernorm_backward_wide(T* dx, T* dresidual, float* parts, const T* dy, const T* sum, const float* mean,
                            const float* rstd, const float* gamma, int64_t rows, int hidden, Dropout dropout) {
  constexpr int kThreads = kLayernormWideThreads;
  __shared__ float2 scratch[kThreads / kWarp];
  const int begin = static_cast<int>(threadIdx.x) * kWidth;
  const float inverse = 1.0f / static_cast<float>(hidden);
  const uint64_t first = kMask != Mask::kNone ? dropout.first_offset() : 0;
  float* const line = parts == nullptr ? nullptr : parts + static_cast<int64_t>(blockIdx.x) * 3 * hidden;
  if (line != nullptr) {  // each thread adds to its own columns
    for (int c = begin; c < hidden; c += kThreads * kWidth) {
      for (int i = 0; i < kWidth; ++i) line[c + i] = line[hidden + c + i] = line[2 * hidden + c + i] = 0;
    }
  }
  for (int64_t row = blockIdx.x; row < rows; row += gridDim.x) {
    const int64_t at = row * hidden;
    const LayernormStatistics statistics = {mean[row], rstd[row]};
    float d[kWidth], h[kWidth], g[kWidth], r[kWidth];
    float2 means = make_float2(0.0f, 0.0f);
    for (int c = begin; c < hidden; c += kThreads * kWidth) {
      load<kWidth, Cache::kConstant>(g, gamma + c);
      load<kWidth, Cache::kStream>(d, dy + at + c);
      load<kWidth, Cache::kStream>(h, sum + at + c);
      means = Sum()(means, normalize_gradient<kMask>(d, h, g, statistics, at + c, dropout, first));
    }
    means = reduce_block<Sum, kThreads>(means, scratch);
    means = make_float2(means.x * inverse, means.y * inverse);
    for (int c = begin; c < hidden; c += kThreads * kWidth) {
      load<kWidth, Cache::kConstant>(g, gamma + c);
      load<kWidth, Cache::kStream>(d, dy + at + c);
      load<kWidth, Cache::kStream>(h, sum + at + c);
      normalize_gradient<kMask>(d, h, g, statistics, at + c, dropout, first);
      store_gradient<kMask>(r, dx, dresidual, d, h, g, means, statistics.rstd, at + c, dropout, first);
      if (line == nullptr) continue;
#pragma unroll
      for (int i = 0; i < kWidth; ++i) {
        line[c + i] += d[i] * h[i];
        line[hidden + c + i] += d[i];
        line[2 * hidden + c + i] += r[i];
      }
    }
  }
}

}  // namespace jb

#endif
