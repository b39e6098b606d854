// The linear layer, with the activation behind it.
#ifndef JAUBERT_LINEAR_H
#define JAUBERT_LINEAR_H

#include "jaubert/activation.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { JB_ADD_TO_DWEIGHT = 1, JB_ADD_TO_DBIAS = 2, JB_ADD_TO_DX = 4 };

typedef struct jb_linear_args {
  jb_in weight;            // [out, in] of dtype
  jb_in bias;              // [out] float32, or null; backward does not read it
  jb_inout preactivation;  // [rows, out] of dtype: what went into the activation, left for backward; or null
  int64_t rows, out, in;
  int64_t activation;  // a jb_activation
  // Of backward alone.
  int64_t accumulate;        // a sum of JB_ADD_TO_...: those gradients are added to, the others overwritten
  int64_t x_activation;      // a jb_activation, if x came from one
  jb_inout x_preactivation;  // [rows, in] of dtype: what went into that
} jb_linear_args;

// y [rows, out] = activation(x [rows, in] weight[out, in]^T + bias[out]), x and y of dtype.
JB_API jb_status jb_linear_forward(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_in x, const jb_linear_args* args);

// dx [rows, in], dweight [out, in] and dbias [out] (each may be null) from dy [rows, out] and x. dweight and dbias are
// float32, all else is of dtype. With an activation, preactivation is what forward left (for JB_ACT_TANH its result y)
// and scratch [rows, out] takes dy times the derivative; without one both may be null.
//
// With an x_activation dx is the gradient of x_preactivation, and not added to. Then x may be null: if dweight is
// wanted, x is computed again from x_preactivation, with the bits that forward gave it, and takes its place there.
JB_API jb_status jb_linear_backward(jb_ctx ctx, jb_dtype dtype, jb_inout dx, jb_inout dweight, jb_inout dbias,
                                    jb_out scratch, jb_in dy, jb_in x, const jb_linear_args* args);

#ifdef __cplusplus
}
#endif

#endif
