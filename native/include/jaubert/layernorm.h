// Layer normalisation (Ba, Kiros and Hinton 2016) over the last axis, alone and fused with what a BERT block does
// before it. Statistics are float32, in two passes. Of dtype are x, residual, sum, y and the gradients of these; gamma,
// beta, bias and theirs are float32.
#ifndef JAUBERT_LAYERNORM_H
#define JAUBERT_LAYERNORM_H

#include "jaubert/common.h"

#ifdef __cplusplus
extern "C" {
#endif

// y = (x - mean) * rstd * gamma + beta over each row of x [rows, hidden]; beta may be null. mean and rstd are [rows],
// kept for backward; both may be null.
JB_API jb_status jb_layernorm_forward(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_out mean, jb_out rstd, jb_in x,
                                      jb_in gamma, jb_in beta, int64_t rows, int64_t hidden, float eps);

enum { JB_ADD_TO_DGAMMA = 1, JB_ADD_TO_DBETA = 2, JB_ADD_TO_DBIAS_LN = 4 };

// dx [rows, hidden], dgamma [hidden], dbeta [hidden]; each may be null.
JB_API jb_status jb_layernorm_backward(jb_ctx ctx, jb_dtype dtype, jb_out dx, jb_inout dgamma, jb_inout dbeta, jb_in dy,
                                       jb_in x, jb_in mean, jb_in rstd, jb_in gamma, int64_t rows, int64_t hidden,
                                       int32_t accumulate);

// sum = residual + dropout(x + bias);  y = LayerNorm(sum). x, residual, sum and y are [rows, hidden]; bias [hidden] may
// be null; residual may be null. sum may be x's own memory, or null if backward will not run. Dropout with probability
// p draws its mask from (seed, offset, row * hidden + column), see random.h; p = 0 switches it off.
JB_API jb_status jb_add_dropout_layernorm_forward(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_out sum, jb_out mean,
                                                  jb_out rstd, jb_in x, jb_in residual, jb_in bias, jb_in gamma,
                                                  jb_in beta, int64_t rows, int64_t hidden, float eps, float p,
                                                  int64_t seed, int64_t offset);

// dresidual [rows, hidden] is the gradient of sum; dx is the same through dropout (they may be one memory if p = 0,
// then only one is written). dbias, dgamma, dbeta are [hidden]. Each output may be null.
JB_API jb_status jb_add_dropout_layernorm_backward(jb_ctx ctx, jb_dtype dtype, jb_out dx, jb_out dresidual,
                                                   jb_inout dbias, jb_inout dgamma, jb_inout dbeta, jb_in dy, jb_in sum,
                                                   jb_in mean, jb_in rstd, jb_in gamma, int64_t rows, int64_t hidden,
                                                   float p, int64_t seed, int64_t offset, int32_t accumulate);

#ifdef __cplusplus
}
#endif

#endif
