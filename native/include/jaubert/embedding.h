// The input of a BERT encoder: the sum of three embeddings, LayerNorm and dropout in one pass.
#ifndef JAUBERT_EMBEDDING_H
#define JAUBERT_EMBEDDING_H

#include "jaubert/norm.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct jb_embedding_args {
  jb_in word, position, type;              // tables [.., hidden] float32; type is null together with type_ids
  jb_in word_ids, position_ids, type_ids;  // int32 [tokens], each checked against the rows of its table
  jb_in gamma, beta;                       // [hidden] float32; beta may be null
  jb_inout mean, rstd;                     // [tokens] float32: forward leaves them for backward, or null
  int64_t tokens, hidden;
  int64_t word_rows, position_rows, type_rows;
  double eps;
  double p;  // of dropout
  int64_t seed, offset;
  int64_t accumulate;  // of backward: JB_ADD_TO_DGAMMA and JB_ADD_TO_DBETA as in norm.h
} jb_embedding_args;

// sum[t] = word[word_ids[t]] + position[position_ids[t]] + type[type_ids[t]];  y = dropout(LayerNorm(sum)).
// y and sum are [tokens, hidden] of dtype; sum may be null if backward will not run.
JB_API jb_status jb_embedding_layernorm_forward(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_out sum,
                                                const jb_embedding_args* args);

// dsum [tokens, hidden], dgamma [hidden], dbeta [hidden] from dy and forward's sum; dsum, dy and sum are of dtype. The
// tables' gradients are then three calls of jb_index_add_rows (index.h) with dsum. Tables, ids and beta are not read.
JB_API jb_status jb_embedding_layernorm_backward(jb_ctx ctx, jb_dtype dtype, jb_out dsum, jb_inout dgamma,
                                                 jb_inout dbeta, jb_in dy, jb_in sum, const jb_embedding_args* args);

#ifdef __cplusplus
}
#endif

#endif
