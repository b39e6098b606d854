// Self-attention over packed sequences of any lengths, never holding more than a tile of the S x S scores
// (Dao et al. 2022, "FlashAttention"; Milakov and Gimelshein 2018, "Online normalizer calculation for softmax").
#ifndef JAUBERT_ATTENTION_H
#define JAUBERT_ATTENTION_H

#include "jaubert/common.h"

#ifdef __cplusplus
extern "C" {
#endif

// For each sequence s (rows cu_seqlens[s] to cu_seqlens[s + 1] of the packed batch) and each head:
//   out = dropout(softmax(scale * Q K^T)) V.
// q, k, v and out are [tokens, heads, head_dim] of dtype with head_dim at most 128; row t of q begins t * q_stride
// elements after the first (heads * head_dim if it is contiguous), so that q, k and v may be parts of one [tokens, 3 *
// heads * head_dim]. out is contiguous. lse [heads, tokens] float32, the log of the sum of exponentials, is kept for
// backward and may be null. cu_seqlens is int32 [sequences + 1] in host memory. Position i attends to j only if |i - j|
// <= window (window < 0: to all). A weight is dropped by the mask of (seed, offset) at ((t * heads + head) << 18) + j,
// where t is the packed row of the query and j the key's position in its sequence; so a sequence may have up to
// 262,144 tokens.
JB_API jb_status jb_attention_forward(jb_ctx ctx, jb_dtype dtype, jb_out out, jb_out lse, jb_in q, jb_in k, jb_in v,
                                      const int32_t* cu_seqlens, int64_t sequences, int64_t heads, int64_t head_dim,
                                      int64_t q_stride, int64_t k_stride, int64_t v_stride, float scale, int64_t window,
                                      float p, int64_t seed, int64_t offset);

// dq, dk and dv, with row strides dq_stride and so on, from dout [tokens, heads, head_dim], all of dtype.
JB_API jb_status jb_attention_backward(jb_ctx ctx, jb_dtype dtype, jb_out dq, jb_out dk, jb_out dv, jb_in dout, jb_in q,
                                       jb_in k, jb_in v, jb_in out, jb_in lse, const int32_t* cu_seqlens,
                                       int64_t sequences, int64_t heads, int64_t head_dim, int64_t q_stride,
                                       int64_t k_stride, int64_t v_stride, int64_t dq_stride, int64_t dk_stride,
                                       int64_t dv_stride, float scale, int64_t window, float p, int64_t seed,
                                       int64_t offset);

// Rotary position embedding (Su et al. 2021) in place on x [tokens, heads, head_dim] of dtype with row stride x_stride:
// the pair (i, i + head_dim / 2) of the token at position position_ids[t] (int32) turns by position * base^(-2 i /
// head_dim). With inverse it turns back, which is also its gradient.
JB_API jb_status jb_rotary(jb_ctx ctx, jb_dtype dtype, jb_inout x, jb_in position_ids, int64_t tokens, int64_t heads,
                           int64_t head_dim, int64_t x_stride, float base, int32_t inverse);

#ifdef __cplusplus
}
#endif

#endif
