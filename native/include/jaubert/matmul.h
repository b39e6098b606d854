// Matrix products, and the linear layer with what is fused behind it.
#ifndef JAUBERT_MATMUL_H
#define JAUBERT_MATMUL_H

#include "jaubert/common.h"

#ifdef __cplusplus
extern "C" {
#endif

// C = alpha * op(A) op(B) + beta * C for each of `batch` matrices, float32. op(A) is [m, k] and op(B) is [k, n]; with
// transpose_a, A is stored as [k, m]. Matrix i of A begins i * stride_a elements after the first (0: the same for all).
JB_API jb_status jb_matmul(jb_ctx ctx, jb_inout c, jb_in a, jb_in b, int32_t transpose_a, int32_t transpose_b,
                           int64_t m, int64_t n, int64_t k, float alpha, float beta, int64_t batch, int64_t stride_a,
                           int64_t stride_b, int64_t stride_c);

typedef int32_t jb_activation;
enum { JB_NO_ACTIVATION = 0, JB_ACT_GELU = 1, JB_ACT_GELU_TANH = 2, JB_ACT_RELU = 3, JB_ACT_TANH = 4 };

// y [rows, out] = activation(x [rows, in] weight[out, in]^T + bias[out]). y, preactivation, x and weight are of dtype,
// bias is float32 and may be null. If preactivation [rows, out] is not null, what went into the activation is left
// there for backward.
JB_API jb_status jb_linear_forward(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_out preactivation, jb_in x, jb_in weight,
                                   jb_in bias, int64_t rows, int64_t out, int64_t in, jb_activation activation);

enum { JB_ADD_TO_DWEIGHT = 1, JB_ADD_TO_DBIAS = 2, JB_ADD_TO_DX = 4 };

// dx [rows, in], dweight [out, in] and dbias [out] (each may be null) from dy [rows, out], x and weight. dweight and
// dbias are float32, all else is of dtype. With an activation, preactivation is what forward left (for JB_ACT_TANH its
// result y) and scratch [rows, out] takes dy times the derivative; without one both may be null. `accumulate` is a sum
// of JB_ADD_TO_...: those gradients are added to, the others overwritten.
//
// If x itself came from an activation, x_activation and x_preactivation [rows, in] tell of which value: then dx is the
// gradient of that, and not added to. Else x_activation is JB_NO_ACTIVATION. With an x_activation, x may be null: if
// dweight is wanted, x is then computed again from x_preactivation, with the bits that forward gave it, and takes its
// place there.
JB_API jb_status jb_linear_backward(jb_ctx ctx, jb_dtype dtype, jb_inout dx, jb_inout dweight, jb_inout dbias,
                                    jb_out scratch, jb_in dy, jb_in x, jb_in weight, jb_in preactivation,
                                    jb_inout x_preactivation, int64_t rows, int64_t out, int64_t in,
                                    jb_activation activation, jb_activation x_activation, int32_t accumulate);

#ifdef __cplusplus
}
#endif

#endif
