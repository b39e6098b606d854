// jb_attention_backward: scores and dropout mask are computed again from q, k, lse and (seed, offset), tile by tile
// (Dao et al. 2022, algorithm 4). One task does a head of a sequence, so every sum has one order. Keys are the outer
// loop: their gradients are finished tile by tile, and those of the queries wait in the cache for the last tile.
#include "attention/tasks.h"
#include "jaubert/attention.h"
#include "support/kernel.h"

namespace jb::JB_ISA {
namespace {

constexpr int64_t kQueryTile = 64;

template <typename T>
struct Inputs {
  AttentionShape shape;
  T* dq;
  T* dk;
  T* dv;
  const T* dout;
  const T* q;
  const T* k;
  const T* v;
  const T* out;
  const float* lse;
  float scale;
  Dropout dropout;
};

// What a task works in: d is padded(head_dim), n the length of the longest sequence.
struct Workspace {
  float* q;             // [kQueryTile, kTileStride], of float32 times scale and log2(e)
  float* dout;          // [kQueryTile, kTileStride]
  float* q_rows;        // of bfloat16: [kQueryTile / 2, d], pairs of queries
  float* dout_rows;     // the same
  float* k;             // [kKeyTile, d]
  float* k_across;      // [d, kTileStride], transposed
  float* v_across;      // [d, kTileStride], transposed
  float* weights;       // [kQueryTile, kTileStride]
  float* dscores;       // [kQueryTile, kTileStride]
  float* weight_pairs;  // of bfloat16: [kQueryTile / 2, kTileStride], pairs of queries
  float* dscore_pairs;  // the same
  float* dscore_rows;   // [kQueryTile, kTileStride], rows of bfloat16
  float* dq;            // [n, d]
  float* dk;            // [kKeyTile, d]
  float* dv;            // [kKeyTile, d]
  float* delta;         // [n]: the sum of dout * out of each query, which is that of weight * dweight
  float* shift;         // [n]: lse in units of log 2

  Workspace(Scratch& scratch, const AttentionShape& shape)
      : Workspace(scratch, padded(shape.head_dim), shape.longest) {}

 private:
  Workspace(Scratch& scratch, int64_t d, int64_t n)
      : q(scratch.take<float>(kQueryTile * kTileStride)),
        dout(scratch.take<float>(kQueryTile * kTileStride)),
        q_rows(scratch.take<float>(kQueryTile / 2 * d)),
        dout_rows(scratch.take<float>(kQueryTile / 2 * d)),
        k(scratch.take<float>(kKeyTile * d)),
        k_across(scratch.take<float>(d * kTileStride)),
        v_across(scratch.take<float>(d * kTileStride)),
        weights(scratch.take<float>(kQueryTile * kTileStride)),
        dscores(scratch.take<float>(kQueryTile * kTileStride)),
        weight_pairs(scratch.take<float>(kQueryTile / 2 * kTileStride)),
        dscore_pairs(scratch.take<float>(kQueryTile / 2 * kTileStride)),
        dscore_rows(scratch.take<float>(kQueryTile * kTileStride)),
        dq(scratch.take<float>(n * d)),
        dk(scratch.take<float>(kKeyTile * d)),
        dv(scratch.take<float>(kKeyTile * d)),
        delta(scratch.take<float>(n + kLanes)),
        shift(scratch.take<float>(n)) {}
};

// The rows of the next task.
struct Ahead {
  Coming rows[8];

  JB_INLINE void fetch(int64_t begin, int64_t end) const {
    for (const Coming& x : rows) x.fetch(begin, end);
  }
};

template <typename T>
Ahead next_task(const Inputs<T>& in, const AttentionTask& task) {
  const int64_t n = in.shape.head_dim, at = task.head * n, hidden = in.shape.hidden();
  const int64_t token = in.shape.begin(task.sequence), rows = in.shape.length(task.sequence);
  const auto coming = [&](const T* x) {
    return x == nullptr ? Coming{} : Coming{x + token * hidden + at, hidden, rows, n};
  };
  return {{coming(in.q), coming(in.k), coming(in.v), coming(in.dout), coming(in.out), coming(in.dq), coming(in.dk),
           coming(in.dv)}};
}

// Queries [query, query + rows) against keys [first, first + columns), by place in their sequence.
struct Tile {
  int64_t query;
  int64_t rows;
  int64_t first;
  int64_t columns;
  int64_t key;      // where the packed keys begin
  bool first_keys;  // of those that these queries see
  bool last_keys;
  bool first_queries;  // of those that see these keys
  bool last_queries;
};

// Where a product goes: it is added to `sums` [.., ld], or if it is the last, all is written to `out`, times scale.
template <typename T>
struct Gradient {
  float* sums;
  int64_t ld;
  bool is_first;  // nothing is in `sums` yet
  T* out;         // null unless it is the last
  int64_t out_stride;
  int64_t head_dim;
  float scale;

  template <int M, int N>
  JB_INLINE void begin(vf (&x)[M][N], int64_t row, int64_t column) const {
#pragma GCC unroll 16
    for (int i = 0; i < M; ++i) {
#pragma GCC unroll 4
      for (int n = 0; n < N; ++n) x[i][n] = is_first ? vf{} : load(sums + (row + i) * ld + column + n * kLanes);
    }
  }

  template <int M, int N>
  JB_INLINE void end(vf (&x)[M][N], int64_t row, int64_t column) const {
    if (out == nullptr) return store_block(sums, ld, ld, x, row, column);
#pragma GCC unroll 16
    for (int i = 0; i < M; ++i) {
#pragma GCC unroll 4
      for (int n = 0; n < N; ++n) x[i][n] *= scale;
    }
    store_block(out, out_stride, head_dim, x, row, column);
  }
};

// With P the softmax, Z the mask and dP the gradient of the weights after dropout:
//   weights = P * Z (as yet without the factor 1 / (1 - p)),  dscores = P * (dP * Z / (1 - p) - delta).
template <typename T>
void differentiate(const Inputs<T>& in, const AttentionTask& task, const Workspace& w, const Tile& tile,
                   const Ahead& ahead) {
  const AttentionShape& shape = in.shape;
  const int64_t column = tile.first - tile.key, vectors = padded(tile.columns) / kLanes;
  const float* shift = w.shift + tile.query;
  const float* delta = w.delta + tile.query;
  const auto weigh = [&]<int M, int N>(vf(&scores)[M][N], int64_t row) {
    ahead.fetch(tile.query + row, tile.query + row + M);
    if constexpr (kInPairs<T>) scale_scores(scores, in.scale * kLog2E);
    mask_scores(scores, tile.columns, tile.query + row, tile.first, shape.window);
#pragma GCC unroll 16
    for (int i = 0; i < M; ++i) {
      const vf by = splat(shift[row + i]);
      float* weights = w.weights + (row + i) * kTileStride;
#pragma GCC unroll 8
      for (int n = 0; n < N; ++n) store(weights + n * kLanes, exp2_nonpositive(scores[i][n] - by));
    }
  };
  for_each_score_block<WordsOf<T>>(w.q, w.k_across + column, words<T>(shape.head_dim), tile.rows, vectors, weigh);
  const bool drops = shape.p > 0;
  const auto gradient = [&]<int M, int N>(vf(&gradients)[M][N], int64_t row) {
#pragma GCC unroll 16
    for (int i = 0; i < M; ++i) {
      const vf by = splat(delta[row + i]);
      const float* weights = w.weights + (row + i) * kTileStride;
      float* dscores = w.dscores + (row + i) * kTileStride;
#pragma GCC unroll 8
      for (int n = 0; n < N; ++n) {
        const vf x = gradients[i][n];
        store(dscores + n * kLanes, drops ? x : load(weights + n * kLanes) * (x - by));
      }
    }
  };
  for_each_score_block<WordsOf<T>>(w.dout, w.v_across + column, words<T>(shape.head_dim), tile.rows, vectors, gradient);
  if (!drops) return;
  const int64_t token = shape.begin(task.sequence) + tile.query;
  for_each_mask(in.dropout, tile.rows, tile.columns, token, shape.heads, task.head, tile.first,
                [&](int64_t r, int64_t c, vi mask) {
                  float* weight_at = w.weights + r * kTileStride + c;
                  float* gradient_at = w.dscores + r * kTileStride + c;
                  const vf weight = load(weight_at);
                  store(gradient_at, weight * (drop(load(gradient_at), mask, in.dropout.scale) - delta[r]));
                  store(weight_at, bits_to_float(float_to_bits(weight) & mask));
                });
}

template <typename T>
void pack_queries(const Inputs<T>& in, const AttentionTask& task, const Workspace& w, const Tile& tile) {
  const AttentionShape& shape = in.shape;
  const int64_t token = shape.begin(task.sequence) + tile.query, at = task.head * shape.head_dim;
  const int64_t hidden = shape.hidden();
  pack_rows(w.q, kTileStride, in.q + token * hidden + at, hidden, tile.rows, shape.head_dim, in.scale * kLog2E);
  pack_rows(w.dout, kTileStride, in.dout + token * hidden + at, hidden, tile.rows, shape.head_dim, 1.0f);
  if (!tile.first_keys) return;
  const float* lse = in.lse + task.head * shape.tokens + token;
  for_row(tile.rows, [&](int64_t r, auto lanes) {
    const vf x = lanes.load(lse + r) * kLog2E;
    // A row of -inf has weights 0.
    lanes.store(w.shift + tile.query + r, select(x == splat(-kInfinity), splat(kInfinity), x));
  });
  for (int64_t r = 0; r < tile.rows; r += kLanes) {
    vf sums[kLanes];
#pragma GCC unroll 16
    for (int i = 0; i < kLanes; ++i) {
      const int64_t row = std::min(r + i, tile.rows - 1);
      const T* result = in.out + (token + row) * hidden + at;
      const T* gradient = in.dout + (token + row) * hidden + at;
      sums[i] = vf{};
      for_row(shape.head_dim,
              [&](int64_t c, auto lanes) { sums[i] = fma(lanes.load(result + c), lanes.load(gradient + c), sums[i]); });
    }
    store(w.delta + tile.query + r, fold_rows(sums, [](vf a, vf b) { return a + b; }));
  }
}

// The weights and the gradients of the scores, as the products that follow take them.
struct Factors {
  const float* weights;      // transposed
  const float* dscores;      // transposed
  const float* dscore_rows;  // as they are
  Rows q, dout;
};

template <typename T>
Factors factors_of(const Inputs<T>& in, const AttentionTask& task, const Workspace& w, const Tile& tile) {
  if constexpr (!kInPairs<T>) {
    return {w.weights, w.dscores, w.dscores, {w.q, kTileStride}, {w.dout, kTileStride}};
  } else {
    const auto pair = [&](const float* from, float* to, float* rows, int64_t r, int64_t c) {
      const vbf first = narrow(load(from + r * kTileStride + c));
      const vbf second = r + 1 < tile.rows ? narrow(load(from + (r + 1) * kTileStride + c)) : vbf{};
      store(to + r / 2 * kTileStride + c, gemm::PairedRows::paired(first, second));
      if (rows == nullptr) return;
      store_bits(reinterpret_cast<BFloat16*>(rows + r * kTileStride) + c, first);
      store_bits(reinterpret_cast<BFloat16*>(rows + (r + 1) * kTileStride) + c, second);
    };
    for (int64_t r = 0; r < tile.rows; r += 2) {
      for (int64_t c = 0; c < tile.columns; c += kLanes) {
        pair(w.weights, w.weight_pairs, nullptr, r, c);
        pair(w.dscores, w.dscore_pairs, w.dscore_rows, r, c);
      }
    }
    const int64_t at = task.head * in.shape.head_dim, hidden = in.shape.hidden();
    const int64_t token = in.shape.begin(task.sequence) + tile.query;
    const auto rows = [&](float* packed, const T* x) {
      return rows_of(packed, x + token * hidden + at, hidden, tile.rows, in.shape.head_dim);
    };
    return {w.weight_pairs, w.dscore_pairs, w.dscore_rows, rows(w.q_rows, in.q), rows(w.dout_rows, in.dout)};
  }
}

// What dS^T q still has to be multiplied by: q is packed times scale and log2(e), but in pairs as it is.
template <typename T>
float dk_scale(const Inputs<T>& in) {
  return kInPairs<T> ? in.scale : kLn2;
}

template <typename T>
T* offset_by(T* p, int64_t n) {
  return p == nullptr ? p : p + n;
}

// From weights and dscores of one tile to its part of the three gradients.
template <typename T>
void add_gradients(const Inputs<T>& in, const AttentionTask& task, const Workspace& w, const Tile& tile,
                   const Rows& k) {
  const AttentionShape& shape = in.shape;
  const int64_t d = padded(shape.head_dim), column = tile.first - tile.key, at = task.head * shape.head_dim;
  const int64_t first = shape.begin(task.sequence), key = first + tile.first, query = first + tile.query;
  const int64_t hidden = shape.hidden();
  const Factors f = factors_of(in, task, w, tile);
  const auto target = [&](float* sums, bool is_first, T* out, float scale) {
    return Gradient<T>{sums, d, is_first, out, hidden, shape.head_dim, scale};
  };
  if (in.dv != nullptr) {
    multiply<WordsOf<T>, true>(f.weights, f.dout.at, f.dout.stride, words<T>(tile.rows), tile.columns, d / kLanes,
                               target(w.dv + column * d, tile.first_queries,
                                      tile.last_queries ? in.dv + key * hidden + at : nullptr, in.dropout.scale));
  }
  if (in.dk != nullptr) {
    multiply<WordsOf<T>, true>(f.dscores, f.q.at, f.q.stride, words<T>(tile.rows), tile.columns, d / kLanes,
                               target(w.dk + column * d, tile.first_queries,
                                      tile.last_queries ? in.dk + key * hidden + at : nullptr, dk_scale(in)));
  }
  if (in.dq != nullptr) {
    multiply<WordsOf<T>, false>(f.dscore_rows, k.at + words<T>(column) * k.stride, k.stride, words<T>(tile.columns),
                                tile.rows, d / kLanes,
                                target(w.dq + tile.query * d, tile.first_keys,
                                       tile.last_keys ? in.dq + query * hidden + at : nullptr, in.scale));
  }
}

// to [rows, n] with row stride `stride` = scale * from [rows, padded(n)]. to may be null.
template <typename T>
void write_rows(T* to, int64_t stride, const float* from, int64_t rows, int64_t n, float scale) {
  for (int64_t r = 0; to != nullptr && r < rows; ++r) {
    T* y = to + r * stride;
    const float* x = from + r * padded(n);
    for_row(n, [&](int64_t c, auto lanes) { lanes.store(y + c, load(x + c) * scale); });
  }
}

template <typename T>
void differentiate_head(const Inputs<T>& in, const AttentionTask& task, const AttentionTask& next, const Workspace& w) {
  const AttentionShape& shape = in.shape;
  const int64_t n = shape.length(task.sequence), token = shape.begin(task.sequence);
  const int64_t d = padded(shape.head_dim), at = task.head * shape.head_dim, hidden = shape.hidden();
  const bool windowed = shape.window >= 0;
  const Ahead ahead = next_task(in, next), nothing{};
  for (int64_t key = 0; key < n; key += kKeyTile) {
    const int64_t keys = std::min(kKeyTile, n - key), row = token + key;
    const T* k = in.k + row * hidden + at;
    const T* v = in.v + row * hidden + at;
    const Rows k_rows = rows_of(w.k, k, hidden, keys, shape.head_dim);
    pack_transposed(w.k_across, k, hidden, keys, shape.head_dim);
    pack_transposed(w.v_across, v, hidden, keys, shape.head_dim);
    if (windowed) {  // each tile of queries sees some of these keys
      std::memset(w.dk, 0, static_cast<size_t>(keys * d) * sizeof(float));
      std::memset(w.dv, 0, static_cast<size_t>(keys * d) * sizeof(float));
    }
    for (int64_t query = 0; query < n; query += kQueryTile) {
      const int64_t rows = std::min(kQueryTile, n - query);
      const KeyRange seen = keys_of(query, query + rows - 1, n, shape.window);
      const int64_t first = std::max(key, seen.begin), last = std::min(key + keys, seen.end);
      if (first >= last) continue;
      const Tile tile{.query = query,
                      .rows = rows,
                      .first = first,
                      .columns = last - first,
                      .key = key,
                      .first_keys = first == seen.begin,
                      .last_keys = last == seen.end,
                      .first_queries = !windowed && query == 0,
                      .last_queries = !windowed && query + rows == n};
      pack_queries(in, task, w, tile);
      differentiate(in, task, w, tile, key + keys == n ? ahead : nothing);
      add_gradients(in, task, w, tile, k_rows);
    }
    if (windowed) {
      write_rows(offset_by(in.dk, row * hidden + at), hidden, w.dk, keys, shape.head_dim, dk_scale(in));
      write_rows(offset_by(in.dv, row * hidden + at), hidden, w.dv, keys, shape.head_dim, in.dropout.scale);
    }
  }
}

}  // namespace
}  // namespace jb::JB_ISA

JB_KERNEL(jb_attention_backward)
(jb_ctx ctx, jb_dtype dtype, jb_out dq, jb_out dk, jb_out dv, jb_in dout, jb_in out, const int32_t* cu_seqlens,
 const jb_attention_args* args) {
  return guard([&] {
    const char* name = "attention backward";
    with_cpu_type(name, dtype, [&](auto zero) {
      using T = decltype(zero);
      const jb_attention_args& a = given(name, args);
      const AttentionShape shape = check_attention(name, cu_seqlens, a);
      const Inputs<T> in{.shape = shape,
                         .dq = elements<T>(dq),
                         .dk = elements<T>(dk),
                         .dv = elements<T>(dv),
                         .dout = elements<T>(dout),
                         .q = elements<T>(a.q),
                         .k = elements<T>(a.k),
                         .v = elements<T>(a.v),
                         .out = elements<T>(out),
                         .lse = floats(a.lse),
                         .scale = float32(a.scale),
                         .dropout = Dropout(shape.p, a.seed, a.offset)};
      constexpr int64_t kWholeSequence = int64_t{1} << 40;
      for_each_task<Workspace>(ctx, shape, kWholeSequence,
                               [&](const AttentionTask& task, const AttentionTask& next, const Workspace& workspace) {
                                 differentiate_head(in, task, next, workspace);
                               });
    });
  });
}
