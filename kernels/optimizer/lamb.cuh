// LAMB (You et al. 2020) over many tensors: the step of AdamW (adamw.cuh, whose norm and numbers it shares), scaled for
// each tensor by |w| / |u|, the lengths of the weights and of the update; 1 if either is 0, or
// the weight decay.
//
// Three launches: the moments, and the squares of w and u by chunks; one block a tensor that makes its rate of them;
// the update, whose direction is cheaper to compute again than to keep. Bytes moved per element: 24 + sizeof(G),
// then 16.
#ifndef JAUBERT_KERNELS_OPTIMIZER_LAMB_CUH
#define JAUBERT_KERNELS_OPTIMIZER_LAMB_CUH

#include "optimizer/adamw.cuh"

namespace jb {

inline constexpr int kLambRateThreads = 256;

// The squared lengths of weights and updates.
struct LambSquares {
  double w, u;
};

// The elements of a chunk that this thread has: body(i).
template <typename Body>
__device__ __forceinline__ void for_chunk(const OptimizerChunk& chunk, int64_t size, Body&& body) {
  const int64_t begin = static_cast<int64_t>(chunk.index) * kOptimizerChunk;
  const int64_t end = min(begin + kOptimizerChunk, size);
  for (int64_t i = begin + static_cast<int>(threadIdx.x); i < end; i += kOptimizerThreads) body(i);
}

// m and v, and squares [chunks]. Grid chunks, block kOptimizerThreads.
template <typename G>
__global__ void __launch_bounds__(kOptimizerThreads)
    lamb_moments(LambSquares* squares, const OptimizerTensor<G>* tensors, const OptimizerChunk* chunks,
                 const AdamwStep* step, AdamwSettings settings) {
  __shared__ double scratch[kOptimizerThreads / kWarp];
  const AdamwStep s = step[0];
  if (s.skip != 0) return;
  const OptimizerChunk chunk = chunks[blockIdx.x];
  const OptimizerTensor<G> t = tensors[chunk.tensor];
  double w_squares = 0, u_squares = 0;
  for_chunk(chunk, t.size, [&](int64_t i) {
    const float w = t.w[i];
    float m = t.m[i], v = t.v[i];
    next_moments(settings, s, to_float(t.g[i]), m, v);
    t.m[i] = m;
    t.v[i] = v;
    const double u = static_cast<double>(direction(settings, s, w, m, v, t.weight_decay));
    w_squares += static_cast<double>(w) * static_cast<double>(w);
    u_squares += u * u;
  });
  w_squares = reduce_block<Sum, kOptimizerThreads>(w_squares, scratch);
  u_squares = reduce_block<Sum, kOptimizerThreads>(u_squares, scratch);
  if (threadIdx.x == 0) squares[blockIdx.x] = {w_squares, u_squares};
}

// rates [tensors], of which tensor t has chunks [first_chunks[t], first_chunks[t + 1]). Grid tensors, block kThreads =
// kLambRateThreads.
template <typename G, int kThreads>
__global__ void __launch_bounds__(kThreads)
    lamb_rates(float* rates, const LambSquares* squares, const int32_t* first_chunks, const OptimizerTensor<G>* tensors,
               const AdamwStep* step) {
  __shared__ double scratch[kThreads / kWarp];
  if (step[0].skip != 0) return;
  double w = 0, u = 0;
  const int end = first_chunks[blockIdx.x + 1];
  for (int i = first_chunks[blockIdx.x] + static_cast<int>(threadIdx.x); i < end; i += kThreads) {
    w += squares[i].w;
    u += squares[i].u;
  }
  w = reduce_block<Sum, kThreads>(w, scratch);
  u = reduce_block<Sum, kThreads>(u, scratch);
  if (threadIdx.x != 0) return;
  const bool plain = tensors[blockIdx.x].weight_decay == 0 || w == 0 || u == 0;
  const double trust = plain ? 1.0 : sqrt(w) / sqrt(u);
  const float rate = tensors[blockIdx.x].learning_rate * step[0].rate_scale;
  rates[blockIdx.x] = static_cast<float>(static_cast<double>(rate) * trust);
}

// w -= rate * direction. Grid chunks, block kOptimizerThreads.
template <typename G>
__global__ void __launch_bounds__(kOptimizerThreads)
    lamb_update(const float* rates, const OptimizerTensor<G>* tensors, const OptimizerChunk* chunks,
                const AdamwStep* step, AdamwSettings settings) {
  const AdamwStep s = step[0];
  if (s.skip != 0) return;
  const OptimizerChunk chunk = chunks[blockIdx.x];
  const OptimizerTensor<G> t = tensors[chunk.tensor];
  const float rate = rates[chunk.tensor];
  for_chunk(chunk, t.size, [&](int64_t i) {
    const float w = t.w[i], next = w - rate * direction(settings, s, w, t.m[i], t.v[i], t.weight_decay);
    t.w[i] = next;
    if (t.copy != nullptr) t.copy[i] = from_float<bf16>(next);
  });
}

}  // namespace jb

#endif
