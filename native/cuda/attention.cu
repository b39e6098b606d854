// jb_attention_* and jb_rotary.
#include <cmath>

#include "attention/plain.cuh"
#include "attention/rotary.cuh"
#include "context.h"
#include "functions.h"
#include "launch.h"

namespace jb::cuda {
namespace {

struct Attention {
  AttentionShape shape;
  Dropout dropout;
  int64_t tokens, row;  // elements of a contiguous row

  Launch grid(const char* function, int tiles) const {
    const int64_t all = attention_blocks(tokens, shape.sequences, shape.heads, kPlainRows);
    return {static_cast<unsigned>(checked_int(function, "the number of blocks", all)), kPlainThreads,
            attention_plain_shared(shape.head_dim, tiles)};
  }
};

Attention attention_of(Context& c, const char* function, const int32_t* cu_seqlens, int64_t sequences, int64_t heads,
                       int64_t head_dim, float scale, int64_t window, float p, int64_t seed, int64_t offset) {
  const int64_t tokens = checked_attention(function, cu_seqlens, sequences, heads, head_dim, p).tokens;
  Attention attention{};
  attention.shape.sequences = checked_int(function, "sequences", sequences);
  attention.shape.tokens = static_cast<int>(tokens);
  attention.shape.heads = checked_int(function, "heads", heads);
  attention.shape.head_dim = static_cast<int>(head_dim);
  attention.shape.window = window < 0 || window >= tokens ? -1 : static_cast<int>(window);
  attention.shape.scale = scale;
  attention.dropout = dropout_of(c, p, seed, offset);
  attention.tokens = tokens;
  attention.row = heads * head_dim;
  if (tokens > 0) attention.shape.cu_seqlens = c.host_arrays().on_device("cu_seqlens", cu_seqlens, sequences + 1);
  return attention;
}

PackedRows<const float> rows(jb_in x, int64_t stride) { return {as<float>(x), stride}; }
PackedRows<float> rows(jb_out x, int64_t stride) { return {as<float>(x), stride}; }

}  // namespace

jb_status jb_attention_forward(jb_ctx ctx, jb_dtype dtype, jb_out out, jb_out lse, jb_in q, jb_in k, jb_in v,
                               const int32_t* cu_seqlens, int64_t sequences, int64_t heads, int64_t head_dim,
                               int64_t q_stride, int64_t k_stride, int64_t v_stride, float scale, int64_t window,
                               float p, int64_t seed, int64_t offset) {
  return run(ctx, [&](Context& c) {
    const char* name = "attention";
    check_float32(name, dtype);
    const Attention a = attention_of(c, name, cu_seqlens, sequences, heads, head_dim, scale, window, p, seed, offset);
    check_attention_stride(name, "q", q_stride, heads, head_dim);
    check_attention_stride(name, "k", k_stride, heads, head_dim);
    check_attention_stride(name, "v", v_stride, heads, head_dim);
    if (a.tokens == 0) return;
    JB_LAUNCH(c, attention_plain_forward<float>, a.grid(name, 3), as<float>(out), as<float>(lse), rows(q, q_stride),
              rows(k, k_stride), rows(v, v_stride), a.shape, a.dropout);
  });
}

jb_status jb_attention_backward(jb_ctx ctx, jb_dtype dtype, jb_out dq, jb_out dk, jb_out dv, jb_in dout, jb_in q,
                                jb_in k, jb_in v, jb_in out, jb_in lse, const int32_t* cu_seqlens, int64_t sequences,
                                int64_t heads, int64_t head_dim, int64_t q_stride, int64_t k_stride, int64_t v_stride,
                                int64_t dq_stride, int64_t dk_stride, int64_t dv_stride, float scale, int64_t window,
                                float p, int64_t seed, int64_t offset) {
  return run(ctx, [&](Context& c) {
    const char* name = "attention backward";
    check_float32(name, dtype);
    const Attention a = attention_of(c, name, cu_seqlens, sequences, heads, head_dim, scale, window, p, seed, offset);
    check_attention_stride(name, "q", q_stride, heads, head_dim);
    check_attention_stride(name, "k", k_stride, heads, head_dim);
    check_attention_stride(name, "v", v_stride, heads, head_dim);
    if (dq != nullptr) check_attention_stride(name, "dq", dq_stride, heads, head_dim);
    if (dk != nullptr) check_attention_stride(name, "dk", dk_stride, heads, head_dim);
    if (dv != nullptr) check_attention_stride(name, "dv", dv_stride, heads, head_dim);
    if (a.tokens == 0) return;
    float* delta = c.take<float>(heads * a.tokens);
    const AttentionInputs<float> inputs{rows(q, q_stride), rows(k, k_stride), rows(v, v_stride),
                                        rows(dout, a.row), rows(out, a.row),  as<float>(lse)};
    const AttentionGradients<float> gradients{rows(dq, dq_stride), rows(dk, dk_stride), rows(dv, dv_stride)};
    const Launch grid = a.grid(name, 4);
    JB_LAUNCH(c, attention_plain_dq<float>, grid, gradients.dq, delta, inputs, a.shape, a.dropout);
    if (dk == nullptr && dv == nullptr) return;
    JB_LAUNCH(c, attention_plain_backward<float>, grid, gradients, inputs, delta, a.shape, a.dropout);
  });
}

jb_status jb_rotary(jb_ctx ctx, jb_dtype dtype, jb_inout x, jb_in position_ids, int64_t tokens, int64_t heads,
                    int64_t head_dim, int64_t x_stride, float base, int32_t inverse) {
  return run(ctx, [&](Context& c) {
    check_float32("rotary", dtype);
    check_rotary(tokens, heads, head_dim, x_stride, base);
    if (tokens == 0) return;
    const int width_of_heads = checked_int("rotary", "heads", heads), dim = checked_int("rotary", "head_dim", head_dim);
    const int64_t half = head_dim / 2;
    const double log2_base = std::log2(static_cast<double>(base));
    with_width<float>({x}, half % kVector<float> == 0 ? x_stride : 1, [&](auto width) {
      JB_LAUNCH(c, (rotary<float, width>), over<kRotaryThreads>(c, tokens * half / width), as<float>(x),
                as<int32_t>(position_ids), tokens, width_of_heads, dim, x_stride, log2_base, inverse != 0);
    });
  });
}

}  // namespace jb::cuda
