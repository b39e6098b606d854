// jb_attention_forward: for each sequence and head, softmax over tiles of scores (Milakov and Gimelshein 2018). A task
// keeps a range of queries and their unfinished results in the L2 cache and passes over the keys once. Scores are made
// and exponentiated in registers (scores.h); only the weights of a few rows at a time go to memory.
#include "attention/tasks.h"
#include "jaubert/attention.h"
#include "support/kernel.h"

namespace jb::JB_ISA {
namespace {

constexpr int64_t kQueryRange = 512;
constexpr int64_t kRows = 24;  // of weights at a time: they stay in the L1 cache beside a tile of keys

template <typename T>
struct Inputs {
  AttentionShape shape;
  T* out;
  float* lse;
  const T* q;
  const T* k;
  const T* v;
  float scale;
  Dropout dropout;
};

// What a task works in: d is padded(head_dim).
struct Workspace {
  float* q;        // [kQueryRange, kTileStride], of float32 times scale and log2(e)
  float* k;        // [d, kTileStride], transposed
  float* v;        // [kKeyTile, d]
  float* weights;  // [kRows, kTileStride], 2^(score - largest): rows of T
  float* sums;     // [kQueryRange, d], results before the division by `totals`
  float* largest;  // [kQueryRange], of the scores so far
  float* totals;   // [kQueryRange], of the weights

  Workspace(Scratch& scratch, const AttentionShape& shape) : Workspace(scratch, padded(shape.head_dim)) {}

 private:
  Workspace(Scratch& scratch, int64_t d)
      : q(scratch.take<float>(kQueryRange * kTileStride)),
        k(scratch.take<float>(d * kTileStride)),
        v(scratch.take<float>(kKeyTile * d)),
        weights(scratch.take<float>(kRows * kTileStride)),
        sums(scratch.take<float>(kQueryRange * d)),
        largest(scratch.take<float>(kQueryRange + kLanes)),
        totals(scratch.take<float>(kQueryRange + kLanes)) {}
};

// What comes after this tile of keys: the next one, or the beginning of the next task.
struct Ahead {
  Coming q, k, v, out;

  JB_INLINE void fetch(int64_t begin, int64_t end) const {
    q.fetch(begin, end);
    k.fetch(begin, end);
    v.fetch(begin, end);
    out.fetch(begin, end);
  }
};

// Row `token` and those behind it.
template <typename T>
Ahead next_keys(const Inputs<T>& in, int64_t token, int64_t at, int64_t keys) {
  const int64_t rows = std::min(keys, kKeyTile), n = in.shape.head_dim, hidden = in.shape.hidden();
  return {.q = {},
          .k = {in.k + token * hidden + at, hidden, rows, n},
          .v = {in.v + token * hidden + at, hidden, rows, n},
          .out = {}};
}

template <typename T>
Ahead next_task(const Inputs<T>& in, const AttentionTask& task) {
  const int64_t n = in.shape.head_dim, at = task.head * n, hidden = in.shape.hidden();
  const int64_t first = in.shape.begin(task.sequence), token = first + task.begin, rows = task.end - task.begin;
  Ahead ahead = next_keys(in, first, at, in.shape.length(task.sequence));
  ahead.q = {in.q + token * hidden + at, hidden, rows, n};
  ahead.out = {in.out + token * hidden + at, hidden, rows, n};
  return ahead;
}

// Some queries against a tile of keys.
struct Tile {
  int64_t query;    // the first, by its place in the sequence
  int64_t row;      // its place in the task's range
  int64_t rows;     // at most kRows
  int64_t key;      // the first, by its place in the sequence
  int64_t columns;  // at most kKeyTile
  bool is_first;    // of the tiles of these queries
  bool is_last;
};

template <typename T>
T* weights_of(const Workspace& w, int64_t row) {
  return reinterpret_cast<T*>(w.weights + row * kTileStride);
}

// From a block of scores to weights: `largest` and `totals` now include it, and correction [rows] is what everything
// before it has to be multiplied by.
template <typename T, int M, int N>
JB_INLINE void exponentiate(vf (&scores)[M][N], const Workspace& w, const Tile& tile, int64_t row, int64_t window,
                            float* correction) {
  mask_scores(scores, tile.columns, tile.query + row, tile.key, window);
  vf tops[M];
#pragma GCC unroll 16
  for (int i = 0; i < M; ++i) {
    tops[i] = scores[i][0];
#pragma GCC unroll 8
    for (int n = 1; n < N; ++n) tops[i] = max(tops[i], scores[i][n]);
  }
  float* largest = w.largest + tile.row + row;
  float* totals = w.totals + tile.row + row;
  const vf before = tile.is_first ? splat(-kInfinity) : load_partial(largest, M);
  const vf now = max(before, fold_rows(tops, [](vf a, vf b) { return max(a, b); }));
  // While all scores are -inf there is no largest; with 0 instead the weights are 0 and not NaN.
  const vf finite = select(now == splat(-kInfinity), vf{}, now);
  alignas(64) float shift[kLanes];
  store(shift, finite);
  vf sums[M];
#pragma GCC unroll 16
  for (int i = 0; i < M; ++i) {
    const vf by = splat(shift[i]);
    T* weights = weights_of<T>(w, row + i);
#pragma GCC unroll 8
    for (int n = 0; n < N; ++n) {
      const vf weight = exp2_nonpositive(scores[i][n] - by);
      store(weights + n * kLanes, weight);
      sums[i] = n == 0 ? weight : sums[i] + weight;
    }
  }
  vf total = fold_rows(sums, [](vf a, vf b) { return a + b; });
  if (!tile.is_first) {
    const vf factor = exp2_nonpositive(before - finite);
    total += load_partial(totals, M) * factor;
    store_partial(correction + row, factor, M);
  }
  store_partial(largest, now, M);
  store_partial(totals, total, M);
}

// Where the products of weights and values go: to w.sums, or divided by the totals to the result.
template <typename T>
struct Results {
  float* sums;  // [rows, ld]
  int64_t ld;
  const float* factor;  // of what `sums` holds; null if it holds nothing yet
  T* out;               // null unless these are the last keys
  int64_t out_stride;
  int64_t head_dim;
  const float* quotient;  // factor of the result

  template <int M, int N>
  JB_INLINE void begin(vf (&x)[M][N], int64_t row, int64_t column) const {
#pragma GCC unroll 16
    for (int i = 0; i < M; ++i) {
#pragma GCC unroll 4
      for (int n = 0; n < N; ++n) {
        const float* sum = sums + (row + i) * ld + column + n * kLanes;
        x[i][n] = factor == nullptr ? vf{} : load(sum) * splat(factor[row + i]);
      }
    }
  }

  template <int M, int N>
  JB_INLINE void end(vf (&x)[M][N], int64_t row, int64_t column) const {
    if (out == nullptr) return store_block(sums, ld, ld, x, row, column);
#pragma GCC unroll 16
    for (int i = 0; i < M; ++i) {
#pragma GCC unroll 4
      for (int n = 0; n < N; ++n) x[i][n] *= splat(quotient[row + i]);
    }
    store_block(out, out_stride, head_dim, x, row, column);
  }
};

template <typename T>
void attend_tile(const Inputs<T>& in, const AttentionTask& task, const Workspace& w, const Tile& tile, const float* k,
                 const Rows& v, const Ahead& ahead) {
  const AttentionShape& shape = in.shape;
  const int64_t token = shape.begin(task.sequence) + tile.query, d = padded(shape.head_dim);
  alignas(64) float correction[kRows + kLanes];
  alignas(64) float quotient[kRows + kLanes];
  for_each_score_block<WordsOf<T>>(w.q + tile.row * kTileStride, k, words<T>(shape.head_dim), tile.rows,
                                   padded(tile.columns) / kLanes, [&]<int M, int N>(vf(&scores)[M][N], int64_t row) {
                                     ahead.fetch(tile.row + row, tile.row + row + M);
                                     if constexpr (kInPairs<T>) scale_scores(scores, in.scale * kLog2E);
                                     exponentiate<T>(scores, w, tile, row, shape.window, correction);
                                   });
  if (shape.p > 0) {
    for_each_mask(in.dropout, tile.rows, tile.columns, token, shape.heads, task.head, tile.key,
                  [&](int64_t r, int64_t c, vi mask) {
                    T* weights = weights_of<T>(w, r) + c;
                    store(weights, bits_to_float(float_to_bits(load(weights)) & mask));
                  });
  }
  if (tile.is_last) {
    for (int64_t r = 0; r < tile.rows; r += kLanes) {
      const vf total = load(w.totals + tile.row + r);
      store(quotient + r, select(total == vf{}, vf{}, in.dropout.scale / total));
    }
  }
  const int64_t hidden = shape.hidden();
  multiply<WordsOf<T>, false>(
      w.weights, v.at, v.stride, words<T>(tile.columns), tile.rows, d / kLanes,
      Results<T>{.sums = w.sums + tile.row * d,
                 .ld = d,
                 .factor = tile.is_first ? nullptr : correction,
                 .out = tile.is_last ? in.out + token * hidden + task.head * shape.head_dim : nullptr,
                 .out_stride = hidden,
                 .head_dim = shape.head_dim,
                 .quotient = quotient});
}

template <typename T>
void attend(const Inputs<T>& in, const AttentionTask& task, const AttentionTask& next, const Workspace& w) {
  const AttentionShape& shape = in.shape;
  const int64_t n = shape.length(task.sequence), token = shape.begin(task.sequence);
  const int64_t head_dim = shape.head_dim, at = task.head * head_dim, hidden = shape.hidden();
  pack_rows(w.q, kTileStride, in.q + (token + task.begin) * hidden + at, hidden, task.end - task.begin, head_dim,
            in.scale * kLog2E);
  const KeyRange all = keys_of(task.begin, task.end - 1, n, shape.window);
  for (int64_t key = all.begin; key < all.end; key += kKeyTile) {
    const int64_t keys = std::min(kKeyTile, all.end - key);
    const Rows v = rows_of(w.v, in.v + (token + key) * hidden + at, hidden, keys, head_dim);
    pack_transposed(w.k, in.k + (token + key) * hidden + at, hidden, keys, head_dim);
    const bool more = key + keys < all.end;
    const Ahead ahead = more ? next_keys(in, token + key + keys, at, all.end - key - keys) : next_task(in, next);
    for (int64_t query = task.begin; query < task.end; query += kRows) {
      const int64_t rows = std::min(kRows, task.end - query);
      const KeyRange seen = keys_of(query, query + rows - 1, n, shape.window);
      const int64_t first = std::max(key, seen.begin), last = std::min(key + keys, seen.end);
      if (first >= last) continue;
      attend_tile(in, task, w,
                  {.query = query,
                   .row = query - task.begin,
                   .rows = rows,
                   .key = first,
                   .columns = last - first,
                   .is_first = first == seen.begin,
                   .is_last = last == seen.end},
                  w.k + (first - key), {v.at + words<T>(first - key) * v.stride, v.stride}, ahead);
    }
  }
  if (in.lse != nullptr) {
    float* to = in.lse + task.head * shape.tokens + token + task.begin;
    for_row(task.end - task.begin, [&](int64_t r, auto lanes) {
      lanes.store(to + r, lanes.load(w.largest + r) * kLn2 + log(lanes.load(w.totals + r, 1.0f)));
    });
  }
}

}  // namespace
}  // namespace jb::JB_ISA

JB_KERNEL(jb_attention_forward)
(jb_ctx ctx, jb_dtype dtype, jb_out out, const int32_t* cu_seqlens, const jb_attention_args* args) {
  return guard([&] {
    const char* name = "attention";
    with_cpu_type(name, dtype, [&](auto zero) {
      using T = decltype(zero);
      const jb_attention_args& a = given(name, args);
      const AttentionShape shape = check_attention(name, cu_seqlens, a);
      const Inputs<T> in{.shape = shape,
                         .out = elements<T>(out),
                         .lse = floats(a.lse),
                         .q = elements<T>(a.q),
                         .k = elements<T>(a.k),
                         .v = elements<T>(a.v),
                         .scale = float32(a.scale),
                         .dropout = Dropout(shape.p, a.seed, a.offset)};
      for_each_task<Workspace>(ctx, shape, kQueryRange,
                               [&](const AttentionTask& task, const AttentionTask& next, const Workspace& workspace) {
                                 attend(in, task, next, workspace);
                               });
    });
  });
}
