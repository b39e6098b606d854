// Attention over packed sequences, backward: with forward.cuh's names, Z the mask (0 or 1 / (1 - p)) and P the softmax,
// which is computed again from q, k and lse,
//
//   dP = dout V^T * Z,  dS = P * (dP - delta),  delta = rowsum(dout * out),
//   dv = (P * Z)^T dout,  dk = scale * dS^T Q,  dq = scale * dS K.
//
// Types, strides and what is expected of them are those of forward.cuh; dout is contiguous, each of dq, dk and dv may
// be null. P * Z and dS are rounded to T before they are multiplied.
//
// Every sum has one order and there are no atomics, so two runs give the same bits. Blocks of attention_backward own a
// tile of keys: dk and dv stay in registers while the queries pass by. What they would add to dq belongs to other
// blocks too, unless all keys of the sequence are one tile: then dq is complete there, for 5 products and one reading
// of the inputs. That tile is 128 keys (64 with kWarps 4), so it holds most sequences that BERT is trained on. For
// longer ones, dq is the work of attention_backward_dq, whose blocks own queries and pass over the keys: 7 products
// instead of 5, but neither a [tiles, tokens, ...] float32 array of parts to write and add up (at 512 tokens that moves
// as many bytes as the two more products take time) nor blocks that wait for each other. It also makes delta, which
// attention_backward reads; so it is launched first, and may be left out if no sequence is longer than a tile of keys.
//
//   attention_backward_dq  grid attention_blocks(tokens, sequences, heads, Dq::kQueries), block Dq::kThreads, dynamic
//                          shared memory Dq::kSharedBytes, with Dq = AttentionBackwardDq<kHeadDim>
//   attention_backward     grid attention_blocks(tokens, sequences, heads, Backward::kKeys), block Backward::kThreads,
//                          Backward::kSharedBytes, with Backward = AttentionBackward<kHeadDim, kWarps>
// delta is scratch memory, float32 [heads, tokens]; whole_keys is Backward::kKeys of the other kernel. kWarps is
// attention_backward_warps(...).
#ifndef JAUBERT_KERNELS_ATTENTION_BACKWARD_CUH
#define JAUBERT_KERNELS_ATTENTION_BACKWARD_CUH

#include "attention/forward.cuh"

namespace jb {

// The instance for a batch: small blocks where sequences are short, and where registers hold no more.
constexpr int attention_backward_warps(int64_t head_dim, int64_t tokens, int64_t sequences) {
  return head_dim > 64 || attention_is_short(tokens, sequences) ? 4 : 8;
}

template <int kHeadDim, int kWarps>
struct AttentionBackward {
  static constexpr int kThreads = kWarps * kWarp;
  static constexpr int kKeys = 16 * kWarps, kQueries = 8 * kWarps, kStages = 2;
  static constexpr int kPart = kHeadDim <= 64 ? 32 : 16;  // of the queries: what a warp has in registers at a time
  static constexpr bool kKeepsKeys = kHeadDim <= 64;      // in registers, not read again for each part
  static constexpr int kBlocks = kWarps == 8 ? 1 : 2;     // that a multiprocessor has registers for
  // K, V; Q and dout, in stages; dS; shift and delta
  static constexpr int kSharedBytes =
      2 * kHeadDim * (2 * kKeys + 2 * kStages * kQueries) + 2 * kKeys * kQueries + 8 * kStages * kQueries;
};

template <int kHeadDim>
struct AttentionBackwardDq {
  static constexpr int kWarps = 4, kThreads = kWarps * kWarp;
  static constexpr int kQueries = 16 * kWarps, kKeys = kHeadDim <= 64 ? 64 : 32, kStages = 2;
  static constexpr bool kKeepsQueries = kHeadDim <= 64;
  static constexpr int kBlocks = 2;
  static constexpr int kSharedBytes = 2 * kHeadDim * (2 * kQueries + 2 * kStages * kKeys);
};

template <typename T>
struct AttentionGradients {
  PackedRows<T> dq, dk, dv;
};

// What backward reads; dout and out are contiguous.
template <typename T>
struct AttentionInputs {
  PackedRows<const T> q, k, v, dout, out;
  const float* lse;
};

// The sum of dout * out over a row; four neighbouring lanes share one and all get it. 0 of a row that does not exist.
template <int kHeadDim, typename T>
__device__ __forceinline__ float row_delta(const T* dout, const T* out, bool exists, int head_dim) {
  float sum = 0;
#pragma unroll
  for (int c = 0; c < kHeadDim / 8; c += 4) {
    const int column = (c + lane_number() % 4) * 8;
    if (exists && column < head_dim) {
      float a[8], b[8];
      load<8>(a, dout + column);
      load<8>(b, out + column);
#pragma unroll
      for (int i = 0; i < 8; ++i) sum += a[i] * b[i];
    }
  }
  sum += shuffle_xor(sum, 1);
  return sum + shuffle_xor(sum, 2);
}

// --- dk and dv, and dq of sequences that are one tile of keys ---

// From products of keys and queries, and of values and dout, to P * Z (as yet without the factor of the mask) and dS;
// shift and less are those of the queries.
template <bool kDrops, int kTiles>
__device__ __forceinline__ void differentiate(float (&weights)[kTiles][4], float (&dscores)[kTiles][4],
                                              const float* shift, const float* less, float scale,
                                              const TileMask<kTiles>& mask, float factor) {
#pragma unroll
  for (int j = 0; j < kTiles; ++j) {
    const int column = 8 * j + lane_number() % 4 * 2;
    const float2 shifts = *reinterpret_cast<const float2*>(shift + column);
    const float2 deltas = *reinterpret_cast<const float2*>(less + column);
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const float weight = ptx::exp2_approx(weights[j][i] * scale - (i % 2 == 0 ? shifts.x : shifts.y));
      const float delta = i % 2 == 0 ? deltas.x : deltas.y;
      const bool keeps = !kDrops || mask.keeps(j, i);
      dscores[j][i] = weight * ((keeps ? dscores[j][i] * factor : 0.0f) - delta);
      weights[j][i] = keeps ? weight : 0.0f;
    }
  }
}

// Makes 0 of what queries do not attend to, whatever it was: of rows key and key + 8 and columns query + 8 j and the
// next.
template <int kTiles>
__device__ __forceinline__ void clear_unattended(float (&weights)[kTiles][4], float (&dscores)[kTiles][4],
                                                 const AttentionShape& shape, const AttentionTask& task, int key,
                                                 int query) {
  const auto clear_unless = [&](auto&& attends) {
#pragma unroll
    for (int j = 0; j < kTiles; ++j) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const bool keeps = attends(i / 2 * 8, 8 * j + i % 2);
        weights[j][i] = keeps ? weights[j][i] : 0.0f;
        dscores[j][i] = keeps ? dscores[j][i] : 0.0f;
      }
    }
  };
  clear_unless(
      [&](int row, int column) { return is_inside(row, task.length - key) && is_inside(column, task.length - query); });
  if (shape.window >= 0) {
    clear_unless([&](int row, int column) { return is_near(query + column - key - row, shape.window); });
  }
}

template <typename T, int kHeadDim, int kWarps>
__global__ void __launch_bounds__(AttentionBackward<kHeadDim, kWarps>::kThreads,
                                  AttentionBackward<kHeadDim, kWarps>::kBlocks)
    attention_backward(AttentionGradients<T> to, AttentionInputs<T> in, const float* delta, AttentionShape shape,
                       Dropout dropout) {
  using Sizes = AttentionBackward<kHeadDim, kWarps>;
  constexpr int kKeys = Sizes::kKeys, kQueries = Sizes::kQueries, kThreads = Sizes::kThreads;
  constexpr int kSteps = kHeadDim / 16, kPart = Sizes::kPart, kQueryTiles = kPart / 8;
  JB_DYNAMIC_SHARED(uint8_t, shared);
  const AttentionTask task = find_attention_task(shape, kKeys);
  if (task.rows == 0) return;  // of all threads
  const int head_dim = shape.head_dim, head = task.head;
  const bool is_whole = task.length <= kKeys;
  if (task.is_padding) {
    const auto clear_gradient = [&](const PackedRows<T>& x) {
      if (x.data != nullptr) clear_rows(x.row(task.token(), head, head_dim), x.stride, task.rows, head_dim);
    };
    clear_gradient(to.dq);
    clear_gradient(to.dk);
    clear_gradient(to.dv);
    return;
  }

  const uint32_t base = ptx::shared_address(shared);
  const auto tile_at = [&](int row) { return SharedTile<kHeadDim>{base + 2u * kHeadDim * static_cast<uint32_t>(row)}; };
  const SharedTile<kHeadDim> k_tile = tile_at(0), v_tile = tile_at(kKeys);
  const auto q_tile = [&](int stage) { return tile_at(2 * kKeys + stage * kQueries); };
  const auto dout_tile = [&](int stage) { return tile_at(2 * kKeys + (Sizes::kStages + stage) * kQueries); };
  constexpr int kTileBytes = 2 * kHeadDim * (2 * kKeys + 2 * Sizes::kStages * kQueries);
  uint8_t* const dscores_at = shared + kTileBytes;
  const SharedTile<kQueries> dscores_tile = {base + kTileBytes};
  float* const shifts = reinterpret_cast<float*>(dscores_at + 2 * kKeys * kQueries);
  float* const deltas = shifts + Sizes::kStages * kQueries;

  const auto fetch_queries = [&](int query, int stage) {
    const int64_t token = static_cast<int64_t>(task.begin) + query;
    fetch_rows<kThreads, kQueries>(q_tile(stage), in.q.row(token, head, head_dim), in.q.stride, task.length - query,
                                   head_dim);
    fetch_rows<kThreads, kQueries>(dout_tile(stage), in.dout.row(token, head, head_dim), in.dout.stride,
                                   task.length - query, head_dim);
    ptx::cp_async_commit();
  };
  // (shift, delta) of the query that this thread, together with its three neighbours, looks after. A sequence that is
  // one tile of keys has at most two tiles of queries, whose deltas are made before the loop; others find theirs in
  // memory.
  const int own_query = static_cast<int>(threadIdx.x) / 4;
  const auto statistics = [&](int query) {
    const bool exists = query + own_query < task.length;
    const int64_t token = static_cast<int64_t>(task.begin) + query + (exists ? own_query : 0);
    const int64_t at = static_cast<int64_t>(head) * shape.tokens + token;
    const float own_delta = !is_whole ? (exists ? delta[at] : 0.0f)
                                      : row_delta<kHeadDim>(in.dout.row(token, head, head_dim),
                                                            in.out.row(token, head, head_dim), exists, head_dim);
    return make_float2(exists ? shift_of(in.lse[at]) : infinity(), own_delta);
  };
  const auto keep_statistics = [&](float2 x, int stage) {
    if (threadIdx.x % 4 != 0) return;
    shifts[stage * kQueries + own_query] = x.x;
    deltas[stage * kQueries + own_query] = x.y;
  };

  const AttentionRange queries = attended(task, shape.window);
  fetch_rows<kThreads, kKeys>(k_tile, in.k.row(task.token(), head, head_dim), in.k.stride, task.rows, head_dim);
  fetch_rows<kThreads, kKeys>(v_tile, in.v.row(task.token(), head, head_dim), in.v.stride, task.rows, head_dim);
  fetch_queries(queries.begin, 0);
  keep_statistics(statistics(queries.begin), 0);
  if (is_whole && kQueries < task.length) keep_statistics(statistics(kQueries), 1);

  const int first_row = warp_number() * 16;  // of the warp's keys, in the task
  const int g = lane_number() / 4, t = lane_number() % 4;
  const uint64_t offset = dropout.first_offset();
  const float scale = shape.scale * kLog2E;
  constexpr int kKept = Sizes::kKeepsKeys ? 1 : 0;
  uint32_t k_operand[kKept == 1 ? kSteps : 1][4], v_operand[kKept == 1 ? kSteps : 1][4];
  float dk[kSteps * 2][4], dv[kSteps * 2][4];
  clear(dk);
  clear(dv);
  for (int query = queries.begin, stage = 0; query < queries.end; query += kQueries, stage ^= 1) {
    ptx::cp_async_wait<0>();
    __syncthreads();  // this tile is there, and everybody is done with the one before
    const bool is_last = query + kQueries >= queries.end;
    float2 next = make_float2(0.0f, 0.0f);
    if (!is_last) {
      fetch_queries(query + kQueries, stage ^ 1);
      if (!is_whole) next = statistics(query + kQueries);
    }
#pragma unroll 1
    for (int part = 0; part < kQueries && first_row < task.rows; part += kPart) {
      const SharedTile<kHeadDim> q = q_tile(stage).from(part), dout = dout_tile(stage).from(part);
      const bool is_first = query == queries.begin && part == 0;
      float weights[kQueryTiles][4], dscores[kQueryTiles][4];
      clear(weights);
      clear(dscores);
#pragma unroll
      for (int c = 0; c < kSteps; ++c) {
        if (kKept == 0 || is_first) k_tile.load_a(k_operand[c * kKept], first_row, 2 * c);
        multiply_transposed<T>(weights, k_operand[c * kKept], q, 2 * c);
      }
#pragma unroll
      for (int c = 0; c < kSteps; ++c) {
        if (kKept == 0 || is_first) v_tile.load_a(v_operand[c * kKept], first_row, 2 * c);
        multiply_transposed<T>(dscores, v_operand[c * kKept], dout, 2 * c);
      }
      const int key = task.first + first_row;
      const float* const shift = shifts + stage * kQueries + part;
      const float* const less = deltas + stage * kQueries + part;
      if (dropout.threshold != 0) {
        const auto mask = mask_of_keys<kQueryTiles>(dropout, offset, shape, task, key, query + part);
        differentiate<true>(weights, dscores, shift, less, scale, mask, dropout.scale);
      } else {
        differentiate<false>(weights, dscores, shift, less, scale, TileMask<kQueryTiles>(), 1.0f);
      }
      if (first_row + 16 > task.rows || query + part + kPart > task.length || shape.window >= 0) {
        clear_unattended(weights, dscores, shape, task, key + g, query + part + 2 * t);
      }
#pragma unroll
      for (int n = 0; n < kQueryTiles / 2; ++n) {
        uint32_t x[4];
        as_operand<T>(x, weights[2 * n], weights[2 * n + 1]);
        multiply_rows<T>(dv, x, dout, 16 * n, 0);
        as_operand<T>(x, dscores[2 * n], dscores[2 * n + 1]);
        multiply_rows<T>(dk, x, q, 16 * n, 0);
        if (!is_whole) continue;
#pragma unroll
        for (int i = 0; i < 4; ++i) {  // two of row g + 8 (i % 2), columns of chunk i / 2
          const uint32_t at = dscores_tile.offset(first_row + g + i % 2 * 8, part / 8 + 2 * n + i / 2);
          *reinterpret_cast<uint32_t*>(dscores_at + at + 4 * t) = x[i];
        }
      }
    }
    if (is_whole) {
      __syncthreads();
      // dq: a warp has 16 queries and half of the columns, at most 48 of them at a time.
      constexpr int kHalf = kHeadDim / 2, kColumns = kHalf <= 48 ? kHalf : kHalf / 2;
      const int row = warp_number() % (kQueries / 16) * 16, half = warp_number() / (kQueries / 16) * kHalf;
      const int rows = task.length - query - row;
      if (rows > 0 && to.dq.data != nullptr) {
#pragma unroll 1
        for (int column = half; column < half + kHalf; column += kColumns) {
          float dq[kColumns / 8][4];
          clear(dq);
#pragma unroll 2
          for (int first = 0; first < task.rows; first += 16) {
            uint32_t x[4];
            dscores_tile.load_a_transposed(x, first, row / 8);
            multiply_rows<T>(dq, x, k_tile, first, column / 8);
          }
          const int64_t token = static_cast<int64_t>(task.begin) + query + row;
          store_product(to.dq.row(token, head, head_dim) + column, to.dq.stride, dq,
                        make_float2(shape.scale, shape.scale), rows, head_dim - column);
        }
      }
    }
    if (!is_whole && !is_last) keep_statistics(next, stage ^ 1);
  }

  const int rows = task.rows - first_row;
  if (rows <= 0) return;
  const int64_t token = task.token() + first_row;
  if (to.dk.data != nullptr) {
    store_product(to.dk.row(token, head, head_dim), to.dk.stride, dk, make_float2(shape.scale, shape.scale), rows,
                  head_dim);
  }
  if (to.dv.data != nullptr) {
    store_product(to.dv.row(token, head, head_dim), to.dv.stride, dv, make_float2(dropout.scale, dropout.scale), rows,
                  head_dim);
  }
}

// --- dq and delta of longer sequences ---

template <typename T, int kHeadDim>
__global__ void __launch_bounds__(AttentionBackwardDq<kHeadDim>::kThreads, AttentionBackwardDq<kHeadDim>::kBlocks)
    attention_backward_dq(PackedRows<T> to, float* delta, AttentionInputs<T> in, int whole_keys, AttentionShape shape,
                          Dropout dropout) {
  using Sizes = AttentionBackwardDq<kHeadDim>;
  constexpr int kQueries = Sizes::kQueries, kKeys = Sizes::kKeys, kThreads = Sizes::kThreads;
  constexpr int kSteps = kHeadDim / 16, kKeyTiles = kKeys / 8;
  JB_DYNAMIC_SHARED(uint8_t, shared);
  const AttentionTask task = find_attention_task(shape, kQueries);
  if (task.rows == 0 || task.length <= whole_keys || task.is_padding) return;  // of all threads
  const int head_dim = shape.head_dim, head = task.head;

  const uint32_t base = ptx::shared_address(shared);
  const auto tile_at = [&](int row) { return SharedTile<kHeadDim>{base + 2u * kHeadDim * static_cast<uint32_t>(row)}; };
  const SharedTile<kHeadDim> q_tile = tile_at(0), dout_tile = tile_at(kQueries);
  const auto k_tile = [&](int stage) { return tile_at(2 * kQueries + stage * kKeys); };
  const auto v_tile = [&](int stage) { return tile_at(2 * kQueries + (Sizes::kStages + stage) * kKeys); };
  const auto fetch_keys = [&](int key, int stage) {
    const int64_t token = static_cast<int64_t>(task.begin) + key;
    fetch_rows<kThreads, kKeys>(k_tile(stage), in.k.row(token, head, head_dim), in.k.stride, task.length - key,
                                head_dim);
    fetch_rows<kThreads, kKeys>(v_tile(stage), in.v.row(token, head, head_dim), in.v.stride, task.length - key,
                                head_dim);
    ptx::cp_async_commit();
  };
  const AttentionRange keys = attended(task, shape.window);
  fetch_rows<kThreads, kQueries>(q_tile, in.q.row(task.token(), head, head_dim), in.q.stride, task.rows, head_dim);
  fetch_rows<kThreads, kQueries>(dout_tile, in.dout.row(task.token(), head, head_dim), in.dout.stride, task.rows,
                                 head_dim);
  fetch_keys(keys.begin, 0);

  // Of rows g and g + 8 of the warp's; the delta of 8 rows at a time is made by four lanes each.
  const int first_row = warp_number() * 16, g = lane_number() / 4, t = lane_number() % 4;
  const int64_t line = static_cast<int64_t>(head) * shape.tokens + task.token() + first_row;
  float shift[2], less[2];
#pragma unroll
  for (int h = 0; h < 2; ++h) {
    const int row = g + 8 * h;
    const bool exists = first_row + row < task.rows;
    const int64_t token = task.token() + (exists ? first_row + row : 0);
    less[h] =
        row_delta<kHeadDim>(in.dout.row(token, head, head_dim), in.out.row(token, head, head_dim), exists, head_dim);
    shift[h] = exists ? shift_of(in.lse[line + row]) : infinity();
    if (exists && t == 0) delta[line + row] = less[h];
  }

  const uint64_t offset = dropout.first_offset();
  const float scale = shape.scale * kLog2E;
  constexpr int kKept = Sizes::kKeepsQueries ? 1 : 0;
  uint32_t q_operand[kKept == 1 ? kSteps : 1][4], dout_operand[kKept == 1 ? kSteps : 1][4];
  float dq[kSteps * 2][4];
  clear(dq);
  for (int key = keys.begin, stage = 0; key < keys.end; key += kKeys, stage ^= 1) {
    ptx::cp_async_wait<0>();
    __syncthreads();  // this tile is there, and everybody is done with the one before
    if (key + kKeys < keys.end) fetch_keys(key + kKeys, stage ^ 1);
    if (first_row >= task.rows) continue;  // a warp without queries
    float weights[kKeyTiles][4], dscores[kKeyTiles][4];
    clear(weights);
    clear(dscores);
#pragma unroll
    for (int c = 0; c < kSteps; ++c) {
      if (kKept == 0 || key == keys.begin) q_tile.load_a(q_operand[c * kKept], first_row, 2 * c);
      multiply_transposed<T>(weights, q_operand[c * kKept], k_tile(stage), 2 * c);
    }
#pragma unroll
    for (int c = 0; c < kSteps; ++c) {
      if (kKept == 0 || key == keys.begin) dout_tile.load_a(dout_operand[c * kKept], first_row, 2 * c);
      multiply_transposed<T>(dscores, dout_operand[c * kKept], v_tile(stage), 2 * c);
    }
    if (dropout.threshold != 0) {
      const auto mask = mask_of_queries<kKeyTiles>(dropout, offset, shape, task, first_row, key);
#pragma unroll
      for (int j = 0; j < kKeyTiles; ++j) {
#pragma unroll
        for (int i = 0; i < 4; ++i) dscores[j][i] = mask.keeps(j, i) ? dscores[j][i] * dropout.scale : 0.0f;
      }
    }
    hide_scores(weights, shape, task, first_row, key);
#pragma unroll
    for (int j = 0; j < kKeyTiles; ++j) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const float weight = ptx::exp2_approx(weights[j][i] * scale - shift[i / 2]);
        dscores[j][i] = weight * (dscores[j][i] - less[i / 2]);
      }
    }
#pragma unroll
    for (int n = 0; n < kKeyTiles / 2; ++n) {
      uint32_t x[4];
      as_operand<T>(x, dscores[2 * n], dscores[2 * n + 1]);
      multiply_rows<T>(dq, x, k_tile(stage), 16 * n, 0);
    }
  }
  if (first_row >= task.rows || to.data == nullptr) return;
  store_product(to.row(task.token() + first_row, head, head_dim), to.stride, dq, make_float2(shape.scale, shape.scale),
                task.rows - first_row, head_dim);
}

}  // namespace jb

#endif
