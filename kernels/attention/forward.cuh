// Attention over packed sequences, forward (Dao 2023, "FlashAttention-2"; Milakov and Gimelshein 2018, "Online
// normalizer calculation for softmax"); the contract is that of native/include/jaubert/attention.h:
//
//   out = dropout(softmax(scale * Q K^T)) V,   lse = log(sum(exp(scale * Q K^T)))
//
// T is bf16 or f16; scores, softmax and sums are float32, and weights are rounded to T before the product with V. out
// is contiguous; lse (kept for backward) may be null. head_dim is any multiple of 8 up to kHeadDim = attention_width(
// head_dim); q, k, v, out begin at multiples of 16 bytes, and strides are multiples of 8 elements. What is not so takes
// plain.cuh. sequences.cuh says what cu_seqlens, tokens and the grid are.
//
// A block does a tile of queries of one head, each of its warps 16 or 32 of them, and passes over the keys once, 64 at
// a time; the next K and V are on their way from memory meanwhile. S = Q K^T stays in registers and is, rounded, the
// operand of P V as it is. 32 queries a warp make two products of each fragment read from shared memory, which would
// else be as busy as the matrix units; for head_dim above 64 the registers do not suffice for that. Sequences of 10 to
// 60 tokens would leave most rows of such a tile empty, and need many blocks in flight rather than much reuse: kShort
// makes tiles of 32 queries and 32 keys for 2 warps, 8 blocks of which fit a multiprocessor's registers (4 if head_dim
// is above 64). attention_is_short tells which to take; either is right for every length.
//
//   grid    attention_blocks(tokens, sequences, heads, Forward::kQueries), one-dimensional
//   block   Forward::kThreads
//   shared  Forward::kSharedBytes, dynamic (more than 48 KB for some: set the kernel's attribute)
// with Forward = AttentionForward<kHeadDim, kShort>. Bytes moved: q and out once; k and v once for each tile of queries
// (from the L2 cache but for the first).
#ifndef JAUBERT_KERNELS_ATTENTION_FORWARD_CUH
#define JAUBERT_KERNELS_ATTENTION_FORWARD_CUH

#include "attention/masks.cuh"
#include "attention/sequences.cuh"
#include "attention/tile.cuh"

namespace jb {

// The instance for a head_dim: 32, 64, 96 or 128.
constexpr int attention_width(int64_t head_dim) { return static_cast<int>((head_dim + 31) / 32 * 32); }

// Whether a batch is better served by the small tiles. For a graph's bucket: of the bucket's numbers.
constexpr bool attention_is_short(int64_t tokens, int64_t sequences) { return tokens <= 64 * sequences; }

template <int kHeadDim, bool kShort>
struct AttentionForward {
  static constexpr int kWarps = kShort ? 2 : 4, kThreads = kWarps * kWarp;
  static constexpr int kRowTiles = kShort || kHeadDim > 64 ? 1 : 2;  // of 16 queries for each warp
  static constexpr int kQueries = 16 * kRowTiles * kWarps;
  static constexpr int kKeys = kShort ? 32 : 64;
  static constexpr int kStages = 2;
  static constexpr int kBlocks = !kShort ? 2 : kHeadDim <= 64 ? 8 : 4;  // that a multiprocessor has registers for
  static constexpr int kSharedBytes = 2 * kHeadDim * (kQueries + 2 * kStages * kKeys);
};

// What forward knows of the 16 rows of a fragment, of which each lane has part of rows g = lane / 4 and g + 8.
struct SoftmaxRows {
  float shift[2];  // near the largest score so far, in units of log 2
  float total[2];  // the sum of weights 2^(score - shift), of this lane's columns
};

// What a score may be above a row's shift. Within it, weights do not come near the largest number, and what was summed
// up before need not be multiplied, which most tiles of keys but the first are spared then.
inline constexpr float kMostAboveShift = 8.0f;

// Makes -inf of the scores of rows from `row` of the task on and keys from `key` on that are not attended to. Most
// tiles have none: to ask once for all keeps what asks of each out of their way.
template <int kTiles>
__device__ __forceinline__ void hide_scores(float (&s)[kTiles][4], const AttentionShape& shape,
                                            const AttentionTask& task, int row, int key) {
  const int column = key + lane_number() % 4 * 2;
  if (key + 8 * kTiles > task.length) {
#pragma unroll
    for (int j = 0; j < kTiles; ++j) {
#pragma unroll
      for (int i = 0; i < 4; ++i) s[j][i] = is_inside(8 * j + i % 2, task.length - column) ? s[j][i] : -infinity();
    }
  }
  if (shape.window >= 0) {
    const int apart = task.first + row + lane_number() / 4 - column;
#pragma unroll
    for (int j = 0; j < kTiles; ++j) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        s[j][i] = is_near(apart + i / 2 * 8 - 8 * j - i % 2, shape.window) ? s[j][i] : -infinity();
      }
    }
  }
}

// From products s [16, 8 * kTiles] to weights 2^(scale s - shift), and what everything summed up before has to be
// multiplied by. scale, which gives scores in units of log 2, is positive.
template <int kTiles>
__device__ __forceinline__ float2 exponentiate(float (&s)[kTiles][4], SoftmaxRows& rows, float scale) {
  float factor[2], shift[2];
#pragma unroll
  for (int h = 0; h < 2; ++h) {
    float top = fmaxf(s[0][2 * h], s[0][2 * h + 1]);
#pragma unroll
    for (int j = 1; j < kTiles; ++j) top = fmaxf(top, fmaxf(s[j][2 * h], s[j][2 * h + 1]));
    top = fmaxf(top, shuffle_xor(top, 1));
    top = fmaxf(top, shuffle_xor(top, 2)) * scale;
    const float before = rows.shift[h];
    const bool moves = top > before + kMostAboveShift;
    rows.shift[h] = moves ? top : before;
    factor[h] = moves ? ptx::exp2_approx(before - top) : 1.0f;
    rows.total[h] *= factor[h];
    // While all scores are -inf there is no shift; with 0 instead the weights are 0 and not NaN.
    shift[h] = rows.shift[h] == -infinity() ? 0.0f : rows.shift[h];
  }
#pragma unroll
  for (int j = 0; j < kTiles; ++j) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      s[j][i] = ptx::exp2_approx(s[j][i] * scale - shift[i / 2]);
      rows.total[i / 2] += s[j][i];
    }
  }
  return make_float2(factor[0], factor[1]);
}

template <typename T, int kHeadDim, bool kShort>
__global__ void __launch_bounds__(AttentionForward<kHeadDim, kShort>::kThreads,
                                  AttentionForward<kHeadDim, kShort>::kBlocks)
    attention_forward(T* out, float* lse, PackedRows<const T> q, PackedRows<const T> k, PackedRows<const T> v,
                      AttentionShape shape, Dropout dropout) {
  using Sizes = AttentionForward<kHeadDim, kShort>;
  constexpr int kRowTiles = Sizes::kRowTiles, kKeys = Sizes::kKeys, kThreads = Sizes::kThreads;
  constexpr int kSteps = kHeadDim / 16, kKeyTiles = kKeys / 8;
  JB_DYNAMIC_SHARED(uint8_t, shared);
  const AttentionTask task = find_attention_task(shape, Sizes::kQueries);
  if (task.rows == 0) return;  // of all threads
  const int head_dim = shape.head_dim, head = task.head;
  const PackedRows<T> to = {out, static_cast<int64_t>(shape.heads) * head_dim};
  float* const lse_row = lse == nullptr ? nullptr : lse + static_cast<int64_t>(head) * shape.tokens + task.token();
  if (task.is_padding) {
    clear_rows(to.row(task.token(), head, head_dim), to.stride, task.rows, head_dim);
    if (lse != nullptr) clear_rows(lse_row, 1, task.rows, 1);
    return;
  }

  const SharedTile<kHeadDim> q_tile = {ptx::shared_address(shared)};
  const auto k_tile = [&](int stage) {
    return SharedTile<kHeadDim>{q_tile.base + 2u * kHeadDim * static_cast<uint32_t>(Sizes::kQueries + stage * kKeys)};
  };
  const auto v_tile = [&](int stage) { return k_tile(Sizes::kStages + stage); };
  const auto fetch_keys = [&](int key, int stage) {
    const int64_t token = static_cast<int64_t>(task.begin) + key;
    fetch_rows<kThreads, kKeys>(k_tile(stage), k.row(token, head, head_dim), k.stride, task.length - key, head_dim);
    fetch_rows<kThreads, kKeys>(v_tile(stage), v.row(token, head, head_dim), v.stride, task.length - key, head_dim);
    ptx::cp_async_commit();
  };
  const AttentionRange keys = attended(task, shape.window);
  fetch_rows<kThreads, Sizes::kQueries>(q_tile, q.row(task.token(), head, head_dim), q.stride, task.rows, head_dim);
  fetch_keys(keys.begin, 0);

  const int first_row = warp_number() * 16 * kRowTiles;  // of the warp's, in the task
  const uint64_t offset = dropout.first_offset();
  const float scale = shape.scale * kLog2E;
  float sums[kRowTiles][kSteps * 2][4];
  SoftmaxRows rows[kRowTiles];
#pragma unroll
  for (int m = 0; m < kRowTiles; ++m) {
    clear(sums[m]);
    rows[m] = {{-infinity(), -infinity()}, {0.0f, 0.0f}};
  }
  for (int key = keys.begin, stage = 0; key < keys.end; key += kKeys, stage ^= 1) {
    ptx::cp_async_wait<0>();
    __syncthreads();  // this tile is there, and everybody is done with the one before
    if (key + kKeys < keys.end) fetch_keys(key + kKeys, stage ^ 1);
    if (first_row >= task.rows) continue;  // a warp without queries
    float scores[kRowTiles][kKeyTiles][4];
#pragma unroll
    for (int m = 0; m < kRowTiles; ++m) clear(scores[m]);
#pragma unroll
    for (int c = 0; c < kSteps; ++c) {
      uint32_t q_operand[kRowTiles][4];  // read again for each tile of keys: there is no room to keep all
#pragma unroll
      for (int m = 0; m < kRowTiles; ++m) q_tile.load_a(q_operand[m], first_row + 16 * m, 2 * c);
#pragma unroll
      for (int j = 0; j < kKeyTiles; j += 2) {
        uint32_t x[4];
        k_tile(stage).load_b_transposed(x, 8 * j, 2 * c);
#pragma unroll
        for (int m = 0; m < kRowTiles; ++m) {
          multiply(scores[m][j], q_operand[m], x[0], x[1], T());
          multiply(scores[m][j + 1], q_operand[m], x[2], x[3], T());
        }
      }
    }
    uint32_t weights[kRowTiles][kKeyTiles / 2][4];
#pragma unroll
    for (int m = 0; m < kRowTiles; ++m) {
      const int row = first_row + 16 * m;
      hide_scores(scores[m], shape, task, row, key);
      const float2 factor = exponentiate(scores[m], rows[m], scale);
      if (__ballot_sync(kAllLanes, factor.x != 1.0f || factor.y != 1.0f) != 0) {
#pragma unroll
        for (int j = 0; j < kSteps * 2; ++j) {
#pragma unroll
          for (int i = 0; i < 4; ++i) sums[m][j][i] *= i < 2 ? factor.x : factor.y;
        }
      }
#pragma unroll
      for (int n = 0; n < kKeyTiles / 2; ++n) as_operand<T>(weights[m][n], scores[m][2 * n], scores[m][2 * n + 1]);
      if (dropout.threshold != 0) {
        const auto mask = mask_of_queries<kKeyTiles>(dropout, offset, shape, task, row, key);
#pragma unroll
        for (int n = 0; n < kKeyTiles / 2; ++n) {
#pragma unroll
          for (int i = 0; i < 4; ++i) weights[m][n][i] &= mask.pair(2 * n + i / 2, i % 2);
        }
      }
    }
#pragma unroll
    for (int n = 0; n < kKeyTiles / 2; ++n) {
#pragma unroll
      for (int j = 0; j < kSteps * 2; j += 2) {
        uint32_t x[4];
        v_tile(stage).load_b(x, 16 * n, j);
#pragma unroll
        for (int m = 0; m < kRowTiles; ++m) {
          multiply(sums[m][j], weights[m][n], x[0], x[1], T());
          multiply(sums[m][j + 1], weights[m][n], x[2], x[3], T());
        }
      }
    }
  }

#pragma unroll
  for (int m = 0; m < kRowTiles; ++m) {
    const int row = first_row + 16 * m, g = lane_number() / 4;
    if (row >= task.rows) return;
    float factor[2];
#pragma unroll
    for (int h = 0; h < 2; ++h) {
      float total = rows[m].total[h];
      total += shuffle_xor(total, 1);
      total += shuffle_xor(total, 2);
      factor[h] = total == 0.0f ? 0.0f : dropout.scale / total;
      const int at = row + g + 8 * h;
      if (lse != nullptr && lane_number() % 4 == 0 && at < task.rows) {
        lse_row[at] = (rows[m].shift[h] + log2f(total)) * kLn2;
      }
    }
    store_product(to.row(task.token() + row, head, head_dim), to.stride, sums[m], make_float2(factor[0], factor[1]),
                  task.rows - row, head_dim);
  }
}

}  // namespace jb

#endif
