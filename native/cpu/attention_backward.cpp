// jb_attention_backward: scores and dropout mask are computed again from q, k, lse and (seed, offset), tile by tile
// (Dao et al. 2022, algorithm 4). One task does a head of a sequence, so every sum has one order.
#include "attention_tasks.h"
#include "jaubert/attention.h"
#include "support/kernel.h"
#include "support/simd_math.h"

namespace jb::JB_ISA {
namespace {

struct Inputs {
  AttentionShape shape;
  float* dq;
  float* dk;
  float* dv;
  const float* dout;
  const float* q;
  const float* k;
  const float* v;
  const float* out;
  const float* lse;
  int64_t q_stride, k_stride, v_stride;
  int64_t dq_stride, dk_stride, dv_stride;
  float scale;
  Dropout dropout;
};

// What a task works in: d is padded(head_dim), n the length of the longest sequence.
struct Workspace {
  float* q;         // [kQueryTile, kTileStride], times scale
  float* dout;      // [kQueryTile, kTileStride]
  float* k;         // [kKeyTile, d]
  float* k_across;  // [d, kTileStride], transposed
  float* v_across;  // [d, kTileStride], transposed
  float* weights;   // [kQueryTile, kTileStride]
  float* dscores;   // [kQueryTile, kTileStride]
  float* dq;        // [n, d]
  float* dk;        // [kKeyTile, d]
  float* dv;        // [kKeyTile, d]
  float* delta;     // [n]: the sum of dout * out of each query, which is that of weight * dweight

  Workspace(Scratch& scratch, const AttentionShape& shape)
      : Workspace(scratch, padded(shape.head_dim), shape.longest) {}

 private:
  Workspace(Scratch& scratch, int64_t d, int64_t n)
      : q(scratch.take<float>(kQueryTile * kTileStride)),
        dout(scratch.take<float>(kQueryTile * kTileStride)),
        k(scratch.take<float>(kKeyTile * d)),
        k_across(scratch.take<float>(d * kTileStride)),
        v_across(scratch.take<float>(d * kTileStride)),
        weights(scratch.take<float>(kQueryTile * kTileStride)),
        dscores(scratch.take<float>(kQueryTile * kTileStride)),
        dq(scratch.take<float>(n * d)),
        dk(scratch.take<float>(kKeyTile * d)),
        dv(scratch.take<float>(kKeyTile * d)),
        delta(scratch.take<float>(n)) {}
};

// A tile of queries [query, query + rows) against keys [first, first + columns), by place in their sequence.
struct Tile {
  int64_t query;
  int64_t rows;
  int64_t first;
  int64_t columns;
};

// weights holds scores, dscores the gradient of the weights after dropout. With P the softmax and Z the mask:
//   weights = P * Z (as yet without the factor 1 / (1 - p)),  dscores = P * (dscores * Z / (1 - p) - delta).
void differentiate(const Inputs& in, const AttentionTask& task, const Workspace& w, const Tile& tile) {
  const AttentionShape& shape = in.shape;
  const int64_t token = shape.begin(task.sequence) + tile.query;
  const float* row_lse = in.lse + task.head * shape.tokens + token;
  alignas(64) float shift[kQueryTile];
  for (int64_t r = 0; r < tile.rows; ++r) {
    shift[r] = row_lse[r] == -kInfinity ? kInfinity : row_lse[r];  // a row of -inf has weights 0
  }
  const float* delta = w.delta + tile.query;
  const auto element = [&](int64_t r, int64_t c, vi mask) {
    float* weight_at = w.weights + r * kTileStride + c;
    float* gradient_at = w.dscores + r * kTileStride + c;
    const vf weight = exp_nonpositive(load(weight_at) - shift[r]);
    const vf gradient = drop(load(gradient_at), mask, in.dropout.scale);
    store(weight_at, bits_to_float(float_to_bits(weight) & mask));
    store(gradient_at, weight * (gradient - delta[r]));
  };
  if (shape.p > 0) {
    for_each_mask(in.dropout, tile.rows, tile.columns, token, shape.heads, task.head, tile.first, element);
  } else {
    for (int64_t r = 0; r < tile.rows; ++r) {
      for (int64_t c = 0; c < tile.columns; c += kLanes) element(r, c, ~vi{});
    }
  }
}

void pack_queries(const Inputs& in, const AttentionTask& task, const Workspace& w, const Tile& tile, bool with_delta) {
  const AttentionShape& shape = in.shape;
  const int64_t token = shape.begin(task.sequence) + tile.query, at = task.head * shape.head_dim;
  const int64_t hidden = shape.heads * shape.head_dim;
  pack_rows(w.q, kTileStride, in.q + token * in.q_stride + at, in.q_stride, tile.rows, shape.head_dim, in.scale);
  pack_rows(w.dout, kTileStride, in.dout + token * hidden + at, hidden, tile.rows, shape.head_dim, 1.0f);
  for (int64_t r = 0; with_delta && r < tile.rows; ++r) {
    const float* result = in.out + (token + r) * hidden + at;
    const float* gradient = w.dout + r * kTileStride;
    w.delta[tile.query + r] = sum_row(
        shape.head_dim, [&](int64_t c, auto lanes) { return lanes.load(result + c) * lanes.load(gradient + c); });
  }
}

// The five products of one tile; key is where the packed keys begin.
void tile_gradients(const Inputs& in, const AttentionTask& task, const Workspace& w, const Tile& tile, int64_t key,
                    bool first_keys) {
  const int64_t head_dim = in.shape.head_dim, d = padded(head_dim), column = tile.first - key;
  const int64_t score_vectors = padded(tile.columns) / kLanes;
  multiply<false>({.c = w.weights,
                   .ldc = kTileStride,
                   .a = w.q,
                   .b = w.k_across + column,
                   .ldb = kTileStride,
                   .depth = head_dim,
                   .add = false},
                  tile.rows, score_vectors);
  multiply<false>({.c = w.dscores,
                   .ldc = kTileStride,
                   .a = w.dout,
                   .b = w.v_across + column,
                   .ldb = kTileStride,
                   .depth = head_dim,
                   .add = false},
                  tile.rows, score_vectors);
  mask_scores(w.weights, tile.rows, tile.columns, tile.query, tile.first, in.shape.window);
  differentiate(in, task, w, tile);
  multiply<true>({.c = w.dv + column * d,
                  .ldc = d,
                  .a = w.weights,
                  .b = w.dout,
                  .ldb = kTileStride,
                  .depth = tile.rows,
                  .add = true},
                 tile.columns, d / kLanes);
  multiply<true>(
      {.c = w.dk + column * d, .ldc = d, .a = w.dscores, .b = w.q, .ldb = kTileStride, .depth = tile.rows, .add = true},
      tile.columns, d / kLanes);
  multiply<false>({.c = w.dq + tile.query * d,
                   .ldc = d,
                   .a = w.dscores,
                   .b = w.k + column * d,
                   .ldb = d,
                   .depth = tile.columns,
                   .add = !first_keys},
                  tile.rows, d / kLanes);
}

// to [rows, n] with row stride `stride` = scale * from [rows, padded(n)]. to may be null.
void write_rows(float* to, int64_t stride, const float* from, int64_t rows, int64_t n, float scale) {
  for (int64_t r = 0; to != nullptr && r < rows; ++r) {
    float* y = to + r * stride;
    const float* x = from + r * padded(n);
    for_row(n, [&](int64_t c, auto lanes) { lanes.store(y + c, load(x + c) * scale); });
  }
}

float* offset_by(float* p, int64_t n) { return p == nullptr ? p : p + n; }

void differentiate_head(const Inputs& in, const AttentionTask& task, const Workspace& w) {
  const AttentionShape& shape = in.shape;
  const int64_t n = shape.length(task.sequence), token = shape.begin(task.sequence);
  const int64_t d = padded(shape.head_dim), at = task.head * shape.head_dim;
  for (int64_t key = 0; key < n; key += kKeyTile) {
    const int64_t keys = std::min(kKeyTile, n - key);
    const float* k = in.k + (token + key) * in.k_stride + at;
    const float* v = in.v + (token + key) * in.v_stride + at;
    pack_rows(w.k, d, k, in.k_stride, keys, shape.head_dim, 1.0f);
    pack_transposed(w.k_across, k, in.k_stride, keys, shape.head_dim);
    pack_transposed(w.v_across, v, in.v_stride, keys, shape.head_dim);
    std::memset(w.dk, 0, static_cast<size_t>(keys * d) * sizeof(float));
    std::memset(w.dv, 0, static_cast<size_t>(keys * d) * sizeof(float));
    for (int64_t query = 0; query < n; query += kQueryTile) {
      const int64_t rows = std::min(kQueryTile, n - query);
      const KeyRange seen = keys_of(query, query + rows - 1, n, shape.window);
      const int64_t first = std::max(key, seen.begin), last = std::min(key + keys, seen.end);
      if (first >= last) continue;
      const Tile tile{query, rows, first, last - first};
      const bool first_keys = first == seen.begin;
      pack_queries(in, task, w, tile, first_keys);
      tile_gradients(in, task, w, tile, key, first_keys);
    }
    const int64_t row = token + key;
    write_rows(offset_by(in.dk, row * in.dk_stride + at), in.dk_stride, w.dk, keys, shape.head_dim, 1.0f);
    write_rows(offset_by(in.dv, row * in.dv_stride + at), in.dv_stride, w.dv, keys, shape.head_dim, in.dropout.scale);
  }
  write_rows(offset_by(in.dq, token * in.dq_stride + at), in.dq_stride, w.dq, n, shape.head_dim, in.scale);
}

}  // namespace
}  // namespace jb::JB_ISA

JB_KERNEL(jb_attention_backward)
(jb_ctx ctx, jb_out dq, jb_out dk, jb_out dv, jb_in dout, jb_in q, jb_in k, jb_in v, jb_in out, jb_in lse,
 const int32_t* cu_seqlens, int64_t sequences, int64_t heads, int64_t head_dim, int64_t q_stride, int64_t k_stride,
 int64_t v_stride, int64_t dq_stride, int64_t dk_stride, int64_t dv_stride, float scale, int64_t window, float p,
 int64_t seed, int64_t offset) {
  return guard([&] {
    const char* name = "attention backward";
    const AttentionShape shape = check_attention(name, cu_seqlens, sequences, heads, head_dim, window, p);
    check_stride(name, "q", q_stride, shape);
    check_stride(name, "k", k_stride, shape);
    check_stride(name, "v", v_stride, shape);
    check_stride(name, "dq", dq_stride, shape);
    check_stride(name, "dk", dk_stride, shape);
    check_stride(name, "dv", dv_stride, shape);
    const Inputs in{shape,     floats(dq), floats(dk),  floats(dv),  floats(dout), floats(q),
                    floats(k), floats(v),  floats(out), floats(lse), q_stride,     k_stride,
                    v_stride,  dq_stride,  dk_stride,   dv_stride,   scale,        Dropout(p, seed, offset)};
    constexpr int64_t kWholeSequence = int64_t{1} << 40;
    for_each_task<Workspace>(ctx, shape, kWholeSequence, [&](const AttentionTask& task, const Workspace& workspace) {
      differentiate_head(in, task, workspace);
    });
  });
}
