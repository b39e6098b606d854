// The input of a BERT encoder: the sum of three embeddings, LayerNorm and dropout in one pass.
#ifndef JAUBERT_EMBEDDING_H
#define JAUBERT_EMBEDDING_H

#include "jaubert/common.h"

#ifdef __cplusplus
extern "C" {
#endif

// sum[t] = word[word_ids[t]] + position[position_ids[t]] + type[type_ids[t]];  y = dropout(LayerNorm(sum)).
// y and sum are [tokens, hidden] of dtype, the tables, gamma and beta float32; the ids are int32 [tokens], checked
// against the number of rows of their table; type and type_ids may be null together. sum, mean and rstd may be null if
// backward will not run.
JB_API jb_status jb_embedding_layernorm_forward(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_out sum, jb_out mean,
                                                jb_out rstd, jb_in word, jb_in position, jb_in type, jb_in gamma,
                                                jb_in beta, jb_in word_ids, jb_in position_ids, jb_in type_ids,
                                                int64_t tokens, int64_t hidden, int64_t word_rows,
                                                int64_t position_rows, int64_t type_rows, float eps, float p,
                                                int64_t seed, int64_t offset);

// dsum [tokens, hidden], dgamma [hidden], dbeta [hidden] from dy; dsum, dy and sum are of dtype. The tables' gradients
// are then three calls of jb_index_add_rows (index.h) with dsum. `accumulate` as in layernorm.h.
JB_API jb_status jb_embedding_layernorm_backward(jb_ctx ctx, jb_dtype dtype, jb_out dsum, jb_inout dgamma,
                                                 jb_inout dbeta, jb_in dy, jb_in sum, jb_in mean, jb_in rstd,
                                                 jb_in gamma, int64_t tokens, int64_t hidden, float p, int64_t seed,
                                                 int64_t offset, int32_t accumulate);

#ifdef __cplusplus
}
#endif

#endif
