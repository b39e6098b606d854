// jb_attention_forward: for each sequence and head, softmax over tiles of scores (Milakov and Gimelshein 2018). A task
// keeps a range of queries and their unfinished results in the L2 cache and passes over the keys once.
#include "attention_tasks.h"
#include "jaubert/attention.h"
#include "support/kernel.h"
#include "support/simd_math.h"

namespace jb::JB_ISA {
namespace {

constexpr int64_t kQueryRange = 256;

struct Inputs {
  AttentionShape shape;
  float* out;
  float* lse;
  const float* q;
  const float* k;
  const float* v;
  int64_t q_stride, k_stride, v_stride;
  float scale;
  Dropout dropout;
};

// What a task works in: d is padded(head_dim).
struct Workspace {
  float* q;        // [kQueryRange, kTileStride], times scale
  float* k;        // [d, kTileStride], transposed
  float* v;        // [kKeyTile, d]
  float* scores;   // [kQueryTile, kTileStride]
  float* sums;     // [kQueryRange, d], results before the division by `totals`
  float* largest;  // [kQueryRange], of the scores so far
  float* totals;   // [kQueryRange], of exp(score - largest)

  Workspace(Scratch& scratch, const AttentionShape& shape) : Workspace(scratch, padded(shape.head_dim)) {}

 private:
  Workspace(Scratch& scratch, int64_t d)
      : q(scratch.take<float>(kQueryRange * kTileStride)),
        k(scratch.take<float>(d * kTileStride)),
        v(scratch.take<float>(kKeyTile * d)),
        scores(scratch.take<float>(kQueryTile * kTileStride)),
        sums(scratch.take<float>(kQueryRange * d)),
        largest(scratch.take<float>(kQueryRange)),
        totals(scratch.take<float>(kQueryRange)) {}
};

// scores [rows, padded] become exp(score - largest), where largest now includes this tile; totals and sums are brought
// to the new largest. In the first tile of a row there is nothing to bring along.
void exponentiate(float* scores, int64_t rows, int64_t width, float* row_largest, float* totals, float* sums, int64_t d,
                  bool first) {
  alignas(64) float shift[kQueryTile], correction[kQueryTile], tile_total[kQueryTile];
  for (int64_t r = 0; r < rows; ++r) shift[r] = largest_of_row(scores + r * kTileStride, width);
  for (int64_t r = 0; r < rows; r += kLanes) {
    const vf before = first ? splat(-kInfinity) : load(row_largest + r);
    const vf now = max(before, load(shift + r));
    store(row_largest + r, now);
    // While all scores are -inf there is no largest; with 0 instead the exponentials are 0 and not NaN.
    const vf finite = select(now == splat(-kInfinity), vf{}, now);
    store(shift + r, finite);
    store(correction + r, exp_nonpositive(before - finite));
  }
  for (int64_t r = 0; r < rows; ++r) {
    float* row = scores + r * kTileStride;
    const vf by = splat(shift[r]);
    vf total{};
    for (int64_t c = 0; c < width; c += kLanes) {
      const vf e = exp_nonpositive(load(row + c) - by);
      store(row + c, e);
      total += e;
    }
    tile_total[r] = sum(total);
  }
  if (first) {
    std::memcpy(totals, tile_total, static_cast<size_t>(rows) * sizeof(float));
    return;
  }
  for (int64_t r = 0; r < rows; ++r) {
    totals[r] = totals[r] * correction[r] + tile_total[r];
    if (correction[r] == 1.0f) continue;
    for (int64_t c = 0; c < d; c += kLanes) store(sums + r * d + c, load(sums + r * d + c) * correction[r]);
  }
}

void attend(const Inputs& in, const AttentionTask& task, const Workspace& w) {
  const AttentionShape& shape = in.shape;
  const int64_t n = shape.length(task.sequence), token = shape.begin(task.sequence);
  const int64_t d = padded(shape.head_dim), at = task.head * shape.head_dim;
  pack_rows(w.q, kTileStride, in.q + (token + task.begin) * in.q_stride + at, in.q_stride, task.end - task.begin,
            shape.head_dim, in.scale);
  const KeyRange all = keys_of(task.begin, task.end - 1, n, shape.window);
  for (int64_t key = all.begin; key < all.end; key += kKeyTile) {
    const int64_t keys = std::min(kKeyTile, all.end - key);
    pack_transposed(w.k, in.k + (token + key) * in.k_stride + at, in.k_stride, keys, shape.head_dim);
    pack_rows(w.v, d, in.v + (token + key) * in.v_stride + at, in.v_stride, keys, shape.head_dim, 1.0f);
    for (int64_t query = task.begin; query < task.end; query += kQueryTile) {
      const int64_t rows = std::min(kQueryTile, task.end - query), row = query - task.begin;
      const KeyRange seen = keys_of(query, query + rows - 1, n, shape.window);
      const int64_t first = std::max(key, seen.begin), last = std::min(key + keys, seen.end);
      if (first >= last) continue;
      const int64_t columns = last - first, width = padded(columns);
      multiply<false>({.c = w.scores,
                       .ldc = kTileStride,
                       .a = w.q + row * kTileStride,
                       .b = w.k + (first - key),
                       .ldb = kTileStride,
                       .depth = shape.head_dim,
                       .add = false},
                      rows, width / kLanes);
      mask_scores(w.scores, rows, columns, query, first, shape.window);
      const bool is_first = first == seen.begin;
      exponentiate(w.scores, rows, width, w.largest + row, w.totals + row, w.sums + row * d, d, is_first);
      if (shape.p > 0) {
        for_each_mask(in.dropout, rows, columns, token + query, shape.heads, task.head, first,
                      [&](int64_t r, int64_t c, vi mask) {
                        float* weights = w.scores + r * kTileStride + c;
                        store(weights, bits_to_float(float_to_bits(load(weights)) & mask));
                      });
      }
      multiply<false>({.c = w.sums + row * d,
                       .ldc = d,
                       .a = w.scores,
                       .b = w.v + (first - key) * d,
                       .ldb = d,
                       .depth = columns,
                       .add = !is_first},
                      rows, d / kLanes);
    }
  }
  for (int64_t r = 0; r < task.end - task.begin; ++r) {
    float* to = in.out + ((token + task.begin + r) * shape.heads + task.head) * shape.head_dim;
    const vf factor = splat(w.totals[r] == 0.0f ? 0.0f : in.dropout.scale / w.totals[r]);
    for_row(shape.head_dim, [&](int64_t c, auto lanes) { lanes.store(to + c, load(w.sums + r * d + c) * factor); });
  }
  if (in.lse != nullptr) {
    float* to = in.lse + task.head * shape.tokens + token + task.begin;
    for_row(task.end - task.begin, [&](int64_t r, auto lanes) {
      lanes.store(to + r, lanes.load(w.largest + r) + log(lanes.load(w.totals + r, 1.0f)));
    });
  }
}

}  // namespace
}  // namespace jb::JB_ISA

JB_KERNEL(jb_attention_forward)
(jb_ctx ctx, jb_out out, jb_out lse, jb_in q, jb_in k, jb_in v, const int32_t* cu_seqlens, int64_t sequences,
 int64_t heads, int64_t head_dim, int64_t q_stride, int64_t k_stride, int64_t v_stride, float scale, int64_t window,
 float p, int64_t seed, int64_t offset) {
  return guard([&] {
    const char* name = "attention";
    const AttentionShape shape = check_attention(name, cu_seqlens, sequences, heads, head_dim, window, p);
    check_stride(name, "q", q_stride, shape);
    check_stride(name, "k", k_stride, shape);
    check_stride(name, "v", v_stride, shape);
    const Inputs in{shape,
                    floats(out),
                    floats(lse),
                    floats(q),
                    floats(k),
                    floats(v),
                    q_stride,
                    k_stride,
                    v_stride,
                    scale,
                    Dropout(p, seed, offset)};
    for_each_task<Workspace>(ctx, shape, kQueryRange, [&](const AttentionTask& task, const Workspace& workspace) {
      attend(in, task, workspace);
    });
  });
}
