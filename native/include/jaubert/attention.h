// Self-attention over packed sequences of any lengths, never holding more than a tile of the S x S scores
// (Dao et al. 2022, "FlashAttention"; Milakov and Gimelshein 2018, "Online normalizer calculation for softmax").
#ifndef JAUBERT_ATTENTION_H
#define JAUBERT_ATTENTION_H

#include "jaubert/common.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct jb_attention_args {
  jb_in q, k, v;  // [tokens, heads, head_dim] of dtype
  jb_inout lse;  // [heads, tokens] float32, the log of the sum of exponentials: forward leaves it for backward, or null
  int64_t sequences;  // whose lengths cu_seqlens has
  int64_t heads;
  int64_t head_dim;  // at most 128
  int64_t window;    // position i attends to j only if |i - j| <= window; negative: to all
  double scale;
  double p;  // of dropout
  int64_t seed, offset;
} jb_attention_args;

// For each sequence s (rows cu_seqlens[s] to cu_seqlens[s + 1] of the packed batch) and each head:
//   out = dropout(softmax(scale * Q K^T)) V.
// out is like q. cu_seqlens is int32 [sequences + 1] in host memory. A weight is dropped by the mask of (seed, offset)
// at ((t * heads + head) << 18) + j, where t is the packed row of the query and j the key's position in its sequence;
// so a sequence may have up to 262,144 tokens.
JB_API jb_status jb_attention_forward(jb_ctx ctx, jb_dtype dtype, jb_out out, const int32_t* cu_seqlens,
                                      const jb_attention_args* args);

// dq, dk and dv, each of which may be null, from dout and forward's out, all like q.
JB_API jb_status jb_attention_backward(jb_ctx ctx, jb_dtype dtype, jb_out dq, jb_out dk, jb_out dv, jb_in dout,
                                       jb_in out, const int32_t* cu_seqlens, const jb_attention_args* args);

// Rotary position embedding (Su et al. 2021) in place on x [tokens, heads, head_dim] of dtype: the pair (i, i +
// head_dim / 2) of the token at position position_ids[t] (int32) turns by position * base^(-2 i / head_dim). With
// inverse it turns back, which is also its gradient.
JB_API jb_status jb_rotary(jb_ctx ctx, jb_dtype dtype, jb_inout x, jb_in position_ids, int64_t tokens, int64_t heads,
                           int64_t head_dim, float base, int32_t inverse);

#ifdef __cplusplus
}
#endif

#endif
