// Attention over packed sequences without matrix units, forward and backward: for float32, and for bf16 and f16 where
// head_dim is not a multiple of 8 or rows do not begin at multiples of 16 bytes. Any head_dim up to 128 and any
// strides; formulas and the meaning of everything are those of forward.cuh and backward.cuh, but that nothing is
// rounded to T before it is stored.
//
// A block has kPlainRows rows of one head in shared memory, four threads each, and passes over tiles of as many rows of
// the other side. Of scores, each thread has a quarter of its row: those of columns quad + 4 i; of results, columns
// 16 i + 4 quad to 16 i + 4 quad + 3.
//
//   grid    attention_blocks(tokens, sequences, heads, kPlainRows), block kPlainThreads
//   shared  attention_plain_shared(head_dim, 3) for forward, (head_dim, 4) for backward, dynamic
// attention_plain_dq makes dq (may be null) and delta, float32 [heads, tokens], and has to run before
// attention_plain_backward makes dk and dv.
#ifndef JAUBERT_KERNELS_ATTENTION_PLAIN_CUH
#define JAUBERT_KERNELS_ATTENTION_PLAIN_CUH

#include "attention/backward.cuh"

namespace jb {

inline constexpr int kPlainRows = 32, kPlainThreads = 4 * kPlainRows;
inline constexpr int kPlainWeights = kPlainRows + 4;  // the stride of a tile of weights
inline constexpr int kPlainScores = kPlainRows / 4;   // of a thread

// How many blocks ptxas is to leave registers for, where it spills if left alone (0).
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 1000
inline constexpr int kPlainForwardBlocks = 4, kPlainBackwardBlocks = 3;
#else
inline constexpr int kPlainForwardBlocks = 0, kPlainBackwardBlocks = 0;
#endif

// The stride of a tile's rows: 16 bytes more than a row, so that threads that read neighbouring rows meet in no bank.
constexpr int plain_stride(int head_dim) { return (head_dim + 3) / 4 * 4 + 4; }

// Bytes of so many tiles of rows, two of weights, and two numbers a row.
constexpr int attention_plain_shared(int64_t head_dim, int tiles) {
  return 4 * kPlainRows * (tiles * plain_stride(static_cast<int>(head_dim)) + 2 * kPlainWeights + 2);
}

// kPlainRows rows of head_dim elements to shared memory, with zeros behind `rows` and head_dim. By the whole block.
template <typename T>
__device__ __forceinline__ void load_plain(float* to, const T* from, int64_t stride, int rows, int head_dim) {
  const int width = plain_stride(head_dim);
  for (int i = static_cast<int>(threadIdx.x); i < kPlainRows * width; i += kPlainThreads) {
    const int row = i / width, column = i % width;
    to[i] = row < rows && column < head_dim ? to_float(from[row * stride + column]) : 0.0f;
  }
}

// The numbers kept by the mask for a row of queries and keys from `key` on: that of this thread's score i is bit 2 i.
__device__ __forceinline__ uint32_t plain_mask_of_keys(const Dropout& dropout, uint64_t offset,
                                                       const AttentionShape& shape, int64_t token, int head, int key) {
  if (dropout.threshold == 0) return ~0u;
  const uint32_t mask =
      plain_mask(dropout, offset, 1, [&](int i) { return mask_group(shape, token, head, key / 8 + i); });
  return mask >> Dropout::mask_bit(lane_number() % 4);
}

// The same for a row of keys and the queries from packed row `token` on: bit 4 (i % 4) of words[i / 4]. The eight rows
// of a warp are keys of one group.
__device__ __forceinline__ void plain_mask_of_queries(uint32_t (&words)[2], const Dropout& dropout, uint64_t offset,
                                                      const AttentionShape& shape, int64_t token, int head,
                                                      int eighth) {
  words[0] = words[1] = ~0u;
  if (dropout.threshold == 0) return;
  const int lane = lane_number(), half = lane / 16;
  const uint32_t own = plain_mask(dropout, offset, 4, [&](int i) {
    return mask_group(shape, token + lane % 4 + 4 * (i + 4 * half), head, eighth);
  });
  const uint32_t other = shuffle_xor(own, 16);
  words[0] = (half == 0 ? own : other) >> Dropout::mask_bit(lane / 4);
  words[1] = (half == 0 ? other : own) >> Dropout::mask_bit(lane / 4);
}

// s[i] = the product of `row` and row quad + 4 i of a tile.
__device__ __forceinline__ void plain_scores(float (&s)[kPlainScores], const float* row, const float* tile,
                                             int head_dim) {
  const int width = plain_stride(head_dim);
  const float* const first = tile + static_cast<int>(threadIdx.x) % 4 * width;
  fill(s, 0.0f);
  for (int c = 0; c < head_dim; c += 4) {
    const float4 a = *reinterpret_cast<const float4*>(row + c);
#pragma unroll
    for (int i = 0; i < kPlainScores; ++i) {
      const float4 b = *reinterpret_cast<const float4*>(first + 4 * i * width + c);
      s[i] += a.x * b.x + a.y * b.y + a.z * b.z + a.w * b.w;
    }
  }
}

// sum += weights [kPlainRows] times the rows of a tile, in this thread's columns.
__device__ __forceinline__ void plain_product(float (&sum)[8][4], const float* weights, const float* tile,
                                              int head_dim) {
  const int width = plain_stride(head_dim), first = static_cast<int>(threadIdx.x) % 4 * 4;
  for (int r = 0; r < kPlainRows; ++r) {
    const float weight = weights[r];
#pragma unroll
    for (int i = 0; i < 8; ++i) {
      if (16 * i + first >= head_dim) continue;
      const float4 x = *reinterpret_cast<const float4*>(tile + r * width + 16 * i + first);
      sum[i][0] += weight * x.x;
      sum[i][1] += weight * x.y;
      sum[i][2] += weight * x.z;
      sum[i][3] += weight * x.w;
    }
  }
}

template <typename T>
__device__ __forceinline__ void store_plain(T* to, const float (&sum)[8][4], float factor, int head_dim) {
  const int first = static_cast<int>(threadIdx.x) % 4 * 4;
#pragma unroll
  for (int i = 0; i < 8; ++i) {
#pragma unroll
    for (int e = 0; e < 4; ++e) {
      if (16 * i + first + e < head_dim) to[16 * i + first + e] = from_float<T>(sum[i][e] * factor);
    }
  }
}

// --- Forward ---

template <typename T>
__global__ void __launch_bounds__(kPlainThreads, kPlainForwardBlocks)
    attention_plain_forward(T* out, float* lse, PackedRows<const T> q, PackedRows<const T> k, PackedRows<const T> v,
                            AttentionShape shape, Dropout dropout) {
  JB_DYNAMIC_SHARED(float, shared);
  const AttentionTask task = find_attention_task(shape, kPlainRows);
  if (task.rows == 0) return;  // of all threads
  const int head_dim = shape.head_dim, head = task.head, tile = kPlainRows * plain_stride(head_dim);
  const PackedRows<T> to = {out, static_cast<int64_t>(shape.heads) * head_dim};
  const int64_t line = static_cast<int64_t>(head) * shape.tokens + task.token();
  if (task.is_padding) {
    clear_rows(to.row(task.token(), head, head_dim), to.stride, task.rows, head_dim);
    if (lse != nullptr) clear_rows(lse + line, 1, task.rows, 1);
    return;
  }
  const int row = static_cast<int>(threadIdx.x) / 4, quad = static_cast<int>(threadIdx.x) % 4;
  float* const q_rows = shared;
  float* const k_rows = q_rows + tile;
  float* const v_rows = k_rows + tile;
  float* const own_weights = v_rows + tile + row * kPlainWeights;
  const float* const own_q = q_rows + row * plain_stride(head_dim);
  const uint64_t offset = dropout.first_offset();
  float sum[8][4], top = -infinity(), total = 0;
  clear(sum);
  load_plain(q_rows, q.row(task.token(), head, head_dim), q.stride, task.rows, head_dim);
  const AttentionRange keys = attended(task, shape.window);
  for (int key = keys.begin; key < keys.end; key += kPlainRows) {
    const int64_t token = static_cast<int64_t>(task.begin) + key;
    __syncthreads();  // everybody is done with the tile before
    load_plain(k_rows, k.row(token, head, head_dim), k.stride, task.length - key, head_dim);
    load_plain(v_rows, v.row(token, head, head_dim), v.stride, task.length - key, head_dim);
    __syncthreads();
    float s[kPlainScores];
    plain_scores(s, own_q, k_rows, head_dim);
    float largest = top;
#pragma unroll
    for (int i = 0; i < kPlainScores; ++i) {
      s[i] *= shape.scale * kLog2E;
      if (!is_attended(task.first + row, key + quad + 4 * i, task.length, shape.window)) s[i] = -infinity();
      largest = fmaxf(largest, s[i]);
    }
    largest = fmaxf(largest, shuffle_xor(largest, 1));
    largest = fmaxf(largest, shuffle_xor(largest, 2));
    const float shift = largest == -infinity() ? 0.0f : largest;  // as in forward.cuh
    const float factor = ptx::exp2_approx(top - shift);
    top = largest;
    total *= factor;
    const uint32_t mask = plain_mask_of_keys(dropout, offset, shape, task.token() + row, head, key);
#pragma unroll
    for (int i = 0; i < kPlainScores; ++i) {
      const float weight = ptx::exp2_approx(s[i] - shift);
      total += weight;
      own_weights[quad + 4 * i] = (mask & 1u << 2 * i) != 0 ? weight : 0.0f;
    }
#pragma unroll
    for (int i = 0; i < 8; ++i) {
#pragma unroll
      for (int e = 0; e < 4; ++e) sum[i][e] *= factor;
    }
    __syncwarp();  // a row of weights is its four threads' own
    plain_product(sum, own_weights, v_rows, head_dim);
  }
  total += shuffle_xor(total, 1);
  total += shuffle_xor(total, 2);
  if (row >= task.rows) return;
  store_plain(to.row(task.token() + row, head, head_dim), sum, total == 0.0f ? 0.0f : dropout.scale / total, head_dim);
  if (lse != nullptr && quad == 0) lse[line + row] = (top + log2f(total)) * kLn2;
}

// --- Backward ---

// A weight and the gradient of its score, from the products of q and k and of dout and v.
struct PlainGradient {
  float weight, dscore;
};
__device__ __forceinline__ PlainGradient plain_gradient(float score, float gradient, float shift, float delta,
                                                        bool attends, bool keeps, const AttentionShape& shape,
                                                        const Dropout& dropout) {
  if (!attends) return {0.0f, 0.0f};
  const float weight = ptx::exp2_approx(score * (shape.scale * kLog2E) - shift);
  return {keeps ? weight : 0.0f, weight * ((keeps ? gradient * dropout.scale : 0.0f) - delta)};
}

template <typename T>
__global__ void __launch_bounds__(kPlainThreads)
    attention_plain_dq(PackedRows<T> to, float* delta, AttentionInputs<T> in, AttentionShape shape, Dropout dropout) {
  JB_DYNAMIC_SHARED(float, shared);
  const AttentionTask task = find_attention_task(shape, kPlainRows);
  if (task.rows == 0) return;  // of all threads
  const int head_dim = shape.head_dim, head = task.head, tile = kPlainRows * plain_stride(head_dim);
  if (task.is_padding) {
    if (to.data != nullptr) clear_rows(to.row(task.token(), head, head_dim), to.stride, task.rows, head_dim);
    return;
  }
  const int row = static_cast<int>(threadIdx.x) / 4, quad = static_cast<int>(threadIdx.x) % 4;
  const bool exists = row < task.rows;
  float* const q_rows = shared;
  float* const dout_rows = q_rows + tile;
  float* const k_rows = dout_rows + tile;
  float* const v_rows = k_rows + tile;
  float* const own_dscores = v_rows + tile + row * kPlainWeights;
  const float* const own_q = q_rows + row * plain_stride(head_dim);
  const float* const own_dout = dout_rows + row * plain_stride(head_dim);
  const int64_t token = task.token(), at = static_cast<int64_t>(head) * shape.tokens + token + row;
  const uint64_t offset = dropout.first_offset();
  load_plain(q_rows, in.q.row(token, head, head_dim), in.q.stride, task.rows, head_dim);
  load_plain(dout_rows, in.dout.row(token, head, head_dim), in.dout.stride, task.rows, head_dim);
  __syncthreads();
  float own_delta = 0;
  for (int c = quad; exists && c < head_dim; c += 4) {
    own_delta += own_dout[c] * to_float(in.out.row(token + row, head, head_dim)[c]);
  }
  own_delta += shuffle_xor(own_delta, 1);
  own_delta += shuffle_xor(own_delta, 2);
  if (exists && quad == 0) delta[at] = own_delta;
  const float shift = exists ? shift_of(in.lse[at]) : infinity();
  float dq[8][4];
  clear(dq);
  const AttentionRange keys = attended(task, shape.window);
  for (int key = keys.begin; key < keys.end; key += kPlainRows) {
    const int64_t other = static_cast<int64_t>(task.begin) + key;
    __syncthreads();  // everybody is done with the tile before
    load_plain(k_rows, in.k.row(other, head, head_dim), in.k.stride, task.length - key, head_dim);
    load_plain(v_rows, in.v.row(other, head, head_dim), in.v.stride, task.length - key, head_dim);
    __syncthreads();
    float scores[kPlainScores], gradients[kPlainScores];
    plain_scores(scores, own_q, k_rows, head_dim);
    plain_scores(gradients, own_dout, v_rows, head_dim);
    const uint32_t mask = plain_mask_of_keys(dropout, offset, shape, token + row, head, key);
#pragma unroll
    for (int i = 0; i < kPlainScores; ++i) {
      const bool attends = is_attended(task.first + row, key + quad + 4 * i, task.length, shape.window);
      const bool keeps = (mask & 1u << 2 * i) != 0;
      own_dscores[quad + 4 * i] =
          plain_gradient(scores[i], gradients[i], shift, own_delta, attends, keeps, shape, dropout).dscore;
    }
    __syncwarp();
    plain_product(dq, own_dscores, k_rows, head_dim);
  }
  if (exists && to.data != nullptr) store_plain(to.row(token + row, head, head_dim), dq, shape.scale, head_dim);
}

// dk and dv; to.dq is not looked at.
template <typename T>
__global__ void __launch_bounds__(kPlainThreads, kPlainBackwardBlocks)
    attention_plain_backward(AttentionGradients<T> to, AttentionInputs<T> in, const float* delta, AttentionShape shape,
                             Dropout dropout) {
  JB_DYNAMIC_SHARED(float, shared);
  const AttentionTask task = find_attention_task(shape, kPlainRows);
  if (task.rows == 0) return;  // of all threads
  const int head_dim = shape.head_dim, head = task.head, tile = kPlainRows * plain_stride(head_dim);
  const int64_t token = task.token();
  if (task.is_padding) {
    if (to.dk.data != nullptr) clear_rows(to.dk.row(token, head, head_dim), to.dk.stride, task.rows, head_dim);
    if (to.dv.data != nullptr) clear_rows(to.dv.row(token, head, head_dim), to.dv.stride, task.rows, head_dim);
    return;
  }
  const int row = static_cast<int>(threadIdx.x) / 4, quad = static_cast<int>(threadIdx.x) % 4;
  float* const k_rows = shared;
  float* const v_rows = k_rows + tile;
  float* const q_rows = v_rows + tile;
  float* const dout_rows = q_rows + tile;
  float* const own_weights = dout_rows + tile + row * kPlainWeights;
  float* const own_dscores = own_weights + kPlainRows * kPlainWeights;
  float* const shifts = dout_rows + tile + 2 * kPlainRows * kPlainWeights;
  float* const deltas = shifts + kPlainRows;
  const float* const own_k = k_rows + row * plain_stride(head_dim);
  const float* const own_v = v_rows + row * plain_stride(head_dim);
  const uint64_t offset = dropout.first_offset();
  load_plain(k_rows, in.k.row(token, head, head_dim), in.k.stride, task.rows, head_dim);
  load_plain(v_rows, in.v.row(token, head, head_dim), in.v.stride, task.rows, head_dim);
  float dk[8][4], dv[8][4];
  clear(dk);
  clear(dv);
  const AttentionRange queries = attended(task, shape.window);
  for (int query = queries.begin; query < queries.end; query += kPlainRows) {
    const int64_t other = static_cast<int64_t>(task.begin) + query;
    __syncthreads();  // everybody is done with the tile before
    load_plain(q_rows, in.q.row(other, head, head_dim), in.q.stride, task.length - query, head_dim);
    load_plain(dout_rows, in.dout.row(other, head, head_dim), in.dout.stride, task.length - query, head_dim);
    if (threadIdx.x < kPlainRows) {
      const int own = static_cast<int>(threadIdx.x);
      const bool exists = query + own < task.length;
      const int64_t at = static_cast<int64_t>(head) * shape.tokens + other + own;
      shifts[own] = exists ? shift_of(in.lse[at]) : infinity();
      deltas[own] = exists ? delta[at] : 0.0f;
    }
    __syncthreads();
    float scores[kPlainScores], gradients[kPlainScores];
    plain_scores(scores, own_k, q_rows, head_dim);
    plain_scores(gradients, own_v, dout_rows, head_dim);
    uint32_t mask[2];
    plain_mask_of_queries(mask, dropout, offset, shape, other, head, (task.first + row) / 8);
#pragma unroll
    for (int i = 0; i < kPlainScores; ++i) {
      const int column = quad + 4 * i;
      const bool attends =
          query + column < task.length && is_attended(query + column, task.first + row, task.length, shape.window);
      const bool keeps = (mask[i / 4] & 1u << 4 * (i % 4)) != 0;
      const PlainGradient x =
          plain_gradient(scores[i], gradients[i], shifts[column], deltas[column], attends, keeps, shape, dropout);
      own_weights[column] = x.weight;
      own_dscores[column] = x.dscore;
    }
    __syncwarp();
    plain_product(dv, own_weights, dout_rows, head_dim);
    plain_product(dk, own_dscores, q_rows, head_dim);
  }
  if (row >= task.rows) return;
  if (to.dk.data != nullptr) store_plain(to.dk.row(token + row, head, head_dim), dk, shape.scale, head_dim);
  if (to.dv.data != nullptr) store_plain(to.dv.row(token + row, head, head_dim), dv, dropout.scale, head_dim);
}

}  // namespace jb

#endif
