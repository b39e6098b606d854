// Normalisation over the last axis: LayerNorm (Ba, Kiros and Hinton 2016), alone and fused with what a BERT block does
// before it, and by the root mean square. Statistics are float32, LayerNorm's in two passes. Of dtype are x, residual,
// sum, y and the gradients of these; gamma, beta, bias and theirs are float32.
#ifndef JAUBERT_NORM_H
#define JAUBERT_NORM_H

#include "jaubert/common.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { JB_ADD_TO_DGAMMA = 1, JB_ADD_TO_DBETA = 2, JB_ADD_TO_DBIAS_LN = 4 };

typedef struct jb_layernorm_args {
  jb_in gamma;          // [hidden]
  jb_in beta;           // [hidden], or null; backward does not read it
  jb_inout mean, rstd;  // [rows] float32: forward leaves them for backward, or null
  int64_t rows, hidden;
  double eps;
  int64_t accumulate;  // of backward: a sum of JB_ADD_TO_...: those gradients are added to, the others overwritten
  // Of jb_add_dropout_layernorm_* alone.
  jb_in residual;        // [rows, hidden], or null; backward does not read it
  jb_in bias;            // [hidden], or null; backward does not read it
  double p;              // of dropout, whose mask is drawn from (seed, offset, row * hidden + column): dropout.h
  int64_t seed, offset;  // of that mask
} jb_layernorm_args;

// y = (x - mean) * rstd * gamma + beta over each row of x [rows, hidden].
JB_API jb_status jb_layernorm_forward(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_in x, const jb_layernorm_args* args);

// dx [rows, hidden], dgamma [hidden], dbeta [hidden]; each may be null.
JB_API jb_status jb_layernorm_backward(jb_ctx ctx, jb_dtype dtype, jb_out dx, jb_inout dgamma, jb_inout dbeta, jb_in dy,
                                       jb_in x, const jb_layernorm_args* args);

// sum = residual + dropout(x + bias);  y = LayerNorm(sum). x, sum and y are [rows, hidden]. sum may be x's own memory,
// or null if backward will not run.
JB_API jb_status jb_add_dropout_layernorm_forward(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_out sum, jb_in x,
                                                  const jb_layernorm_args* args);

// dresidual [rows, hidden] is the gradient of sum; dx is the same through dropout (they may be one memory if p = 0,
// then only one is written). dbias, dgamma, dbeta are [hidden]. Each output may be null.
JB_API jb_status jb_add_dropout_layernorm_backward(jb_ctx ctx, jb_dtype dtype, jb_out dx, jb_out dresidual,
                                                   jb_inout dbias, jb_inout dgamma, jb_inout dbeta, jb_in dy, jb_in sum,
                                                   const jb_layernorm_args* args);

// Root mean square normalisation (Zhang and Sennrich 2019): y = x * rstd * gamma, rstd = 1 / sqrt(mean of x^2 + eps)
// over each row of x [rows, hidden]. rstd [rows] is kept for backward, and may be null.
JB_API jb_status jb_rmsnorm_forward(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_out rstd, jb_in x, jb_in gamma,
                                    int64_t rows, int64_t hidden, float eps);

// dx [rows, hidden] and dgamma [hidden], which is added to where accumulate is JB_ADD_TO_DGAMMA; each may be null.
JB_API jb_status jb_rmsnorm_backward(jb_ctx ctx, jb_dtype dtype, jb_out dx, jb_inout dgamma, jb_in dy, jb_in x,
                                     jb_in rstd, jb_in gamma, int64_t rows, int64_t hidden, int32_t accumulate);

#ifdef __cplusplus
}
#endif

#endif
